"""A second process that reads an HDF5 file which nobody vouches for; it cannot take more than so much memory and time.

libhdf5 crashes, never ends or takes all memory on about two in a thousand damaged files: then it is the child that ends, and this
process says so in one line. Both ends stand here. A message is its length (8 bytes) and JSON; an array follows its message.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import IO, Any

import h5py
import numpy as np

from .. import errors
from . import hdf5, hdf5_survey

PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from tfdeconv.formats import hdf5_process; hdf5_process.main()"
# one thread, which reads no faster with more; and libhdf5 is to load no plugins
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "HDF5_PLUGIN_PRELOAD": "::"}
MEMORY = (
    384 << 20
)  # bytes beyond what Python, numpy and h5py take, and beyond the dataset that is read
COMPUTING = (
    3,
    20e6,
)  # seconds, after what starting takes, and bytes of the file for which there is one more
WAITING = 30, 5e6
MESSAGE = 1 << 27  # bytes
AGAIN = "it is damaged; fetch or make it again"


class ReadError(Exception):
    """Why a file cannot be read."""


# this process


@contextmanager
def open_in_subprocess(path: str | Path) -> Iterator[hdf5.Group]:
    """The root of a file, read in a process of its own, which lives as long as the block."""
    reader = SubprocessFile(path)
    try:
        yield hdf5.tree(path, reader.description(), reader.dataset)
    finally:
        reader.close()


class SubprocessFile:
    """The child, and what is asked of it."""

    def __init__(self, path: str | Path) -> None:
        size = Path(path).stat().st_size
        self.patience = WAITING[0] + size / WAITING[1]
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-c", PROGRAM, *places()],
                env=os.environ | ENVIRONMENT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise ReadError(f"{sys.executable} cannot be started ({error.strerror})") from None
        self.begin = {
            "path": os.fsencode(path).hex(),
            "seconds": int(COMPUTING[0] + size / COMPUTING[1]),
            "memory": MEMORY,
        }

    def description(self) -> Any:
        with self.waiting():
            return self.ask(self.begin)["file"]

    def dataset(self, place: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        """The values of a dataset, straight into their array."""
        with self.waiting():
            array = np.empty(shape, dtype)
            answer = self.ask({"place": place, "size": array.nbytes})
            if (
                answer != {"shape": list(shape), "dtype": dtype}
                or self.stream(1).readinto(hdf5_survey.flat(array)) < array.nbytes
            ):
                raise EOFError
        return array

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Ends the child where it takes too long in all, and tells how it ended where it did."""
        begin = time.monotonic()
        timer = Timer(
            max(self.patience, 0), self.process.kill
        )  # select would not know pipes of Windows
        timer.daemon = True
        timer.start()
        try:
            yield
        except (OSError, EOFError, ValueError, TypeError, LookupError, RecursionError, MemoryError):
            self.patience -= time.monotonic() - begin
            raise self.death() from None
        finally:
            timer.cancel()
        self.patience -= time.monotonic() - begin

    def ask(self, request: dict[str, Any]) -> Any:
        send(self.stream(0), request)
        answer = receive(self.stream(1))
        if "error" in answer:
            raise ReadError(str(answer["error"]))
        return answer

    def stream(self, number: int) -> Any:
        return (self.process.stdin, self.process.stdout)[number]

    def death(self) -> ReadError:
        """How the child ended, which does end here if it has not."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(0.5)  # its pipes are closed a little before it has ended
        alive = self.process.poll() is None
        self.process.kill()
        status = self.process.wait()
        if self.patience <= 0 or status == -getattr(signal, "SIGXCPU", 0):
            what = f"HDF5's library came to no end with it: {AGAIN}"
        elif alive or status == 0:
            what = f"HDF5's library made nonsense of it: {AGAIN}"
        elif status < 0 or os.name == "nt":
            what = f"HDF5's library crashed on it: {AGAIN}"
        else:
            what = f"{sys.executable}, which was to read it, ended with status {status}"
        return ReadError(what)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for number in (0, 1):
            with suppress(OSError):  # what the child did not take
                self.stream(number).close()


def places() -> list[str]:
    """Where the child finds Python's modules and this package: as here, but for the current directory."""
    root = str(Path(__file__).resolve().parents[2])
    found = [place for place in sys.path if os.path.isabs(place)]
    return found if root in found else [root, *found]


# both


def send(stream: IO[bytes], message: dict[str, Any]) -> None:
    text = json.dumps(message).encode()
    if len(text) > MESSAGE:
        raise ValueError(f"its names and attributes take {len(text):,} bytes")
    stream.write(len(text).to_bytes(8, "little") + text)
    stream.flush()


def receive(stream: IO[bytes]) -> dict[str, Any]:
    size = int.from_bytes(stream.read(8), "little")
    text = stream.read(size) if 0 < size <= MESSAGE else b""
    if not text or len(text) < size:
        raise EOFError
    message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError
    return message


# the child


def main() -> None:
    """Describes a file, then reads one dataset after the other, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process hears it too
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever libhdf5 prints
    with suppress(EOFError, OSError):
        begin = receive(sys.stdin.buffer)
        taken = limited(begin["seconds"])
        bounded(taken + begin["memory"])
        try:
            file = h5py.File(os.fsdecode(bytes.fromhex(begin["path"])), "r")
            told, paths = hdf5_survey.describe(file)
            send(stream, {"file": told})
        except Exception as error:
            send(stream, {"error": said(error)})
        while True:
            asked = receive(sys.stdin.buffer)
            try:
                bounded(taken + begin["memory"] + asked["size"])
                array = hdf5_survey.read(file, paths[asked["place"]])
                send(stream, {"shape": array.shape, "dtype": array.dtype.str})
            except Exception as error:
                send(stream, {"error": said(error)})
                continue
            stream.write(hdf5_survey.flat(array))
            stream.flush()
            del array
    os._exit(0)  # libhdf5 may crash while it tidies up


def said(error: Exception) -> str:
    return (
        f"HDF5's library asks for too much memory: {AGAIN}"
        if isinstance(error, MemoryError)
        else errors.one_line(error)
    )


def limited(seconds: int) -> int:
    """Lets this process compute so long, write nothing and leave no core; returns how much memory it has now."""
    with suppress(ImportError, OSError):  # Windows has no limits
        import resource

        for kind, most in (
            ("CPU", seconds + math.ceil(time.process_time())),
            ("FSIZE", 0),
            ("CORE", 0),
            ("NOFILE", 32),
        ):
            bound(getattr(resource, f"RLIMIT_{kind}"), most)
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 0


def bounded(memory: int) -> None:
    """Lets this process have so much memory, where its size could be told."""
    with suppress(ImportError):
        import resource

        if Path("/proc/self/statm").exists():
            bound(resource.RLIMIT_AS, memory)


def bound(kind: int, most: int) -> None:
    import resource

    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
