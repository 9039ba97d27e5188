"""Statistics of residual blocks (Chu, Yang & Tadinada 2017), from a run. Needs no TensorFlow.

A block is compared with the one before it in the run, of the same stage: their channels are the
same ones, one block on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from ..network.base import INPUT
from ..network.graph import Network
from .maxima import MaximaFile
from .run import Run

AT_ONCE = 1 << 26  # maxima whose ranks are taken at a time


def stages(run: Run) -> dict[str, list[str]]:
    """The outputs of residual blocks in a run by stage.

    A stage are those that follow each other with as many channels; its name is what their names
    have in common.
    """
    groups: list[list[str]] = []
    channels = 0
    for layer, arrays in run.state.items():
        if "shortcuts" not in arrays:
            continue
        if not groups or len(arrays["means"]) != channels:
            groups.append([])
            channels = len(arrays["means"])
        groups[-1].append(layer)
    return {stage_name(layers): layers for layers in groups}


def stage_name(layers: Sequence[str]) -> str:
    """What the names of a stage's layers have in common, up to a `_`."""
    prefix, _, _ = os.path.commonprefix(list(layers)).rpartition("_")
    return prefix or layers[0]


def shortcut_kind(network: Network, block: str) -> str:
    """What leads past a block's branch: `identity`, its input as it is, or `projection`."""
    sums = network.residuals()[block]
    before_branch = {node.name for node in network.up_to(sums.branch)}
    # the branch comes from the block's input: an identity's end is that input itself
    is_input = sums.shortcut in before_branch or sums.shortcut == INPUT
    return "identity" if is_input else "projection"


def shared(run: Run, before: str, layer: str) -> np.ndarray:
    """How many of its strongest images a channel shares with that of the layer before: int [c]."""
    first = run.state[before]["images"]
    second = run.state[layer]["images"]
    same = first[:, :, None] == second[:, None]
    return (same & (first >= 0)[:, :, None]).any(2).sum(1)


def shortcut_share(run: Run, layer: str) -> np.ndarray:
    """The share of a channel's activations that came through the shortcut: float [c].

    The sum over its strongest units of what came through the shortcut, over that of what came
    through both. Below 0 or above 1 where one of them was negative; NaN where nothing fired.
    """
    arrays = run.state[layer]
    shortcuts = np.nan_to_num(arrays["shortcuts"].astype(float)).sum(1)
    branches = np.nan_to_num(arrays["branches"].astype(float)).sum(1)
    both = shortcuts + branches
    alive = arrays["values"][:, 0] > 0
    nan = np.full(len(alive), np.nan)
    return np.divide(shortcuts, both, out=nan, where=alive & (both != 0))


def correlations(
    maxima: MaximaFile | None, before: str, layer: str, channels: Sequence[int] | None = None
) -> np.ndarray | None:
    """Spearman's rank correlation of a channel's maxima with those of the layer before: float [m].

    Over all images, of all channels or of those named. NaN for a channel whose maxima are all
    equal; None where the maxima of one of the layers were not kept.
    """
    if maxima is None or not {before, layer} <= maxima.layers.keys():
        return None
    columns = maxima.layers[layer]
    requested = range(columns.stop - columns.start) if channels is None else list(channels)
    step = max(1, AT_ONCE // max(maxima.done, 1))
    parts = []
    for start in range(0, len(requested), step):
        some = requested[start : start + step]
        first = maxima_of(maxima, before, some)
        second = maxima_of(maxima, layer, some)
        counted = ~np.isnan(first[0])
        parts.append(correlation(ranks(first[:, counted]), ranks(second[:, counted])))
    return np.concatenate(parts)


def maxima_of(maxima: MaximaFile, layer: str, channels: Sequence[int]) -> np.ndarray:
    """Some channels' maxima: float32 [m, images]."""
    if isinstance(channels, range):
        return maxima.columns(layer, slice(channels[0], channels[-1] + 1))
    return np.concatenate([maxima.columns(layer, slice(c, c + 1)) for c in channels])


def ranks(values: np.ndarray) -> np.ndarray:
    """values [k, n] -> the rank of each in its row, equal ones with the mean of their ranks.

    In [5, 3, 3] the two 3 have the places 0 and 1, and so the rank 0.5 each; 5 has the rank 2.
    """
    order = np.argsort(values, 1, kind="stable")
    ordered = np.take_along_axis(values, order, 1)
    n = values.shape[1]
    # where a run of equal values begins, and where it ends
    begins = np.ones(values.shape, bool)
    begins[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    ends = np.ones(values.shape, bool)
    ends[:, :-1] = begins[:, 1:]
    # of each place the first and the last place of its run
    first = np.maximum.accumulate(np.where(begins, np.arange(n), 0), 1)
    last = np.minimum.accumulate(np.where(ends, np.arange(n), n)[:, ::-1], 1)[:, ::-1]
    ranked = np.empty(values.shape)
    np.put_along_axis(ranked, order, (first + last) / 2, 1)
    return ranked


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's correlation of a and b [k, n], row by row; NaN where a row is constant."""
    if a.size:  # without images there is no mean
        a = a - a.mean(1, keepdims=True)
        b = b - b.mean(1, keepdims=True)
    size = np.sqrt((a * a).sum(1) * (b * b).sum(1))
    return np.divide((a * b).sum(1), size, out=np.full(len(a), np.nan), where=size > 0)
