"""The table of functions of each value, each with its derivative."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import tensorflow as tf

from ...network.layers import CONSTANTS, Activation
from .elementary import (
    clip,
    clip_derivative,
    double,
    erf_derivative,
    hard_shrink,
    hard_sigmoid,
    hard_sigmoid_derivative,
    log_sigmoid,
    log_sigmoid_derivative,
    negative_derivative,
    power,
    power_derivative,
    reciprocal_derivative,
    shrink_derivative,
    sigmoid_derivative,
    soft_shrink,
    softsign_derivative,
    sqrt_derivative,
    tanh_derivative,
    tanh_shrink,
    tanh_shrink_derivative,
)
from .rectifiers import (
    celu,
    celu_derivative,
    elu,
    elu_derivative,
    gelu,
    gelu_derivative,
    gelu_tanh,
    gelu_tanh_derivative,
    hard_silu,
    hard_silu_derivative,
    mish,
    mish_derivative,
    selu,
    selu_derivative,
    silu,
    silu_derivative,
    softplus,
    softplus_derivative,
    sparse_plus,
    sparse_plus_derivative,
    squareplus,
    squareplus_derivative,
)

Function = Callable[[tf.Tensor], tf.Tensor]

# Each smooth function with its derivative. Those in CONSTANTS take their constant as well.
SMOOTH_FUNCTIONS: dict[str, tuple[Callable, Callable]] = {
    "sigmoid": (tf.sigmoid, sigmoid_derivative),
    "tanh": (tf.tanh, tanh_derivative),
    "hard_sigmoid": (hard_sigmoid, hard_sigmoid_derivative),
    "log_sigmoid": (log_sigmoid, log_sigmoid_derivative),
    "softsign": (tf.nn.softsign, softsign_derivative),
    "exponential": (tf.exp, tf.exp),
    "silu": (silu, silu_derivative),  # Ramachandran et al. 2017, section 2 (Swish)
    "hard_silu": (hard_silu, hard_silu_derivative),  # Howard et al. 2019, section 5.2 (h-swish)
    "gelu": (gelu, gelu_derivative),  # Hendrycks & Gimpel 2016, section 2
    "gelu_tanh": (gelu_tanh, gelu_tanh_derivative),
    "elu": (elu, elu_derivative),  # Clevert et al. 2016, section 3
    "selu": (selu, selu_derivative),  # Klambauer et al. 2017, section 2
    "celu": (celu, celu_derivative),  # Barron 2017
    "mish": (mish, mish_derivative),  # Misra 2020, section 3
    "softplus": (softplus, softplus_derivative),
    "squareplus": (squareplus, squareplus_derivative),  # Barron 2021
    "sparse_plus": (sparse_plus, sparse_plus_derivative),
    "tanh_shrink": (tanh_shrink, tanh_shrink_derivative),
    "hard_shrink": (hard_shrink, shrink_derivative),
    "soft_shrink": (soft_shrink, shrink_derivative),
    "abs": (tf.abs, tf.sign),
    "square": (tf.square, double),
    "negative": (tf.negative, negative_derivative),
    "erf": (tf.math.erf, erf_derivative),
    "log": (tf.math.log, tf.math.reciprocal),
    "sqrt": (tf.sqrt, sqrt_derivative),
    "reciprocal": (tf.math.reciprocal, reciprocal_derivative),
    "power": (power, power_derivative),
}


def smooth_function(layer: Activation) -> tuple[Function, Function]:
    """A smooth activation's function and its derivative, with its constants in them."""
    if layer.kind == "clip":
        bounds = {"floor": layer.floor, "ceiling": layer.ceiling}
        return partial(clip, **bounds), partial(clip_derivative, **bounds)
    function, derivative = SMOOTH_FUNCTIONS[layer.kind]
    if layer.kind not in CONSTANTS:
        return function, derivative
    constants = {"constant": layer.constant}
    if layer.constant is None:
        constants["constant"] = CONSTANTS[layer.kind]
    if layer.kind == "hard_sigmoid" and layer.offset is not None:
        constants["offset"] = layer.offset
    return partial(function, **constants), partial(derivative, **constants)
