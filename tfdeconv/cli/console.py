"""What the scripts share: one line for a mistake, exit status 2, and quiet."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from ..errors import UserError


class Parser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def __init__(self, doc: str):
        text, _, example = doc.strip().partition("\n\n")
        super().__init__(
            description=text,
            epilog=example,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        complain(message)
        sys.exit(2)


def complain(message: object) -> None:
    """One line on stderr, whatever stands in the message."""
    if sys.stderr is None:
        return
    line = " ".join(str(message).split())
    Progress().clear()
    print(
        f"{os.path.basename(sys.argv[0])}: {''.join(c if c.isprintable() else '?' for c in line)}",
        file=sys.stderr,
    )


def call(main: Callable[[], int | None]) -> NoReturn:
    """Runs a script's main and exits with its status; a UserError is one line and status 2."""
    try:
        status = main()
        if sys.stdout is not None:
            sys.stdout.flush()
    except UserError as error:
        complain(error)
        status = 2
    except MemoryError:
        complain("there is not enough memory: ask for less at a time, or scale the images down")
        status = 2
    except KeyboardInterrupt:
        complain("interrupted")
        status = 130
    except OSError as error:  # our output has no reader any more, or no room
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not isinstance(error, BrokenPipeError):
            complain(error.strerror or error)
        status = 1 if isinstance(error, BrokenPipeError) else 2
    sys.exit(status)


def import_tensorflow(verbose: bool = False) -> None:
    """Imports TensorFlow without its chatter, part of which comes before any of its settings count.

    The faster CPU kernels (oneDNN's) are asked for on every x86, not only where TensorFlow turns them on by itself.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if verbose or sys.stderr is None:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as said:
        stderr = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            import tensorflow

            tensorflow.get_logger().setLevel("ERROR")
        except BaseException:
            said.seek(0)
            os.write(stderr, said.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


class Progress:
    """A line on stderr that tells how far a long work is, when that is a terminal and nobody asked for silence."""

    def __init__(self) -> None:
        self.shown = sys.stderr is not None and sys.stderr.isatty()

    def say(self, text: str) -> None:
        if self.shown:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        self.say("")


def say(path: Path) -> None:
    """A path on a line of its own: the file's own bytes, whatever the locale."""
    sys.stdout.buffer.write(os.fsencode(path) + b"\n")
    sys.stdout.flush()
