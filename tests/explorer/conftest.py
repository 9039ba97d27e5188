"""What the tests of the explorer share: a server in this process, of a small network and run."""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import drawn_runs
import pytest

from tfdeconv.cli import explore
from tfdeconv.cli.explored import subject_of
from tfdeconv.cli.notes import Notes
from tfdeconv.explorer.listening import listen
from tfdeconv.explorer.server import Server
from tfdeconv.explorer.session import Session


@dataclass
class Reply:
    status: int
    body: bytes
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def facts(self) -> Any:
        return json.loads(self.headers["Facts"])


@dataclass
class Site:
    """A server that runs, as a browser that has opened its page sees it."""

    server: Server
    folder: Path  # with its run, weights and images
    own: dict[str, str] = field(default_factory=dict)  # the headers of the page's own requests

    def send(self, method: str, target: str, body: Any = None, headers=None) -> Reply:
        """A request with these headers alone; body: bytes, or what becomes JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=30)
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        reply = Reply(response.status, response.read(), response.headers)
        connection.close()
        return reply

    def ask(self, address: str, body: Any = b"", **headers: str) -> Reply:
        """A POST of the page itself."""
        return self.send("POST", address, body, {**self.own, **headers})

    def add(self, name: str = "00.png") -> str:
        """Sends one of the folder's images; its number."""
        body = (self.folder / "images" / name).read_bytes()
        return self.ask(f"/photo?name={name}", body).json["photo"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = drawn_runs.save_plain_run(tmp_path_factory.mktemp("explored"))
    given = explore.parse(["--run", str(folder / "run.h5")])
    with listen(0) as listening:
        server = Server(listening, Session(subject_of(given, Notes())))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        site = Site(server, folder)
        token = server.gate.token
        opened = site.send("GET", f"/?token={token}")
        assert opened.status == 200
        site.own = {"Cookie": opened.headers["Set-Cookie"].partition(";")[0]}
        yield site
        server.shutdown()
        thread.join()
        server.close()
