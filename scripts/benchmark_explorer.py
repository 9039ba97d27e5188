"""Times a click in the explorer's page against the backward pass alone: prints a row.

    python scripts/benchmark_explorer.py

Both take turns on units along a diagonal of a feature's map, as a hand drags; a value is that of
the medians, in brackets the least and greatest of a turn. The click goes through a connection that
is kept, from the request to the PNG's last byte.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmark_table import print_headings, print_row  # noqa: E402

from tfdeconv.cli import console, explore  # noqa: E402
from tfdeconv.cli.explored import subject_of  # noqa: E402
from tfdeconv.cli.notes import Notes  # noqa: E402
from tfdeconv.errors import UserError  # noqa: E402
from tfdeconv.explorer.listening import listen  # noqa: E402

WEIGHTS = ROOT / "weights/vgg16.h5"
LAYER, FEATURE = "block4_conv2", 92
TURNS = 50
PAUSE = 0.05  # seconds; the threads of the call before spin for a moment more


class Page:
    """The page's own connection."""

    def __init__(self, port: int, token: str):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.headers: dict[str, str] = {}
        self.connection.request("GET", f"/?token={token}")
        response = self.connection.getresponse()
        response.read()
        self.headers["Cookie"] = str(response.getheader("Set-Cookie")).partition(";")[0]

    def ask(self, address: str, question: dict | None = None) -> bytes:
        """The answer's body; raises UserError for another one than was expected."""
        body = json.dumps(question) if question else ""
        self.connection.request("POST", address, body, self.headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise UserError(f"{address}: {answer.decode()}")
        return answer


def main(argv: Sequence[str]) -> int:
    console.Parser(__doc__ or "").parse_args(argv)
    subject = subject_of(explore.parse(["--weights", str(WEIGHTS)]), Notes())
    from tfdeconv.engine.projection import concatenate
    from tfdeconv.explorer.question import Question
    from tfdeconv.explorer.server import Server
    from tfdeconv.explorer.session import Session

    with listen(0) as listening:
        session = Session(subject)
        server = Server(listening, session)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = Page(server.server_port, server.gate.token)
        photo = json.loads(page.ask("/sample"))["photo"]
        question = {"photo": photo, "layer": LAYER, "feature": FEATURE}
        # compiles both graphs
        page.ask("/projection", question)
        asked = Question(photo, LAYER, feature=FEATURE)
        deconvnet, forward_pass = session.deconvnet(asked), session.forward_pass(asked)
        side = forward_pass.maps[LAYER].shape[1]
        image, channel = np.zeros(1, np.int32), np.array([FEATURE], np.int32)
        clicks: list[float] = []
        passes: list[float] = []
        for turn in range(TURNS):
            at = (turn % side, turn % side)
            time.sleep(PAUSE)
            start = time.perf_counter()
            page.ask("/projection", {**question, "at": at})
            clicks.append(time.perf_counter() - start)
            time.sleep(PAUSE)
            start = time.perf_counter()
            concatenate(deconvnet.backward(forward_pass, image, channel, np.array([at])))
            passes.append(time.perf_counter() - start)
        server.shutdown()
        server.close()
    print_headings()
    row = print_row("a click in the explorer", LAYER, "the backward pass", clicks, passes, "ms")
    return 1 if row["met"] is False else 0


if __name__ == "__main__":
    console.call(main, sys.argv[1:])
