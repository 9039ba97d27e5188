"""Asks a server for a file: only by https, or on this very machine, redirects as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener, getproxies

from ...errors import UserError

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def request(url: str, timeout: float, start: int = 0) -> Any:
    """The server's response to a request for a file, from byte `start` on."""
    headers = {"User-Agent": "tfdeconv"}
    if start:
        headers["Range"] = f"bytes={start}-"
    # plain http stays on this machine, and needs no proxy
    proxies = {scheme: proxy for scheme, proxy in getproxies().items() if scheme == "https"}
    opener = build_opener(ProxyHandler(proxies), CheckedRedirects())
    with network_errors(url, timeout):
        try:
            return opener.open(Request(check_url(url), headers=headers), timeout=timeout)
        except HTTPError as error:
            # the file has no such byte: it is a shorter one now
            if error.code == 416 and start:
                return error
            raise


class CheckedRedirects(HTTPRedirectHandler):
    """Follows redirects only to addresses that may be asked themselves."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        # otherwise all that the redirect's page says would be read into memory
        fp.close()
        checked = check_url(newurl, req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, checked)


def check_url(url: str, redirected_from: str = "") -> str:
    """An address that may be asked; raises UserError for any other.

    Allowed are https, http of this very machine, unless https redirects to it, and local files,
    unless anything redirects to them.
    """
    parts = urlsplit(url)
    is_https = parts.scheme == "https" and bool(parts.hostname)
    is_this_machine = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
    if redirected_from.startswith("https:"):
        is_this_machine = False
    is_file = parts.scheme == "file" and parts.netloc in ("", "localhost")
    if redirected_from:
        is_file = False
    has_user = "@" in parts.netloc
    if not has_user and (is_https or is_this_machine or is_file):
        return url
    address = repr(url[:200])
    if redirected_from:
        address = f"{redirected_from} redirects to {address}"
    raise UserError(
        f"{address}, which is not allowed: expected https://HOST/..., "
        f"http:// of this very machine (127.0.0.1, localhost) or file:///FOLDER; https stays https"
    )


@contextmanager
def network_errors(url: str, timeout: float) -> Iterator[None]:
    """Turns what goes wrong between here and a server into one line."""
    try:
        yield
    except UserError:
        raise
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            explanation = f"no data came for {timeout:g} seconds (--timeout)"
        else:
            explanation = str(getattr(reason, "strerror", None) or reason)[:200]
        explanation = explanation or type(reason).__name__
        if isinstance(error, HTTPError):
            raise UserError(f"{url} answers {error.code} {explanation}") from None
        raise UserError(f"{url} cannot be fetched: {explanation}") from None
