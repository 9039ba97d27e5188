"""The table of all functions of tensors that are understood in a Keras model's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_CHANNELS
from ...network.base import Layer
from ...network.layers import GLU, LogSoftmax, Softmax
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .arithmetic import binary, clip, grey, negative, power, sum_of_list
from .elementwise import ELEMENTWISE, Function
from .function_calls import FunctionCall, Operand
from .layer_operations import LayerOperations
from .operands import bind
from .options import Options
from .resizing import resize
from .shapes import Translation, pool, rearrangement, reshape, transpose
from .slices import (
    concatenate,
    expand_dims,
    flip,
    get_item,
    split,
    squeeze,
    stack,
    strided_slice,
    take,
)


def of_map(translate: Translation, *parameters: str) -> Function:
    """A function of one map that does what a layer of Keras's does with these options."""
    return Function(("x", *parameters), translate)


def across_channels(function: Layer) -> Function:
    """A function of the channels of each cell."""

    def translate(layer: LayerOperations) -> None:
        layer.add(kinds.AlongChannels(function, layer.options.axis()), layer.x)

    return of_map(translate, "axis")


def reduction(kind: Literal["mean", "max", "sum"]) -> Function:
    """A mean, maximum or sum over axes."""

    def translate(layer: LayerOperations) -> None:
        axes = layer.options.axes("axis", None)
        keep = layer.options.flag("keepdims", False)
        layer.add(kinds.Reduction(kind, axes, keep), layer.x)

    return of_map(translate, "axis", "keepdims")


def reshape_batch(layer: LayerOperations) -> None:
    """A Reshape whose shape has the batch's axis, too."""
    shape = layer.options.get("shape")
    if not isinstance(shape, list) or len(shape) < 2 or shape[0] not in (-1, None):
        raise NotUnderstood(f"it reshapes to {shown(shape)}, which is not understood")
    reshape(replace(layer, options=Options(layer.title, {"target_shape": shape[1:]})))


def pad(layer: LayerOperations) -> None:
    """Zeros around rows and columns."""
    options = layer.options
    widths = options.get("pad_width")
    mode = options.string("mode", "constant")
    if not isinstance(widths, list):
        raise options.error("pad_width", "two integers for each axis")
    pads = [Options(layer.title, {"pad_width": each}).pair("pad_width", low=0) for each in widths]
    value = options.number("constant_values", 0.0)
    layer.add(kinds.Padding(tuple(pads), value, mode), layer.x)


def normalize(layer: LayerOperations) -> None:
    """x over its length, a vector of the channels; Keras gives the least length, not its square."""
    add_unit_norm(layer, layer.options.number("epsilon", 1e-7) ** 2)


def l2_normalize(layer: LayerOperations) -> None:
    add_unit_norm(layer, layer.options.number("epsilon", 1e-12))


def local_response(layer: LayerOperations) -> None:
    options = layer.options
    depth = 2 * options.integer("depth_radius", MAX_CHANNELS, 5) + 1
    k, alpha, beta = (options.number(key, value) for key, value in LRN_NUMBERS.items())
    layer.add(kinds.LocalResponse(-1, depth, k, alpha, beta), layer.x)


def add_unit_norm(layer: LayerOperations, epsilon: float) -> None:
    if layer.options.number("order", 2) != 2:
        raise NotUnderstood("its order is not 2")
    layer.add(kinds.UnitNormalization(layer.options.axis(), epsilon), layer.x)


LRN_NUMBERS = {"bias": 1.0, "alpha": 1.0, "beta": 0.5}
POOLS = ("pool_size", "strides", "padding", "data_format")
FUNCTIONS: dict[str, Function] = {
    **ELEMENTWISE,
    "softmax": across_channels(Softmax()),
    "log_softmax": across_channels(LogSoftmax()),
    "glu": across_channels(GLU()),
    # arithmetic
    **{
        name: Function(("x", "y", "data_format"), binary(name), several=True)
        for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum")
    },
    "add_n": Function(("x",), sum_of_list, several=True),
    "negative": Function(("x",), negative),
    "power": Function(("x", "y"), power),
    "clip": Function(("x", "low", "high"), clip),
    # over the map
    "mean": reduction("mean"),
    "max": reduction("max"),
    "sum": reduction("sum"),
    "max_pool": of_map(pool("max"), *POOLS),
    "average_pool": of_map(pool("mean"), *POOLS),
    "normalize": of_map(normalize, "axis", "order", "epsilon"),
    "l2_normalize": of_map(l2_normalize, "axis", "epsilon"),
    "lrn": of_map(local_response, "depth_radius", "bias", "alpha", "beta"),
    "rgb_to_grayscale": of_map(grey, "data_format"),
    # shapes
    "resize": of_map(
        resize,
        "size",
        "interpolation",
        "antialias",
        "crop_to_aspect_ratio",
        "pad_to_aspect_ratio",
        "preserve_aspect_ratio",
        "fill_mode",
        "fill_value",
        "data_format",
    ),
    "reshape": of_map(reshape_batch, "shape"),
    "transpose": of_map(transpose, "axes"),
    "depth_to_space": of_map(rearrangement(kinds.DepthToSpace), "block_size", "data_format"),
    "space_to_depth": of_map(rearrangement(kinds.SpaceToDepth), "block_size", "data_format"),
    "pad": of_map(pad, "pad_width", "mode", "constant_values"),
    "concatenate": Function(("x", "axis"), concatenate, several=True),
    "stack": Function(("x", "axis"), stack, several=True),
    "get_item": Function(("x", "key"), get_item),
    "strided_slice": Function(
        (
            "x",
            "begin",
            "end",
            "strides",
            "begin_mask",
            "end_mask",
            "ellipsis_mask",
            "new_axis_mask",
            "shrink_axis_mask",
        ),
        strided_slice,
    ),
    "split": of_map(split, "sections", "axis"),
    "flip": Function(("x", "axis"), flip),
    "take": Function(("x", "indices", "axis", "batch_dims"), take),
    "expand_dims": Function(("x", "axis"), expand_dims),
    "squeeze": Function(("x", "axis"), squeeze),
}
# what frameworks and their versions call the same function
SYNONYMS: Mapping[str, str] = {
    "abs": "absolute",
    "add_v": "add",
    "avg_pool": "average_pool",
    "avg_pool2d": "average_pool",
    "bias_add": "add",
    "clip_by_value": "clip",
    "concat": "concatenate",
    "div": "divide",
    "exp": "exponential",
    "gather": "take",
    "getitem": "get_item",
    "max_pool2d": "max_pool",
    "local_response_normalization": "lrn",
    "mul": "multiply",
    "neg": "negative",
    "pack": "stack",
    "pow": "power",
    "real_div": "divide",
    "reduce_max": "max",
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "reverse": "flip",
    "sub": "subtract",
    "true_divide": "divide",
    "truediv": "divide",
    "amax": "max",
    "re_lu": "relu",
}


def add_function(layer: LayerOperations, call: FunctionCall) -> None:
    """Adds the operations that a call of a function becomes; raises NotUnderstood."""
    function = FUNCTIONS.get(SYNONYMS.get(call.name, call.name))
    if function is None:
        raise NotUnderstood(f"it calls {call.title}, which is not understood")
    layer = replace(layer, title=call.title, options=bind(call, function.parameters))
    is_of_x = isinstance(layer.options.get("x"), Operand) and len(layer.inputs) == 1
    if not layer.inputs or not (is_of_x or function.several):
        raise NotUnderstood(
            f"it calls {call.title} with {len(layer.inputs)} tensors, which is not understood"
        )
    try:
        function.translate(layer)
    except UserError as error:
        # a function may have arguments that no layer has
        raise NotUnderstood(
            f"it calls {call.title} in a way that is not understood ({error})"
        ) from None
