"""Reshapes and transposes as factors of rows, columns and channels, against numpy's own."""

from __future__ import annotations

from itertools import permutations
from random import Random

import numpy as np
import pytest
from graphs import Sketch, check_equal, layer_kinds, tensor_of

from tfdeconv.errors import UserError
from tfdeconv.weights.graph import kinds
from tfdeconv.weights.graph.axes import (
    BATCH,
    CHANNELS,
    COLUMNS,
    ROWS,
    Axes,
    Factor,
    axis_of,
    indices,
    joined,
    lengths,
    reshaped,
)
from tfdeconv.weights.graph.not_understood import NotUnderstood
from tfdeconv.weights.graph.translation import translate

EXTENTS = {BATCH: 2, ROWS: 4, COLUMNS: 6, CHANNELS: 12}
NODE = np.arange(2 * 4 * 6 * 12).reshape(2, 4, 6, 12)


def node_axes(order: str) -> Axes:
    return tuple(axis_of(dimension, EXTENTS[dimension]) for dimension in order)


def random_shape(random: Random, size: int) -> list[int]:
    """A shape of so many values, of 1 to 6 axes."""
    shape: list[int] = []
    while size > 1 and len(shape) < 5:
        extent = random.choice([each for each in range(1, size + 1) if size % each == 0])
        shape.append(extent)
        size //= extent
    return [*shape, size]


@pytest.mark.parametrize("order", ["nhwc", "nchw"])
def test_reshapes_and_transposes_are_numpys(order):
    random = Random(0)
    understood = 0
    for _ in range(300):
        axes = node_axes(order)
        values = NODE if order == "nhwc" else np.moveaxis(NODE, 3, 1)
        for _ in range(4):
            shape = random_shape(random, values.size)
            try:
                axes = reshaped(axes, shape)
            except NotUnderstood:
                break
            permutation = random.sample(range(len(shape)), len(shape))
            axes = tuple(axes[number] for number in permutation)
            values = values.reshape(shape).transpose(permutation)
            assert lengths(axes) == values.shape
            np.testing.assert_array_equal(tensor_of(axes, NODE), values)
            understood += 1
    assert understood > 150


def test_factors_that_follow_each_other_are_one():
    parts = [Factor("c", 2, 6), Factor("c", 3, 2), Factor("c", 2, 1)]

    assert joined(parts) == (Factor("c", 12, 1),)
    assert joined(parts[::-1]) == tuple(parts[::-1])
    assert indices(parts) == list(range(12))


def test_axes_that_are_no_factors_are_refused():
    with pytest.raises(NotUnderstood, match="reshapes"):
        reshaped(node_axes("nhwc"), (2, 3, 96))
    with pytest.raises(NotUnderstood, match="reshapes"):
        reshaped(node_axes("nhwc"), (2, 4, 6, 13))


# what is written as Reshape, Transpose, Reshape: {name: (shape, order, shape, the layer)}

SHAPE = (1, 12, 4, 6)
REARRANGEMENTS = {
    "shuffle": ((1, 3, 4, 4, 6), (0, 2, 1, 3, 4), SHAPE, "ShuffleChannels"),
    "shuffle of other groups": ((1, 2, 6, 4, 6), (0, 2, 1, 3, 4), SHAPE, "ShuffleChannels"),
    "depth to space, torch": (
        (1, 3, 2, 2, 4, 6),
        (0, 1, 4, 2, 5, 3),
        (1, 3, 8, 12),
        "DepthToSpace",
    ),
    "depth to space, TensorFlow": (
        (1, 2, 2, 3, 4, 6),
        (0, 3, 4, 1, 5, 2),
        (1, 3, 8, 12),
        "DepthToSpace",
    ),
    "space to depth, torch": (
        (1, 12, 2, 2, 3, 2),
        (0, 1, 3, 5, 2, 4),
        (1, 48, 2, 3),
        "SpaceToDepth",
    ),
    "space to depth, TensorFlow": (
        (1, 12, 2, 2, 3, 2),
        (0, 3, 5, 1, 2, 4),
        (1, 48, 2, 3),
        "SpaceToDepth",
    ),
}


@pytest.mark.parametrize("name", REARRANGEMENTS)
def test_rearrangements_are_one_layer(rng, name):
    shape, order, target, layer = REARRANGEMENTS[name]
    sketch = Sketch(*SHAPE)
    moved = sketch.add(kinds.Transpose(order), sketch.add(kinds.Reshape(shape), "x"))
    sketch.add(kinds.Pooling("max", 1, (1, 1), (1, 1)), sketch.add(kinds.Reshape(target), moved))

    translated = check_equal(sketch, rng.standard_normal(SHAPE))

    assert layer_kinds(translated) == [layer, "MaxPool"]


@pytest.mark.parametrize("target", [(4, 4, 4), (1, 8, 8), (16, 2, 2)])
def test_any_order_is_right_or_refused(rng, target):
    read = 0
    for order in permutations(range(1, 7)):
        sketch = Sketch(1, 4, 4, 4)
        parts = sketch.add(kinds.Reshape((1, 2, 2, 2, 2, 2, 2)), "x")
        moved = sketch.add(kinds.Transpose((0, *order)), parts)
        x = sketch.add(kinds.Reshape((1, *target)), moved)
        sketch.add(kinds.Pooling("max", 1, (1, 1), (1, 1)), x)
        try:
            translate(sketch.graph())
        except UserError:
            continue
        check_equal(sketch, rng.standard_normal((1, 4, 4, 4)))
        read += 1
    assert read


@pytest.mark.parametrize("channel_axis", [1, -1])
def test_flattened_maps_are_in_order(rng, channel_axis):
    shape = (2, 3, 4, 5)
    matrix = rng.standard_normal((60, 7)).astype(np.float32)
    sketch = Sketch(*shape, channel_axis=channel_axis)
    sketch.add(kinds.MatrixProduct(), sketch.add(kinds.Flattened(1, two=True), "x"), matrix)

    check_equal(sketch, rng.standard_normal(shape))


def test_tokens_are_cells(rng):
    """[n, c, h, w] -> [n, h w, c], a matrix for each cell, and back."""
    matrix = rng.standard_normal((4, 4)).astype(np.float32)
    sketch = Sketch(1, 4, 3, 2)
    tokens = sketch.add(kinds.Transpose((0, 2, 1)), sketch.add(kinds.Reshape((1, 4, 6)), "x"))
    y = sketch.add(kinds.MatrixProduct(), tokens, matrix)
    y = sketch.add(kinds.Reshape((1, 4, 3, 2)), sketch.add(kinds.Transpose((0, 2, 1)), y))
    sketch.plus(y, "x")

    check_equal(sketch, rng.standard_normal((1, 4, 3, 2)))
