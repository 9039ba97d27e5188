"""Shows in the browser, as one clicks, what in a photo made units fire: prints the address of a
page on this machine.

    python scripts/explore.py
    python scripts/explore.py --weights model.onnx --run run.h5
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING

from ..figures.style import COLOURS, PLAIN
from . import arguments, console
from .constraints import Constraint, check_constraints, options_given
from .models import add_model_options
from .notes import Notes
from .visualise_options import rgb_bands

if TYPE_CHECKING:
    from ..explorer.server import Server

LAST_PORT = (1 << 16) - 1
# as shells have it
INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM
CONSTRAINTS = (
    arguments.ARCHITECTURE_NEEDS_WEIGHTS,
    Constraint(
        "--run",
        "{options}: with --run these are the settings of the scan: leave them out",
        excludes=("--network", "--variant", "--preprocess", "--precision", "--jit", "--resize"),
    ),
    Constraint(
        "--images",
        "photos are chosen on the page; IMAGES are those of a run: give --run FILE",
        needs=("--run",),
    ),
)


def port(text: str) -> int:
    """`8888` -> 8888; 0 for a free one."""
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to {LAST_PORT}")
    return int(text)


def parse(argv: Sequence[str]) -> Namespace:
    """The command line; exits with one line for what it alone can show to be wrong."""
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    option(
        "images",
        nargs="?",
        metavar="IMAGES",
        help="with --run: where its images are now, if they have moved",
    )
    option("--run", metavar="FILE", help="show the strongest images of a scan beside the photo")
    option("--port", type=port, default=0, help="of 127.0.0.1 (default: a free one)")
    add_model_options(parser)
    option("--labels", metavar="FILE", help="names of the network's classes")
    option(
        "--resize",
        choices=("crop", "squash"),
        help="photos as in training (the default), or to the input's size",
    )
    option(
        "--bands", type=rgb_bands, metavar="R,G,B", help="channels of an .npy to draw as colours"
    )
    option("--colours", choices=COLOURS, default=PLAIN.colours, help="of projections")
    arguments.add_verbose(parser)
    given = parser.parse_args(argv)
    check_constraints(parser, CONSTRAINTS, options_given(given))
    return given


def main(argv: Sequence[str]) -> int:
    given = parse(argv)
    from ..explorer.listening import listen
    from .explored import subject_of

    notes = Notes()
    # whether the port is free is known before a network is read
    with listen(given.port) as listening:
        subject = subject_of(given, notes)
        from ..explorer.server import Server
        from ..explorer.session import Session

        server = Server(listening, Session(subject))
        notes.show()
        print(server.address, flush=True)
        serve(server)
    return 0


def serve(server: Server) -> None:
    """Answers until Ctrl-C or SIGTERM; a computation that runs has a moment to end."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, end) if in_main_thread else None
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        if not server.close():
            terminated = isinstance(sys.exc_info()[1], SystemExit)
            leave(TERMINATED if terminated else INTERRUPTED)
        if in_main_thread:
            signal.signal(signal.SIGTERM, before)


def leave(status: int) -> None:
    """Ends the process while something is computed.

    At Python's own end TensorFlow would abort it, when the computation comes back to Python.
    """
    console.complain("ended in the middle of a computation")
    os._exit(status)


def end(_number: int, _frame: FrameType | None) -> None:
    """Ends the process as a shell expects it, with what is to be done at its end."""
    raise SystemExit(TERMINATED)
