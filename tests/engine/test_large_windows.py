"""Windows and strides far larger than usual: the same values in a bounded number of operations."""

import numpy as np
import pytest
import tensorflow as tf

from tfdeconv.engine.ops import convolution, large_pooling, phases, pooling
from tfdeconv.network.spans import Window

# more than 64 cells, and strides of more than 64 phases; some overlap, some leave cells out
WINDOWS = [
    Window((9, 8), (2, 3), ((3, 1), (0, 5))),
    Window((11, 7), (11, 7)),
    Window((2, 3), (13, 9), ((0, 1), (1, 0))),
    Window((1, 20), (1, 1)),
    Window((13, 13), (1, 1), ((6, 6), (6, 6))),
]
TRIM = ((1, 2), (0, 1))


@pytest.fixture
def usual(monkeypatch):
    """Pools as those of small windows are computed."""

    def compute(function, *arguments):
        with monkeypatch.context() as patch:
            patch.setattr(large_pooling, "LARGE", 1 << 20)
            return function(*arguments)

    return compute


@pytest.mark.parametrize("window", WINDOWS)
def test_large_windows_equal_usual_ones(window, usual, rng):
    # whole numbers, of which many are equal: ties, and sums that are exact
    x = tf.constant(rng.integers(-4, 4, (2, 27, 23, 3)).astype(np.float32))
    assert large_pooling.is_large(window) or window.size == (1, 20)

    maxima, switches = pooling.max_pool(x, window)
    expected, expected_switches = usual(pooling.max_pool, x, window)
    np.testing.assert_array_equal(maxima, expected)
    np.testing.assert_array_equal(switches, expected_switches)
    np.testing.assert_array_equal(pooling.max_pool_values(x, window), expected)

    signal = tf.constant(rng.integers(-9, 9, maxima.shape).astype(np.float32))
    back = pooling.unpool(signal, switches, window, TRIM)
    np.testing.assert_array_equal(
        back, usual(pooling.unpool, signal, expected_switches, window, TRIM)
    )
    mean, share = pooling.average_pool(x, window)
    expected, expected_share = usual(pooling.average_pool, x, window)
    # sums in another order
    np.testing.assert_allclose(mean, expected, atol=1e-5)
    np.testing.assert_allclose(
        pooling.average_pool_transpose(signal, share, window, TRIM),
        usual(pooling.average_pool_transpose, signal, expected_share, window, TRIM),
        atol=1e-5,
    )


def test_switches_of_large_windows_do_not_wrap():
    x = np.zeros((1, 260, 260, 1), np.float32)
    x[0, 259, 258] = 1
    window = Window((260, 260), (1, 1))

    maximum, switches = pooling.max_pool(tf.constant(x), window)
    back = pooling.unpool(maximum, switches, window)

    # beyond 65,535, where two bytes end
    assert switches.numpy().item() == 259 * 260 + 258
    np.testing.assert_array_equal(back, x)


@pytest.mark.parametrize("side", [56, 900])
def test_operations_do_not_grow_with_windows(side):
    window = Window((side, side), (side, side))

    @tf.function(autograph=False)
    def there_and_back(x):
        y, switches = pooling.max_pool(x, window)
        mean, share = pooling.average_pool(x, window)
        back = pooling.average_pool_transpose(mean, share, window)
        return pooling.unpool(y, switches, window) + back

    graph = there_and_back.get_concrete_function(tf.TensorSpec((None, side, side, 2)))
    # about 20 for each doubling
    assert len(graph.graph.get_operations()) < 1000


@pytest.mark.parametrize("taps, stride", [(3, (9, 8)), ((12, 5), (11, 7)), (10, (10, 10))])
def test_large_strides_of_convolutions_equal_usual_ones(taps, stride, rng, monkeypatch):
    window = Window.of(taps, stride, 0)
    kernel = tf.constant(rng.standard_normal((*window.size, 2, 3)))
    signal = tf.constant(rng.standard_normal((2, 3, 2, 3)))
    depthwise = Window.of(taps, stride[0], 0)
    each = tf.constant(rng.standard_normal((*window.size, 2, 3)))
    wide = tf.constant(rng.standard_normal((2, 3, 2, 6)))

    def back():
        flipped = convolution.flip_kernel(kernel, window)
        by_channel = convolution.flip_depthwise_kernel(each, depthwise)
        return (
            convolution.conv2d_transpose(signal, flipped, window, trim=TRIM),
            convolution.depthwise_conv2d_transpose(wide, by_channel, depthwise, 3, TRIM),
        )

    large = back()
    monkeypatch.setattr(phases, "LARGE_STRIDE", 1 << 20)
    for found, expected in zip(large, back()):
        np.testing.assert_array_equal(found, expected)
