"""Operators that only move values, or name them anew: nothing is computed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...formats.exported_argument import Setting
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .operator_call import FLOATS, Made, OperatorCall


def idle(call: OperatorCall) -> Made:
    """The tensor itself: where it lies changes nothing."""
    name = "self" if call.has("self") else "input"
    return kinds.Idle(), call.tensor(name)


def dropout(call: OperatorCall) -> Made:
    """Nothing, after training."""
    call.ignore("p")
    if call.argument("train", False) is not False and call.argument("p") != 0:
        raise NotUnderstood("it drops values at random, as in training: model.eval() first")
    return idle(call)


def converted(call: OperatorCall) -> Made:
    """To another type, or that of another tensor, or to another device."""
    call.ignore("copy", "other")
    dtype = call.argument("dtype")
    if call.has("other"):
        dtype = Setting("dtype", call.dtype("other"))
    if dtype is None:
        return idle(call)
    if not isinstance(dtype, Setting) or dtype.value not in (*FLOATS, *NUMBERS):
        raise NotUnderstood("it converts its input to another type")
    if dtype.value == "bfloat16":
        # numpy has none such
        return idle(call)
    return kinds.Cast(dtype.value), call.tensor("self")


NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "bool")


def view(call: OperatorCall) -> Made:
    sizes, tensor = call.sizes("size" if call.has("size") else "shape")
    if tensor:
        return kinds.Reshape(), call.tensor("self"), tensor
    return kinds.Reshape(sizes), call.tensor("self")


def to_result_shape(call: OperatorCall) -> tuple[int, ...]:
    """The shape of the result in the program, -1 for one size that it leaves open."""
    shape = tuple(-1 if size is None else size for size in call.result_shapes()[0])
    if shape.count(-1) > 1:
        raise NotUnderstood("the program leaves several sizes of its result open")
    return shape


def reshaped(*arguments: str) -> Callable[[OperatorCall], Made]:
    """A reshape to what the program says its result is; arguments say how it came about."""

    def make(call: OperatorCall) -> Made:
        call.ignore(*arguments)
        return kinds.Reshape(to_result_shape(call)), call.tensor("self")

    return make


def flatten(call: OperatorCall) -> Made:
    kind = kinds.Flattened(call.integer("start_dim", 0), call.integer("end_dim", -1))
    return kind, call.tensor("self")


def permute(call: OperatorCall) -> Made:
    return kinds.Transpose(call.integers("dims")), call.tensor("self")


def transpose(first: str, second: str, call: OperatorCall) -> Made:
    count = len(call.shape("self"))
    order = list(range(count))
    one, other = call.integer(first), call.integer(second)
    if not -count <= min(one, other) <= max(one, other) < count:
        raise NotUnderstood(f"it exchanges axes {one} and {other}, and its input has {count}")
    order[one], order[other] = order[other], order[one]
    return kinds.Transpose(tuple(order)), call.tensor("self")


def turned(call: OperatorCall) -> Made:
    """A matrix the other way round."""
    return kinds.Transpose(None), call.tensor("self")


def squeeze(call: OperatorCall) -> Made:
    axes = call.integers("dim") if call.has("dim") else None
    return kinds.Squeeze(axes), call.tensor("self")


def unsqueeze(call: OperatorCall) -> Made:
    return kinds.Unsqueeze((call.integer("dim"),)), call.tensor("self")


def expand(call: OperatorCall) -> Made:
    call.ignore("implicit")
    sizes, tensor = call.sizes("size")
    if tensor:
        return kinds.Expand(), call.tensor("self"), tensor
    return kinds.Expand(sizes), call.tensor("self")


def expand_as(call: OperatorCall) -> Made:
    shape = call.step(kinds.ShapeOf(), call.tensor("other"))
    return kinds.Expand(), call.tensor("self"), shape


def repeat(call: OperatorCall) -> Made:
    """Of constants alone, unless it repeats nothing."""
    repeats = call.integers("repeats")
    if set(repeats) == {1} and len(repeats) == len(call.shape("self")):
        return idle(call)
    return kinds.Tile(repeats), call.tensor("self")


def as_strided(call: OperatorCall) -> Made:
    """The same values at the same places: strides of axes of one cell say nothing."""
    value = call.values.get(call.tensor("self"))
    call.allow("storage_offset", 0)
    size, stride = call.integers("size"), call.integers("stride")
    if value is None or size != value.shape or len(stride) != len(size):
        raise NotUnderstood("it reads values by their places in memory (strides)")
    for extent, old, new in zip(size, value.strides, stride):
        if extent != 1 and old != new:
            raise NotUnderstood("it reads values by their places in memory (strides)")
    return idle(call)


def pixel_shuffle(call: OperatorCall) -> Made:
    block = call.integer("upscale_factor")
    return kinds.DepthToSpace(1, block, "crd"), call.tensor("self")


def pixel_unshuffle(call: OperatorCall) -> Made:
    block = call.integer("downscale_factor")
    return kinds.SpaceToDepth(1, block, "crd"), call.tensor("self")


def channel_shuffle(call: OperatorCall) -> Made:
    """[n, g c, h, w] -> [n, g, c, h, w] -> [n, c, g, h, w] -> [n, c g, h, w]"""
    groups = call.integer("groups")
    shape = [-1 if size is None else size for size in call.shape("self")]
    if len(shape) != 4 or shape[1:].count(-1) or groups < 1 or shape[1] % groups:
        raise NotUnderstood(
            f"it shuffles channels of a tensor of the shape {shape} in {groups} groups"
        )
    batch, channels, *cells = shape
    apart = kinds.Reshape((batch, groups, channels // groups, *cells))
    x = call.step(apart, call.tensor("self"))
    x = call.step(kinds.Transpose((0, 2, 1, 3, 4)), x)
    return kinds.Reshape(tuple(shape)), x


TABLE: dict[str, Callable[[OperatorCall], Made]] = {
    **dict.fromkeys(("alias", "clone", "contiguous", "detach", "lift", "lift_fresh"), idle),
    **dict.fromkeys(("lift_fresh_copy", "resolve_conj", "resolve_neg", "positive"), idle),
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout"), dropout),
    **dict.fromkeys(("feature_alpha_dropout", "native_dropout"), dropout),
    **dict.fromkeys(("to", "_to_copy", "type_as"), converted),
    **dict.fromkeys(("view", "reshape", "_unsafe_view"), view),
    "view_as": reshaped("other"),
    "reshape_as": reshaped("other"),
    "unflatten": reshaped("dim", "sizes"),
    "flatten": flatten,
    "permute": permute,
    "transpose": partial(transpose, "dim0", "dim1"),
    "swapaxes": partial(transpose, "axis0", "axis1"),
    "swapdims": partial(transpose, "dim0", "dim1"),
    "t": turned,
    "numpy_T": turned,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "expand": expand,
    "expand_as": expand_as,
    "repeat": repeat,
    "as_strided": as_strided,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "channel_shuffle": channel_shuffle,
    "native_channel_shuffle": channel_shuffle,
}
