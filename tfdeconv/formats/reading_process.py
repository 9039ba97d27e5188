"""Reads a file that nobody vouches for in a second process, within limits (reading_server.py).

A library that crashes, never ends or takes all memory on a damaged file ends the second process
alone, and this one says so in one line.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedReader, BufferedWriter
from pathlib import Path
from threading import Lock, Timer
from typing import Any, NamedTuple, cast

import numpy as np

from .reading_server import REMEDY, flat, receive, send

BROKEN = (OSError, EOFError, ValueError, TypeError, LookupError, RecursionError, MemoryError)
Shape = tuple[int, ...]


class Unpacking(NamedTuple):
    """Bytes that reading rows takes beside their values: those that are unpacked, and memory."""

    size: int = 0
    memory: int = 0


NOTHING = Unpacking()


class ReadError(Exception):
    """Why a file, or a dataset, cannot be read."""


class ProcessEnded(ReadError):
    """Why nothing more can be read from this file: the process that read it has ended."""


class ReadingProcess(ABC):
    """A file in the process that reads it. Threads take turns: one request at a time.

    A subclass says which program reads it, and within which limits.
    """

    # what reads the file, as a message about its failing begins
    library = ""

    def __init__(
        self, path: str | Path, size: int, program: str, environment: Mapping[str, str], memory: int
    ) -> None:
        """Starts the process. size: the file's bytes; memory: bytes beyond those of the values."""
        # seconds left to wait for all answers but those to requests for rows
        self.patience = self.wait_seconds(size)
        self.lock = Lock()
        # why the process ended while it was waited for; "" while it has not
        self.end = ""
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-c", program, *python_path()],
                env=os.environ | environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise ReadError(f"{sys.executable} cannot be started ({error.strerror})") from None
        self.requests = cast(BufferedWriter, self.process.stdin)
        self.answers = cast(BufferedReader, self.process.stdout)
        self.opening = {
            "path": os.fsencode(path).hex(),
            "seconds": self.cpu_seconds(size),
            "memory": memory,
        }

    @abstractmethod
    def cpu_seconds(self, size: int) -> int:
        """Seconds that the process may compute for so many bytes."""

    @abstractmethod
    def wait_seconds(self, size: int) -> float:
        """Seconds that are waited for so many bytes."""

    def working_memory(self, size: int) -> int:
        """Bytes that the process may take for so many bytes of values."""
        return size

    def description(self) -> Any:
        """What the file holds, as the process describes it."""
        with self.waiting():
            return self.ask(self.opening)["file"]

    def values(
        self,
        number: int,
        shape: Shape,
        dtype: str,
        rows: tuple[int, int] | None = None,
        unpacking: Unpacking = NOTHING,
    ) -> np.ndarray:
        """Values of a dataset, all or rows of them, received straight into their array."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        request = {
            "dataset": number,
            "rows": rows,
            "seconds": self.cpu_seconds(size + unpacking.size),
            "size": self.working_memory(size) + unpacking.memory,
        }
        # a scan reads rows for hours: each answer gets its own time
        patience = None if rows is None else self.wait_seconds(size + unpacking.size)
        with self.waiting(patience):
            array = np.empty(shape, dtype)
            if self.ask(request) != {"shape": list(shape), "dtype": dtype}:
                raise EOFError
            if self.answers.readinto(flat(array)) < size:
                raise EOFError
        return array

    @contextmanager
    def waiting(self, patience: float | None = None) -> Iterator[None]:
        """Waits for one request's answer so many seconds; None: what is left for the whole file.

        Ends the process where that takes longer, and raises ProcessEnded where it ended.
        """
        with self.lock:
            if self.end:
                raise ProcessEnded(self.end)
            limit = self.patience if patience is None else patience
            start = time.monotonic()
            # a timer, because select does not work on pipes under Windows
            timer = Timer(max(limit, 0), self.process.kill)
            timer.daemon = True
            timer.start()
            try:
                yield
            except BROKEN:
                timed_out = time.monotonic() - start >= limit
                self.end = self.exit_reason(timed_out)
                raise ProcessEnded(self.end) from None
            finally:
                timer.cancel()
                if patience is None:
                    self.patience -= time.monotonic() - start

    def ask(self, request: dict[str, Any]) -> Any:
        """The answer to a request; raises ReadError where it is an error."""
        send(self.requests, request)
        answer = receive(self.answers)
        if "error" in answer:
            raise ReadError(str(answer["error"]))
        return answer

    def exit_reason(self, timed_out: bool) -> str:
        """Why the process ended; it is ended here if it has not."""
        with suppress(subprocess.TimeoutExpired):
            # its pipes are closed a little before it has ended
            self.process.wait(0.5)
        alive = self.process.poll() is None
        self.process.kill()
        status = self.process.wait()
        if timed_out or status == -getattr(signal, "SIGXCPU", 0):
            return f"{self.library} timed out: {REMEDY}"
        if alive or status == 0:
            return f"{self.library} returned invalid data: {REMEDY}"
        if status < 0 or os.name == "nt":
            return f"{self.library} crashed: {REMEDY}"
        return f"{sys.executable}, which was started to read it, ended with status {status}"

    def close(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.wait()
        for stream in (self.requests, self.answers):
            # what the process did not take is lost
            with suppress(OSError):
                stream.close()


def python_path() -> list[str]:
    """Where the process finds Python's modules and this package.

    As this process does, but not in the current directory, where anything may lie.
    """
    root = str(Path(__file__).resolve().parents[2])
    folders = [folder for folder in sys.path if os.path.isabs(folder)]
    return folders if root in folders else [root, *folders]
