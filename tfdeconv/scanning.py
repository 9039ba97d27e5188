"""A scan from the list of images to the file: batch by batch, saved every so often, gone on with where it stopped."""
from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .dataset import Source, batches, reader
from .errors import UserError
from .preprocessing import Preprocessing
from .run import Run, save
from .scan import Scan

Said = Callable[[str], None]


def advance(run: Run, scan: Scan, source: Source, preprocessing: Preprocessing, path: str | Path, every: float, versions: str,
            say: Said = lambda text: None) -> None:
    """Scans what is left of a run's images and writes it to path, every so many seconds and at the end.

    Batch k is always images k * batch to (k + 1) * batch of the list; those that cannot be read, or have the pixels of an
    earlier one, are there and do not count. Raises UserError where the images' place is gone: the run can go on later.
    """
    settings = run.settings
    size, channels = (int(settings.size[0]), int(settings.size[1])), scan.channels
    if run.state:
        scan.restore(run.state)
    seen = {run.digests[i].tobytes(): i for i in range(run.done) if run.same[i] < 0 and i not in run.skipped}
    read = reader(source, preprocessing, settings.resize, size, channels)

    def keep() -> None:
        run.state = scan.state()
        save(path, run, versions)

    keep()                              # where nothing can be written it is known before the work
    begun, began, saved = time.monotonic(), run.done, time.monotonic()
    for x, digests, reasons in batches(read, settings.count, settings.batch, run.done, (*size, channels)):
        if all(reasons) and not source.reachable():
            keep()
            raise UserError(f"{source.root} cannot be read any more: {path} has the first {run.done} images, and the same command "
                            f"goes on from there")
        index = admitted(run, seen, digests, reasons)
        if (index >= 0).any():
            scan.step(x, index)
        run.done += len(reasons)
        say(progress(run, time.monotonic() - begun, run.done - began))
        if time.monotonic() - saved >= every and not run.finished:
            keep()
            saved = time.monotonic()
    keep()


def admitted(run: Run, seen: dict[bytes, int], digests: np.ndarray, reasons: list[str]) -> np.ndarray:
    """Notes a batch in the run, and returns the numbers of the images that count, -1 for the others: int32 [batch]."""
    index = np.full(run.settings.batch, -1, np.int32)
    for place, reason in enumerate(reasons):
        number, digest = run.done + place, digests[place].tobytes()
        run.digests[number] = digests[place]
        if reason:
            run.skipped[number] = reason
        elif digest in seen:
            run.same[number] = seen[digest]
        else:
            seen[digest] = index[place] = number
    run.scanned += int((index >= 0).sum())
    return index


def progress(run: Run, seconds: float, images: int) -> str:
    """`1,200 of 50,000 images, 23.1 a second, 35 min to go`."""
    speed = images / max(seconds, 1e-6)
    left = (run.settings.count - run.done) / speed
    return f"{run.done:,} of {run.settings.count:,} images, {speed:.1f} a second, {duration(left)} to go"


def duration(seconds: float) -> str:
    for length, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def versions() -> str:
    """Of the libraries that a run's numbers depend on."""
    from importlib.metadata import version
    return ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "numpy", "pillow", "h5py"))
