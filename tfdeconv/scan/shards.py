"""The runs of a list's parts (scan.py --shard) as one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import UserError
from .maxima import load, maxima_path
from .maxima_writer import MaximaWriter
from .run import Run, Settings, differences
from .state import State, drop_images, merge_states, subtract_states

SHOWN = 8  # missing parts that an error lists


def ordered_shards(runs: Mapping[str, Run]) -> dict[str, Run]:
    """The parts of a list by their files, first to last.

    Raises UserError where they are not all the parts of one list, each finished.
    """
    first_path = next(iter(runs))
    first = runs[first_path].settings
    paths: dict[int, str] = {}
    for path, run in runs.items():
        part, _ = run.settings.shard
        check_shard(path, run, first_path, first)
        if part in paths:
            raise UserError(
                f"{path} and {paths[part]} are the same part, {shard_name(run.settings)}: "
                f"leave one out"
            )
        if not run.finished:
            raise UserError(
                f"{path} has {run.done} of {len(run.settings.range)} images: finish it first, with "
                f"the command that made it"
            )
        paths[part] = path
    _, parts = first.shard
    missing = [f"{part}/{parts}" for part in range(1, parts + 1) if part not in paths]
    if missing:
        listed = ", ".join(missing[:SHOWN])
        more = ", ..." if len(missing) > SHOWN else ""
        raise UserError(f"part {listed}{more} is missing: --merge needs all of them")
    return {paths[part]: runs[paths[part]] for part in sorted(paths)}


def check_shard(path: str, run: Run, first_path: str, first: Settings) -> None:
    """Raises UserError where a run is not a part of the same list as the first one."""
    if wrong := differences(run.settings, first, ignored=("shard",)):
        raise UserError(f"{path} and {first_path} are not parts of one run: {'; '.join(wrong)}")
    if run.settings.shard[1] != first.shard[1]:
        raise UserError(
            f"{path} is one of {run.settings.shard[1]} parts, {first_path} one of "
            f"{first.shard[1]}: they are not parts of one scan"
        )


def shard_name(settings: Settings) -> str:
    part, parts = settings.shard
    return f"{part}/{parts}"


def merge_runs(runs: list[Run]) -> tuple[Run, list[int]]:
    """One run of the parts in order, and the images that are the same as one of an earlier part.

    These are not in the rankings any more, but still in the sums and counts: see subtract().
    """
    first = runs[0]
    settings = replace(first.settings, shard=(1, 1))
    merged = Run(
        settings,
        first.root,
        first.weights,
        first.names,
        done=settings.count,
        digests=np.concatenate([run.digests for run in runs]),
        same=np.concatenate([run.same for run in runs]),
        versions=first.versions,
        labels=first.labels,
        architecture=first.architecture,
        lambdas=first.lambdas,
    )
    for run in runs:
        merged.skipped.update(run.skipped)
        merged.scanned += run.scanned
    again = find_duplicates(merged)
    merged.scanned -= len(again)
    states = []
    for run in runs:
        states.append(drop_images(run.state, np.array(again, np.int64)))
    merged.state = merge_states(states)
    return merged, again


def find_duplicates(run: Run) -> list[int]:
    """Notes in a merged run which images have the pixels of an earlier one of the whole list.

    Returns those that their own part did not know of.
    """
    first_with: dict[bytes, int] = {}
    again = []
    for number in range(run.settings.count):
        if number in run.skipped:
            continue
        first = first_with.setdefault(run.digests[number].tobytes(), number)
        if first == number:
            run.same[number] = -1
            continue
        if run.same[number] < 0:
            again.append(number)
        run.same[number] = first
    return again


def subtract(run: Run, duplicates: State) -> None:
    """Subtracts the statistics of duplicate images."""
    subtract_states(run.state, duplicates)


def merge_maxima(
    runs: Mapping[str, Run], merged: Run, again: list[int], path: str | Path, run_exists: bool
) -> None:
    """Writes the maxima of a merged run beside it, some images at a time.

    run_exists: there is a run at path already. Raises UserError where a part's maxima are missing.
    """
    if not merged.settings.kept:
        return
    writer = MaximaWriter(maxima_path(path), merged.settings, merged.channels_of)
    # all of them are looked at before anything is written
    files = {part: load(part, run) for part, run in runs.items()}
    writer.check(0, run_exists)
    writer.begin(0)
    for part, run in runs.items():
        file = files[part]
        assert file is not None
        for start, rows in file.rows():
            numbers = run.settings.range.start + start + np.arange(len(rows))
            counts = ~np.isnan(rows[:, 0]) & ~np.isin(numbers, again)
            writer.put(numbers[counts], rows[counts])
            writer.flush(int(numbers[-1]) + 1)
