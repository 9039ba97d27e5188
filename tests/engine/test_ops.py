"""Every operation's transpose is the adjoint of its forward.

Pools by central differences, hand values where they matter.
"""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from gradcheck import adjoint_gap, difference_gap, gap, unpadded

from tfdeconv.engine import dispatch
from tfdeconv.engine.ops import convolution, dense, global_pooling, normalization, pooling, slicing
from tfdeconv.engine.rules import RULES
from tfdeconv.network.layers import (
    LRN,
    Average,
    AvgPool,
    ConvTranspose,
    DepthToSpace,
    Divide,
    Maximum,
    MaxPool,
    Minimum,
    Multiply,
    ShuffleChannels,
    SpaceToDepth,
)
from tfdeconv.network.spans import Window

# float64, the same products summed in another order: 1e-16 when right, 1e-3 and more when a pad or
# a flip is wrong
ROUNDING = 1e-14

PADS = [((0, 0), (0, 0)), ((0, 1), (0, 1)), ((3, 3), (2, 3)), ((1, 0), (2, 1))]
SIZES = [(1, 1), (2, 2), (3, 3), (5, 5), (2, 3)]


@pytest.mark.parametrize("pad", PADS)
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 3), (4, 4), (2, 3)])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("groups", [1, 2])
def test_conv2d_transpose_is_the_adjoint(rng, groups, size, stride, pad):
    window = Window(size, stride, pad)
    x, kernel = rng.standard_normal((2, 11, 13, 4)), rng.standard_normal((*size, 4 // groups, 6))
    signal = rng.standard_normal((2, *window.extents(11, 13), 6))
    flipped = convolution.flip_kernel(tf.constant(kernel), window, groups)
    assert (
        adjoint_gap(
            lambda x: convolution.conv2d(x, kernel, window, groups),
            lambda s: unpadded(
                convolution.conv2d_transpose(s, flipped, window, groups), window, 11, 13
            ),
            x,
            signal,
        )
        < ROUNDING
    )


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_conv2d_transpose_is_tensorflows(rng, size, stride):
    """What tf.nn.conv2d_transpose computes without pads; its meaning is the reference."""
    window = Window.of(size, stride, 0)
    kernel, signal = (
        tf.constant(rng.standard_normal((size, size, 3, 7))),
        rng.standard_normal((2, 5, 4, 7)),
    )
    extents = [(n - 1) * stride + size for n in (5, 4)]
    expected = tf.nn.conv2d_transpose(signal, kernel, (2, *extents, 3), stride, "VALID")
    assert (
        gap(
            convolution.conv2d_transpose(signal, convolution.flip_kernel(kernel, window), window),
            expected,
        )
        < ROUNDING
    )


@pytest.mark.parametrize("trim", [((1, 1), (2, 0)), ((3, 0), (0, 3)), ((0, 0), (6, 1))])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_trimmed_transposes_are_the_same_less_the_ends(rng, size, stride, trim):
    window = Window.of(size, stride, 0)
    signal, kernel = (
        rng.standard_normal((2, 9, 11, 5)),
        tf.constant(rng.standard_normal((size, size, 3, 5))),
    )
    switches = tf.constant(rng.integers(0, size * size, signal.shape), tf.uint8)
    (a, b), (c, d) = trim
    for full, less in (
        (
            convolution.conv2d_transpose(signal, convolution.flip_kernel(kernel, window), window),
            convolution.conv2d_transpose(
                signal, convolution.flip_kernel(kernel, window), window, 1, trim
            ),
        ),
        (pooling.unpool(signal, switches, window), pooling.unpool(signal, switches, window, trim)),
    ):
        assert gap(less, full[:, a : full.shape[1] - b, c : full.shape[2] - d]) < ROUNDING


@pytest.mark.parametrize("pad", PADS)
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 3), (1, 2)])
@pytest.mark.parametrize("size", [(2, 2), (3, 3), (4, 5)])
def test_unpool_is_the_derivative_of_max_pool(rng, size, stride, pad):
    if any(min(p) >= s or max(p) >= s for p, s in zip(pad, size)):
        pad = ((1, 0), (0, 1))
    window = Window(size, stride, pad)
    # distinct values, 1 apart: a step of 1e-2 changes no maximum, and the pool is linear within it
    x = rng.permutation(11 * 13 * 3 * 2).reshape(2, 11, 13, 3).astype(float)
    y, switches = pooling.max_pool(x, window)
    signal = rng.standard_normal(y.shape)
    back = unpadded(pooling.unpool(signal, switches, window), window, 11, 13)
    # linear, so the difference is exact up to rounding of values near 1000 over 2e-2; 1e-2 and more
    # when a switch is wrong
    assert (
        difference_gap(lambda x: pooling.max_pool(x, window)[0], back, x, signal, 1e-3, rng) < 1e-8
    )


@pytest.mark.parametrize("pad", [0, 1])
@pytest.mark.parametrize("size, stride", [(2, 2), (3, 2), (3, 1), (2, 3)])
def test_max_pool_is_tensorflows(rng, size, stride, pad):
    x = tf.constant(rng.standard_normal((2, 11, 13, 3)))
    window = Window.of(size, stride, pad)
    expected = tf.nn.max_pool2d(x, size, stride, [[0, 0], [pad, pad], [pad, pad], [0, 0]])
    np.testing.assert_array_equal(pooling.max_pool(x, window)[0], expected)
    np.testing.assert_array_equal(pooling.max_pool_values(x, window), expected)


@pytest.mark.parametrize("jit", [False, True])
def test_ties_go_to_first_in_row_order(jit):
    pool = tf.function(
        lambda x: pooling.max_pool(x, Window.of(3, 2, 1)), jit_compile=jit, autograph=False
    )
    flat = np.zeros((1, 5, 5, 1), np.float32)
    # every window is a tie of zeros (the padding is -inf): its first cell that is on the map
    np.testing.assert_array_equal(pool(flat)[1][0, ..., 0], [[4, 3, 3], [1, 0, 0], [1, 0, 0]])
    flat[0, 2, 1] = flat[0, 1, 2] = 7  # in one window: the one in the upper row is first
    assert pool(flat)[1][0, 1, 1, 0] == 1 and pool(flat)[1][0, 1, 0, 0] == 5


@pytest.mark.parametrize("jit", [False, True])
def test_windows_that_share_a_maximum_add_up(jit):
    x = np.zeros((1, 5, 5, 1), np.float32)
    x[0, 2, 2] = 1  # in all four windows of 3 x 3 at stride 2
    window = Window.of(3, 2, 0)

    def both(x):
        return pooling.unpool(
            tf.constant([[[[1.0], [10.0]], [[100.0], [1000.0]]]]),
            pooling.max_pool(x, window)[1],
            window,
        )

    expected = np.zeros((1, 5, 5, 1))
    expected[0, 2, 2] = 1111
    np.testing.assert_array_equal(tf.function(both, jit_compile=jit, autograph=False)(x), expected)


def test_switches_of_large_windows_take_two_bytes(rng):
    x = rng.permutation(20 * 20).reshape(1, 20, 20, 1).astype(np.float32)
    switches = pooling.max_pool(x, Window.of(20, 1, 0))[1]
    assert switches.dtype == tf.uint16 and int(switches[0, 0, 0, 0]) == x.argmax()
    assert pooling.max_pool(x, Window.of(16, 1, 0))[1].dtype == tf.uint8


def test_dense_and_averages_are_adjoint(rng):
    kernel = rng.standard_normal((7, 5))
    assert (
        adjoint_gap(
            lambda x: dense.dense(x, tf.constant(kernel)),
            lambda s: dense.dense_transpose(s, tf.constant(kernel)),
            rng.standard_normal((3, 1, 1, 7)),
            rng.standard_normal((3, 1, 1, 5)),
        )
        < ROUNDING
    )
    assert (
        adjoint_gap(
            global_pooling.global_average_pool,
            lambda s: global_pooling.global_average_pool_transpose(s, 4, 5),
            rng.standard_normal((3, 4, 5, 7)),
            rng.standard_normal((3, 1, 1, 7)),
        )
        < ROUNDING
    )


@pytest.mark.parametrize("depth", [5, 4, 40])
def test_lrn_transpose_is_the_derivative(rng, depth):
    x, signal = rng.standard_normal((2, 3, 4, 9)), rng.standard_normal((2, 3, 4, 9))
    layer = LRN(depth, 1.0, 0.3, 0.75)
    back = np.asarray(normalization.lrn_transpose(signal, tf.constant(x), layer))
    # second-order error of the difference, step ** 2 = 1e-10, over the 1e-2 of the comparison
    assert (
        difference_gap(
            lambda x: normalization.lrn(tf.constant(x), layer), back, x, signal, 1e-5, rng
        )
        < 1e-7
    )


def test_lrn_is_caffes():
    # by hand: channel 1 of (1, 2, 3) with depth 3, k 2, alpha 0.5, beta 2: 2 / (2 + 0.5 * 14) ** 2
    y = normalization.lrn(tf.constant([[[[1.0, 2.0, 3.0]]]]), LRN(3, 2.0, 0.5, 2.0))
    np.testing.assert_allclose(y[0, 0, 0], [1 / 4.5**2, 2 / 81, 3 / 8.5**2], rtol=1e-6)  # float32


@pytest.mark.parametrize(
    "row, layer, expected",
    [
        # windows 0 2 4 and 4 6 0: of three cells each, or of those on the map
        ([2, 4, 6], AvgPool((1, 3), 2, ((0, 0), (1, 1)), count_pads=True), [2, 10 / 3]),
        ([2, 4, 6], AvgPool((1, 3), 2, ((0, 0), (1, 1))), [3, 5]),
        # the last window, 3 0 and what is beyond, is of two cells, or of one
        ([3] * 4, AvgPool((1, 3), 2, ((0, 0), (1, 1)), True, ceil=True), [2, 3, 1.5]),
        ([3] * 4, AvgPool((1, 3), 2, ((0, 0), (1, 1)), ceil=True), [3, 3, 3]),
        # a third window would begin behind the map
        ([3, 1, 2, 5, 4], MaxPool((1, 2), 2, ((0, 0), (1, 1)), ceil=True), [3, 2, 5]),
        ([3, 1, 2, 5, 4], MaxPool((1, 2), 2, ceil=True), [3, 5, 4]),
        ([3, 1, 2, 5, 4], MaxPool((1, 2), 1, dilation=3), [5, 4]),
    ],
)
def test_pools_by_hand(row, layer, expected):
    x = tf.constant(np.array(row, float).reshape(1, 1, -1, 1))
    y, _ = dispatch.forward(layer.at(x.shape[1:]), {}, x, rule=None)
    np.testing.assert_allclose(y[0, 0, :, 0], expected, rtol=1e-12)


@pytest.mark.parametrize(
    "layer, expected",
    [
        # 2 x 2 blocks; "dcr": first all channels of a block's first cell
        (DepthToSpace(2), [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]),
        (DepthToSpace(2, "crd"), [[[0, 4], [1, 5]], [[2, 6], [3, 7]]]),
        (ShuffleChannels(2), [[[0, 4, 1, 5, 2, 6, 3, 7]]]),
    ],
)
def test_channels_are_moved_by_hand(layer, expected):
    y, _ = dispatch.forward(layer, {}, tf.range(8)[None, None, None], rule=None)
    np.testing.assert_array_equal(y[0], expected)
    if isinstance(layer, DepthToSpace):
        back, _ = dispatch.forward(SpaceToDepth(2, layer.order), {}, y, rule=None)
        np.testing.assert_array_equal(back[0, 0, 0], range(8))


@pytest.mark.parametrize(
    "before, sums",
    [(None, [1, 5, 13]), (1, [1, 5, 13]), (0, [5, 13, 9])],  # of 1 4 9, the squares
)
def test_lrn_of_even_windows_by_hand(before, sums):
    y = normalization.lrn(tf.constant([[[[1.0, 2.0, 3.0]]]]), LRN(2, 0.0, 1.0, 1.0, before))
    np.testing.assert_allclose(y[0, 0, 0], np.arange(1, 4) / sums, rtol=1e-6)


@pytest.mark.parametrize("stride, dilation", [(1, 1), (2, 1), (3, 1), (2, 2), (2, 3), (4, 2)])
@pytest.mark.parametrize("taps", [1, 2, 3, 4, 6])
def test_uneven_windows_leave_a_checkerboard(taps, stride, dilation):
    window = Window.of((1, taps), (1, stride), 0, (1, dilation))
    flipped = convolution.flip_kernel(tf.ones((1, taps, 1, 1)), window)
    y = convolution.conv2d_transpose(tf.ones((1, 1, 40, 1)), flipped, window)
    inside = y.numpy()[0, 0, window.size[1] : 40, 0]
    assert window.uneven == (len(set(inside)) > 1)


def test_merges_of_three_by_hand():
    x, y, z = (tf.constant([[[row]]]) for row in ([1.0, 2, 3], [3.0, 2, 1], [2.0, 2, 3]))
    signal = tf.constant([[[[1.0, 10, 100]]]])
    shapes = ((1, 1, 3),) * 3
    for layer, expected, parts in (
        (Maximum(), [3, 2, 3], [[0, 10, 100], [1, 0, 0], [0, 0, 0]]),
        (Minimum(), [1, 2, 1], [[1, 10, 0], [0, 0, 100], [0, 0, 0]]),
        (Average(), [2, 2, 7 / 3], [[1 / 3, 10 / 3, 100 / 3]] * 3),
        (Multiply(), [6, 8, 9], [[6, 40, 300], [2, 40, 900], [3, 40, 300]]),
    ):
        values, trace = dispatch.forward(layer, {}, x, y, z, rule=RULES["guided"])
        back = dispatch.backward(layer, {}, signal, trace, RULES["guided"], shapes, slicing.NO_PAD)
        np.testing.assert_allclose(values[0, 0, 0], expected, rtol=1e-6)
        np.testing.assert_allclose(np.stack(back)[:, 0, 0, 0], parts, rtol=1e-6)


def test_quotients_by_hand():
    x, y = tf.constant([[[[6.0, 1.0]]]]), tf.constant([[[[2.0]]]])
    values, trace = dispatch.forward(Divide(), {}, x, y, rule=RULES["guided"])
    shapes = ((1, 1, 2), (1, 1, 1))
    signal = tf.constant([[[[1.0, 10.0]]]])
    back = dispatch.backward(Divide(), {}, signal, trace, RULES["guided"], shapes, slicing.NO_PAD)
    np.testing.assert_array_equal(values[0, 0, 0], [3, 0.5])
    np.testing.assert_array_equal(back[0][0, 0, 0], [0.5, 5])
    # -6 / 4 - 10 / 4
    np.testing.assert_array_equal(back[1][0, 0, 0], [-4])


def test_transposed_convolutions_by_hand():
    # taps 1 2 at stride 3, less the first cell, and a cell more at the end
    layer = ConvTranspose(1, (1, 2), (1, 3), ((0, 0), (1, -1)))
    p = {"kernel": tf.constant([[[[1.0]], [[2.0]]]]), "bias": tf.constant([0.5])}
    y, _ = dispatch.forward(layer, p, tf.constant([[[[1.0], [10.0]]]]), rule=None)
    np.testing.assert_array_equal(y[0, 0, :, 0], [2.5, 0.5, 10.5, 20.5, 0.5])


def test_interleave_and_cut():
    grid = [[tf.fill((1, 2, 2, 1), float(10 * i + j)) for j in range(3)] for i in range(2)]
    np.testing.assert_array_equal(
        slicing.interleave(grid)[0, :, :, 0], np.tile([[0, 1, 2], [10, 11, 12]], (2, 2))
    )
    x = tf.constant(np.arange(5.0)[None, :, None, None])
    np.testing.assert_array_equal(
        slicing.cut(x, 1, -2, 9, -1.0)[0, :, 0, 0], [-1, -1, 0, 1, 2, 3, 4, -1, -1]
    )
    np.testing.assert_array_equal(slicing.cut(x, 1, 1, 3)[0, :, 0, 0], [1, 2, 3])
    for start in (-4, -3, 5, 7):
        np.testing.assert_array_equal(slicing.cut(x, 1, start, 3, 6.0)[0, :, 0, 0], [6, 6, 6])
