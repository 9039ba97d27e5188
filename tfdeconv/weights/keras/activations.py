"""Activations of a Keras model's JSON: layers of their own, and options of other layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...formats.checked_json import shown
from ...network.base import Layer, Shape
from ...network.layers import (
    ACTIVATIONS,
    ARITHMETIC,
    Activation,
    Identity,
    LogSoftmax,
    PReLU,
    Softmax,
)
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, Translation, only_input, trained_part, with_leading_axes

SOFTMAX = Softmax()
# what the option `activation` may name; None: nothing is done
ACTIVATION_NAMES: dict[str, Layer | None] = {
    "linear": None,
    "softmax": SOFTMAX,
    "relu6": Activation(ceiling=6.0),
    "leaky_relu": Activation(slope=0.2),
    "swish": Activation("silu"),
    "hard_swish": Activation("hard_silu"),
    "hard_tanh": Activation("clip", floor=-1.0, ceiling=1.0),
    "sparse_sigmoid": Activation("hard_sigmoid", constant=0.5),
    "log_softmax": LogSoftmax(),
    **{kind: Activation(kind) for kind in ACTIVATIONS if kind not in ("clip", *ARITHMETIC)},
}
# clip(0.2 x + 0.5, 0, 1) there, clip(x / 6 + 0.5, 0, 1) since Keras 3
KERAS2_HARD_SIGMOID = Activation("hard_sigmoid", constant=0.2)


def relu(options: Options) -> Activation:
    slope = slope_option(options, "negative_slope", 0.0)
    threshold = threshold_option(options, "threshold", 0.0)
    ceiling = options.get("max_value")
    if ceiling is None:
        return Activation(slope=slope, threshold=threshold)
    if options.number("max_value", 0.0) <= 0:
        raise NotUnderstood(f"its max_value is {shown(ceiling)}")
    ceiling = options.number("max_value", 0.0)
    return Activation(slope=slope, ceiling=ceiling, threshold=threshold)


def thresholded_relu(options: Options) -> Activation:
    return Activation(threshold=threshold_option(options, "theta", 1.0))


def threshold_option(options: Options, key: str, default: float) -> float:
    threshold = options.number(key, default)
    if threshold < 0:
        raise NotUnderstood(f"its {key} is {threshold:g}")
    return threshold


def leaky_relu(options: Options) -> Activation:
    if "alpha" in options.values:
        # as Keras 2 calls the slope
        return Activation(slope=slope_option(options, "alpha", 0.3))
    return Activation(slope=slope_option(options, "negative_slope", 0.3))


def slope_option(options: Options, key: str, default: float) -> float:
    slope = options.number(key, default)
    if not 0 <= slope <= 1:
        raise NotUnderstood(f"its {key} is {slope:g}")
    return slope


def elu(options: Options) -> Activation:
    alpha = options.number("alpha", 1.0)
    if alpha <= 0:
        raise NotUnderstood(f"its alpha is {alpha:g}")
    return Activation("elu", constant=alpha)


def relu6(options: Options) -> Activation:
    return Activation(ceiling=6.0)


# classes of layers that are an activation
RECTIFIERS: dict[str, Callable[[Options], Activation]] = {
    "ReLU": relu,
    "LeakyReLU": leaky_relu,
    "ELU": elu,
    "ReLU6": relu6,
    "ThresholdedReLU": thresholded_relu,
}


def activation_option(options: Options) -> Layer | None:
    """What `activation` says: a name, or in newer files a function or a layer written out."""
    value = options.get("activation", "linear")
    if is_keras_function(value):
        value = value.get("config")
    if isinstance(value, dict) and value.get("class_name") in RECTIFIERS and "config" in value:
        rectifier = RECTIFIERS[value["class_name"]]
        return rectifier(Options(options.layer, value["config"], options.keras2))
    if not isinstance(value, str) or value not in ACTIVATION_NAMES:
        raise NotUnderstood(f"its activation is {shown(value)}, which is not understood")
    if options.keras2 and value == "hard_sigmoid":
        return KERAS2_HARD_SIGMOID
    return ACTIVATION_NAMES[value]


def is_keras_function(value: Any) -> bool:
    """Whether an activation is written as a function of Keras's."""
    if not isinstance(value, dict) or value.get("class_name") != "function":
        return False
    return str(value.get("module") or "").startswith("keras")


def with_activation(
    options: Options,
    make_layer: Callable[[Activation | None], Layer],
    shape: Shape,
    first_variable: int = 0,
) -> list[Part]:
    """A layer with its activation in it; one across channels is a part of its own."""
    activation = activation_option(options)
    if activation is None or isinstance(activation, Activation):
        return [trained_part(make_layer(activation), shape, "", first_variable)]
    logits = trained_part(make_layer(None), shape, "/logits", first_variable)
    return [logits, Part(activation)]


def rectifier(name: str) -> Translation:
    """The translation of a class in RECTIFIERS."""

    def translate(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
        only_input(maps)
        return [Part(RECTIFIERS[name](options))]

    return translate


def activation(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    only_input(maps)
    return [Part(activation_option(options) or Identity())]


def prelu(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """The slopes are the same along the shared axes, of which the first is 1."""
    feature_map = only_input(maps)
    shared = options.get("shared_axes", [])
    if not isinstance(shared, list) or not all(type(axis) is int for axis in shared):
        raise options.error("shared_axes", "a list of integers")
    if feature_map.vector:
        layer = PReLU(by_channel=1 not in shared)
        return [with_leading_axes(trained_part(layer, feature_map.shape), 2)]
    layer = PReLU(by_row=1 not in shared, by_column=2 not in shared, by_channel=3 not in shared)
    return [trained_part(layer, feature_map.shape)]


def softmax(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    options.require_last_axis(only_input(maps).axes)
    return [Part(SOFTMAX)]
