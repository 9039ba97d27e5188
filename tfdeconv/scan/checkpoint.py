"""What a worker of a scan has found since it was saved last, and how all workers' becomes the run's file."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import tensorflow as tf

from ..errors import UserError
from .accumulator import Accumulator
from .maxima import Maxima, beside, half
from .run import Run
from .run_file import save
from .state import State, merged
from .workers import Message, WorkerGroup

SMALLER = "there is not enough memory on the device: scan fewer at a time (--batch)"
NOTHING = 0, 0  # the stamp of no file


class Checkpointer:
    """What a worker's scan found and has not been saved; an error of its own waits here for the next exchange."""

    def __init__(self, run: Run, scan: Accumulator, path: str | Path, team: WorkerGroup):
        self.run, self.scan, self.path, self.team, self.error = run, scan, path, team, ""
        self.maxima: list[
            np.ndarray
        ] = []  # of images since the last time, float16 [m, channels], and
        self.numbers: list[np.ndarray] = []  # their numbers in the list
        self.file: Maxima | None = None
        self.written = stamp(path)
        if team.chief:
            with self.heard():
                self.begin()

    @contextmanager
    def heard(self) -> Iterator[None]:
        """A mistake in this block waits for the next exchange, where all workers hear of it; a worker alone hears of it at once."""
        try:
            yield
        except (UserError, tf.errors.ResourceExhaustedError) as error:
            told = str(error) if isinstance(error, UserError) else SMALLER
            if self.team.size == 1:
                raise UserError(told) from None
            self.error = self.error or told

    def begin(self) -> None:
        """Goes on from what was saved."""
        for stale in leftovers(self.path):  # of a scan that was killed while it saved
            with suppress(OSError):
                os.remove(stale)
        if self.run.settings.kept:
            self.file = Maxima(beside(self.path), self.run.settings, self.scan.channels_of)
            self.file.check(self.run.done, self.written != NOTHING)
        if self.run.state:
            self.scan.restore(self.run.state)

    def step(self, x: list[np.ndarray], index: list[np.ndarray]) -> None:
        """Takes a batch on each device in."""
        with self.heard():
            found = self.scan.step(x, index) if any((part >= 0).any() for part in index) else []
            for maxima, numbers in zip(found, index):
                self.maxima.append(half(maxima[numbers >= 0]))
                self.numbers.append(numbers[numbers >= 0])

    @property
    def held(self) -> int:
        """Bytes of maxima that wait for the next time."""
        return sum(part.nbytes for part in self.maxima)

    def keep(self) -> None:
        """Brings what all workers found together; the chief writes it."""
        mine = {
            f"{i} {name}": array
            for i, state in enumerate(self.scan.state().values())
            for name, array in state.items()
        }
        numbers = np.concatenate([np.zeros(0, np.int32), *self.numbers])
        maxima = np.concatenate([np.zeros((0, self.scan.kept_channels), np.float16), *self.maxima])
        messages = self.team.exchange(mine | {"numbers": numbers, "maxima": maxima}, self.error)
        self.maxima, self.numbers = [], []
        if self.team.chief:
            with self.heard():
                self.write(messages)

    def write(self, messages: list[Message]) -> None:
        """Saves the run with what all workers told; raises UserError where it cannot be written, or another program did."""
        for message in messages:
            rows, values = message.pop("numbers"), message.pop("maxima")
            if self.file:
                self.file.put(rows, values)
        if self.written != stamp(self.path):
            raise UserError(
                f"{self.path} was written by another program meanwhile: two scans cannot share a file"
            )
        self.run.state = merged([states(message, self.scan.layers) for message in messages])
        if self.file and self.file.begun:
            self.file.flush(self.run.done)
        save(self.path, self.run)
        self.written = stamp(self.path)
        if (
            self.file and not self.file.begun
        ):  # behind the run: without one a file of maxima is somebody else's
            self.file.begin(self.run.done)


def stamp(path: str | Path) -> tuple[int, int]:
    """What tells a file from the one that stood there before; (0, 0) of none."""
    try:
        found = os.stat(path)
    except OSError:
        return NOTHING
    return found.st_ino, found.st_mtime_ns


def leftovers(path: str | Path) -> list[str]:
    """The files beside a run in which it was written when the program was killed (see files.py)."""
    folder, name = os.path.split(os.path.realpath(path))
    if len(name) > 50:  # cut off there: it could be another run's
        return []
    return glob.glob(
        os.path.join(
            glob.escape(folder),
            f".{glob.escape(name)}-????????{glob.escape(os.path.splitext(name)[1])}",
        )
    )


def states(message: Message, layers: list[str]) -> State:
    """A worker's state as it was told."""
    found: State = {layer: {} for layer in layers}
    for key, array in message.items():
        place, name = key.split(" ")
        found[layers[int(place)]][name] = array
    return found
