"""The table of all functions of tensors that are understood in a Keras model's JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import UserError
from ...network.base import Layer
from ...network.layers import (
    GLU,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LogSoftmax,
    MaxPool,
    Softmax,
    UnitNorm,
    ZeroPad,
)
from .arithmetic import binary, clip, negative, power, sum_of_list
from .elementwise import ELEMENTWISE, Function, of_map
from .function_calls import FunctionCall
from .operands import bind
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part
from .reductions import grey, reduction
from .resizing import resize
from .shapes import pool, reshape
from .slices import concatenate, expand_dims, flip, get_item, squeeze, stack, strided_slice, take


def across_channels(layer: Layer) -> Function:
    """A function of the channels of each cell."""

    def translate(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
        options.require_last_axis(maps[0].axes)
        if isinstance(layer, GLU) and maps[0].shape[2] % 2:
            raise NotUnderstood(f"it is {options.layer} of an odd number of channels")
        return [Part(layer)]

    return of_map(translate, "axis")


def reshape_batch(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """A Reshape whose shape has the batch's axis, too."""
    shape = options.get("shape")
    if not isinstance(shape, list) or len(shape) < 2 or shape[0] not in (-1, None):
        raise NotUnderstood(f"it is {options.layer} to {shape}")
    return reshape(Options(options.layer, {"target_shape": shape[1:]}), maps)


def pad(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """Zeros around rows and columns."""
    widths = options.get("pad_width")
    is_constant = options.get("mode", "constant") == "constant"
    is_around_map = isinstance(widths, list) and len(widths) == 4 == maps[0].axes
    if not is_constant or options.get("constant_values", 0) != 0 or not is_around_map:
        raise NotUnderstood(f"it is {options.layer} with other than zeros around the map")
    if widths[0] != [0, 0] or widths[3] != [0, 0]:
        raise NotUnderstood(f"it is {options.layer} around other than rows and columns")
    return [Part(ZeroPad(Options(options.layer, {"pads": widths[1:3]}).pads("pads")))]


def normalize(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """x over its length, a vector of the channels; Keras gives the least length, not its square."""
    return unit_norm(options, maps, options.number("epsilon", 1e-7) ** 2)


def l2_normalize(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    return unit_norm(options, maps, options.number("epsilon", 1e-12))


def unit_norm(options: Options, maps: Sequence[FeatureMap], epsilon: float) -> list[Part]:
    options.require_last_axis(maps[0].axes)
    if options.number("order", 2) != 2:
        raise NotUnderstood(f"it is {options.layer} of another order than 2")
    return [Part(UnitNorm(epsilon))]


POOLS = ("pool_size", "strides", "padding", "data_format")
REDUCTIONS = ("axis", "keepdims")
FUNCTIONS: dict[str, Function] = {
    **ELEMENTWISE,
    "softmax": across_channels(Softmax()),
    "log_softmax": across_channels(LogSoftmax()),
    "glu": across_channels(GLU()),
    # arithmetic
    **{
        name: Function(("x", "y", "data_format"), binary(name), planes=True)
        for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum")
    },
    "add_n": Function(("x",), sum_of_list, planes=True),
    "negative": Function(("x",), negative, planes=True),
    "power": Function(("x", "y"), power, planes=True),
    "clip": Function(("x", "low", "high"), clip, planes=True),
    # over the map
    "mean": of_map(reduction(GlobalAvgPool, over_channels=0), *REDUCTIONS),
    "max": of_map(reduction(GlobalMaxPool, over_channels=None), *REDUCTIONS),
    "sum": of_map(reduction(None, over_channels=1), *REDUCTIONS),
    "max_pool": of_map(pool(MaxPool), *POOLS),
    "average_pool": of_map(pool(AvgPool), *POOLS),
    "normalize": of_map(normalize, "axis", "order", "epsilon"),
    "l2_normalize": of_map(l2_normalize, "axis", "epsilon"),
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
    "pad": of_map(pad, "pad_width", "mode", "constant_values"),
    "concatenate": Function(("x", "axis"), concatenate),
    "stack": Function(("x", "axis"), stack, planes=True),
    "get_item": Function(("x", "key"), get_item, planes=True),
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
        planes=True,
    ),
    "flip": Function(("x", "axis"), flip),
    "take": Function(("x", "indices", "axis", "batch_dims"), take),
    "expand_dims": Function(("x", "axis"), expand_dims, planes=True),
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


def translate_function(call: FunctionCall, maps: Sequence[FeatureMap]) -> list[Part]:
    """The parts that a call of a function becomes; raises NotUnderstood."""
    function = FUNCTIONS.get(SYNONYMS.get(call.name, call.name))
    if function is None:
        raise NotUnderstood(f"it is {call.title}, which is not understood")
    options = bind(call, function.parameters)
    if not function.planes and any(feature_map.plane for feature_map in maps):
        raise NotUnderstood(f"it is {call.title} of a map without channels")
    if not maps:
        raise NotUnderstood(f"it is {call.title} of constants alone")
    try:
        return function.translate(options, maps)
    except UserError as error:
        # a function may have arguments that no layer has
        raise NotUnderstood(f"it is {call.title}, which is not understood so ({error})") from None
