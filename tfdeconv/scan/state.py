"""What a scan keeps of a layer: one table, and how the states of several parts become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# the arrays of a layer by their names in FIELDS
LayerState = dict[str, np.ndarray]
# the states of all layers of a scan by their names
State = dict[str, LayerState]

# Edges of the histogram of maxima, in half octaves. Bin 0 has what is not above 0, bin k what is
# below 2^(k/2 - 15.5), the last bin the rest.
EDGES = 2.0 ** np.arange(-15, 16, 0.5)
BINS = len(EDGES) + 2

# how a field of several parts becomes one: an entry for each of the strongest images is ranked with
# its value, a sum or a count over the images is added
RANKED = "ranked"
ADDED = "added"
# which layers have a field
ALL = "all layers"
BLOCKS = "outputs of residual blocks"


@dataclass(frozen=True)
class Field:
    """An array that is kept of each layer: [channels, *axes]."""

    name: str
    dtype: str  # in the file
    axes: tuple[str | int, ...]  # behind the channels: a number, or "top", images kept a channel
    empty: float  # what it holds before the first image
    merge: str  # RANKED or ADDED
    layers: str  # ALL or BLOCKS
    meaning: str

    def shape(self, channels: int, top: int) -> tuple[int, ...]:
        """The array's shape for so many channels."""
        extents = [top if axis == "top" else int(axis) for axis in self.axes]
        return channels, *extents


# in the order in which run.h5 has them; sums divided by the run's `scanned` are means
FIELDS = (
    Field("values", "<f4", ("top",), -np.inf, RANKED, ALL, "activations, largest first"),
    Field("images", "<i4", ("top",), -1, RANKED, ALL, "their images' numbers in the list"),
    Field("positions", "<i4", ("top", 2), -1, RANKED, ALL, "row and column of the unit in its map"),
    Field("means", "<f8", (), 0, ADDED, ALL, "sum of the maps' means"),
    Field("firing_positions", "<f8", (), 0, ADDED, ALL, "sum of the shares of the maps above 0"),
    Field("maxima", "<f8", (), 0, ADDED, ALL, "sum of the maps' maxima"),
    Field("firing_images", "<i4", (), 0, ADDED, ALL, "images with an activation above 0"),
    Field("histogram", "<i4", (BINS,), 0, ADDED, ALL, "images by the bin of their maximum"),
    Field("shortcuts", "<f4", ("top",), np.nan, RANKED, BLOCKS, "what came through the shortcut"),
    Field("branches", "<f4", ("top",), np.nan, RANKED, BLOCKS, "what came through the branch"),
)


def fields_of(is_block_output: bool) -> tuple[Field, ...]:
    """The fields that a layer has."""
    if is_block_output:
        return FIELDS
    return tuple(field for field in FIELDS if field.layers == ALL)


def merge_states(states: Sequence[State]) -> State:
    """The state of all images of some states of the same layers that have no image in common.

    The strongest images of all; of equal values the earlier image first. Sums and counts add up.
    """
    if len(states) == 1:
        return states[0]
    merged: State = {}
    for layer in states[0]:
        merged[layer] = merge_layer([state[layer] for state in states])
    return merged


def merge_layer(parts: Sequence[LayerState]) -> LayerState:
    """merge_states() for one layer."""
    together: LayerState = {}
    for field in present_fields(parts[0], RANKED):
        together[field.name] = np.concatenate([part[field.name] for part in parts], 1)
    top = parts[0]["values"].shape[1]
    # by value, then by image; entries without an image have -inf and come last
    ranking = np.lexsort((together["images"], -together["values"]))[:, :top]
    merged: LayerState = {}
    for name, entries in together.items():
        merged[name] = np.take_along_axis(entries, spread(ranking, entries.ndim), 1)
    for field in present_fields(parts[0], ADDED):
        arrays = [part[field.name] for part in parts]
        merged[field.name] = np.sum(arrays, 0, dtype=arrays[0].dtype)
    return merged


def drop_images(state: State, images: np.ndarray) -> State:
    """The state with these images removed from the rankings; they still count in the sums."""
    remaining: State = {}
    for layer, arrays in state.items():
        dropped = np.isin(arrays["images"], images) & (arrays["images"] >= 0)
        remaining[layer] = dict(arrays)
        for field in present_fields(arrays, RANKED):
            array = arrays[field.name]
            emptied = np.where(spread(dropped, array.ndim), field.empty, array)
            remaining[layer][field.name] = emptied.astype(array.dtype)
    return remaining


def subtract_states(state: State, part: State) -> None:
    """Takes the sums and counts of some images out of a state that has them; in place."""
    for layer, arrays in state.items():
        for field in present_fields(arrays, ADDED):
            arrays[field.name] = arrays[field.name] - part[layer][field.name]


def present_fields(arrays: LayerState, merge: str) -> list[Field]:
    """The fields that a layer has and that merge in this way."""
    return [field for field in FIELDS if field.name in arrays and field.merge == merge]


def spread(entries: np.ndarray, ndim: int) -> np.ndarray:
    """[channels, top] with axes of 1 behind, to go with an array of ndim axes."""
    return entries.reshape(*entries.shape, *[1] * (ndim - 2))
