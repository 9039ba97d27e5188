"""What every request has to show before anything is done for it.

A page of another site, open in the same browser, can send requests to this server as well, and by
rebinding its own name to 127.0.0.1 it could read the answers. It knows neither the token nor how to
lie about Host, Origin and Sec-Fetch-Site, which the browser fills in.
"""

from __future__ import annotations

from email.message import Message
from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from .answer import Refusal

PAGE = "/"
TOKEN = "token"
METHODS = ("GET", "POST")
NAMES = ("127.0.0.1", "localhost")
# of Sec-Fetch-Site: this page itself, and an address that a person typed
OWN_SITES = ("same-origin", "none")
DEFAULT_PORT = 80  # of http, which addresses leave out


class Gate:
    """Lets requests in that have the token, and come from this server's own page."""

    def __init__(self, token: str, port: int):
        self.token = token
        self.hosts = {f"{name}:{port}" for name in NAMES}
        if port == DEFAULT_PORT:
            self.hosts.update(NAMES)
        # cookies are one site's whatever its port: another explorer's must not be lost
        self.cookie_name = f"tfdeconv-explorer-{port}"

    @property
    def cookie(self) -> str:
        """The header that gives the browser the token for its next requests."""
        return f"{self.cookie_name}={self.token}; HttpOnly; SameSite=Strict; Path=/"

    def check(self, method: str, target: str, headers: Message) -> None:
        """Raises Refusal for a request that is not the page's own."""
        if method not in METHODS:
            raise Refusal(
                HTTPStatus.METHOD_NOT_ALLOWED,
                f"there is no method {method[:20]}: expected {' or '.join(METHODS)}",
                {"Allow": ", ".join(METHODS)},
            )
        hosts = headers.get_all("Host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            raise Refusal(
                HTTPStatus.FORBIDDEN, "another Host is meant: open the address that was printed"
            )
        for origin in headers.get_all("Origin", []):
            if origin.lower() not in {f"http://{host}" for host in self.hosts}:
                raise Refusal(HTTPStatus.FORBIDDEN, "the request comes from another site's page")
        if self.opens_page(target, headers):
            return
        for site in headers.get_all("Sec-Fetch-Site", []):
            if site.lower() not in OWN_SITES:
                raise Refusal(HTTPStatus.FORBIDDEN, "the request comes from another site's page")
        if not self.is_token(self.cookie_token(headers)):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "the token is missing or wrong: open the address that was printed, with its token",
            )

    def opens_page(self, target: str, headers: Message) -> bool:
        """Whether a person opens the printed address, from wherever it was clicked."""
        address = urlsplit(target)
        tokens = parse_qs(address.query).get(TOKEN, [""])
        if address.path != PAGE or not self.is_token(tokens[0]):
            return False
        # neither within another page nor by a program of one
        return (
            headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
            and headers.get("Sec-Fetch-Dest", "document") == "document"
        )

    def cookie_token(self, headers: Message) -> str:
        """The token in a request's cookies; "" where there is none."""
        for text in headers.get_all("Cookie", []):
            # other programs' cookies on this machine may be of any form
            for cookie in text.split(";"):
                name, _, value = cookie.strip().partition("=")
                if name == self.cookie_name:
                    return value
        return ""

    def is_token(self, text: str) -> bool:
        """Whether it is the token, in a time that does not tell how much of it is right."""
        return compare_digest(text.encode(errors="replace"), self.token.encode())
