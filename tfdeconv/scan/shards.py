"""The runs of a list's parts (scan.py --shard) as one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import UserError
from .maxima import Maxima, beside, load
from .run import Run, differences
from .state import RANKED, State, merged, without


def in_order(parts: Mapping[str, Run]) -> dict[str, Run]:
    """The parts by their files, first to last; raises UserError where they are not all the parts of one list, each finished."""
    first = next(iter(parts))
    asked = parts[first].settings
    there: dict[int, str] = {}
    for path, part in parts.items():
        if wrong := differences(part.settings, asked, but=("shard",)):
            raise UserError(f"{path} and {first} are not parts of one run: {'; '.join(wrong)}")
        number, count = part.settings.shard
        if count != asked.shard[1]:
            raise UserError(
                f"{path} is one of {count} parts, {first} one of {asked.shard[1]}: these do not make one list"
            )
        if number in there:
            raise UserError(
                f"{path} and {there[number]} are the same part, {number}/{count}: leave one out"
            )
        if not part.finished:
            raise UserError(
                f"{path} has {part.done} of {len(part.settings.range)} images: its command goes on with it"
            )
        there[number] = path
    missing = [f"{i}/{asked.shard[1]}" for i in range(1, asked.shard[1] + 1) if i not in there]
    if missing:
        raise UserError(
            f"part {', '.join(missing[:8])}{', ...' if missing[8:] else ''} is missing: --merge needs all of them"
        )
    return {there[number]: parts[there[number]] for number in sorted(there)}


def joined(parts: list[Run]) -> tuple[Run, list[int]]:
    """One run of parts in order, and the images that are the same as one of an earlier part.

    These stand in the best no more, but are still in the sums and counts: see taken_out().
    """
    settings = replace(parts[0].settings, shard=(1, 1))
    run = Run(
        settings,
        parts[0].root,
        parts[0].weights,
        parts[0].names,
        done=settings.count,
        versions=parts[0].versions,
    )
    run.digests, run.same = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("digests", "same")
    )
    run.skipped = {number: reason for part in parts for number, reason in part.skipped.items()}
    seen: dict[bytes, int] = {}
    again = []
    for number, digest in enumerate(map(bytes, run.digests)):
        if number in run.skipped:
            continue
        first = seen.setdefault(digest, number)
        if first < number and run.same[number] < 0:
            again.append(number)
        run.same[number] = first if first < number else -1
    run.scanned = sum(part.scanned for part in parts) - len(again)
    run.state = merged([without(part.state, np.array(again, np.int64)) for part in parts])
    return run, again


def taken_out(run: Run, again: State) -> None:
    """Takes what some images counted out of a run's sums."""
    for layer, arrays in run.state.items():
        for name in arrays.keys() - RANKED.keys():
            arrays[name] = arrays[name] - again[layer][name]


def join_maxima(
    parts: Mapping[str, Run], run: Run, again: list[int], path: str | Path, known: bool
) -> None:
    """Writes the maxima of a joined run beside it, a chunk's images at a time; raises UserError where a part's are not there.

    known: the run is there already.
    """
    if not run.settings.kept:
        return
    file = Maxima(
        beside(path),
        run.settings,
        {layer: len(run.state[layer]["means"]) for layer in run.settings.kept},
    )
    read = {place: load(place, part) for place, part in parts.items()}
    file.check(0, known)
    file.begin(0)
    for place, part in parts.items():
        there, maxima = part.settings.range, read[place]
        assert maxima is not None
        for start, rows in maxima.rows():
            numbers = np.arange(len(rows)) + there.start + start
            counted = ~np.isnan(rows[:, 0]) & ~np.isin(numbers, again)
            file.put(numbers[counted], rows[counted])
            file.flush(int(numbers[-1]) + 1)
