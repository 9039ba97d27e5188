"""Scans a list of images, alone or with other workers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.preprocessing import say_nothing
from ..data.stated_preprocessing import load_preprocessing
from ..engine import limits
from ..errors import UserError
from ..scan.cluster import cluster
from ..scan.interruption import Interrupted, Interruption
from ..words import counted
from . import arguments, console
from .notes import MOST, Notes
from .scan_settings import ScanRequest, settings_of
from .scan_source import source_of, with_kept_labels
from .scan_stages import Stages

if TYPE_CHECKING:
    from ..scan.job import Job
    from ..scan.run import Run
    from ..scan.workers import WorkerGroup
    from ..weights.load import Weights


SHOWN = 3  # images that could not be read: describe.py lists all of them


def scan(request: ScanRequest) -> int:
    """Scans, or goes on with, a run, and prints what is in it; returns the exit status.

    Every worker of a group calls this. Raises UserError for a mistake, in all of them.
    """
    with Interruption(console.complain).watched() as interruption:
        try:
            return scan_until_stopped(request, interruption)
        except Interrupted as stopped:
            console.complain(stopped)
            return stopped.status


def scan_until_stopped(request: ScanRequest, interruption: Interruption) -> int:
    notes = Notes(MOST)
    group = join_other_workers(request)
    if group is None:
        work = prepare(request, True, notes)
        from ..scan.workers import join_group

        group = join_group(alone=True)
    else:
        work = prepare_on_all(request, group, notes)
    stages = Stages(request, group, console.Progress(every=30), notes, interruption)
    run = stages.complete(work)
    if group.chief:
        report(request.out, run)
        tell_skipped(request.out, run)
    notes.count_others()
    return status_of(run)


def join_other_workers(request: ScanRequest) -> WorkerGroup | None:
    """The processes that share this scan; None where TensorFlow need not be imported to know."""
    if request.shard or cluster()[2] == 1:
        return None
    if request.retry:
        raise UserError(
            f"--retry is for one process, and this is one of {cluster()[2]} workers: start it "
            f"alone, without TF_CONFIG and outside of Slurm's step"
        )
    console.Progress().say("waiting for the other workers")
    console.import_tensorflow(request.verbose, request.precision, request.jit)
    from ..scan.workers import join_group

    return join_group(wait=request.wait, say=console.complain)


def prepare_on_all(request: ScanRequest, group: WorkerGroup, notes: Notes) -> Job:
    """prepare() at every worker; a mistake of one is raised in all of them."""
    from ..scan.workers import build_on_all

    return build_on_all(lambda: prepare(request, group.chief, notes), group)


def prepare(request: ScanRequest, is_chief: bool, notes: Notes) -> Job:
    """All that the scan needs; raises UserError where a part of it is not as it must be.

    The chief's notes are on what was assumed of the weights and of all images.
    """
    from ..data.loader import notes_on
    from ..scan import continuation, more_layers, provenance
    from ..weights.load import read_weights

    tell = notes.tell if is_chief else say_nothing
    source = source_of(request, more_layers.own_files(request.out), tell)
    weights_path = arguments.weight_file(
        request.weights, request.network, request.variant, request.layers
    )
    started_run = None
    if is_chief and os.path.lexists(request.out):
        started_run = load_started(request.out)

    def read(layers: Sequence[str] | None) -> Weights:
        return read_weights(
            weights_path,
            request.network,
            layers,
            "float32",
            request.variant,
            request.architecture,
            request.lambdas,
        )

    weights = read(request.layers)
    preprocessing = load_preprocessing(request.preprocess, weights.network.input_shape, tell)
    preprocessing = preprocessing or weights.preprocessing
    told = notes_on(source, weights.network.channels)
    if request.weights:
        told += weights.notes_to_tell(preprocessing_known=bool(request.preprocess))
    for note in told:
        tell(note)
    settings = settings_of(request, source, weights, preprocessing, tell)
    if started_run:
        source = with_kept_labels(source, started_run, tell)
        if provenance.is_of_weights(started_run, weights):
            started_run = continuation.with_weights(started_run, weights.digest)
        # before anything is taken in, what is another run is refused
        continuation.continued(request.out, started_run, source, settings)
        started_run = more_layers.take_in_finished(request.out, started_run, weights.network)
        started_run = continuation.continued(request.out, started_run, source, settings)
        for note in more_layers.notes_on(request.out, started_run, settings):
            tell(note)
    limits.refuse_costly_forward(
        weights.network, settings.layers, settings.image_size, settings.batch
    )
    console.Progress().say("importing tensorflow")
    console.import_tensorflow(request.verbose, request.precision, request.jit)
    from ..scan.job import HeldWeights, Job

    return Job(
        source,
        weights.network,
        HeldWeights(weights, read),
        preprocessing,
        settings,
        os.path.abspath(weights_path),
        started_run,
        os.path.abspath(request.architecture) if request.architecture else "",
        request.lambdas or {},
        notes.tell,
    )


def load_started(out: Path) -> Run:
    """The run that is to go on; raises UserError where something else has its place."""
    from ..scan import run_file

    try:
        return run_file.load(out)
    except run_file.NotARun as error:
        raise UserError(
            f"{out} {error.what}; --out names the run that is written, and nothing else is "
            f"written over: give it another name"
        ) from None


def report(path: Path, run: Run) -> None:
    """Prints what a run has; raises UserError where none of its images could be read."""
    from ..scan.summary import exceptions

    settings = run.settings
    refuse_empty(run)
    number, count = settings.shard
    part = "" if count == 1 else f"part {number} of {count}, "
    images = counted(run.scanned, "image")
    layers = counted(len(settings.layers), "layer")
    print(f"{path}: {part}{images}, {layers}; {exceptions(run)}")


def refuse_empty(run: Run) -> None:
    """Raises UserError for a run of images of which none could be read."""
    if not run.scanned and run.skipped:
        reason = next(iter(run.skipped.values()))
        raise UserError(f"none of the {len(run.settings.range)} images could be read: {reason}")


def tell_skipped(path: Path, run: Run) -> None:
    """Says why the first images were skipped, and how to list the others."""
    from ..scan.skipped import sentence, skipped_rows

    for row in skipped_rows(run)[:SHOWN]:
        console.complain(sentence(row))
    if len(run.skipped) > SHOWN:
        more = len(run.skipped) - SHOWN
        console.complain(
            f"{counted(more, 'more image')} {'was' if more == 1 else 'were'} skipped: "
            f"`python scripts/describe.py --run {path} --skipped` lists them all"
        )


def status_of(run: Run) -> int:
    """The exit status: 1 where images were skipped, otherwise 0."""
    return 1 if run.skipped else 0
