"""TensorFlow's slices, `x[..., 1:, None, 0]` in masks, as simpler operations.

https://www.tensorflow.org/api_docs/python/tf/strided_slice
"""

from __future__ import annotations

from dataclasses import dataclass

from . import kinds
from .kinds import Kind
from .not_understood import NotUnderstood

# no bound is reached before it
FAR = (1 << 31) - 1


@dataclass(frozen=True)
class StridedSlice:
    """For each entry between the brackets its numbers; masks say by bit what else it is."""

    begins: tuple[int, ...]
    ends: tuple[int, ...]
    strides: tuple[int, ...]
    # those whose begin, or end, is left out
    begin: int = 0
    end: int = 0
    # `...`, `None`, and a single number, whose axis goes
    ellipsis: int = 0
    new_axis: int = 0
    shrink_axis: int = 0


def steps_of(spec: StridedSlice, rank: int) -> list[Kind]:
    """What a slice of a tensor of so many axes does, one after the other."""
    entries = len(spec.begins)
    if not entries == len(spec.ends) == len(spec.strides) or 0 in spec.strides:
        raise NotUnderstood("its beginnings, ends and strides do not fit each other")
    if spec.ellipsis & spec.ellipsis - 1:
        raise NotUnderstood("it has several ellipses")
    bits = range(entries)
    made = [bit for bit in bits if spec.new_axis >> bit & 1 and not spec.ellipsis >> bit & 1]
    taken = [bit for bit in bits if bit not in made and not spec.ellipsis >> bit & 1]
    if len(taken) > rank:
        raise NotUnderstood(f"it slices {len(taken)} axes of {rank}")
    starts, stops, axes, strides = [], [], [], []
    gone, new = [], []
    # of the input, and of what comes out
    axis = position = 0
    for bit in bits:
        if spec.ellipsis >> bit & 1:
            axis += rank - len(taken)
            position += rank - len(taken)
            continue
        if bit in made:
            new.append(position)
            position += 1
            continue
        start, stop, stride = spec.begins[bit], spec.ends[bit], spec.strides[bit]
        if spec.shrink_axis >> bit & 1:
            gone.append(axis)
            stop, stride = start + 1 or FAR, 1
        else:
            position += 1
            if spec.begin >> bit & 1:
                start = 0 if stride > 0 else FAR
            if spec.end >> bit & 1:
                stop = FAR if stride > 0 else -FAR
        starts.append(start)
        stops.append(stop)
        axes.append(axis)
        strides.append(stride)
        axis += 1
    steps: list[Kind] = [kinds.Slice(tuple(starts), tuple(stops), tuple(axes), tuple(strides))]
    if gone:
        steps.append(kinds.Squeeze(tuple(gone)))
    if new:
        steps.append(kinds.Unsqueeze(tuple(new)))
    return steps
