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
from checkers import SOUND, adjoint, difference, replica, smooth, windows

from tfdeconv import engine
from tfdeconv.engine import ops

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
