"""What several parts of a scan found, put together: layer by layer, plain numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

State = dict[str, dict[str, np.ndarray]]  # by layer, and by the names of run.py
# the arrays [c, top, ...], with what they have where there is no image; all others are sums and counts
RANKED = {"values": -np.inf, "images": -1, "positions": -1, "shortcuts": np.nan, "branches": np.nan}


def merged(states: Sequence[State]) -> State:
    """The state of all images of some states of the same layers that share none: the strongest of all, the sums of all.

    Of equal values the earlier image comes first; places that no image has come last.
    """
    if len(states) == 1:
        return states[0]
    return {layer: together([state[layer] for state in states]) for layer in states[0]}


def together(parts: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """merged() for one layer."""
    values, images = (
        np.concatenate([part[name] for part in parts], 1) for name in ("values", "images")
    )
    order = np.lexsort((images, -values))[:, : parts[0]["values"].shape[1]]
    found = {}
    for name in parts[0]:
        if name in RANKED:
            entries = np.concatenate([part[name] for part in parts], 1)
            found[name] = np.take_along_axis(
                entries, order.reshape(*order.shape, *[1] * (entries.ndim - 2)), 1
            )
        else:
            found[name] = np.sum([part[name] for part in parts], 0, dtype=parts[0][name].dtype)
    return found


def without(state: State, again: np.ndarray) -> State:
    """A state in whose best the images of these numbers do not stand; its sums and counts are as they were."""
    found = {}
    for layer, arrays in state.items():
        gone = np.isin(arrays["images"], again) & (arrays["images"] >= 0)
        found[layer] = dict(arrays)
        for name, empty in RANKED.items():
            if name in arrays:
                found[layer][name] = np.where(
                    gone.reshape(*gone.shape, *[1] * (arrays[name].ndim - 2)), empty, arrays[name]
                ).astype(arrays[name].dtype)
    return found


SHAPES = {
    "values": ("<f4", "t"),
    "images": ("<i4", "t"),
    "positions": ("<i4", "t2"),
    "means": ("<f8", ""),
    "firing_positions": ("<f8", ""),
    "maxima": ("<f8", ""),
    "firing_images": ("<i4", ""),
    "histogram": ("<i4", "h"),
}
OF_SUMS = {"shortcuts": ("<f4", "t"), "branches": ("<f4", "t")}
SIZES = {"h": 64, "2": 2}
