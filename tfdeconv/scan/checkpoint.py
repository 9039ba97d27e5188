"""Checkpoints of a scan: collects every worker's results and saves the run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..data.loader import Batch
from ..errors import UserError
from ..files import NO_FILE, file_stamp, remove_leftovers, sha256
from .accumulator import Accumulator
from .maxima import half, maxima_path
from .maxima_writer import MaximaWriter
from .messages import pack_reasons, pack_state, unpack_reasons, unpack_state
from .run import Run
from .run_file import save
from .state import merge_states
from .unusable import NotFinite
from .workers import Message, WorkerGroup

MAX_BYTES = 256 << 20  # of maxima that all workers hold before they are written
SAME_COMMAND = "the same command starts again"


class Checkpointer:
    """What a worker's scan found, and has not been saved."""

    def __init__(
        self,
        run: Run,
        accumulator: Accumulator,
        path: str | Path,
        workers: WorkerGroup,
        every: float,
    ):
        self.run = run
        self.accumulator = accumulator
        self.path = path
        self.workers = workers
        self.every = every  # seconds between saves
        # maxima of images since the last save, float16 [m, channels], and their numbers in the list
        self.maxima: list[np.ndarray] = []
        self.numbers: list[np.ndarray] = []
        self.unusable: dict[int, str] = {}
        self.maxima_file: MaximaWriter | None = None
        self.digest = ""  # of the file that was written last
        self.saved_at = time.monotonic()
        self.saved_images = run.done
        if workers.chief:
            with workers.deferred_errors():
                self._resume()

    def _resume(self) -> None:
        """Goes on from what was saved."""
        remove_leftovers(self.path)
        if self.run.settings.kept:
            self.maxima_file = MaximaWriter(
                maxima_path(self.path), self.run.settings, self.accumulator.channels_of
            )
            self.maxima_file.check(self.run.done, run_exists=self.run.stamp != NO_FILE)
        if self.run.state:
            self.accumulator.restore(self.run.state)

    def accumulate(self, batches: Sequence[Batch], numbers: Sequence[np.ndarray]) -> None:
        """Takes in a batch on each device; numbers [batch]: -1 for images that do not count."""
        if not any((part >= 0).any() for part in numbers):
            return
        with self.workers.deferred_errors():
            try:
                found = self.accumulator.step([x for x, _, _ in batches], numbers)
            except NotFinite as error:
                self.unusable |= error.reasons
                self._accumulate_rest(batches, numbers, error)
                return
            self._keep_maxima(found, numbers)

    def _accumulate_rest(
        self, batches: Sequence[Batch], numbers: Sequence[np.ndarray], error: NotFinite
    ) -> None:
        """Takes in what is usable of batches of which some images are not."""
        rest = []
        for maxima, part in zip(error.maxima, numbers):
            if maxima is not None:
                # all of this batch was taken in
                self._keep_maxima([maxima], [part])
                part = np.full_like(part, -1)
            rest.append(np.where(np.isin(part, list(error.reasons)), -1, part))
        self.accumulate(batches, rest)

    def _keep_maxima(self, found: Sequence[np.ndarray], numbers: Sequence[np.ndarray]) -> None:
        for maxima, part in zip(found, numbers):
            self.maxima.append(half(maxima[part >= 0]))
            self.numbers.append(part[part >= 0])

    def take_unusable(self) -> dict[int, str]:
        """{number in the list: why} of images that turned out not to be usable since last asked."""
        unusable, self.unusable = self.unusable, {}
        return unusable

    @property
    def due(self) -> bool:
        """Whether this worker wants the run to be saved: there is news, and it is time or much."""
        if self.run.done == self.saved_images:
            return False
        held = sum(part.nbytes for part in self.maxima)
        late = time.monotonic() - self.saved_at >= self.every
        return late or held > MAX_BYTES // self.workers.size

    def save(self) -> None:
        """Merges what all workers found; the chief writes it.

        All workers must call this. An error in writing is raised by the next exchange.
        """
        no_numbers = np.zeros(0, np.int32)
        no_maxima = np.zeros((0, self.accumulator.kept_channels), np.float16)
        message = pack_state(self.accumulator.state())
        message["numbers"] = np.concatenate([no_numbers, *self.numbers])
        message["maxima"] = np.concatenate([no_maxima, *self.maxima])
        messages = self.workers.exchange(message)
        self.maxima = []
        self.numbers = []
        if self.workers.chief:
            with self.workers.deferred_errors():
                self._write(messages)
        self.saved_at = time.monotonic()
        self.saved_images = self.run.done

    def finish(self) -> None:
        """Saves, and returns when the chief has written it; raises UserError where it cannot."""
        for message in self.workers.exchange(pack_reasons(self.take_unusable())):
            self.run.skip(unpack_reasons(message))
        self.save()
        self.workers.exchange({})

    def _write(self, messages: list[Message]) -> None:
        """Writes the run with what all workers found.

        Raises UserError where it cannot be written, or another program has written it.
        """
        for message in messages:
            numbers = message.pop("numbers")
            maxima = message.pop("maxima")
            if self.maxima_file:
                self.maxima_file.put(numbers, maxima)
        self._refuse_others()
        layers = self.accumulator.layers
        self.run.state = merge_states([unpack_state(message, layers) for message in messages])
        # The maxima go first: a run never has images whose maxima are not on the disk. Only the
        # first time the run does, because a file of maxima without a run is somebody else's.
        if self.maxima_file and self.maxima_file.begun:
            self.maxima_file.flush(self.run.done)
        save(self.path, self.run)
        self.run.stamp = file_stamp(self.path)
        self.digest = sha256(self.path)
        if self.maxima_file and not self.maxima_file.begun:
            self.maxima_file.begin(self.run.done)

    def _refuse_others(self) -> None:
        """Raises UserError where the file is not the one that was written last.

        One that was only touched is still the same.
        """
        stamp = file_stamp(self.path)
        if stamp == self.run.stamp:
            return
        if stamp == NO_FILE:
            raise UserError(
                f"{self.path} was removed while the scan ran, and what it had with it: "
                f"{SAME_COMMAND}"
            )
        written_in_place = stamp[0] == self.run.stamp[0]
        if not written_in_place or not self.digest or sha256(self.path) != self.digest:
            raise UserError(
                f"{self.path} was written by another program while the scan ran: two scans cannot "
                f"share a file; stop one of them"
            )
