"""The server of the page: on this machine alone, with a token of its own."""

from __future__ import annotations

import secrets
import socket
import sys
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any

from ..errors import one_line
from ..web_limits import MAX_CONNECTIONS
from .gate import PAGE, TOKEN, Gate
from .handler import Handler
from .listening import HOST
from .session import Session

TOKEN_BYTES = 32
# seconds that a computation has to end when the program does
GRACE = 5.0


class Server(ThreadingHTTPServer):
    """Answers while serve_forever() runs."""

    daemon_threads = True

    def __init__(self, listening: socket.socket, session: Session):
        """listening: of listening.listen(), which this closes at its end."""
        self.server_name, self.server_port = listening.getsockname()
        self.gate = Gate(secrets.token_urlsafe(TOKEN_BYTES), self.server_port)
        handler = partial(Handler, self.gate, session)
        super().__init__((HOST, self.server_port), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.session = session
        self.connections = threading.BoundedSemaphore(MAX_CONNECTIONS)

    @property
    def address(self) -> str:
        """What a person opens in the browser."""
        return f"http://{HOST}:{self.server_port}{PAGE}?{TOKEN}={self.gate.token}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Gives a connection its thread, or closes it where there are too many."""
        if not self.connections.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self.connections.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes a page has not made a mistake."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, (ConnectionError, TimeoutError)):
            self.session.subject.tell(f"a connection ended: {one_line(error)}")

    def close(self) -> bool:
        """Ends it; returns whether nothing is computed any more."""
        ended = self.session.turns.close(GRACE)
        self.server_close()
        return ended
