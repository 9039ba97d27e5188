"""A scan to do: what it is of, and the run that it starts or resumes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..data.dataset import Source
from ..data.loader import batches as load_batches, reader
from ..data.preprocessing import Preprocessing
from ..errors import UserError
from ..formats.hdf5_write import pack_texts, unpack_texts
from ..version import library_versions
from ..weights.load import Weights, as_tensors
from .accumulator import Accumulator
from .messages import pack_progress, unpack_progress
from .run import Run, Settings, differences
from .state import State
from .workers import Message, WorkerGroup

# takes a line that says how far something is
ProgressCallback = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """What a scan is to do: with which images and weights, and the run to resume."""

    source: Source
    read: Weights
    preprocessing: Preprocessing
    settings: Settings
    weights: str  # their file
    run: Run | None = None

    def scan(self, workers: WorkerGroup) -> Accumulator:
        """What accumulates it, on the workers' devices."""
        return Accumulator(
            self.read.network,
            as_tensors(self.read),
            self.settings.layers,
            self.settings.image_size,
            self.settings.batch,
            self.settings.top,
            self.settings.kept,
            workers.strategy,
            self.settings.interior,
        )


def start_or_resume(job: Job, workers: WorkerGroup) -> Run:
    """The run of the chief's file, or a new one: the same for all workers.

    Raises UserError in all of them where one was asked for something else than the others.
    """
    messages = workers.exchange({"settings": pack_texts([json.dumps(asdict(job.settings))])})
    for rank, message in enumerate(messages):
        if wrong := differences(settings_of(message), job.settings):
            raise UserError(
                f"worker {rank} was started with other options than worker {workers.rank}: "
                f"{'; '.join(wrong)}"
            )
    run = job.run or Run(job.settings, job.source.root, job.weights, job.source.names)
    own_progress = pack_progress(run) if workers.chief else {}
    chief_progress = workers.exchange(own_progress)[0]
    if not workers.chief:
        unpack_progress(chief_progress, run)
    return replace(
        run,
        root=job.source.root,
        # the same, of which a run that goes on has copies
        names=job.source.names,
        weights=job.weights,
        versions=library_versions(),
        labels=job.source.labels,
    )


def settings_of(message: Message) -> Settings:
    """The settings in a worker's message, which JSON gave lists for tuples."""
    fields: dict[str, Any] = json.loads(unpack_texts(message["settings"])[0])
    for name, value in fields.items():
        if isinstance(value, list):
            fields[name] = tuple(value)
    return Settings(**fields)


def rescan(job: Job, numbers: Sequence[int], say: ProgressCallback = lambda text: None) -> State:
    """The state of some images of a run alone.

    Raises UserError where one is not any more what it was.
    """
    assert job.run
    settings = job.settings
    accumulator = job.scan(WorkerGroup())
    size = settings.image_size
    shape = (*size, accumulator.channels)
    read = reader(job.source, job.preprocessing, settings.resize, size, accumulator.channels)
    done = 0
    for x, digests, reasons in load_batches(read, numbers, settings.batch, shape):
        count = len(reasons)
        batch_numbers = np.full(settings.batch, -1, np.int32)
        batch_numbers[:count] = numbers[done : done + count]
        for number, digest, reason in zip(batch_numbers, digests, reasons):
            if reason:
                raise UserError(reason)
            if (digest != job.run.digests[number - settings.range.start]).any():
                raise UserError(
                    f"image {number} of {job.source.root} has changed since it was scanned: "
                    f"put the old one back, or scan again"
                )
        accumulator.step([x], [batch_numbers])
        done += count
        say(f"{done} of {len(numbers)} images that appear more than once")
    return accumulator.state()
