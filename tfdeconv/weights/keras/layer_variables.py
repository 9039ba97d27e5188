"""Which variables a layer of Keras has, by its class and its options."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .options import Options

# TensorFlow 1.13 to 1.15 write which of its own classes it is
BATCH_NORMS = ("BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2")


class LayerVariables(NamedTuple):
    """The names of a layer's variables: those that are trained, then the others."""

    trained: tuple[str, ...]
    fixed: tuple[str, ...] = ()


def with_bias(*kernels: str) -> Callable[[Options], LayerVariables]:
    """Kernels, and a bias unless an option says that there is none."""

    def variables(options: Options) -> LayerVariables:
        bias = ("bias",) if options.flag("use_bias", True) else ()
        return LayerVariables((*kernels, *bias))

    return variables


def scale_and_shift(options: Options) -> tuple[str, ...]:
    gamma = ("gamma",) if options.flag("scale", True) else ()
    beta = ("beta",) if options.flag("center", True) else ()
    return (*gamma, *beta)


def norm(options: Options) -> LayerVariables:
    return LayerVariables(scale_and_shift(options))


def batch_norm(options: Options) -> LayerVariables:
    return LayerVariables(scale_and_shift(options), ("moving_mean", "moving_variance"))


def normalization(options: Options) -> LayerVariables:
    if options.get("mean") is not None:
        return LayerVariables(())
    return LayerVariables((), ("mean", "variance", "count"))


VARIABLES: dict[str, Callable[[Options], LayerVariables]] = {
    "Conv1D": with_bias("kernel"),
    "Conv2D": with_bias("kernel"),
    "Conv3D": with_bias("kernel"),
    "Conv2DTranspose": with_bias("kernel"),
    "DepthwiseConv2D": with_bias("depthwise_kernel"),
    "SeparableConv2D": with_bias("depthwise_kernel", "pointwise_kernel"),
    "Dense": with_bias("kernel"),
    **dict.fromkeys(BATCH_NORMS, batch_norm),
    "LayerNormalization": norm,
    "GroupNormalization": norm,
    "Normalization": normalization,
    "PReLU": lambda options: LayerVariables(("alpha",)),
}
