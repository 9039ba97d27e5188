"""Whether a scan's images are still what they were, and the same for all workers.

A list says what images are called. Another directory of the same names, or an array that was
written anew, is found by reading a few of them again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..data.dataset import Source
from ..errors import UserError
from .run import Run

if TYPE_CHECKING:
    from .workers import WorkerGroup

COMPARED = 4  # images that are read again
# what reads an image by its number: (image, digest, why it could not be read or "")
Read = Callable[[int], tuple[np.ndarray, np.ndarray, str]]


def locations_read(run: Run, source: Source) -> set[str]:
    """Where the images are that the run could read."""
    start = run.settings.range.start
    counted = np.flatnonzero(run.digests[: run.done].any(1)) + start
    return source.locations_of(counted.tolist())


def refuse_changed(run: Run, source: Source, read: Read) -> None:
    """Raises UserError where images that a run could read are others now: the last, and a few.

    One that cannot be read now is not another one.
    """
    start = run.settings.range.start
    counted = np.flatnonzero(run.digests[: run.done].any(1))
    if not len(counted):
        return
    spread = counted[np.linspace(0, len(counted) - 1, COMPARED).round().astype(int)]
    for index in np.union1d(spread, counted[-COMPARED:]).tolist():
        _, digest, reason = read(start + index)
        if not reason and (digest != run.digests[index]).any():
            raise UserError(
                f"{source.name(start + index)} is not what was scanned: its pixels differ; put the "
                f"old images back, or scan to another --out"
            )


def refuse_unequal(
    source: Source, numbers: Sequence[int], read: Read, workers: WorkerGroup
) -> None:
    """Raises UserError in all workers where an image of theirs is not the chief's.

    numbers: of the images that are compared, the same for all workers. An image that only some
    can read is another one.
    """
    if workers.size == 1 or not numbers:
        return
    own = np.stack([read(number)[1] for number in numbers])
    messages = workers.exchange({"samples": own})
    for rank, message in enumerate(messages):
        differs = (message["samples"] != messages[0]["samples"]).any(1)
        if differs.any():
            name = source.name(numbers[int(differs.argmax())])
            raise UserError(
                f"{name} is not the same for {workers.name(rank)} and for {workers.name(0)}: give "
                f"all workers the same images"
            )


def samples(run: Run) -> list[int]:
    """The numbers of a few images, from the first to the last of a run's part."""
    part = run.settings.range
    if not part:
        return []
    return sorted({part[round(at)] for at in np.linspace(0, len(part) - 1, COMPARED)})
