"""Functions of each value of a map in a Keras model's JSON, and how a function is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...network.base import Layer
from ...network.layers import CONSTANTS, Activation
from ..graph.not_understood import NotUnderstood
from .activations import ACTIVATION_NAMES, RECTIFIERS, kind_of
from .layer_operations import LayerOperations
from .options import Options


@dataclass(frozen=True)
class Function:
    """How a function is read.

    parameters: the names of its arguments in their order, as SYNONYMS has them. translate: from the
    arguments to operations. several: whether it may have other tensors than x.
    """

    parameters: tuple[str, ...]
    translate: Callable[[LayerOperations], None]
    several: bool = False


def elementwise(make_layer: Callable[[Options], Layer | None], *parameters: str) -> Function:
    """A function of each value, made from its arguments besides x."""

    def translate(layer: LayerOperations) -> None:
        layer.add(kind_of(make_layer(layer.options)), layer.x)

    return Function(("x", *parameters), translate)


def always(function: Layer | None) -> Function:
    """A function of each value without arguments."""
    return elementwise(lambda options: function)


def leaky_relu(options: Options) -> Activation:
    slope = options.number("negative_slope", 0.2)
    return RECTIFIERS["ReLU"](Options(options.layer, {"negative_slope": slope}))


def gelu(options: Options) -> Activation:
    return Activation("gelu_tanh" if options.flag("approximate", False) else "gelu")


def silu(options: Options) -> Activation:
    if options.number("beta", 1.0) != 1:
        raise NotUnderstood("its beta is not 1")
    return Activation("silu")


def with_constant(kind: str, key: str) -> Function:
    """A function of each value whose constant is the argument `key`."""

    def make_layer(options: Options) -> Activation:
        number = options.number(key, CONSTANTS[kind])
        if number <= 0:
            raise NotUnderstood(f"its {key} is {number:g}, which is not understood")
        return Activation(kind, constant=number)

    return elementwise(make_layer, key)


def cast(options: Options) -> None:
    """To another type of floating point, which changes nothing here."""
    if "float" not in options.string("dtype", "float32"):
        raise NotUnderstood(f"it converts its input to {options.get('dtype')}")


ELEMENTWISE: dict[str, Function] = {
    # those that are layers, too
    **{name: always(function) for name, function in ACTIVATION_NAMES.items()},
    "relu": elementwise(RECTIFIERS["ReLU"], "negative_slope", "max_value", "threshold"),
    "leaky_relu": elementwise(leaky_relu, "negative_slope"),
    "elu": elementwise(RECTIFIERS["ELU"], "alpha"),
    "gelu": elementwise(gelu, "approximate"),
    "silu": elementwise(silu, "beta"),
    "celu": with_constant("celu", "alpha"),
    "squareplus": with_constant("squareplus", "b"),
    "hard_shrink": with_constant("hard_shrink", "threshold"),
    "soft_shrink": with_constant("soft_shrink", "threshold"),
    "absolute": always(Activation("abs")),
    "square": always(Activation("square")),
    "sqrt": always(Activation("sqrt")),
    "rsqrt": always(Activation("power", constant=-0.5)),
    "log": always(Activation("log")),
    "erf": always(Activation("erf")),
    "reciprocal": always(Activation("reciprocal")),
    "identity": always(None),
    "stop_gradient": always(None),
    "cast": elementwise(cast, "dtype"),
    "convert_to_tensor": elementwise(cast, "dtype"),
}
