"""Feature maps sent back to the pixels: the strongest unit of each, or all of its units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from ..network.borders import Region
from ..network.graph import INPUT
from ..network.spans import Spans
from .compiled import CompiledPasses
from .forward_pass import ForwardPass
from .maxima import maps_of, strongest
from .projection import Projection, boxes
from .saturation import is_saturated, squares_of
from .units import seeds_of


class Items(NamedTuple):
    """What of n images' maps is sent back: m channels of each, k = n m items in all."""

    channels: np.ndarray  # int32 [n, m]
    image: np.ndarray  # int32 [k]
    activations: np.ndarray  # [k] of the strongest units
    positions: np.ndarray  # int32 [k, 2] of those; -1 where the whole map is sent
    seeds: np.ndarray | tf.Tensor  # [k, 1, 1] of units, [k, h, w] of maps
    vectors: np.ndarray | None  # [n, c] the maps themselves, where they are of one cell


def items(
    forward_pass: ForwardPass,
    layer: str,
    channels: np.ndarray,
    mode: str,
    region: Region | None,
    of_classes: bool = False,
) -> Items:
    """Channels [n, m] of a layer's maps: in mode "max" the strongest unit of each, otherwise all.

    region: whose units alone are looked at and sent; None: all of them. of_classes: whether the
    values are logits.

    >>> y = tf.reshape([2.0, -3.0], (1, 1, 1, 2))
    >>> forward_pass = ForwardPass({}, {"logits": y}, {}, np.ones(1))
    >>> sent = items(forward_pass, "logits", np.array([[1]]), "max", None, of_classes=True)
    >>> sent.activations.tolist(), sent.seeds.tolist(), sent.vectors.tolist()
    ([-3.0], [[[3.0]]], [[2.0, -3.0]])
    """
    y = forward_pass.maps[layer]
    image = np.repeat(np.arange(len(channels), dtype=np.int32), channels.shape[1])
    places = forward_pass.place(layer, channels.reshape(-1))
    positions, activations = strongest(y, image, places, region)
    # a chunk may have more images than its own
    vectors = y[: len(channels), 0, 0].numpy() if y.shape[1:3] == (1, 1) else None
    if mode == "max":
        seeds = seeds_of(activations, of_classes)[:, None, None]
        return Items(channels, image, activations, positions, seeds, vectors)
    seeds = seeds_of(maps_of(y, image, places), of_classes)
    if region:
        inside = np.zeros(seeds.shape[1:], bool)
        inside[region.slices] = True
        seeds = tf.where(inside, seeds, 0)
    return Items(channels, image, activations, np.full_like(positions, -1), seeds, vectors)


def project(
    passes: CompiledPasses,
    layer: str,
    forward_pass: ForwardPass,
    sent: Items,
    start: Spans,
    route: Mapping[str, Spans],
) -> Projection:
    """The projection of a layer's items, whose signals start on `start`."""
    # a map that is sent as a whole has no position: its spans do not move
    positions = np.maximum(sent.positions, 0)
    extents = [span.size for span in route[INPUT]]
    shape = (len(positions), *extents, passes.network.channels)
    patches = np.empty(shape, sent.activations.dtype)
    channels = sent.channels.reshape(-1)
    for begin, end, part in passes.backward(
        forward_pass, layer, route, sent.seeds, sent.image, channels, positions
    ):
        patches[begin:end] = part
    field = passes.receptive_field(layer, start, forward_pass.shapes)
    squares = squares_of(sent.seeds)
    arrays: dict[str, Any] = {
        "activations": sent.activations,
        "dead": squares == 0,
        "saturated": is_saturated(squares, patches, forward_pass.largest[sent.image]),
        "positions": sent.positions,
        "boxes": boxes(route[INPUT], positions),
        "receptive_fields": boxes(field, positions),
        "patches": patches,
    }
    for name, array in arrays.items():
        arrays[name] = array.reshape(*sent.channels.shape, *array.shape[1:])
    size = forward_pass.shapes[INPUT][:2]
    return Projection(sent.channels, **arrays, size=size, vectors=sent.vectors)
