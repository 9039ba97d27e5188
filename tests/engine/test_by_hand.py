"""One deconvnet on a 4 x 4 input that can be checked with a pencil, under all three rules.

conv 2 x 2 -> ReLU -> max pool 2 x 2 at stride 1 -> conv 2 x 2, one channel everywhere. What reaches
the rectifier on the way back meets all four cases of the table in tfdeconv/engine/rules.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from tfdeconv import Deconvnet
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, MaxPool

# fmt: off
X = [
    [3, 0, 2, 0],
    [-1, 0, 1, 0],
    [-1, 0, 0, -1],
    [0, 0, -1, -1],
]
KERNEL_1 = [[1, -1], [0, 2]]
BIAS_1 = 1
KERNEL_2 = [[1, -1], [2, -2]]
BIAS_2 = 1

# conv 1: x[i, j] - x[i, j + 1] + 2 x[i + 1, j + 1] + 1, at (0, 0): 3 - 0 + 2 * 0 + 1 = 4
CONV_1 = [
    [4, 1, 3],
    [0, 0, 0],
    [0, -1, 0],
]
# ReLU: -1 becomes 0. Pool: the maxima of the four windows; their cells in the 3 x 3 map are
# (0, 0) and (0, 2), and where all are 0 the first in row order: (1, 0) and (1, 1)
POOL = [
    [4, 3],
    [0, 0],
]
# conv 2: 1 * 4 - 1 * 3 + 2 * 0 - 2 * 0 + 1
CONV_2 = [[2]]

# The way back. The seed is the activation, 2: the pool's cells get 2 KERNEL_2, without the bias,
#
#      2  -2
#      4  -4
#
# and the pool sends each to the cell of its maximum. This reaches the rectifier:
#
#      2   0  -2
#      4  -4   0
#      0   0   0
#
# The rectifier's input, CONV_1, is above 0 in the first row alone. So it passes
#
#      deconvnet     guided       gradient
#      signal > 0    both         input > 0
#
#      2  0  0       2  0  0      2  0 -2
#      4  0  0       0  0  0      0  0  0
#      0  0  0       0  0  0      0  0  0
#
# and each cell (i, j) of that adds its value times KERNEL_1 to the cells (i, j) to (i + 1, j + 1).
PIXELS = {
    # 2 KERNEL_1 at (0, 0), 4 KERNEL_1 at (1, 0); at (1, 1) they meet: 2 * 2 + 4 * -1 = 0
    "deconvnet": [
        [2, -2, 0, 0],
        [4, 0, 0, 0],
        [0, 8, 0, 0],
        [0, 0, 0, 0],
    ],
    # 2 KERNEL_1 at (0, 0)
    "guided": [
        [2, -2, 0, 0],
        [0, 4, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ],
    # 2 KERNEL_1 at (0, 0), -2 KERNEL_1 at (0, 2)
    "gradient": [
        [2, -2, -2, 2],
        [0, 4, 0, -4],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ],
}
# fmt: on


def deconvnet(target: str, rule: str) -> Deconvnet:
    builder = Builder("by hand", (4, 4, 1))
    builder.add("conv1", Conv(1, 2))
    builder.add("relu", RELU)
    builder.add("pool", MaxPool(2, 1))
    builder.add("conv2", Conv(1, 2))
    weights = {}
    for layer, kernel, bias in (("conv1", KERNEL_1, BIAS_1), ("conv2", KERNEL_2, BIAS_2)):
        weights[layer] = {
            "kernel": np.array(kernel, np.float32).reshape(2, 2, 1, 1),
            "bias": np.array([bias], np.float32),
        }
    return Deconvnet(builder.network(), weights, target, rule)


def image() -> np.ndarray:
    return np.array(X, np.float32).reshape(1, 4, 4, 1)


@pytest.mark.parametrize("layer, expected", [("conv1", CONV_1), ("pool", POOL), ("conv2", CONV_2)])
def test_forward(layer, expected):
    maps = deconvnet(layer, "deconvnet").activations(image())
    np.testing.assert_array_equal(maps[0, :, :, 0], expected)


@pytest.mark.parametrize("rule", PIXELS)
def test_backward(rule):
    projection = deconvnet("conv2", rule).project(image())
    assert projection.activations.item() == 2
    np.testing.assert_array_equal(projection.pixels[0, 0, :, :, 0], PIXELS[rule])


@pytest.mark.parametrize("rule", PIXELS)
def test_one_unit_of_the_pool(rule):
    """A positive signal to a cell whose input is above 0: every rule passes it."""
    projection = deconvnet("pool", rule).project(image())
    assert projection.positions.tolist() == [[[0, 0]]]
    # 4 KERNEL_1 at (0, 0)
    expected = [[4, -4, 0, 0], [0, 8, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(projection.pixels[0, 0, :, :, 0], expected)
