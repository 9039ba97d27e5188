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


def test_a_map_of_the_right_size_stays(rng):
    x = rng.standard_normal((1, *SHAPE))
    for fit in ("stretch", "fill", "crop"):
        y, _ = resize_forward(Resize(13, 11, fit=fit), {}, tf.constant(x), rule=None)
        np.testing.assert_array_equal(y, x)
