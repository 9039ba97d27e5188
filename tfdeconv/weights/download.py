"""Keras's official ImageNet weights: fetched, their sum checked before anything reads them, converted to this program's format.

A broken download stays as FILE.part and goes on from its end if the note beside it, of the whole's length and ETag, still holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener, getproxies

from ..errors import UserError

LIMIT = 1 << 30  # bytes; the largest of these files, VGG19 with its dense layers, has 575 million
ETAG = '(?:W/)?"[!#-~]*"'


@contextmanager
def held(part: Path) -> Iterator[None]:
    """A download is nobody else's for the while, and then gone, unless an error leaves it something to go on from and says so."""
    ours = False
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with open(note(part), "a") as lock:
            try:
                from fcntl import LOCK_EX, LOCK_NB, flock

                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                raise UserError(
                    f"{part} is being fetched by another process: wait for that one"
                ) from None
            except (ImportError, OSError):  # Windows, or a file system without locks
                pass
            ours = True
            yield
            part.unlink()
    except (
        UserError,
        OSError,
        RuntimeError,
    ) as error:  # RuntimeError: h5py's, for a disk that is full
        what = "" if isinstance(error, UserError) else f"cannot write to {part.parent}: "
        raise UserError(
            f"{what}{getattr(error, 'strerror', None) or error}{remains(part) if ours else ''}"
        ) from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"interrupted{remains(part)}") from None
    finally:
        if ours and not remains(part):
            part.unlink(missing_ok=True)
            note(part).unlink(missing_ok=True)


def note(part: Path) -> Path:
    """Where the length and ETag of the whole are noted: `553467096 "6437..."`."""
    return part.with_name(f"{part.name}.txt")


def kept(part: Path) -> tuple[int, int, str]:
    """How much there is to go on from, and the length and ETag of the whole."""
    told = (
        re.fullmatch(f"([0-9]{{1,10}}) ({ETAG}|)", note(part).read_text("ascii", "replace"))
        if note(part).exists()
        else None
    )
    return (part.stat().st_size, int(told[1]), told[2]) if told and part.exists() else (0, 0, "")


def remains(part: Path) -> str:
    return (
        f"; {part} keeps what came so far: the same command goes on from there"
        if kept(part)[0]
        else ""
    )


def download(url: str, part: Path, timeout: float, say: Callable[[str], None]) -> None:
    """Brings part to its full length: from its end if the server still has the same file, otherwise from the start."""
    size, length, etag = kept(part)
    if size and size == length:
        return
    response = ask(url, timeout, size, etag)
    rest = response.status == 206 and re.fullmatch(
        rf"bytes {size}-\d+/{length}", response.headers.get("Content-Range", "")
    )
    if size and not (rest and response.headers.get("ETag", etag) == etag):
        response.close()
        size, response = 0, ask(url, timeout)  # it has another file now, or knows no ranges
    with response:
        if not size:
            length, etag = getattr(response, "length", None) or 0, response.headers.get("ETag", "")
            if length > LIMIT:
                raise UserError(
                    f"{url} would be {length:,} bytes, and no such file is above {LIMIT:,}: give another --base-url"
                )
            part.unlink(missing_ok=True)  # first, lest the note be another file's
            note(part).write_text(
                f"{length} {etag if re.fullmatch(ETAG, etag) else ''}" if length else "", "ascii"
            )
        with open(part, "ab") as file:
            while size < (length or LIMIT):
                with reaching(url, timeout):
                    block = response.read1(min(1 << 18, (length or LIMIT) - size))
                if not block:
                    break
                file.write(block)
                size += len(block)
                if size // 10**6 > (size - len(block)) // 10**6:
                    say(f"{part.stem}: {size // 10**6} of {length // 10**6 or '?'} MB")
    if size < length:
        raise UserError(f"{url} broke off after {size:,} of {length:,} bytes")


def ask(url: str, timeout: float, start: int = 0, etag: str = "") -> Any:
    """The answer to a request for a file, from byte `start` on if it still has that ETag."""
    headers = {"User-Agent": "tfdeconv"} | ({"Range": f"bytes={start}-"} if start else {})
    headers |= (
        {"If-Range": etag} if start and etag[:1] == '"' else {}
    )  # a weak ETag, W/"...", does not do
    proxies = {
        scheme: proxy for scheme, proxy in getproxies().items() if scheme == "https"
    }  # http stays on this machine
    with reaching(url, timeout):
        try:
            return build_opener(ProxyHandler(proxies), Redirects()).open(
                Request(permitted(url), headers=headers), timeout=timeout
            )
        except HTTPError as error:
            if error.code == 416 and start:  # no such byte: it has another file now
                return error
            raise


class Redirects(HTTPRedirectHandler):  # only to where we would have gone ourselves
    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        fp.close()  # or all that it says would be read into memory
        return super().redirect_request(
            req, fp, code, msg, headers, permitted(newurl, req.full_url)
        )


def permitted(url: str, before: str = "") -> str:
    """An address that may be asked, `before` being the one that redirects to it; raises UserError for others."""
    parts = urlsplit(url)
    plain = (
        parts.scheme == "http"
        and parts.hostname in ("localhost", "127.0.0.1", "::1")
        and not before.startswith("https:")
    )
    local = parts.scheme == "file" and parts.netloc in ("", "localhost") and not before
    if "@" in parts.netloc or not (parts.scheme == "https" and parts.hostname or plain or local):
        raise UserError(
            f"{f'{before} redirects to ' if before else ''}{url[:200]!r}, which is not asked: needs https://HOST/..., "
            f"http:// of this very machine (127.0.0.1, localhost) or file:///FOLDER; https stays https"
        )
    return url


@contextmanager
def reaching(url: str, timeout: float) -> Iterator[None]:
    """Turns what goes wrong on the way to an address into one line."""
    try:
        yield
    except UserError:
        raise
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        what = f"answers {error.code}" if isinstance(error, HTTPError) else "cannot be fetched:"
        late = (
            f"nothing came for {timeout:g} seconds (--timeout)"
            if isinstance(reason, TimeoutError)
            else ""
        )
        said = (
            late or str(getattr(reason, "strerror", None) or reason)[:200] or type(reason).__name__
        )
        raise UserError(f"{url} {what} {said}") from None
