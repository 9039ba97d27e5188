"""Operators that take the maximum or the mean of windows or of whole maps, and that resize."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .kernels import both_sides
from .operator_call import Made, OperatorCall


def window_of(call: OperatorCall) -> dict[str, Any]:
    """What both pools in windows have; a stride that is left out is the size."""
    size = call.pair("kernel_size")
    return {
        "channel_axis": 1,
        "size": size,
        "stride": call.pair("stride") if call.argument("stride") else size,
        "pad": both_sides(call.pair("padding", 0)),
        "ceil": call.flag("ceil_mode"),
    }


def max_pool2d(call: OperatorCall) -> Made:
    kind = kinds.Pooling("max", dilation=call.pair("dilation", 1), **window_of(call))
    return kind, call.tensor("self")


def avg_pool2d(call: OperatorCall) -> Made:
    call.allow("divisor_override")
    counted = call.flag("count_include_pad", True)
    return kinds.Pooling("mean", count_pads=counted, **window_of(call)), call.tensor("self")


def adaptive_avg_pool2d(call: OperatorCall) -> Made:
    """A mean of the cells that each output overlaps."""
    return kinds.AdaptiveMean(1, adapted_size(call)), call.tensor("self")


def adapted_size(call: OperatorCall) -> tuple[int, int]:
    sizes = call.plain("output_size")
    sizes = sizes if isinstance(sizes, tuple) else (sizes, sizes)
    if len(sizes) != 2 or not all(type(size) is int for size in sizes):
        raise NotUnderstood(f"its output_size is {sizes}, which is not understood")
    return sizes


def adaptive_max_pool2d(call: OperatorCall) -> Made:
    """To one cell, or to a size that divides the map's into windows side by side."""
    rows, columns = adapted_size(call)
    if (rows, columns) == (1, 1):
        return kinds.Reduction("max", (-2, -1), keep=True), call.tensor("self")
    height, width = call.shape("self")[-2:]
    if not height or not width or height % rows or width % columns:
        raise NotUnderstood(
            f"it pools {height} x {width} to {rows} x {columns}, which is not a whole factor"
        )
    size = height // rows, width // columns
    return kinds.Pooling("max", 1, size, size), call.tensor("self")


def reduction(kind: Literal["mean", "max", "min", "sum"], call: OperatorCall) -> Made:
    """Over the axes that are said, or all."""
    call.floating()
    axes = call.integers("dim") if call.has("dim") else ()
    return kinds.Reduction(kind, axes or None, call.flag("keepdim")), call.tensor("self")


def resized(
    interpolation: Literal["nearest", "bilinear", "bicubic"], call: OperatorCall, **how: Any
) -> Made:
    """To a size, or by a factor."""
    if interpolation != "nearest":
        aligned = call.flag("align_corners")
        how["coordinates"] = "align_corners" if aligned else "half_pixel"
    x = call.tensor("input" if call.has("input") else "self")
    scales = scales_of(call)
    if not call.has("output_size"):
        call.ignore("output_size")
        if scales is None:
            raise NotUnderstood("its output size is missing")
        return kinds.Resizing(1, interpolation, scales=scales, **how), x
    sizes, tensor = call.sizes("output_size")
    if sizes is None:
        if scales:
            raise NotUnderstood("it has both a size and a factor")
        return kinds.Resizing(1, interpolation, **how), x, tensor
    if len(sizes) != 2:
        raise NotUnderstood(f"its output_size is {list(sizes)}, which is not understood")
    if scales:
        require_fit(call, sizes, scales)
    kind = kinds.Resizing(1, interpolation, sizes=(sizes[0], sizes[1]), **how)
    return kind, x


def scales_of(call: OperatorCall) -> tuple[float, float] | None:
    if call.has("scales_h") or call.has("scales_w"):
        return call.number("scales_h"), call.number("scales_w")
    scales = call.plain("scale_factors")
    if scales is None:
        return None
    if not isinstance(scales, tuple) or len(scales) != 2:
        raise NotUnderstood(f"its scale_factors is {scales}, which is not understood")
    return float(scales[0]), float(scales[1])


def require_fit(call: OperatorCall, sizes: tuple[int, ...], scales: tuple[float, float]) -> None:
    """Raises NotUnderstood where a factor steps otherwise than the size would."""
    extents = call.shape("input" if call.has("input") else "self")[-2:]
    for extent, size, scale in zip(extents, sizes, scales):
        if extent is None or abs(extent * scale - size) > 1e-6:
            raise NotUnderstood(f"it resizes {extent} to {size} by a factor of {scale:g}")


def nearest(call: OperatorCall) -> Made:
    return resized("nearest", call, coordinates="asymmetric", rounding="floor")


def nearest_exact(call: OperatorCall) -> Made:
    return resized("nearest", call, coordinates="half_pixel", rounding="round_prefer_ceil")


TABLE: dict[str, Callable[[OperatorCall], Made]] = {
    "max_pool2d": max_pool2d,
    "max_pool2d_with_indices": max_pool2d,
    "avg_pool2d": avg_pool2d,
    "adaptive_avg_pool2d": adaptive_avg_pool2d,
    "_adaptive_avg_pool2d": adaptive_avg_pool2d,
    "adaptive_max_pool2d": adaptive_max_pool2d,
    "mean": partial(reduction, "mean"),
    "sum": partial(reduction, "sum"),
    "amax": partial(reduction, "max"),
    "amin": partial(reduction, "min"),
    "max": partial(reduction, "max"),
    "min": partial(reduction, "min"),
    "upsample_nearest2d": nearest,
    "upsample_nearest_exact2d": nearest_exact,
    "_upsample_nearest_exact2d": nearest_exact,
    "upsample_bilinear2d": partial(resized, "bilinear"),
    "upsample_bicubic2d": partial(resized, "bicubic"),
}
