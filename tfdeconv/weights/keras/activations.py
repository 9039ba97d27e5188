"""Activations of a Keras model's JSON: layers of their own, and options of other layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...formats.checked_json import shown
from ...network.base import Layer
from ...network.layers import ACTIVATIONS, ARITHMETIC, Activation, LogSoftmax, Softmax
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .layer_operations import LayerOperations
from .options import Options

# what the option `activation` may name; None: nothing is done
ACTIVATION_NAMES: dict[str, Layer | None] = {
    "linear": None,
    "softmax": Softmax(),
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
        raise NotUnderstood(f"its max_value is {shown(ceiling)}, which is not understood")
    ceiling = options.number("max_value", 0.0)
    return Activation(slope=slope, ceiling=ceiling, threshold=threshold)


def thresholded_relu(options: Options) -> Activation:
    return Activation(threshold=threshold_option(options, "theta", 1.0))


def threshold_option(options: Options, key: str, default: float) -> float:
    threshold = options.number(key, default)
    if threshold < 0:
        raise NotUnderstood(f"its {key} is {threshold:g}, which is not understood")
    return threshold


def leaky_relu(options: Options) -> Activation:
    if "alpha" in options.values:
        # as Keras 2 calls the slope
        return Activation(slope=slope_option(options, "alpha", 0.3))
    return Activation(slope=slope_option(options, "negative_slope", 0.3))


def slope_option(options: Options, key: str, default: float) -> float:
    slope = options.number(key, default)
    if not 0 <= slope <= 1:
        raise NotUnderstood(f"its {key} is {slope:g}, which is not understood")
    return slope


def elu(options: Options) -> Activation:
    alpha = options.number("alpha", 1.0)
    if alpha <= 0:
        raise NotUnderstood(f"its alpha is {alpha:g}, which is not understood")
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


def kind_of(activation: Layer | None, axis: int = -1) -> kinds.Kind:
    """An activation as an operation; axis: the channels of those that work along them."""
    if activation is None:
        return kinds.Idle()
    if isinstance(activation, Activation):
        return kinds.Function(activation)
    return kinds.AlongChannels(activation, axis)


def add_activated(
    layer: LayerOperations,
    kind: kinds.Convolution | kinds.TransposedConvolution | kinds.Linear,
    *inputs: str,
) -> None:
    """Adds an operation with its activation in it; one across channels is another operation."""
    function = activation_option(layer.options)
    if function is None or isinstance(function, Activation):
        layer.add(replace(kind, activation=function), *inputs)
        return
    logits = layer.add(kind, *inputs, suffix="/logits")
    layer.add(kind_of(function), logits)


def add_rectifier(name: str) -> Callable[[LayerOperations], None]:
    """The translation of a class in RECTIFIERS."""

    def translate(layer: LayerOperations) -> None:
        layer.add(kind_of(RECTIFIERS[name](layer.options)), layer.x)

    return translate


def add_activation(layer: LayerOperations) -> None:
    layer.add(kind_of(activation_option(layer.options)), layer.x)


def prelu(layer: LayerOperations) -> None:
    """The slopes are the same along the shared axes."""
    shared = layer.options.axes("shared_axes") if layer.options.get("shared_axes") else ()
    layer.add(kinds.LearnedSlope(shared=shared), layer.x, layer.variable(0))


def softmax(layer: LayerOperations) -> None:
    layer.add(kind_of(Softmax(), layer.options.axis()), layer.x)
