"""One connection of a browser: reads requests within their bounds, and writes answers."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from ..version import __version__
from ..web_limits import BODY_SECONDS, MAX_ADDRESS, MAX_REQUEST, SILENT_SECONDS
from . import routes
from .answer import Answer, Refusal, mistake
from .gate import Gate
from .routes import Request
from .session import Session

BLOCK = 1 << 16  # bytes of a body that are read at a time
MOMENT = 0.2  # seconds without another byte, in which a refusal is read
# of every answer: nothing is loaded from elsewhere, shown within other pages, kept or told others
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Handler(BaseHTTPRequestHandler):
    """Answers GET and POST, and nothing else."""

    protocol_version = "HTTP/1.1"
    timeout = SILENT_SECONDS
    # a small answer goes out at once
    disable_nagle_algorithm = True

    def __init__(self, gate: Gate, session: Session, *connection: Any):
        self.gate = gate
        self.session = session
        # which answers all requests of the connection
        super().__init__(*connection)

    def do_GET(self) -> None:
        self.respond()

    def do_POST(self) -> None:
        self.respond()

    def respond(self) -> None:
        """Lets a request in, reads it and answers it."""
        try:
            request = self.checked_request()
        except Refusal as refusal:
            # what is left of the request is not read
            self.close_connection = True
            self.send(mistake(refusal.status, str(refusal), refusal.headers))
            self.linger()
            return
        answer = routes.answer(self.session, request)
        cookie = self.gate.cookie if routes.brings_token(request) else ""
        self.send(answer, cookie)

    def checked_request(self) -> Request:
        """The request and its body; raises Refusal before anything of the body is read."""
        if len(self.path) > MAX_ADDRESS:
            raise Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "the address is too long")
        try:
            self.gate.check(self.command, self.path, self.headers)
            routes.refuse_unknown(self.command, self.path)
        except ValueError as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"the address is not one: {error}") from None
        return Request(self.command, self.path, self.read_body())

    def read_body(self) -> bytes:
        """The request's body, of the length that it says; raises Refusal."""
        lengths = self.headers.get_all("Content-Length", [])
        if self.command == "GET" and not lengths and "Transfer-Encoding" not in self.headers:
            return b""
        if len(lengths) != 1 or "Transfer-Encoding" in self.headers:
            raise Refusal(HTTPStatus.LENGTH_REQUIRED, "expected one Content-Length")
        if not lengths[0].isascii() or not lengths[0].isdecimal():
            raise Refusal(HTTPStatus.BAD_REQUEST, "Content-Length is not a number of bytes")
        most = routes.most_bytes(self.path)
        # the number of a longer text would be longer still
        if len(lengths[0]) > len(str(most)) or int(lengths[0]) > most:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"found {lengths[0][:12]} bytes, expected at most {most:,}: scale the photo down",
            )
        return self.read_bytes(int(lengths[0]))

    def read_bytes(self, length: int) -> bytes:
        """So many bytes; raises Refusal where they do not arrive in time."""
        end = time.monotonic() + BODY_SECONDS
        body = bytearray()
        while len(body) < length:
            try:
                block = self.rfile.read1(min(BLOCK, length - len(body)))
            except TimeoutError:
                block = b""
            if not block or time.monotonic() > end:
                raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive whole")
            body += block
        return bytes(body)

    def linger(self) -> None:
        """Gives the browser a moment to read a refusal.

        A connection that is closed with a body unread is reset, and the refusal lost.
        """
        if not self.headers.get("Content-Length"):
            return
        # the browser may have gone
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(MOMENT)
            # a photo goes on for longer, and the page has looked at its size
            self.rfile.read(MAX_REQUEST)

    def send(self, answer: Answer, cookie: str = "") -> None:
        """Writes an answer."""
        self.send_response(answer.status)
        headers = {**HEADERS, **answer.headers}
        headers["Content-Type"] = answer.kind
        headers["Content-Length"] = str(len(answer.body))
        if cookie:
            headers["Set-Cookie"] = cookie
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses: a method without a do_METHOD, lines that are not HTTP's.

        Without the request's text in it, which that would put into a page.
        """
        self.close_connection = True
        if code == HTTPStatus.NOT_IMPLEMENTED:
            allowed = {"Allow": "GET, POST"}
            line = "expected GET or POST"
            self.send(mistake(HTTPStatus.METHOD_NOT_ALLOWED, line, allowed))
            return
        self.send(mistake(code, HTTPStatus(code).phrase))

    def handle_expect_100(self) -> bool:
        """A body is waited for once its length is known to be allowed, without a word."""
        return True

    def version_string(self) -> str:
        return f"tfdeconv/{__version__}"

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: stderr is for what concerns the person there."""
