"""Reads the images again that a run skipped, and takes in those that can be read now.

The run becomes what it would be if they could have been read at once; only sums add up in another
order. An image may turn out to have the pixels of one that is later in the list, and has counted
until now: it takes the other's place in the rankings, and the sums, which are the same, stay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..data.admission import Admission
from ..data.loader import batches as load_batches, reader
from ..errors import UserError
from ..files import file_stamp
from . import run_file
from .accumulator import Accumulator
from .consistency import counted_images
from .images_check import refuse_changed
from .job import Job, ProgressCallback
from .maxima import half, maxima_path
from .maxima_writer import MaximaWriter
from .run import Run
from .state import ADDED, State, drop_images, merge_states, present_fields
from .unusable import NotFinite
from .workers import WorkerGroup


def retry(
    job: Job,
    run: Run,
    path: str | Path,
    every: float,
    say: ProgressCallback = lambda text: None,
    admission: Admission | None = None,
    signalled: Callable[[], int] = lambda: 0,
) -> None:
    """Reads again what the run at that path skipped; saves it every so many seconds.

    It stops, and has saved the run, when `signalled` gives the number of a signal. Raises UserError
    where the run cannot be written, or its other images are not what they were.
    """
    settings = run.settings
    accumulator = job.scan(WorkerGroup())
    size = settings.image_size
    read = reader(
        job.source, job.preprocessing, settings.resize, size, accumulator.channels, admission
    )
    refuse_changed(run, job.source, read)
    recovery = Recovery(run, accumulator, path)
    numbers = sorted(run.skipped)
    shape = (*size, accumulator.channels)
    saved_at = time.monotonic()
    done = 0
    for x, digests, reasons in load_batches(read, numbers, settings.batch, shape):
        recovery.take(x, numbers[done : done + len(reasons)], digests, reasons)
        done += len(reasons)
        say(f"{done:,} of {len(numbers):,} images that were skipped")
        if signalled():
            break
        if time.monotonic() - saved_at >= every:
            recovery.save()
            saved_at = time.monotonic()
    recovery.save()


class Recovery:
    """Takes images into a run, and writes it; one step of the network for each batch of them."""

    def __init__(self, run: Run, accumulator: Accumulator, path: str | Path):
        self.run = run
        self.accumulator = accumulator
        self.path = path
        self.nothing = accumulator.state()
        start = run.settings.range.start
        # the images that count, by their digests
        self.first_with: dict[bytes, int] = {}
        for index in np.flatnonzero(counted_images(run)).tolist():
            self.first_with[run.digests[index].tobytes()] = start + index
        # why images of these digests cannot be used
        self.unusable: dict[bytes, str] = {}
        self.maxima_file: MaximaWriter | None = None
        if run.settings.kept:
            self.maxima_file = MaximaWriter(
                maxima_path(path), run.settings, accumulator.channels_of
            )
            self.maxima_file.check(run.done, run_exists=True)

    def take(
        self, x: np.ndarray, numbers: Sequence[int], digests: np.ndarray, reasons: Sequence[str]
    ) -> None:
        """Takes in a batch x [batch, h, w, c] of skipped images, of these numbers in the list."""
        new = np.full(len(x), -1, np.int32)
        instead = np.full(len(x), -1, np.int32)
        replaced: list[int] = []
        for place, (number, reason) in enumerate(zip(numbers, reasons)):
            digest = digests[place].tobytes()
            reason = reason or self.unusable.get(digest, "")
            if reason:
                self.run.skipped[number] = reason
                continue
            index = number - self.run.settings.range.start
            self.run.digests[index] = digests[place]
            del self.run.skipped[number]
            first = self.first_with.setdefault(digest, number)
            if first < number:
                self.run.same[index] = first
            elif first == number:
                new[place] = number
                self.run.scanned += 1
            else:
                instead[place] = number
                replaced.append(first)
                self._renumber(first, number, digest)
        self._accumulate(x, new)
        if replaced:
            self._merge()
            self._accumulate(x, instead)
            self.run.state = drop_images(self.run.state, np.array(replaced))
            self._merge(with_sums=False)

    def _renumber(self, later: int, number: int, digest: bytes) -> None:
        """Notes that an image is the first with its pixels, and not one that is later."""
        self.first_with[digest] = number
        self.run.same[self.run.same == later] = number
        self.run.same[later - self.run.settings.range.start] = number

    def _accumulate(self, x: np.ndarray, numbers: np.ndarray) -> None:
        """Takes in those of a batch that have a number; one that overflows is skipped again."""
        while (numbers >= 0).any():
            try:
                (maxima,) = self.accumulator.step([x], [numbers])
            except NotFinite as error:
                self._skip(error.reasons)
                numbers = np.where(np.isin(numbers, list(error.reasons)), -1, numbers)
                continue
            if self.maxima_file:
                counts = numbers >= 0
                self.maxima_file.put(numbers[counts], half(maxima[counts]))
            return

    def _skip(self, reasons: dict[int, str]) -> None:
        self.run.skip(reasons)
        for number, reason in reasons.items():
            digest = self.run.digests[number - self.run.settings.range.start].tobytes()
            self.unusable[digest] = reason
            self.first_with.pop(digest, None)

    def _merge(self, with_sums: bool = True) -> None:
        """Moves what was accumulated into the run."""
        found = self.accumulator.state()
        self.accumulator.restore(self.nothing)
        self.run.state = merge_states([self.run.state, found if with_sums else without_sums(found)])

    def save(self) -> None:
        """Writes the run. Its maxima are on the disk before it, and what is NaN now after it.

        Killed in between, the file of maxima has rows more than the run counts, which no reader
        looks at. Raises UserError where that cannot be written.
        """
        self._merge()
        if file_stamp(self.path) != self.run.stamp:
            raise UserError(
                f"{self.path} was written by another program meanwhile: stop it, and try again"
            )
        if self.maxima_file:
            self.maxima_file.rewrite()
        run_file.save(self.path, self.run)
        self.run.stamp = file_stamp(self.path)
        if self.maxima_file:
            seen = counted_images(self.run)[: self.run.done]
            self.maxima_file.clear(np.flatnonzero(~seen))


def without_sums(state: State) -> State:
    """The state with its rankings alone: sums and counts are 0."""
    rankings: State = {}
    for layer, arrays in state.items():
        rankings[layer] = dict(arrays)
        for field in present_fields(arrays, ADDED):
            rankings[layer][field.name] = np.zeros_like(arrays[field.name])
    return rankings
