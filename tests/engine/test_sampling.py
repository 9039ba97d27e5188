"""A Resize samples as the replica's tents do, and its transpose is the adjoint, for every fit."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from gradcheck import adjoint_gap, gap
from reference import derived

from tfdeconv.engine.ops.sampling import resize_backward, resize_forward
from tfdeconv.engine.rules import DECONVNET
from tfdeconv.network.layers import Resize

SHAPE = (13, 11, 2)


@pytest.mark.parametrize(
    "layer",
    [
        Resize(7, 15),
        Resize(13, 11),
        Resize(5, 4, "nearest"),
        Resize(6, 20, fit="fill"),
        Resize(5, 4, fit="crop"),
        Resize(4, 12, fit="crop"),
        Resize(9, 31, "area"),
        Resize(1, 5, coordinates="pytorch_half_pixel"),
        Resize(7, 15, "nearest", coordinates="align_corners", rounding="round_prefer_floor"),
        Resize(7, 15, "bicubic", cubic=-0.5, exclude_outside=True),
        Resize(factor=(1.5, 0.4), coordinates="asymmetric"),
        Resize(factor=(0.5, 2), interpolation="nearest", coordinates="asymmetric", rounding="ceil"),
        Resize(factor=3, interpolation="bicubic", coordinates="align_corners"),
    ],
)
def test_resize_samples_by_tents(layer, rng):
    x = rng.standard_normal((3, *SHAPE))

    def forward(x):
        return resize_forward(layer, {}, x, rule=None)[0]

    def backward(signal):
        return resize_backward(layer, {}, signal, None, DECONVNET, [SHAPE])[0]

    # float64, the same products in another order
    assert gap(forward(tf.constant(x)).numpy(), derived(layer, {}, x)) < 1e-14
    signal = rng.standard_normal((3, *layer.output_shape(SHAPE)))
    assert adjoint_gap(forward, backward, x, signal) < 1e-14


# one row of cells 0, 1, 2, ... resized; by hand, from the frameworks' own definitions
@pytest.mark.parametrize(
    "cells, layer, expected",
    [
        (2, Resize(factor=2), [0, 0.25, 0.75, 1]),
        (2, Resize(1, 4), [0, 0.25, 0.75, 1]),
        (2, Resize(factor=2, coordinates="asymmetric"), [0, 0.5, 1, 1]),
        (4, Resize(1, 7, coordinates="align_corners"), [0, 0.5, 1, 1.5, 2, 2.5, 3]),
        (4, Resize(1, 1), [1.5]),
        (4, Resize(1, 1, coordinates="pytorch_half_pixel"), [0]),
        (5, Resize(1, 3, "area"), [0.5, 2, 3.5]),
        (2, Resize(factor=3, interpolation="nearest"), [0, 0, 0, 1, 1, 1]),
        # places 0, 0.5, 1, 1.5: two of them between two cells
        *(
            (2, Resize(factor=2, interpolation="nearest", coordinates="asymmetric", rounding=r), y)
            for r, y in {
                "floor": [0, 0, 1, 1],
                "ceil": [0, 1, 1, 1],
                "round_prefer_floor": [0, 0, 1, 1],
                "round_prefer_ceil": [0, 1, 1, 1],
            }.items()
        ),
        # places 0.5 and 2.5: shares -1/16, 9/16, 9/16, -1/16 of 0 0 1 2 and of 1 2 3 3
        (4, Resize(1, 2, "bicubic", cubic=-0.5), [7 / 16, 41 / 16]),
    ],
)
def test_resize_by_hand(cells, layer, expected):
    x = np.arange(float(cells)).reshape(1, 1, cells, 1)
    y, _ = resize_forward(layer, {}, tf.constant(x), rule=None)
    np.testing.assert_allclose(y[0, 0, :, 0], expected, atol=1e-12)


def test_a_map_of_the_right_size_stays(rng):
    x = rng.standard_normal((1, *SHAPE))
    for fit in ("stretch", "fill", "crop"):
        y, _ = resize_forward(Resize(13, 11, fit=fit), {}, tf.constant(x), rule=None)
        np.testing.assert_array_equal(y, x)
