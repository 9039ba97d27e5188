"""A scan from the list of images to the file: batch by batch, saved every so often, gone on with where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ..data.dataset import Source, readable
from ..data.loader import Batch, batches, reader
from ..data.preprocessing import Preprocessing
from ..errors import UserError
from .accumulator import Accumulator
from .checkpoint import Checkpointer
from .job import Said
from .messages import admitted, heard, told
from .run import Run
from .workers import WorkerGroup

MOST = 256 << 20  # bytes of maxima that all workers hold before they are written


def advance(
    run: Run,
    scan: Accumulator,
    source: Source,
    preprocessing: Preprocessing,
    path: str | Path,
    every: float,
    say: Said = lambda text: None,
    team: WorkerGroup | None = None,
) -> None:
    """Scans what is left of a run's images and writes it to path, every so many seconds and at the end.

    Batch k is always images k * batch to (k + 1) * batch of the list; those that cannot be read, or have the pixels of an
    earlier one, are there and do not count. In a team each device takes the next batch of the list in its turn, all know of all
    digests, and the chief alone writes. Raises UserError where the images' place is gone: the run can go on later.
    """
    team = team or WorkerGroup()
    keeper = Checkpointer(run, scan, path, team)
    size = int(run.settings.size[0]), int(run.settings.size[1])
    seen = {
        run.digests[i].tobytes(): i + run.settings.range.start
        for i in range(run.done)
        if run.same[i] < 0 and i + run.settings.range.start not in run.skipped
    }
    read = reader(source, preprocessing, run.settings.resize, size, scan.channels)
    keeper.keep()  # where nothing can be written it is known before the work
    places = source.places()
    begun, began = saved, done = time.monotonic(), run.done
    for parts in turns(run, scan, read, team):
        gone = not places or any(
            away(source, places, first, reasons)
            for first, (_, _, reasons) in zip(firsts(run, scan, team), parts)
        )
        due = run.done > done and (
            time.monotonic() - saved >= every or keeper.held > MOST // team.size
        )
        messages = team.exchange(
            {"gone": np.array(gone), "due": np.array(due)} | told(parts), keeper.error
        )
        if any(message["gone"] for message in messages):
            keeper.keep()
            team.exchange({}, keeper.error)
            raise UserError(
                f"{source.root} cannot be read any more: {path} has the first {run.done} images, and the same command "
                f"goes on from there"
            )
        if any(message["due"] for message in messages):
            keeper.keep()
            saved, done = time.monotonic(), run.done
        indices = [
            admitted(run, seen, digests, reasons)
            for message in messages
            for digests, reasons in heard(message)
        ]
        mine = indices[team.rank * scan.devices : (team.rank + 1) * scan.devices]
        keeper.step([x for x, _, _ in parts], mine)
        say(progress(run, time.monotonic() - begun, run.done - began))
    keeper.keep()
    team.exchange({}, keeper.error)  # the chief's last word: it is written


def firsts(run: Run, scan: Accumulator, team: WorkerGroup) -> list[int]:
    """The number of the first image in each of this worker's batches of the turn that begins."""
    return [
        run.settings.range.start + run.done + (team.rank * scan.devices + i) * run.settings.batch
        for i in range(scan.devices)
    ]


def away(source: Source, places: set[str], first: int, reasons: Sequence[str]) -> bool:
    """Whether an image of a batch could not be read because its place is gone, one of those that were there."""
    wrong = {source.place(first + i) for i, reason in enumerate(reasons) if reason}
    return any(place in places and not readable(place) for place in wrong)


def turns(run: Run, scan: Accumulator, read: Callable, team: WorkerGroup) -> Iterator[list[Batch]]:
    """This worker's share of what is left: a batch for each of its devices, again and again, empty ones where the list has ended.

    All workers have the same number of turns.
    """
    there, batch = run.settings.range, run.settings.batch
    shape = int(run.settings.size[0]), int(run.settings.size[1]), scan.channels
    starts = range(there.start + run.done, there.stop, batch)
    wide = team.size * scan.devices
    first = team.rank * scan.devices
    mine = [
        start
        for turn in range(0, len(starts), wide)
        for start in starts[turn : turn + wide][first : first + scan.devices]
    ]
    numbers = [number for start in mine for number in range(start, min(start + batch, there.stop))]
    nothing: Batch = (np.zeros((batch, *shape), np.float32), np.zeros((0, 32), np.uint8), [])
    found = batches(read, numbers, batch, shape, scan.devices)
    for _ in range(0, len(starts), wide):
        yield [next(found, nothing) for _ in range(scan.devices)]


def progress(run: Run, seconds: float, images: int) -> str:
    """`1,200 of 50,000 images, 23.1 a second, 35 min to go`."""
    count = len(run.settings.range)
    speed = images / max(seconds, 1e-6)
    left = (count - run.done) / speed
    return f"{run.done:,} of {count:,} images, {speed:.1f} a second, {duration(left)} to go"


def duration(seconds: float) -> str:
    for length, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
