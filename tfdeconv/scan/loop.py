"""A scan from the list of images to the file, which all workers run at once.

Batches of the list go round: the first to the first device of the first worker, the next to its
next device, then to the next worker's, and so on. So a round is a piece of the list without gaps:
what has been seen is always the first `done` images, however many workers there are, and a run can
be resumed by another number of them.

An image whose pixels were seen before does not count, or a picture that is in a dataset twice would
take two places among a channel's strongest. The second one may be in another worker's batch. So in
each round all workers send each other the digests of their images, and note them in the order of
the list: all come to the same numbers without asking anyone, and of equal images the first in the
list counts, as it does for one process.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ..data.admission import Admission
from ..data.dataset import Source, readable
from ..data.loader import Batch, batches as load_batches, reader
from ..data.preprocessing import Preprocessing
from ..errors import UserError
from .accumulator import Accumulator
from .checkpoint import Checkpointer
from .images_check import locations_read, refuse_changed, refuse_unequal, samples
from .interruption import Interrupted
from .job import ProgressCallback
from .known_images import KnownImages
from .messages import Report, report_on
from .run import Run
from .workers import WorkerGroup


def advance(
    run: Run,
    accumulator: Accumulator,
    source: Source,
    preprocessing: Preprocessing,
    path: str | Path,
    every: float,
    say: ProgressCallback = lambda text: None,
    workers: WorkerGroup | None = None,
    admission: Admission | None = None,
    signalled: Callable[[], int] = lambda: 0,
    known: KnownImages | None = None,
) -> None:
    """Scans what is left of a run's images; writes it to path every so many seconds and at the end.

    Unreadable images, and those that have the pixels of an earlier one, do not count. The chief
    alone writes. signalled: the number of a signal that asked this worker to stop, or 0. known: the
    images that a run of other layers has; what counts there must count here.
    Raises UserError where the images' directory has vanished, and Interrupted after a signal to any
    worker: the run is saved then, and can be resumed.
    """
    workers = workers or WorkerGroup()
    checkpoint = Checkpointer(run, accumulator, path, workers, every)
    settings = run.settings
    channels = accumulator.channels
    read = reader(source, preprocessing, settings.resize, settings.image_size, channels, admission)
    if known:
        read = known.reader(read, (*settings.image_size, channels))
    refuse_unequal(source, samples(run), read, workers)
    with workers.deferred_errors():
        refuse_changed(run, source, read)
    checkpoint.save()  # where nothing can be written it is known before the work
    directories = source.locations() | locations_read(run, source)
    progress = Progress(run)
    for batches in rounds(run, accumulator, read, workers):
        firsts = first_images(run, accumulator, workers)
        # asked after the batches were read: what was read before a change is right
        lost = source.has_changed() or source_lost(source, directories, firsts, batches)
        own_report = report_on(
            batches, lost, checkpoint.due, checkpoint.take_unusable(), signalled()
        )
        # of all workers by rank, and so in the order of the list
        reports = list(map(Report.from_message, workers.exchange(own_report.to_message())))
        for report in reports:
            if known:
                known.refuse_uncounted(report.unusable)
            run.skip(report.unusable)
        if any(report.source_lost for report in reports):
            checkpoint.finish()
            raise source_lost_error(source, path, run)
        for rank, report in enumerate(reports):
            if report.signal:
                checkpoint.finish()
                raise interruption_of(report.signal, rank, workers, path, run)
        problem = known.problem(source, run.done, reports) if known else ""
        if problem:
            checkpoint.finish()
            raise UserError(problem)
        if any(report.save_due for report in reports):
            checkpoint.save()
        image_numbers = [record_batches(run, report) for report in reports]
        checkpoint.accumulate(batches, image_numbers[workers.rank])
        say(progress.text(run))
    checkpoint.finish()


def rounds(
    run: Run, accumulator: Accumulator, read: Callable, workers: WorkerGroup
) -> Iterator[list[Batch]]:
    """This worker's batches of what is left, one for each of its devices a round.

    All workers have the same number of rounds; where the list has ended batches are empty.
    """
    part = run.settings.range
    size = run.settings.batch
    shape = (*run.settings.image_size, accumulator.channels)
    starts = range(part.start + run.done, part.stop, size)  # first images of batches
    devices = accumulator.devices
    per_round = workers.size * devices
    # an array: a list of millions of numbers would take 40 bytes for each
    pieces = [np.zeros(0, np.int32)]
    for first in range(workers.rank * devices, len(starts), per_round):
        for start in starts[first : first + devices]:
            pieces.append(np.arange(start, min(start + size, part.stop), dtype=np.int32))
    empty: Batch = (np.zeros((size, *shape), np.float32), np.zeros((0, 32), np.uint8), [])
    loaded = load_batches(read, np.concatenate(pieces), size, shape, devices)
    for _ in range(0, len(starts), per_round):
        yield [next(loaded, empty) for _ in range(devices)]


def first_images(run: Run, accumulator: Accumulator, workers: WorkerGroup) -> list[int]:
    """The first image of each of this worker's batches of the round that begins."""
    start = run.settings.range.start + run.done
    first = workers.rank * accumulator.devices
    batches = range(first, first + accumulator.devices)
    return [start + batch * run.settings.batch for batch in batches]


def record_batches(run: Run, report: Report) -> list[np.ndarray]:
    """Notes a worker's batches in the run; returns the numbers of their images, by batch.

    -1 stands for an image that does not count.
    """
    return [run.record(batch.digests, batch.reasons) for batch in report.batches]


def source_lost(
    source: Source, directories: set[str], firsts: Sequence[int], batches: Sequence[Batch]
) -> bool:
    """Whether an image could not be read because its directory, which was there, has vanished.

    directories: those that could be read when the scan began, or was resumed before; without any
    the source is lost.
    """
    if not directories:
        return True
    suspects = set()
    for first, (_, _, reasons) in zip(firsts, batches):
        for i, reason in enumerate(reasons):
            if reason:
                suspects.add(source.location(first + i))
    return any(not readable(directory) for directory in suspects & directories)


def source_lost_error(source: Source, path: str | Path, run: Run) -> UserError:
    if source.has_changed():
        return UserError(
            f"{source.root} was changed while it was scanned: {path} has the first {run.done} "
            f"images, and the same command goes on from there if the images are the same"
        )
    return UserError(
        f"{source.root} can no longer be read: {path} has the first {run.done} images; "
        f"run the same command again to continue"
    )


def interruption_of(
    number: int, rank: int, workers: WorkerGroup, path: str | Path, run: Run
) -> Interrupted:
    by = signal.Signals(number).name
    if workers.size > 1:
        by += f" to {workers.name(rank)}"
    return Interrupted(
        number,
        f"stopped by {by}: {path} has the first {run.done} images; run the same command "
        f"again to continue",
    )


class Progress:
    """How fast a scan is, since it was started or resumed."""

    def __init__(self, run: Run):
        self.began = time.monotonic()
        self.images = run.done

    def text(self, run: Run) -> str:
        """`1,200 of 50,000 images, 23.1 a second, 35 min to go`."""
        count = len(run.settings.range)
        seconds = time.monotonic() - self.began
        speed = (run.done - self.images) / max(seconds, 1e-6)
        left = (count - run.done) / speed
        return f"{run.done:,} of {count:,} images, {speed:.1f} a second, {duration(left)} to go"


def duration(seconds: float) -> str:
    for length, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
