"""A scan from the list of images to the file: batch by batch, saved every so often, gone on with where it stopped."""
from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf

from .data.dataset import Source, readable
from .data.loader import Batch, batches, reader
from .data.preprocessing import Preprocessing
from .errors import UserError
from .formats.hdf5_write import packed, unpacked
from .keeper import SMALLER, Keeper
from .merging import State
from .run import Run, Settings, differences
from .scan import Scan
from .team import Message, Team
from .weights.load import Weights, as_tensors

T = TypeVar("T")
Said = Callable[[str], None]
MOST = 256 << 20                # bytes of maxima that all workers hold before they are written


@dataclass(frozen=True)
class Work:
    """What a scan is to do: with which images and weights, and the run that there is of it."""
    source: Source
    read: Weights
    preprocessing: Preprocessing
    settings: Settings
    weights: str                    # their file
    run: Run | None = None

    def scan(self, team: Team) -> Scan:
        """The scan, on the team's devices."""
        wanted, size = self.settings, (int(self.settings.size[0]), int(self.settings.size[1]))
        return Scan(self.read.network, as_tensors(self.read), wanted.layers, size, wanted.batch, wanted.top, wanted.kept,
                    team.strategy)


def advance(run: Run, scan: Scan, source: Source, preprocessing: Preprocessing, path: str | Path, every: float,
            say: Said = lambda text: None, team: Team | None = None) -> None:
    """Scans what is left of a run's images and writes it to path, every so many seconds and at the end.

    Batch k is always images k * batch to (k + 1) * batch of the list; those that cannot be read, or have the pixels of an
    earlier one, are there and do not count. In a team each device takes the next batch of the list in its turn, all know of all
    digests, and the chief alone writes. Raises UserError where the images' place is gone: the run can go on later.
    """
    team = team or Team()
    keeper = Keeper(run, scan, path, team)
    size = int(run.settings.size[0]), int(run.settings.size[1])
    seen = {run.digests[i].tobytes(): i + run.settings.range.start for i in range(run.done)
            if run.same[i] < 0 and i + run.settings.range.start not in run.skipped}
    read = reader(source, preprocessing, run.settings.resize, size, scan.channels)
    keeper.keep()                       # where nothing can be written it is known before the work
    places = source.places()
    begun, began = saved, done = time.monotonic(), run.done
    for parts in turns(run, scan, read, team):
        gone = not places or any(away(source, places, first, reasons)
                                 for first, (_, _, reasons) in zip(firsts(run, scan, team), parts))
        due = run.done > done and (time.monotonic() - saved >= every or keeper.held > MOST // team.size)
        messages = team.exchange({"gone": np.array(gone), "due": np.array(due)} | told(parts), keeper.error)
        if any(message["gone"] for message in messages):
            keeper.keep()
            team.exchange({}, keeper.error)
            raise UserError(f"{source.root} cannot be read any more: {path} has the first {run.done} images, and the same command "
                            f"goes on from there")
        if any(message["due"] for message in messages):
            keeper.keep()
            saved, done = time.monotonic(), run.done
        indices = [admitted(run, seen, digests, reasons)
                   for message in messages for digests, reasons in heard(message)]
        mine = indices[team.rank * scan.devices:(team.rank + 1) * scan.devices]
        keeper.step([x for x, _, _ in parts], mine)
        say(progress(run, time.monotonic() - begun, run.done - began))
    keeper.keep()
    team.exchange({}, keeper.error)     # the chief's last word: it is written


def firsts(run: Run, scan: Scan, team: Team) -> list[int]:
    """The number of the first image in each of this worker's batches of the turn that begins."""
    return [run.settings.range.start + run.done + (team.rank * scan.devices + i) * run.settings.batch for i in range(scan.devices)]


def away(source: Source, places: set[str], first: int, reasons: Sequence[str]) -> bool:
    """Whether an image of a batch could not be read because its place is gone, one of those that were there."""
    wrong = {source.place(first + i) for i, reason in enumerate(reasons) if reason}
    return any(place in places and not readable(place) for place in wrong)


def turns(run: Run, scan: Scan, read: Callable, team: Team) -> Iterator[list[Batch]]:
    """This worker's share of what is left: a batch for each of its devices, again and again, empty ones where the list has ended.

    All workers have the same number of turns.
    """
    there, batch = run.settings.range, run.settings.batch
    shape = int(run.settings.size[0]), int(run.settings.size[1]), scan.channels
    starts = range(there.start + run.done, there.stop, batch)
    wide = team.size * scan.devices
    first = team.rank * scan.devices
    mine = [start for turn in range(0, len(starts), wide) for start in starts[turn:turn + wide][first:first + scan.devices]]
    numbers = [number for start in mine for number in range(start, min(start + batch, there.stop))]
    nothing: Batch = (np.zeros((batch, *shape), np.float32), np.zeros((0, 32), np.uint8), [])
    found = batches(read, numbers, batch, shape, scan.devices)
    for _ in range(0, len(starts), wide):
        yield [next(found, nothing) for _ in range(scan.devices)]


def told(parts: list[Batch]) -> Message:
    """What the others need of batches: how many images each has, digests, and why some could not be read."""
    return {"counts": np.array([len(reasons) for _, _, reasons in parts]), "digests": np.concatenate([part[1] for part in parts]),
            "reasons": packed(reason for _, _, reasons in parts for reason in reasons)}


def heard(message: Message) -> Iterator[tuple[np.ndarray, tuple[str, ...]]]:
    """Digests and reasons of each batch that was told of."""
    reasons, start = unpacked(message["reasons"]), 0
    for count in message["counts"]:
        yield message["digests"][start:start + count], reasons[start:start + count]
        start += count


def admitted(run: Run, seen: dict[bytes, int], digests: np.ndarray, reasons: tuple[str, ...]) -> np.ndarray:
    """Notes a batch in the run, and returns the numbers of the images that count, -1 for the others: int32 [batch]."""
    index = np.full(run.settings.batch, -1, np.int32)
    for place, reason in enumerate(reasons):
        at = run.done + place
        number, digest = run.settings.range.start + at, digests[place].tobytes()
        run.digests[at] = digests[place]
        if reason:
            run.skipped[number] = reason
        elif digest in seen:
            run.same[at] = seen[digest]
        else:
            seen[digest] = index[place] = number
    run.scanned += int((index >= 0).sum())
    run.done += len(reasons)
    return index


def together(make: Callable[[], T], team: Team) -> T:
    """What every worker makes; raises UserError in all of them where one cannot."""
    made: list[T] = []
    error = ""
    try:
        made.append(make())
    except UserError as mistake:
        error = str(mistake)
    except tf.errors.ResourceExhaustedError:
        error = SMALLER
    team.exchange({}, error)
    return made[0]


def begun(work: Work, team: Team) -> Run:
    """The run to go on with, that of the chief's file or a new one: the same for all workers.

    Raises UserError in all of them where one was asked for something else than the chief.
    """
    messages = team.exchange({"settings": packed([json.dumps(asdict(work.settings))])})
    for rank, message in enumerate(messages):
        told: Any = json.loads(unpacked(message["settings"])[0])
        fields: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
        other = Settings(**fields)
        if wrong := differences(other, work.settings):
            raise UserError(f"worker {rank} is not asked for the same as worker {team.rank}: {'; '.join(wrong)}")
    run = work.run or Run(work.settings, work.source.root, work.weights, work.source.names)
    mine = {"at": np.array([run.done, run.scanned]), "digests": run.digests, "same": run.same,
            "skipped": np.array(list(run.skipped), np.int32), "reasons": packed(run.skipped.values())}
    first = team.exchange(mine if team.chief else {})[0]
    if not team.chief:
        run.done, run.scanned = map(int, first["at"])
        run.digests, run.same = first["digests"], first["same"]
        run.skipped = dict(zip(first["skipped"].tolist(), unpacked(first["reasons"])))
    return replace(run, root=work.source.root, weights=work.weights, versions=versions())


def counted(work: Work, numbers: Sequence[int], say: Said = lambda text: None) -> State:
    """What some images of a run count, with nothing else; raises UserError where one is not any more as it was."""
    assert work.run
    scan, settings = work.scan(Team()), work.settings
    size = int(settings.size[0]), int(settings.size[1])
    read = reader(work.source, work.preprocessing, settings.resize, size, scan.channels)
    start = 0
    for x, digests, reasons in batches(read, numbers, settings.batch, (*size, scan.channels)):
        index = np.full(settings.batch, -1, np.int32)
        index[:len(reasons)] = numbers[start:start + len(reasons)]
        for number, digest, reason in zip(index, digests, reasons):
            if reason or (digest != work.run.digests[number - settings.range.start]).any():
                raise UserError(reason or f"image {number} of {work.source.root} is not any more what it was when it was scanned")
        scan.step([x], [index])
        start += len(reasons)
        say(f"{start} of {len(numbers)} images that came again")
    return scan.state()


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


def versions() -> str:
    """Of the libraries that a run's numbers depend on."""
    from importlib.metadata import version
    return ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "numpy", "pillow", "h5py"))
