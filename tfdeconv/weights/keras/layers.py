"""A function for each class of layer that a Keras model's JSON may name: from its options to this program's layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from ...formats.checked_json import shown
from ...network.base import Shape
from ...network.layers import (
    Activation,
    Add,
    Affine,
    AvgPool,
    BatchNorm,
    Concatenate,
    Conv,
    Dense,
    DepthwiseConv,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    GlobalPool,
    Identity,
    MaxPool,
    Multiply,
    ZeroPad,
)
from .options import WIDE, Map, NotUnderstood, Options
from .parts import RECTIFIERS, SOFTMAX, Part, Recipe, activation, finished, on_map, one, parts

EPSILON = 1e-7  # below which Normalization takes no deviation to lie


def window(options: Options, key: str, stride: Any = 1, dilated: bool = True) -> dict[str, Any]:
    size, pad = options.pair(key), options.text("padding", "valid")
    steps, dilation = (
        options.pair("strides", stride or list(size)),
        options.pair("dilation_rate", 1) if dilated else (1, 1),
    )
    if pad not in ("valid", "same"):
        raise NotUnderstood(f"its padding is {shown(pad)}")
    if dilation != (1, 1) and steps != (1, 1):
        raise NotUnderstood("it has both strides and a dilation")
    return {"size": size, "stride": steps, "pad": "same" if pad == "same" else 0} | (
        {"dilation": dilation} if dilated else {}
    )


def conv2d(options: Options, maps: Sequence[Map]) -> list[Part]:
    shape = on_map(options, maps)
    filters, groups, bias = (
        options.whole("filters", WIDE),
        options.whole("groups", WIDE, 1),
        options.flag("use_bias", True),
    )
    if shape[2] % groups or filters % groups:
        raise options.wrong("groups", f"a divisor of its {shape[2]} channels and {filters} filters")
    where = window(options, "kernel_size")
    return finished(
        options,
        lambda kind: Conv(filters=filters, groups=groups, bias=bias, activation=kind, **where),
        shape,
    )


def depthwise(
    options: Options, shape: Shape, bias: bool, kind: Activation | None = None
) -> DepthwiseConv:
    where = window(options, "kernel_size")
    if where["stride"][0] != where["stride"][1]:
        raise NotUnderstood("its strides differ")
    return DepthwiseConv(
        multiplier=options.whole("depth_multiplier", WIDE, 1), bias=bias, activation=kind, **where
    )


def depthwise_conv2d(options: Options, maps: Sequence[Map]) -> list[Part]:
    shape, bias = on_map(options, maps), options.flag("use_bias", True)
    return finished(options, lambda kind: depthwise(options, shape, bias, kind), shape)


def separable_conv2d(options: Options, maps: Sequence[Map]) -> list[Part]:
    """A depthwise convolution and a 1 x 1 behind it, which has the layer's name."""
    shape, filters, bias = (
        on_map(options, maps),
        options.whole("filters", WIDE),
        options.flag("use_bias", True),
    )
    first = depthwise(options, shape, False)
    behind = (1, 1, first.channels(shape[2]))
    return [
        parts(first, shape, "/depthwise"),
        *finished(
            options, lambda kind: Conv(filters, 1, bias=bias, activation=kind), behind, first=1
        ),
    ]


def dense(options: Options, maps: Sequence[Map]) -> list[Part]:
    units, bias = options.whole("units", WIDE), options.flag("use_bias", True)
    if not one(maps).alone:
        raise NotUnderstood("it is a dense layer on a map that is not flat")
    return finished(options, lambda kind: Dense(units, bias, kind), maps[0].shape)


def batch_norm(options: Options, maps: Sequence[Map]) -> list[Part]:
    found = one(maps)
    options.last_axis(2 if found.vector else 4)
    epsilon = options.number("epsilon", 1e-3)
    if epsilon < 0:
        raise options.wrong("epsilon", "a number from 0")
    if options.flag("renorm", False):
        raise NotUnderstood("it is renormalised")
    return [
        parts(
            BatchNorm(epsilon, options.flag("scale", True), options.flag("center", True)),
            found.shape,
        )
    ]


def rectifier(name: str) -> Callable[[Options, Sequence[Map]], list[Part]]:
    def build(options: Options, maps: Sequence[Map]) -> list[Part]:
        one(maps)
        return [Part(RECTIFIERS[name](options))]

    return build


def activate(options: Options, maps: Sequence[Map]) -> list[Part]:
    one(maps)
    return [Part(activation(options) or Identity())]


def softmax(options: Options, maps: Sequence[Map]) -> list[Part]:
    options.last_axis(2 if one(maps).vector else 4)
    return [Part(SOFTMAX)]


def pool(kind: type[MaxPool] | type[AvgPool]) -> Callable[[Options, Sequence[Map]], list[Part]]:
    def build(options: Options, maps: Sequence[Map]) -> list[Part]:
        on_map(options, maps)
        return [Part(kind(**window(options, "pool_size", None, False)))]

    return build


def global_pool(kind: type[GlobalPool]) -> Callable[[Options, Sequence[Map]], list[Part]]:
    def build(options: Options, maps: Sequence[Map]) -> list[Part]:
        on_map(options, maps)
        return [Part(kind(options.flag("keepdims", False)))]

    return build


def merge(kind: type[Add] | type[Multiply]) -> Callable[[Options, Sequence[Map]], list[Part]]:
    def build(options: Options, maps: Sequence[Map]) -> list[Part]:
        height, width, channels = map(max, zip(*(found.shape for found in maps)))
        if (
            len({found.vector for found in maps}) > 1
            or len(maps) < 2
            or not all(
                (found.shape[:2] == (height, width) or found.alone)
                and found.shape[2] in (1, channels)
                for found in maps
            )
        ):
            raise NotUnderstood("its inputs' shapes differ")
        return [Part(kind())]

    return build


def concatenate(options: Options, maps: Sequence[Map]) -> list[Part]:
    options.last_axis(2 if maps[0].vector else 4)
    if len({(found.shape[:2], found.vector) for found in maps}) > 1:
        raise NotUnderstood("its inputs' shapes differ")
    return [Part(Concatenate())]


def zero_padding(options: Options, maps: Sequence[Map]) -> list[Part]:
    on_map(options, maps)
    return [Part(ZeroPad(options.pads("padding")))]


def cropping(options: Options, maps: Sequence[Map]) -> list[Part]:
    on_map(options, maps)
    (a, b), (c, d) = options.pads("cropping")
    return [Part(ZeroPad(((-a, -b), (-c, -d))))]


def flatten(options: Options, maps: Sequence[Map]) -> list[Part]:
    options.channels_last()
    return [Part(Identity() if one(maps).vector else Flatten())]


def reshape(options: Options, maps: Sequence[Map]) -> list[Part]:
    """Between a vector and a map of one cell, from a map to a vector, or into the shape that there is."""
    found, target = one(maps), options.get("target_shape")
    if (
        not isinstance(target, list)
        or len(target) > 8
        or not all(type(n) is int and -1 <= n <= 1 << 31 and n for n in target)
    ):
        raise options.wrong("target_shape", "up to 8 whole numbers")
    known = prod(n for n in target if n > 0)
    shape = tuple(n if n > 0 else prod(found.shape) // known for n in target)
    before = found.shape[2:] if found.vector else found.shape
    if shape == before:
        return [Part(Identity())]
    if found.alone and shape in ((found.shape[2],), found.shape):
        return [Part(Identity("vector" if len(shape) == 1 else "map"))]
    if shape == (prod(found.shape),) and not found.vector:
        return [Part(Flatten())]
    raise NotUnderstood(f"it makes {list(shape)} of {list(before)}")


def nothing(options: Options, maps: Sequence[Map]) -> list[Part]:
    one(maps)
    return [Part(Identity())]


def affine(
    scale: Sequence[float],
    shift: Sequence[float],
    suffix: str = "",
    reads: tuple[int, ...] | None = None,
) -> list[Part]:
    """x * scale + shift with numbers of the JSON's own."""
    rows = {
        "scale": np.array(scale, np.float32),
        "shift": np.array(shift, np.float32),
    }  # as Keras takes them
    recipes = {name: Recipe((), lambda row=row: row, row.shape) for name, row in rows.items()}
    return [Part(Affine(), recipes, suffix, reads)]


def rescaling(options: Options, maps: Sequence[Map]) -> list[Part]:
    channels = one(maps).shape[2]
    return affine(options.numbers("scale", channels), options.numbers("offset", channels, 0.0))


def scaled_sum(options: Options, maps: Sequence[Map]) -> list[Part]:
    """Inception-ResNet's: the first input and so many times the second."""
    added = merge(Add)(options, maps[:2])
    if len(maps) != 2:
        raise NotUnderstood(f"it has {len(maps)} inputs")
    channels = maps[1].shape[2]
    return [
        *affine([options.number("scale", 1.0)] * channels, [0.0] * channels, "/scaled", (1,)),
        *(replace(part, reads=(0,)) for part in added),
    ]


def normalization(options: Options, maps: Sequence[Map]) -> list[Part]:
    """(x - mean) / deviation, or its inverse; mean and variance are numbers of the JSON's or variables."""
    found, invert = one(maps), options.flag("invert", False)
    options.last_axis(2 if found.vector else 4)

    def scale(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        deviation = np.maximum(np.sqrt(variance), EPSILON)
        return deviation if invert else 1 / deviation

    def shift(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        return mean if invert else -mean * scale(mean, variance)

    if options.get("mean") is not None:
        mean, variance = (
            np.array(options.numbers(key, found.shape[2])) for key in ("mean", "variance")
        )
        if (variance < 0).any():
            raise options.wrong("variance", "numbers from 0")
        return affine(tuple(scale(mean, variance)), tuple(shift(mean, variance)))
    return [Part(Affine(), {"scale": Recipe((0, 1), scale), "shift": Recipe((0, 1), shift)})]


Build = Callable[[Options, Sequence[Map]], list[Part]]
IDLE = (
    "Identity",
    "Dropout",
    "SpatialDropout2D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ActivityRegularization",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomContrast",
    "RandomBrightness",
)  # once trained
CLASSES: dict[str, Build] = {
    "Conv2D": conv2d,
    "DepthwiseConv2D": depthwise_conv2d,
    "SeparableConv2D": separable_conv2d,
    "Dense": dense,
    "BatchNormalization": batch_norm,
    "Activation": activate,
    "Softmax": softmax,
    **{name: rectifier(name) for name in RECTIFIERS},
    "MaxPooling2D": pool(MaxPool),
    "AveragePooling2D": pool(AvgPool),
    "GlobalAveragePooling2D": global_pool(GlobalAvgPool),
    "GlobalMaxPooling2D": global_pool(GlobalMaxPool),
    "Add": merge(Add),
    "Multiply": merge(Multiply),
    "CustomScaleLayer": scaled_sum,
    "Concatenate": concatenate,
    "ZeroPadding2D": zero_padding,
    "Cropping2D": cropping,
    "Flatten": flatten,
    "Reshape": reshape,
    "Rescaling": rescaling,
    "Normalization": normalization,
    **dict.fromkeys(IDLE, nothing),
}
