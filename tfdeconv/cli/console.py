"""What all commands share: one line for a mistake, exit status 2, progress, and no chatter."""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from .. import tensorflow_import
from ..engine.compilation import choose_jit
from ..engine.device import memory_errors
from ..engine.precision import FLOAT32, choose_precision
from ..errors import UserError

COMMAND = "tfdeconv"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NEGATIVE_RANGE = re.compile(r"-\d+(-\d+|(:-?[\d.]+){2})")
UNRECOGNISED = "unrecognized arguments: "  # argparse's words
_installed_as = ""  # `tfdeconv visualise`, in a process that the installed command started


def program() -> str:
    """What messages begin with: `visualise.py` of a script, `tfdeconv visualise` once installed."""
    return _installed_as or os.path.basename(sys.argv[0])


def as_started(text: str) -> str:
    """The text with every command named as its reader calls it.

    Texts say `python scripts/fetch_weights.py vgg16`. Whoever has installed the package has no
    scripts/, and reads `tfdeconv fetch-weights vgg16`.
    """
    if not _installed_as:
        return text
    return re.sub(
        r"python scripts/(\w+)\.py", lambda name: f"{COMMAND} {name[1].replace('_', '-')}", text
    )


class Parser(argparse.ArgumentParser):
    """argparse with errors of one line; the docstring's first paragraph is the description."""

    def __init__(self, docstring: str):
        description, _, example = as_started(docstring).strip().partition("\n\n")
        super().__init__(
            prog=program(),
            description=description,
            epilog=example,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def parse_known_args(self, args=None, namespace=None):
        """argparse would take the -1-1 of `--preprocess -1-1`, and -9:9:3, for an option."""
        words = list(sys.argv[1:] if args is None else args)
        for i in reversed(range(1, len(words))):
            if NEGATIVE_RANGE.fullmatch(words[i]) and words[i - 1].startswith("--"):
                words[i - 1 : i + 1] = [f"{words[i - 1]}={words[i]}"]
        return super().parse_known_args(words, namespace)

    def error(self, message: str) -> NoReturn:
        if message.startswith(UNRECOGNISED) and "-" not in message.removeprefix(UNRECOGNISED):
            message += "; a list of layers has commas and no spaces, as -l conv1,conv2"
        complain(message)
        sys.exit(2)


def complain(message: object) -> None:
    """Prints one line on stderr, whatever characters the message has."""
    if sys.stderr is None:
        return
    Progress().clear()
    line = " ".join(as_started(str(message)).split())
    print(f"{program()}: {printable(line)}", file=sys.stderr)


def printable(text: str) -> str:
    """The text with a question mark for each character that a terminal would act on."""
    return "".join(character if character.isprintable() else "?" for character in text)


def call(
    main: Callable[[Sequence[str]], int], arguments: Sequence[str], installed_as: str = ""
) -> NoReturn:
    """Runs a command and exits with its status; a UserError is one line and status 2.

    main: takes the arguments behind the command's name. installed_as: `tfdeconv visualise`, of
    the installed command; of a script nothing.
    """
    global _installed_as
    _installed_as = installed_as
    try:
        status = main(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except UserError as error:
        complain(error)
        status = 2
    except memory_errors():
        complain("there is not enough memory: ask for less at a time, or scale the images down")
        status = 2
    except KeyboardInterrupt:
        complain("interrupted")
        status = 130
    except BrokenPipeError:  # as of `| head`: whoever read our output has seen enough
        discard_output()
        status = 1
    except OSError as error:
        message = describe_os_error(error)
        discard_output()
        complain(message)
        status = 2
    sys.exit(status)


def describe_os_error(error: OSError) -> str:
    """`FILE: reason`."""
    reason = error.strerror or str(error)
    if error.filename is not None:
        return f"{error.filename}: {reason}"
    if error.errno in NO_ROOM:
        # files.atomic_write names what is written to files; Python does not name what it prints to
        return f"standard output: {reason}"
    return reason


def discard_output() -> None:
    """Sends what stdout still holds to nowhere, or Python would fail on it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def exit_status(drawn: int, complete: bool) -> int:
    """0 if all that was asked for was drawn, 1 if some of it, 2 if nothing."""
    if not drawn:
        return 2
    return 0 if complete else 1


def import_tensorflow(
    verbose: bool = False, precision: str | None = None, jit: bool = False
) -> None:
    """Imports TensorFlow; unless verbose, without its chatter and without its warnings.

    precision, jit: as --precision and --jit have it. Raises UserError where it cannot be had.
    """
    tensorflow_import.import_tensorflow(verbose)
    if not verbose:
        import tensorflow

        tensorflow.get_logger().setLevel("ERROR")
    choose_precision(precision or FLOAT32)
    choose_jit(jit)


class Progress:
    """Says on stderr how far a long task is.

    On a terminal in one line that each text replaces. Elsewhere in a line of its own, not more
    often than `every` seconds, and so never of a task that is quicker than that. of: what stands
    before each text.
    """

    def __init__(self, every: float = 10, of: str = "") -> None:
        self.every = every
        self.of = of
        self.said = time.monotonic()
        self.on_terminal = sys.stderr is not None and sys.stderr.isatty()

    def say(self, text: str) -> None:
        if text:
            text = printable(f"{self.of}{text}")
        if self.on_terminal:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        elif text and sys.stderr is not None and time.monotonic() - self.said >= self.every:
            self.said = time.monotonic()
            print(f"{program()}: {text}", file=sys.stderr, flush=True)

    def clear(self) -> None:
        self.say("")


def print_path(path: Path) -> None:
    """A path on a line of its own: the file name's own bytes, whatever the locale."""
    sys.stdout.buffer.write(os.fsencode(path) + b"\n")
    sys.stdout.flush()
