"""What moves values, takes some of them, or changes a map's size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ....network.spans import Pair
from .base import Kind


@dataclass(frozen=True)
class Reshape(Kind):
    """x, [shape]: -1 is what is left; copy_zeros: 0 is the input's length (ONNX)."""

    shape: tuple[int, ...] | None = None
    copy_zeros: bool = False


@dataclass(frozen=True)
class Flattened(Kind):
    """x with the axes from `first` to `last` in one. two: in two, those before `first` in one."""

    first: int
    last: int = -1
    two: bool = False


@dataclass(frozen=True)
class Transpose(Kind):
    """x with its axes in this order; None: the other way round."""

    order: tuple[int, ...] | None


@dataclass(frozen=True)
class MovedAxis(Kind):
    """x with the axis at `source` at `target`, the others in their order."""

    source: int
    target: int


@dataclass(frozen=True)
class Squeeze(Kind):
    """x, [axes]: without axes of length 1; None: without any, or as the input says."""

    axes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Unsqueeze(Kind):
    """x, [axes]: with new axes of length 1 there, counted in the output."""

    axes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Expand(Kind):
    """x, [shape]: repeated along axes of length 1 to that shape; -1: as it is."""

    shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Tile(Kind):
    """x, [times]: the whole tensor so many times along each axis; None: as the input says."""

    times: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Padding(Kind):
    """x, [pads], [value]: constants around. pads: (before, after) for each axis, negative: cropped.

    mode: "constant", or one of BORDERS: the map itself around it.
    As an input it is ONNX's list, all before and then all behind, of `axes`.
    """

    pads: tuple[Pair, ...] | None = None
    value: float = 0.0
    mode: str = "constant"
    axes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Slice(Kind):
    """x, [starts], [stops], [axes], [steps], as Python's slices count; None: as the inputs say."""

    starts: tuple[int, ...] | None = None
    stops: tuple[int, ...] | None = None
    axes: tuple[int, ...] | None = None
    steps: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Take(Kind):
    """x, [indices]: those along an axis. One number, an axis less. None: as the input says."""

    axis: int
    indices: tuple[int, ...] | int | None = None


@dataclass(frozen=True)
class Resizing(Kind):
    """x, [sizes], [scales]: the map at another size. All of an input's axes, or rows and columns.

    coordinates, rounding: ONNX's words (`coordinate_transformation_mode`, `nearest_mode`), and so
    are cubic (`cubic_coeff_a`) and exclude_outside. fit: as in this program's Resize.
    """

    channel_axis: int
    interpolation: Literal["nearest", "bilinear", "bicubic"]
    coordinates: str = "half_pixel"
    rounding: str = "round_prefer_floor"
    sizes: Pair | None = None
    scales: tuple[float, float] | None = None
    cubic: float = -0.75
    exclude_outside: bool = False
    fit: Literal["stretch", "fill", "crop"] = "stretch"


@dataclass(frozen=True)
class DepthToSpace(Kind):
    """x with channels as blocks of cells. order: "dcr" (TensorFlow's), "crd" (torch's)."""

    channel_axis: int
    block: int
    order: Literal["dcr", "crd"]


@dataclass(frozen=True)
class SpaceToBatch(Kind):
    """x, [block], [pads], and the cells of each block of rows and columns in maps of their own.

    pads: (before, after). TensorFlow's dilation is this, a convolution, and BatchToSpace.
    """

    block: tuple[int, ...] | None = None
    pads: tuple[Pair, ...] | None = None


@dataclass(frozen=True)
class BatchToSpace(Kind):
    """x, [block], [crops]: the inverse. crops: what is taken off on each side."""

    block: tuple[int, ...] | None = None
    crops: tuple[Pair, ...] | None = None


@dataclass(frozen=True)
class SpaceToDepth(Kind):
    """x with blocks of cells as channels."""

    channel_axis: int
    block: int
    order: Literal["dcr", "crd"]
