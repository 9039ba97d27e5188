"""What every class of layer in a Keras model's JSON needs: parts of this program's, the input's shape, activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...formats.checked_json import shown
from ...network.base import Layer, Shape
from ...network.layers import ACTIVATIONS, Activation, Softmax
from .options import Map, NotUnderstood, Options

SOFTMAX = Softmax()
NAMED: dict[str, Layer | None] = {
    "linear": None,
    "softmax": SOFTMAX,
    "relu6": Activation(ceiling=6.0),
    "leaky_relu": Activation(slope=0.2),
    "swish": Activation("silu"),
    "hard_swish": Activation("hard_silu"),
    **{kind: Activation(kind) for kind in ACTIVATIONS},
}


@dataclass(frozen=True)
class Recipe:
    """How a parameter is had from a layer's variables: which, by order, and what makes one array of them."""

    variables: tuple[int, ...]
    make: Callable[..., np.ndarray] | None = None  # None: the variable as it is
    shape: tuple[int, ...] | None = None  # of what is made; None: the first variable's


@dataclass(frozen=True)
class Part:
    """A layer here. Most of Keras's are one; parts follow one another, and the last has the name alone.

    reads: which of the layer's inputs go in beside the part before; None: all into the first part, none into those behind it.
    """

    layer: Layer
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    suffix: str = ""
    reads: tuple[int, ...] | None = None


def parts(layer: Layer, shape: Shape, suffix: str = "", first: int = 0) -> Part:
    """A layer whose parameters are the variables in their order, from that one on."""
    return Part(
        layer,
        {name: Recipe((first + i,)) for i, name in enumerate(layer.parameters(shape))},
        suffix,
    )


def activation(options: Options, key: str = "activation") -> Layer | None:
    """What a layer's option says: a name, or in newer files a function or a layer written out."""
    value = options.get(key, "linear")
    if (
        isinstance(value, dict)
        and value.get("class_name") == "function"
        and str(value.get("module") or "").startswith("keras")
    ):
        value = value.get("config")
    if isinstance(value, dict) and value.get("class_name") in RECTIFIERS and "config" in value:
        return RECTIFIERS[value["class_name"]](Options(options.layer, value["config"], options.old))
    if not isinstance(value, str) or value not in NAMED:
        raise NotUnderstood(f"its activation is {shown(value)}, which is not understood")
    if options.old and value == "hard_sigmoid":
        raise NotUnderstood(
            "its activation is Keras 2's hard_sigmoid, which is another one than Keras 3's"
        )
    return NAMED[value]


def finished(
    options: Options,
    build: Callable[[Activation | None], Layer],
    shape: Shape,
    suffix: str = "",
    first: int = 0,
) -> list[Part]:
    """A layer with its activation in it; a softmax is a part of its own."""
    kind = activation(options)
    if isinstance(kind, Softmax):
        return [parts(build(None), shape, "/logits", first), Part(SOFTMAX)]
    assert kind is None or isinstance(kind, Activation)
    return [parts(build(kind), shape, suffix, first)]


def on_map(options: Options, maps: Sequence[Map]) -> Shape:
    """The shape of the one map that a layer with a window wants."""
    options.channels_last()
    if len(maps) != 1 or maps[0].vector:
        raise NotUnderstood("it wants one input of height, width and channels")
    return maps[0].shape


def one(maps: Sequence[Map]) -> Map:
    if len(maps) != 1:
        raise NotUnderstood(f"it has {len(maps)} inputs")
    return maps[0]


def relu(options: Options) -> Activation:
    ceiling, slope = options.get("max_value"), slope_of(options, "negative_slope", 0.0)
    if options.number("threshold", 0.0):
        raise NotUnderstood("it has a threshold")
    if ceiling is None:
        return Activation(slope=slope)
    if options.number("max_value", 0.0) <= 0:
        raise NotUnderstood(f"its max_value is {shown(ceiling)}")
    return Activation(slope=slope, ceiling=options.number("max_value", 0.0))


def slope_of(options: Options, key: str, default: float) -> float:
    slope = options.number(key, default)
    if not 0 <= slope <= 1:
        raise NotUnderstood(f"its {key} is {slope:g}")
    return slope


def leaky_relu(options: Options) -> Activation:
    """Keras 2 calls the slope alpha."""
    return Activation(
        slope=slope_of(options, "alpha" if "alpha" in options.values else "negative_slope", 0.3)
    )


def elu(options: Options) -> Activation:
    if options.number("alpha", 1.0) != 1:
        raise NotUnderstood(f"its alpha is {options.number('alpha', 1.0):g}")
    return Activation("elu")


RECTIFIERS: dict[str, Callable[[Options], Activation]] = {
    "ReLU": relu,
    "LeakyReLU": leaky_relu,
    "ELU": elu,
    "ReLU6": lambda options: Activation(ceiling=6.0),
}
