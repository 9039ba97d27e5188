"""Makes one run of the runs of all parts of a list (scan --shard)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import remove_leftovers
from . import console
from .scan_images import load_started, report, status_of

if TYPE_CHECKING:
    from ..scan.job import Job
    from ..scan.run import Run


@dataclass(frozen=True)
class MergeRequest:
    """Which runs to merge, and into which file."""

    runs: tuple[str, ...]
    out: Path
    images: str | None  # where images and weights are now; None: where they were
    weights: str | None
    architecture: str | None
    lambdas: dict[str, str] | None
    verbose: bool


def merge(request: MergeRequest) -> int:
    """Merges the runs and prints what is in the result; returns the exit status.

    Images and weights are needed only if an image of one part came again in another. Raises
    UserError for runs that are not all the parts of one list.
    """
    from ..scan import run, run_file, shards

    parts = shards.ordered_shards({path: run_file.load(path) for path in request.runs})
    merged, duplicates = shards.merge_runs(list(parts.values()))
    remove_leftovers(request.out)
    exists = os.path.lexists(request.out)
    if exists:
        run.refuse_others(request.out, load_started(request.out), merged.settings, merged.names)
    if duplicates:  # they are in the sums of two parts, and must leave those of one
        work = work_of(request, merged)
        from ..scan import job

        progress = console.Progress()
        with work.source:
            counted_twice = job.rescan(work, duplicates, progress.say)
        shards.subtract(merged, counted_twice)
        progress.clear()
    shards.merge_maxima(parts, merged, duplicates, request.out, exists)
    run_file.save(request.out, merged)
    report(request.out, merged)
    return status_of(merged)


def work_of(request: MergeRequest, run: Run) -> Job:
    """A run's images and weights again; raises UserError where they are gone or have changed."""
    from ..scan import provenance

    source = provenance.images_of(run, request.out, request.images)
    weights_path = provenance.weights_file(run, request.out, request.weights)
    network = provenance.network_of(run, weights_path, request.architecture, request.lambdas)
    read = partial(
        provenance.weights_of,
        run,
        request.out,
        weights_path,
        network,
        architecture=request.architecture,
        lambdas=request.lambdas,
    )
    console.import_tensorflow(request.verbose, run.settings.precision, run.settings.jit)
    from ..scan.job import Job

    preprocessing = provenance.preprocessing_of(run, request.out, network)
    return Job(
        source,
        network,
        read,
        preprocessing,
        run.settings,
        str(weights_path),
        run,
        tell=console.complain,
    )
