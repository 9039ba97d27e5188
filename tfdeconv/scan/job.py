"""A scan to do: what it is of, and the run that it starts or resumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..data.dataset import Source
from ..data.loader import batches as load_batches, reader
from ..data.preprocessing import Preprocessing, say_nothing
from ..errors import UserError
from ..network.graph import Network
from ..version import library_versions
from ..weights.load import Weights, as_tensors
from .accumulator import Accumulator
from .messages import pack_progress, pack_settings, unpack_progress, unpack_settings
from .run import Run, Settings, differences
from .state import State
from .workers import WorkerGroup

# takes a line that says how far something is
ProgressCallback = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """What a scan is to do: with which images and weights, and the run to resume."""

    source: Source
    network: Network
    # reads what some layers need of the weights
    read: Callable[[Sequence[str]], Weights]
    preprocessing: Preprocessing
    settings: Settings
    weights: str  # their file
    run: Run | None = None
    # what describes the network besides: a file, and what Lambda layers do
    architecture: str = ""
    lambdas: Mapping[str, str] = field(default_factory=dict)
    # takes a line that says that memory ran out, and the scan goes on
    tell: Callable[[str], None] = say_nothing

    def scan(self, workers: WorkerGroup) -> Accumulator:
        """What accumulates it, on the workers' devices."""
        return Accumulator(
            self.network,
            as_tensors(self.read(self.settings.layers)),
            self.settings.layers,
            self.settings.image_size,
            self.settings.batch,
            self.settings.top,
            self.settings.kept,
            workers.strategy,
            self.settings.interior,
            self.tell,
        )


class HeldWeights:
    """Weights that have been read, for the first who asks; what is asked for later is read again.

    So memory does not hold them while they are on a device.
    """

    def __init__(self, weights: Weights, again: Callable[[Sequence[str]], Weights]):
        self.weights = weights
        self.again = again

    def __call__(self, layers: Sequence[str]) -> Weights:
        """What some layers need; raises UserError where the file has changed meanwhile."""
        held = self.weights
        parameters = held.network.parameters()
        nodes = held.network.up_to(*layers)
        needed = [node.name for node in nodes if node.name in parameters]
        if all(layer in held.layers for layer in needed):
            found = {layer: held.layers[layer] for layer in needed}
            held.layers.clear()
            return replace(held, layers=found)
        weights = self.again(layers)
        if weights.digest != held.digest:
            raise UserError(f"{held.path} was changed while it was used: start again")
        return weights


def start_or_resume(job: Job, workers: WorkerGroup) -> Run:
    """The run of the chief's file, or a new one: the same for all workers.

    One that goes on has the layers that it had, whatever the job's are.
    Raises UserError in all of them where one was asked for something else than the others.
    """
    messages = workers.exchange(pack_settings(job.settings))
    for rank, message in enumerate(messages):
        if wrong := differences(unpack_settings(message), job.settings):
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
        architecture=job.architecture,
        lambdas=job.lambdas,
    )


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
