"""Functions of each value of a map in a Keras model's JSON, and what is said of a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...network.base import Layer
from ...network.layers import CONSTANTS, Activation, Identity
from .activations import ACTIVATION_NAMES, RECTIFIERS
from .operands import without_operand
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, Translation


@dataclass(frozen=True)
class Function:
    """How a function is read.

    parameters: the names of its arguments in their order, as SYNONYMS has them. translate: from the
    arguments and the maps among them to parts. planes: whether it may have maps without the axis of
    channels.
    """

    parameters: tuple[str, ...]
    translate: Translation
    planes: bool = False


def elementwise(make_layer: Callable[[Options], Layer], *parameters: str) -> Function:
    """A function of each value, made from its arguments besides x."""

    def translate(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
        return [Part(make_layer(without_operand(options, "x", maps)))]

    return Function(("x", *parameters), translate, planes=True)


def always(layer: Layer) -> Function:
    """A function of each value without arguments."""
    return elementwise(lambda options: layer)


def of_map(translate: Translation, *parameters: str) -> Function:
    """A function of one map that does what a layer of Keras's does with these options."""

    def without_map(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
        return translate(without_operand(options, "x", maps), maps)

    return Function(("x", *parameters), without_map)


def leaky_relu(options: Options) -> Activation:
    slope = options.number("negative_slope", 0.2)
    return RECTIFIERS["ReLU"](Options(options.layer, {"negative_slope": slope}))


def gelu(options: Options) -> Activation:
    return Activation("gelu_tanh" if options.flag("approximate", False) else "gelu")


def silu(options: Options) -> Activation:
    if options.number("beta", 1.0) != 1:
        raise NotUnderstood(f"it is {options.layer} with another beta than 1")
    return Activation("silu")


def with_constant(kind: str, key: str) -> Function:
    """A function of each value whose constant is the argument `key`."""

    def make_layer(options: Options) -> Activation:
        number = options.number(key, CONSTANTS[kind])
        if number <= 0:
            raise NotUnderstood(f"it is {options.layer} with {key} {number:g}")
        return Activation(kind, constant=number)

    return elementwise(make_layer, key)


def cast(options: Options) -> Identity:
    """To another type of floating point, which changes nothing here."""
    if "float" not in options.string("dtype", "float32"):
        raise NotUnderstood(f"it is {options.layer} to {options.get('dtype')}")
    return Identity()


ELEMENTWISE: dict[str, Function] = {
    # those that are layers, too
    **{name: always(layer or Identity()) for name, layer in ACTIVATION_NAMES.items()},
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
    "identity": always(Identity()),
    "stop_gradient": always(Identity()),
    "cast": elementwise(cast, "dtype"),
    "convert_to_tensor": elementwise(cast, "dtype"),
}
