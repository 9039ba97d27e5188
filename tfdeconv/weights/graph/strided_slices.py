"""Python's slices, `x[..., 1:, None, 0]`, as simpler operations.

https://www.tensorflow.org/api_docs/python/tf/strided_slice
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import kinds
from .kinds import Kind
from .not_understood import NotUnderstood

# no bound is reached before it
FAR = (1 << 31) - 1


@dataclass(frozen=True)
class StridedSlice:
    """For each entry between the brackets its numbers; masks say by bit what else it is."""

    begins: Sequence[int]
    ends: Sequence[int]
    strides: Sequence[int]
    # those whose begin, or end, is left out
    begin: int = 0
    end: int = 0
    # `...`, `None`, and a single number, whose axis goes
    ellipsis: int = 0
    new_axis: int = 0
    shrink_axis: int = 0


def steps_of(spec: StridedSlice) -> list[Kind]:
    """What a slice does, one after the other: parts of axes, then single cells, then new axes."""
    count = len(spec.begins)
    if not count == len(spec.ends) == len(spec.strides) or 0 in spec.strides:
        raise NotUnderstood("its starts, ends and strides do not fit together")
    ellipses = [place for place in range(count) if spec.ellipsis >> place & 1]
    if len(ellipses) > 1:
        raise NotUnderstood("it has several ellipses")
    parts: list[tuple[int, int, int, int]] = []
    cells: list[tuple[int, int]] = []
    new: list[int] = []
    # of the input, and of what comes out; those behind an ellipsis are counted from the end
    axis = made = 0
    for place in range(count):
        if place in ellipses:
            behind = range(place + 1, count)
            axis = -sum(not spec.new_axis >> other & 1 for other in behind)
            made = -sum(not is_cell(spec, other) for other in behind)
            continue
        if spec.new_axis >> place & 1:
            new.append(made)
        elif is_cell(spec, place):
            cells.append((axis, spec.begins[place]))
        else:
            part = part_at(spec, place)
            if part != (0, FAR, 1):
                parts.append((axis, *part))
        made += not is_cell(spec, place)
        axis += not spec.new_axis >> place & 1
    steps: list[Kind] = []
    if parts:
        axes, starts, stops, strides = zip(*parts)
        steps.append(kinds.Slice(starts, stops, axes, strides))
    # from the innermost axis on, whichever end it is counted from: the others keep their numbers
    for axis, cell in sorted(cells, key=lambda each: -abs(each[0])):
        steps.append(kinds.Take(axis, cell))
    if new:
        steps.append(kinds.Unsqueeze(tuple(new)))
    return steps or [kinds.Idle()]


def is_cell(spec: StridedSlice, place: int) -> bool:
    """Whether an entry is a single number."""
    return bool(spec.shrink_axis >> place & 1) and not spec.new_axis >> place & 1


def part_at(spec: StridedSlice, place: int) -> tuple[int, int, int]:
    """The start, stop and step of an entry that is a slice."""
    stride = spec.strides[place]
    first, last = (0, FAR) if stride > 0 else (FAR, -FAR)
    start = first if spec.begin >> place & 1 else spec.begins[place]
    stop = last if spec.end >> place & 1 else spec.ends[place]
    return start, stop, stride
