"""A scan to do: what it is of, and the run that it begins or goes on with."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..data.dataset import Source
from ..data.loader import batches, reader
from ..data.preprocessing import Preprocessing
from ..errors import UserError
from ..formats.hdf5_write import packed, unpacked
from ..weights.load import Weights, as_tensors
from .accumulator import Accumulator
from .run import Run, Settings, differences
from .state import State
from .workers import WorkerGroup

Said = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """What a scan is to do: with which images and weights, and the run that there is of it."""

    source: Source
    read: Weights
    preprocessing: Preprocessing
    settings: Settings
    weights: str  # their file
    run: Run | None = None

    def scan(self, team: WorkerGroup) -> Accumulator:
        """The scan, on the team's devices."""
        wanted, size = self.settings, (int(self.settings.size[0]), int(self.settings.size[1]))
        return Accumulator(
            self.read.network,
            as_tensors(self.read),
            wanted.layers,
            size,
            wanted.batch,
            wanted.top,
            wanted.kept,
            team.strategy,
        )


def begun(work: Work, team: WorkerGroup) -> Run:
    """The run to go on with, that of the chief's file or a new one: the same for all workers.

    Raises UserError in all of them where one was asked for something else than the chief.
    """
    messages = team.exchange({"settings": packed([json.dumps(asdict(work.settings))])})
    for rank, message in enumerate(messages):
        told: Any = json.loads(unpacked(message["settings"])[0])
        fields: Any = {
            name: tuple(value) if isinstance(value, list) else value for name, value in told.items()
        }
        other = Settings(**fields)
        if wrong := differences(other, work.settings):
            raise UserError(
                f"worker {rank} is not asked for the same as worker {team.rank}: {'; '.join(wrong)}"
            )
    run = work.run or Run(work.settings, work.source.root, work.weights, work.source.names)
    mine = {
        "at": np.array([run.done, run.scanned]),
        "digests": run.digests,
        "same": run.same,
        "skipped": np.array(list(run.skipped), np.int32),
        "reasons": packed(run.skipped.values()),
    }
    first = team.exchange(mine if team.chief else {})[0]
    if not team.chief:
        run.done, run.scanned = map(int, first["at"])
        run.digests, run.same = first["digests"], first["same"]
        run.skipped = dict(zip(first["skipped"].tolist(), unpacked(first["reasons"])))
    return replace(run, root=work.source.root, weights=work.weights, versions=versions())


def counted(work: Work, numbers: Sequence[int], say: Said = lambda text: None) -> State:
    """What some images of a run count, with nothing else; raises UserError where one is not any more as it was."""
    assert work.run
    scan, settings = work.scan(WorkerGroup()), work.settings
    size = int(settings.size[0]), int(settings.size[1])
    read = reader(work.source, work.preprocessing, settings.resize, size, scan.channels)
    start = 0
    for x, digests, reasons in batches(read, numbers, settings.batch, (*size, scan.channels)):
        index = np.full(settings.batch, -1, np.int32)
        index[: len(reasons)] = numbers[start : start + len(reasons)]
        for number, digest, reason in zip(index, digests, reasons):
            if reason or (digest != work.run.digests[number - settings.range.start]).any():
                raise UserError(
                    reason
                    or f"image {number} of {work.source.root} is not any more what it was when it was scanned"
                )
        scan.step([x], [index])
        start += len(reasons)
        say(f"{start} of {len(numbers)} images that came again")
    return scan.state()


def versions() -> str:
    """Of the libraries that a run's numbers depend on."""
    from importlib.metadata import version

    return ", ".join(
        f"{name} {version(name)}" for name in ("tensorflow", "numpy", "pillow", "h5py")
    )
