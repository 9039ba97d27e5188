"""What residual blocks do to a channel, in figures (Chu, Yang & Tadinada 2017): from a run, without TensorFlow.

A block is compared with the one before it in the run, of the same stage: their channels are the same ones, one block on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from .maxima import Maxima
from .run import Run

AT_ONCE = 1 << 26  # maxima whose ranks are taken at a time


def stages(run: Run) -> dict[str, list[str]]:
    """The outputs of residual blocks in a run by stage: those that follow each other with as many channels, by a common name."""
    found: list[list[str]] = []
    for layer, arrays in run.state.items():
        if "shortcuts" in arrays:
            if found and len(run.state[found[-1][-1]]["means"]) == len(arrays["means"]):
                found[-1].append(layer)
            else:
                found.append([layer])
    return {
        os.path.commonprefix(layers).rpartition("_")[0] or layers[0]: layers for layers in found
    }


def shared(run: Run, before: str, layer: str) -> np.ndarray:
    """How many of its strongest images each channel has in common with the same channel of the layer before: int [c]."""
    first, second = (run.state[name]["images"] for name in (before, layer))
    return ((first[:, :, None] == second[:, None]) & (first >= 0)[:, :, None]).any(2).sum(1)


def identity_share(run: Run, layer: str) -> np.ndarray:
    """The share of each channel's activations that came through the shortcut: float [c], NaN where nothing fired.

    The sum over its strongest units of what came through the shortcut, over that of what came through both. Below 0 or above 1
    where one of them was negative.
    """
    shortcuts, branches = (
        np.nan_to_num(run.state[layer][name].astype(float)).sum(1)
        for name in ("shortcuts", "branches")
    )
    alive = run.state[layer]["values"][:, 0] > 0
    return np.divide(
        shortcuts,
        shortcuts + branches,
        out=np.full(len(alive), np.nan),
        where=alive & (shortcuts + branches != 0),
    )


def correlations(
    maxima: Maxima | None, before: str, layer: str, channels: Sequence[int] | None = None
) -> np.ndarray | None:
    """Spearman's rank correlation of the channels' maxima over the images with those of the layer before: float [channels].

    NaN for a channel whose maxima are all equal; None where the maxima of one of the layers were not kept.
    """
    if maxima is None or not {before, layer} <= set(maxima.layers):
        return None
    there = maxima.layers[layer].stop - maxima.layers[layer].start
    wanted = range(there) if channels is None else channels
    step = max(1, AT_ONCE // max(maxima.done, 1))
    parts = []
    for start in range(0, len(wanted), step):
        some = wanted[start : start + step]
        first, second = (
            np.concatenate([maxima.columns(name, slice(c, c + 1)) for c in some])
            if channels is not None
            else maxima.columns(name, slice(some[0], some[-1] + 1))
            for name in (before, layer)
        )
        counted = ~np.isnan(first[0])
        parts.append(correlation(ranks(first[:, counted]), ranks(second[:, counted])))
    return np.concatenate(parts)


def ranks(values: np.ndarray) -> np.ndarray:
    """values [k, n] -> the rank of each in its row, equal ones with the mean of their ranks."""
    order = np.argsort(values, 1, kind="stable")
    ordered = np.take_along_axis(values, order, 1)
    first = np.ones(values.shape, bool)  # where a new value begins
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    n = values.shape[1]
    begin = np.maximum.accumulate(np.where(first, np.arange(n), 0), 1)
    last = np.ones(values.shape, bool)
    last[:, :-1] = first[:, 1:]
    end = np.minimum.accumulate(np.where(last, np.arange(n), n)[:, ::-1], 1)[:, ::-1]
    found = np.empty(values.shape)
    np.put_along_axis(found, order, (begin + end) / 2, 1)
    return found


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's, row by row; NaN where a row is constant."""
    a, b = (values - values.mean(1, keepdims=True) if values.size else values for values in (a, b))
    size = np.sqrt((a * a).sum(1) * (b * b).sum(1))
    return np.divide((a * b).sum(1), size, out=np.full(len(a), np.nan), where=size > 0)
