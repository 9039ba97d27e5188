"""Rows or columns that are taken by their numbers, as exporters write pads and enlargements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ....network.base import BORDERS
from .. import kinds
from ..call import Call
from ..feature_map import FeatureMap
from ..kinds import Kind
from ..not_understood import NotUnderstood
from .pools import resizing


def kind_of_cells(x: FeatureMap, number: int, chosen: Sequence[int]) -> Kind:
    """What takes these cells of an axis: a pad that repeats the map, or an enlargement."""
    length = x.lengths[number]
    cells, taken = np.arange(length), np.array(chosen)
    factor = len(chosen) // length
    if len(chosen) == factor * length and (taken == np.repeat(cells, factor)).all():
        scales = [1.0] * len(x.axes)
        scales[number] = float(factor)
        return enlargement(x, scales)
    for before in np.flatnonzero(taken == 0).tolist():
        after = len(chosen) - length - before
        if after < 0 or (taken[before : before + length] != cells).any():
            continue
        for border in BORDERS:
            if max(before, after) < length and fits(cells, taken, (before, after), border):
                pads = [(0, 0)] * len(x.axes)
                pads[number] = before, after
                return kinds.Padding(tuple(pads), mode=border)
    raise NotUnderstood("it reorders rows or columns, which no layer here does")


def fits(cells: np.ndarray, taken: np.ndarray, pads: tuple[int, int], border: str) -> bool:
    return np.array_equal(np.pad(cells, pads, mode=border), taken)  # type: ignore[call-overload]


def enlargement(x: FeatureMap, scales: Sequence[float]) -> Kind:
    for channel_axis in (1, 3):
        if x.axes == x.canonical_axes(channel_axis):
            rows, columns = (scales[place] for place in range(1, 4) if place != channel_axis)
            return kinds.Resizing(
                *(channel_axis, "nearest", "asymmetric", "floor"), scales=(rows, columns)
            )
    raise NotUnderstood("its input has rows, columns and channels mixed")


def enlarged(call: Call, kind: Kind) -> FeatureMap:
    operation = replace(call.operation, kind=kind)
    return resizing(Call(call.builder, operation, call.inputs[:1]))
