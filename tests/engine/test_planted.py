"""The checkers of the other tests catch planted errors.

An error is planted in the source of a module of the engine, whose functions then run it.
"""

from __future__ import annotations

import inspect
import pkgutil
import types
from importlib import import_module

import numpy as np
import pytest
import reference
import tensorflow as tf
from gradcheck import adjoint_gap, difference_gap, gap, unpadded
from helpers import example, random_weights
from uncompiled import uncompiled
from whole_maps import corners_and_borders, send_back

from tfdeconv import engine
from tfdeconv.engine import ops
from tfdeconv.engine.ops import convolution, dense, global_pooling, normalization, pooling
from tfdeconv.engine.rules import RULES
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import LRN, RELU, BatchNorm, Conv
from tfdeconv.network.spans import Window


def adjoint(name: str, rng) -> float:
    """Single operations and their transposes."""
    if name == "dense":
        kernel = tf.constant(rng.standard_normal((7, 5)))
        return adjoint_gap(
            lambda x: dense.dense(x, kernel),
            lambda s: dense.dense_transpose(s, kernel),
            rng.standard_normal((3, 1, 1, 7)),
            rng.standard_normal((3, 1, 1, 5)),
        )
    if name == "average":
        return adjoint_gap(
            global_pooling.global_average_pool,
            lambda s: global_pooling.global_average_pool_transpose(s, 4, 5),
            rng.standard_normal((3, 4, 5, 7)),
            rng.standard_normal((3, 1, 1, 7)),
        )
    window = Window((5, 5), (2, 2), ((1, 0), (2, 1)))
    kernel = tf.constant(rng.standard_normal((5, 5, 4, 6)))
    flipped = convolution.flip_kernel(kernel, window)
    return adjoint_gap(
        lambda x: convolution.conv2d(x, kernel, window),
        lambda s: unpadded(convolution.conv2d_transpose(s, flipped, window), window, 11, 13),
        rng.standard_normal((2, 11, 13, 4)),
        rng.standard_normal((2, *window.extents(11, 13), 6)),
    )


def difference(name: str, rng) -> float:
    """Derivatives by central differences."""
    if name == "lrn":
        x, signal = rng.standard_normal((2, 3, 4, 9)), rng.standard_normal((2, 3, 4, 9))
        back = np.asarray(
            normalization.lrn_transpose(signal, tf.constant(x), LRN(5, 1.0, 0.3, 0.75))
        )
        return difference_gap(
            lambda x: normalization.lrn(tf.constant(x), LRN(5, 1.0, 0.3, 0.75)),
            back,
            x,
            signal,
            1e-5,
            rng,
        )
    window = Window.of(3, 2, 1)
    x = rng.permutation(2 * 11 * 13 * 3).reshape(2, 11, 13, 3).astype(float)
    y, switches = pooling.max_pool(x, window)
    signal = rng.standard_normal(y.shape)
    back = unpadded(pooling.unpool(signal, switches, window), window, 11, 13)
    return difference_gap(lambda x: pooling.max_pool(x, window)[0], back, x, signal, 1e-2, rng)


def network_of(name: str) -> Network:
    """An example, or a convolution with its batch norm."""
    if name != "folded":
        return example(name)
    net = Builder("folded", (13, 11, 4))
    net.add("conv", Conv(4, 3, pad=1))
    net.add("norm", BatchNorm(1e-3))
    net.add("relu", RELU)
    net.add("behind", Conv(3, 3))
    return net.network()


def replica(name: str, rng) -> float:
    """A network under all rules against the paper in slow numpy."""
    network = network_of(name)
    target = network.nodes[-1].name
    weights, x = random_weights(network, rng), rng.standard_normal((1, 13, 11, 4))
    gaps = [0.0]
    for rule in RULES:
        net = uncompiled(network, weights, target, rule)
        pixels = net.project(x, [0, 1, 2], "all").pixels[0]
        for channel in range(3):
            expected, _ = reference.project(network, weights, x[0], target, channel, "all", rule)
            gaps.append(gap(pixels[channel], expected))
    return max(gaps)


def smooth(name: str, rng) -> float:
    """replica, whose derivatives of smooth functions are central differences."""
    return replica(name, rng)


def windows(name: str, rng) -> float:
    """Units on their windows against whole maps."""
    network = example(name, 29, 31)
    target = network.nodes[-1].name
    net = uncompiled(network, random_weights(network, rng), target)
    x, units = rng.standard_normal((2, 29, 31, 4)), corners_and_borders(*network.shapes()[target])
    return gap(send_back(net, x, units, windowed=True), send_back(net, x, units, windowed=False))


# a checker's gap when nothing is planted: rounding, and for the curved lrn the second order of the
# difference
SOUND = {adjoint: 1e-14, difference: 1e-7, replica: 1e-12, smooth: 1e-8, windows: 1e-12}

POOL = "pool 3x3 stride 2, padded"
CONV = "conv 5x5 stride 2, rectified"
SAME = "average 3x3 stride 1, same"
COUNTED = "average 4x3 stride 3, pads counted, ceil"
# each error: the right source, the wrong one, the checker that must see it, and on which example
ERRORS = {
    "kernel not flipped": ("return tf.reverse(phases, (0, 2))", "return phases", adjoint, "conv"),
    "phases swapped": ("(0, 2, 6, 5, 1, 3, 4)", "(0, 2, 6, 5, 3, 1, 4)", adjoint, "conv"),
    "phases outside of groups": (
        "tf.unstack(y, axis=4)",
        "tf.unstack(y, axis=3)",
        replica,
        "depthwise 2x2 stride 3, 3 a channel",
    ),
    "transpose shifted": (
        "trim[axis][0] - trimmed[axis][0] * stride, size",
        "1, size",
        adjoint,
        "conv",
    ),
    "pads swapped": ("*map(list, window.pad)", "*map(list, window.pad[::-1])", adjoint, "conv"),
    "derivative off by 0.1 %": (
        "= convolve(signal,",
        "= convolve(signal * 1.001,",
        adjoint,
        "conv",
    ),
    "dense off by 0.1 %": (
        "kernel, transpose_b=True)",
        "kernel * 1.001, transpose_b=True)",
        adjoint,
        "dense",
    ),
    "sum for a mean": ("signal / (height * width)", "signal", adjoint, "average"),
    "overwrite instead of sum": ("= tf.add_n(parts)", "= parts[-1]", difference, "pool"),
    "switch transposed": (
        "tf.constant(dy * window.taps[1] + dx,",
        "tf.constant(dx * window.taps[1] + dy,",
        difference,
        "pool",
    ),
    "switches of rows lost": (
        "columns += tf.constant(dy * window.taps[1], dtype)",
        "pass",
        difference,
        "pool",
    ),
    "lrn without its half": (
        "signal * scale**-beta - 2 *",
        "signal * scale**-beta - 1 *",
        difference,
        "lrn",
    ),
    "pool padded with zeros": ('length, float("-inf"))', "length)", replica, POOL),
    "last of a tie": (
        "switches = tf.maximum(switches, tf.cast(values > best, dtype) * columns)",
        "switches = tf.where(values >= best, columns, switches)",
        replica,
        POOL,
    ),
    "sign not heeded": (
        "return signal * tf.cast(derivative, signal.dtype)",
        "return signal",
        replica,
        "relu",
    ),
    "not rectified": ("if rule.rectify and", "if False and", replica, "relu"),
    "rectified under every rule": ("if rule.rectify and", "if True and", replica, "relu"),
    "rectified at a gate": ("and layer.stands_for_relu", "and True", smooth, "sigmoid"),
    "target's rectifier passed over": (
        "(signal,) = activation_backward(",
        "_ = activation_backward(",
        replica,
        CONV,
    ),
    "ceiling passed over": (
        "on = above & (x < tf.constant(ceiling, x.dtype))",
        "on = above",
        replica,
        "relu6",
    ),
    "slope passed over": (
        "tf.cast(on, x.dtype), tf.constant(slope, x.dtype))",
        "tf.cast(on, x.dtype), tf.constant(0, x.dtype))",
        replica,
        "leaky relu",
    ),
    "bias left in": (
        "layer.window, layer.groups, trim),)",
        'layer.window, layer.groups, trim) + tf.reduce_mean(p["bias"]),)',
        replica,
        CONV,
    ),
    "shift left in": (
        "return (signal * scale,)",
        "return (signal * scale + _shift,)",
        replica,
        "batch norm",
    ),
    "variance for deviation": ("gamma / tf.sqrt(", "gamma / (", replica, "batch norm"),
    "one branch only": (
        "return tuple(sum_broadcast(signal,",
        "return tuple(sum_broadcast(signal * (len(shape) > 3),",
        replica,
        "add",
    ),
    "a product's own factor": (
        "trace[:i] + trace[i + 1 :]",
        "trace[: i + 1] + trace[i + 2 :]",
        replica,
        "multiply",
    ),
    "a gate's sum forgotten": (
        "return tf.reduce_sum(signal, axes",
        "return tf.reduce_mean(signal, axes",
        smooth,
        "gate",
    ),
    "channels in another order": (
        "return tuple(tf.split(signal, [shape[2] for shape in shapes], 3))",
        "return tuple(tf.split(signal, [shape[2] for shape in shapes], 3)[::-1])",
        replica,
        "concatenate",
    ),
    "pads counted in a mean": ("return mean / share, share", "return mean, share", replica, SAME),
    "equal parts": ("part = part / share", "pass", replica, SAME),
    "dilation not heeded": (
        "(taps - 1) * phase_dilation(window)[axis]",
        "(taps - 1)",
        replica,
        "conv 3x3 dilated",
    ),
    "depthwise kernel transposed": (
        "(0, 2, 4, 5, 1, 3)",
        "(2, 0, 4, 5, 1, 3)",
        replica,
        "depthwise 3x3",
    ),
    "softmax without its sum": (
        "y * (signal - tf.reduce_sum(signal * y, 3, keepdims=True))",
        "y * (1 - y) * signal",
        replica,
        "softmax",
    ),
    "statistics held fixed": (
        "return scale * (signal - tf.reduce_mean(signal, axes, keepdims=True) - along_y)",
        "return scale * signal",
        smooth,
        "layer norm",
    ),
    "the other input of a maximum": (
        "tf.cast(trace == number, signal.dtype)",
        "tf.cast(trace != number, signal.dtype)",
        replica,
        "maximum",
    ),
    "normalisation passed over": ("if not rule.normalise:", "if True:", replica, "lrn"),
    "overwrite at a fork": ("part = signals[name] + part", "pass", replica, "add"),
    "bias not scaled": ('p["bias"] * scale', 'p["bias"]', replica, "folded"),
    "more trimmed than lies outside": (
        "max(span.offset + span.size - extent, 0)",
        "max(-span.offset, 0)",
        replica,
        CONV,
    ),
    "border lost": (
        "part = fold_border(part, landing, shape, positions, layer.border)",
        "pass",
        windows,
        "bilinear up 2x3, read at stride 6",
    ),
    "mirrored beside": (
        "for mirror in (-index - again,",
        "for mirror in (-index - again - 1,",
        replica,
        "reflected",
    ),
    "pads that count passed over": ("counted, 1.0)", "counted, 0.0)", replica, COUNTED),
    "border leaks": ("part = erase_outside(part, target, shape, positions)", "pass", windows, CONV),
    "trace cropped beside": (
        "return start + tf.range(span.size)",
        "return start + tf.range(span.size) + 1",
        windows,
        POOL,
    ),
    "border shifted": ("= tf.clip_by_value(rows, 0,", "= tf.clip_by_value(rows, 1,", windows, POOL),
}


MODULES = [
    import_module(f"{engine.__name__}.{info.name}")
    for info in pkgutil.iter_modules(engine.__path__)
]
MODULES += [
    import_module(f"{ops.__name__}.{info.name}") for info in pkgutil.iter_modules(ops.__path__)
]


def plant(monkeypatch, right: str, wrong: str) -> None:
    """Puts the wrong source in place of the right one in the one module of the engine with it."""
    sources = {module: inspect.getsource(module) for module in MODULES}
    (module,) = [module for module, source in sources.items() if right in source]
    planted = types.ModuleType(module.__name__)
    planted.__package__ = module.__package__
    exec(
        compile(sources[module].replace(right, wrong), f"planted in {module.__name__}", "exec"),
        vars(planted),
    )
    for name, function in vars(module).items():
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            monkeypatch.setattr(function, "__code__", vars(planted)[name].__code__)


@pytest.mark.parametrize("error", ERRORS)
def test_checkers_catch(monkeypatch, error):
    right, wrong, checker, name = ERRORS[error]
    assert checker(name, np.random.default_rng(0)) < SOUND[checker]
    plant(monkeypatch, right, wrong)
    try:
        found = checker(name, np.random.default_rng(0))
    except AssertionError:  # of another shape, or a value outside of the image
        found = np.inf
    assert found > 1000 * SOUND[checker], f"{checker.__name__} let it pass"
