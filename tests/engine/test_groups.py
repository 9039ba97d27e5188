"""On a GPU a grouped convolution is one call, and so is its transpose: the same as one a group.

Operations run one by one: a CPU computes groups in one call as long as nothing is compiled.
"""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from gradcheck import gap
from helpers import EXAMPLES, example, random_weights
from uncompiled import uncompiled

from tfdeconv.engine.modes import MODES
from tfdeconv.engine.ops import convolution
from tfdeconv.engine.rules import RULES
from tfdeconv.network.layers import Conv, ConvTranspose
from tfdeconv.network.spans import Window

# the same products summed in another order; 1e-1 and more where channels are in another order
ROUNDING = {np.float32: 1e-5, np.float64: 1e-13}

WINDOWS = {
    "3x3": Window.of(3, 1, 1),
    "1x1 stride 2": Window.of(1, 2, 0),
    "2x3 stride 3x1": Window.of((2, 3), (3, 1), ((0, 1), (3, 0))),
    "5x4 stride 2x3": Window.of((5, 4), (2, 3), ((1, 2), (0, 3))),
    "3x3 dilated": Window.of(3, 1, 2, (2, 3)),
    "3x2 stride 2, dilated": Window.of((3, 2), 2, ((1, 2), (0, 1)), (1, 2)),
    "3x3 stride 9x8": Window.of(3, (9, 8), 1),
}
GROUPED = [
    name
    for name, layer in EXAMPLES.items()
    if isinstance(layer, Conv | ConvTranspose) and layer.groups > 1
]


def there_and_back(x, kernel, signal, window: Window, groups: int) -> tuple[tf.Tensor, tf.Tensor]:
    """A convolution of x and its transpose of a signal."""
    flipped = convolution.flip_kernel(kernel, window, groups)
    y = convolution.conv2d(x, kernel, window, groups)
    trim = (1, 0), (0, 2)
    return y, convolution.conv2d_transpose(signal, flipped, window, groups, trim)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("groups", [2, 4])
@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_one_call_equals_one_a_group(rng, request, window, groups, dtype):
    x = tf.constant(rng.standard_normal((2, 19, 17, 8)), dtype)
    kernel = tf.constant(rng.standard_normal((*window.taps, 8 // groups, 12)), dtype)
    signal = tf.constant(rng.standard_normal((2, 4, 5, 12)), dtype)
    expected = there_and_back(x, kernel, signal, window, groups)
    request.getfixturevalue("gpu")
    for found, each in zip(there_and_back(x, kernel, signal, window, groups), expected):
        assert np.abs(each).max() > 0
        assert gap(found, each) < ROUNDING[dtype]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", GROUPED)
def test_projections_are_the_same_on_a_gpu(rng, request, name, rule):
    network = example(name)
    target = network.nodes[-1].name
    weights = random_weights(network, rng)
    x = rng.standard_normal((2, 13, 11, 4))
    expected = [uncompiled(network, weights, target, rule).project(x, mode=mode) for mode in MODES]
    request.getfixturevalue("gpu")
    for mode, each in zip(MODES, expected):
        found = uncompiled(network, weights, target, rule).project(x, mode=mode)
        assert each.patches.any()
        assert gap(found.activations, each.activations) < ROUNDING[np.float64]
        assert gap(found.patches, each.patches) < ROUNDING[np.float64]


@pytest.mark.parametrize("there, calls", [("gpu", 1), ("rng", 4)], ids=["GPU", "CPU"])
def test_a_gpu_computes_groups_in_one_call(request, there, calls):
    request.getfixturevalue(there)
    window = Window.of(3, 2, 1)
    graph = tf.function(there_and_back, autograph=False).get_concrete_function(
        tf.TensorSpec((None, 9, 9, 8)),
        tf.TensorSpec((3, 3, 2, 12)),
        tf.TensorSpec((None, 5, 5, 12)),
        window,
        4,
    )
    kinds = [operation.type for operation in graph.graph.get_operations()]
    assert kinds.count("Conv2D") == 2 * calls
