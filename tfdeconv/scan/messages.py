"""What workers tell each other of their batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import tensorflow as tf

from ..data.loader import Batch
from ..errors import UserError
from ..formats.hdf5_write import packed, unpacked
from .checkpoint import SMALLER
from .run import Run
from .workers import Message, WorkerGroup

T = TypeVar("T")


def told(parts: list[Batch]) -> Message:
    """What the others need of batches: how many images each has, digests, and why some could not be read."""
    return {
        "counts": np.array([len(reasons) for _, _, reasons in parts]),
        "digests": np.concatenate([part[1] for part in parts]),
        "reasons": packed(reason for _, _, reasons in parts for reason in reasons),
    }


def heard(message: Message) -> Iterator[tuple[np.ndarray, tuple[str, ...]]]:
    """Digests and reasons of each batch that was told of."""
    reasons, start = unpacked(message["reasons"]), 0
    for count in message["counts"]:
        yield message["digests"][start : start + count], reasons[start : start + count]
        start += count


def admitted(
    run: Run, seen: dict[bytes, int], digests: np.ndarray, reasons: tuple[str, ...]
) -> np.ndarray:
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


def together(make: Callable[[], T], team: WorkerGroup) -> T:
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
