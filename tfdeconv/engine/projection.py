"""What came back to the pixels, and which part of an image that covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UserError
from ..network.graph import Network
from ..network.spans import Spans, overlap
from ..words import counted, extent, listed
from .heat_maps import HeatMaps

if TYPE_CHECKING:
    from PIL import Image

# cells from an image that a box reaches at most
FAR = 1 << 30


@dataclass(frozen=True)
class Origin:
    """What a projection was made from and how: what its picture says and shows beside it."""

    # [n, h, w, c] as the network sees them
    images: np.ndarray
    network: Network
    layer: str
    # the name of a rule
    rule: str
    mode: str
    # whether units whose receptive field leaves the image were left out
    interior: bool = False
    # row and column of the only units that were looked at; None: all were
    at: tuple[int, int] | None = None
    # a data.preprocessing.Preprocessing; None where the weights do not say
    preprocessing: Any = None
    # the weights' file; "" where they are from none
    path: str = ""
    # a data.labels.Labels; None where the classes have no names
    labels: Any = None
    # what picture() is told unless it is told otherwise
    drawing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Projection:
    """What came back for each image and channel; arrays are [images, channels, ...].

    Boxes are top, left, bottom, right in cells of the input (bottom and right exclusive); they may
    reach outside of it.

    >>> arrays = {field.name: None for field in fields(Projection)}
    >>> arrays["boxes"] = np.array([[[-1, 0, 1, 2]]])
    >>> arrays["patches"] = np.arange(4).reshape(1, 1, 2, 2, 1)
    >>> arrays["size"] = (3, 2)
    >>> Projection(**arrays).pixels[0, 0, :, :, 0].tolist()
    [[2, 3], [0, 0], [0, 0]]
    """

    # int32 [n, m]
    channels: np.ndarray
    # [n, m] the unit's; in mode all the map's maximum
    activations: np.ndarray
    # bool [n, m] nothing to project: the seed is 0, and so is the patch
    dead: np.ndarray
    # bool [n, m] the seed is not 0, but (next to) nothing of it came back: saturation.py
    saturated: np.ndarray
    # int32 [n, m, 2] row and column of the unit in its map; -1 in mode all
    positions: np.ndarray
    # int32 [n, m, 4] of the patches
    boxes: np.ndarray
    # int32 [n, m, 4] of what was projected, borders ignored: may be larger than the image
    receptive_fields: np.ndarray
    # [n, m, p, q, channels of the image] signed, in the network's input space
    patches: np.ndarray
    # height and width of the images
    size: tuple[int, int]
    # [n, m, 2, 2] areas of deletion and insertion, of the projection's ranking of pixels and of
    # random ones (checks/fidelity.py), NaN where there are none; None: they were not measured
    areas: np.ndarray | None = field(default=None, compare=False)
    # [n, channels of the layer] of all of them, where the target is a vector
    vectors: np.ndarray | None = None
    # Grad-CAM of the units, where it was asked for
    heat_maps: HeatMaps | None = field(default=None, compare=False)
    # None: of a projection that was put together by hand, which has no picture
    origin: Origin | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        images, count = self.channels.shape
        source = ""
        if self.origin:
            origin = self.origin
            source = f"{origin.network.name} {origin.layer}, {origin.rule}, {origin.mode}: "
        return (
            f"Projection({source}{counted(images, 'image')} of {extent(self.size)}, "
            f"{counted(count, 'channel')} {listed(self.channels[0])}, "
            f"patches {list(self.patches.shape)})"
        )

    def pages(self, image: int = 0, **drawing: Any) -> list[Image.Image]:
        """The pages of the picture of one image's projections that scripts/visualise.py draws.

        PIL's images, with up to 16 features each. image: its number. drawing: the keyword
        arguments of figures.projection.pages(), among them name (of the image's file), bands,
        colours, scale, preprocessing. Raises UserError where it is not known how the pixels became
        the network's input.
        """
        from ..figures import projection

        told = self.origin.drawing if self.origin else {}
        return projection.pages(self, image, **{**told, **drawing})

    def picture(self, image: int = 0, page: int = 1, **drawing: Any) -> Image.Image:
        """One of pages(), from 1: the only one of up to 16 features."""
        pages = self.pages(image, **drawing)
        if not 1 <= page <= len(pages):
            raise UserError(f"there is no page {page}: the picture has pages 1 to {len(pages)}")
        return pages[page - 1]

    def _repr_png_(self) -> bytes | None:
        """The first image's picture, for Jupyter; None where there can be none."""
        if self.origin is None or self.origin.preprocessing is None:
            return None
        from ..figures import png

        return png.encode(self.picture(), {})

    @cached_property
    def pixels(self) -> np.ndarray:
        """The patches pasted into whole images: [n, m, height, width, c], 0 elsewhere."""
        n, m, _, _, c = self.patches.shape
        pixels = np.zeros((n, m, *self.size, c), self.patches.dtype)
        for i, j in np.ndindex(n, m):
            pixels[i, j] = paste(self.patches[i, j], self.boxes[i, j], (0, 0, *self.size))
        return pixels


@dataclass(frozen=True, repr=False)
class Units:
    """What came back from single units; arrays are [units, ...], boxes as a Projection's."""

    activations: np.ndarray  # [k]
    positions: np.ndarray  # int32 [k, 2]
    boxes: np.ndarray  # int32 [k, 4]
    receptive_fields: np.ndarray  # int32 [k, 4]
    patches: np.ndarray  # [k, p, q, channels of the image]
    saturated: np.ndarray  # bool [k]

    def __repr__(self) -> str:
        return (
            f"Units({counted(len(self.activations), 'unit')} at {listed(self.positions.tolist())}, "
            f"patches {list(self.patches.shape)})"
        )


def concatenate(parts: Iterable[Units]) -> Units:
    """Units that came back a chunk at a time, as one.

    >>> one = Units(*(np.array([i]) for i in range(6)))
    >>> concatenate([one, one]).boxes.tolist()
    [2, 2]
    """
    chunks = list(parts)
    if len(chunks) == 1:
        return chunks[0]
    arrays = {}
    for each in fields(Units):
        arrays[each.name] = np.concatenate([getattr(chunk, each.name) for chunk in chunks])
    return Units(**arrays)


def concatenate_images(parts: Sequence[Projection]) -> Projection:
    """Projections of the same channels, a chunk of images at a time, as one."""
    if len(parts) == 1:
        return parts[0]
    arrays: dict[str, Any] = {}
    for each in fields(Projection):
        values = [getattr(part, each.name) for part in parts]
        if each.name not in ("size", "origin") and values[0] is not None:
            arrays[each.name] = np.concatenate(values)
    return Projection(**arrays, size=parts[0].size)


def reordered(units: Units, order: np.ndarray) -> Units:
    """The units in that order."""
    arrays = {}
    for each in fields(Units):
        arrays[each.name] = getattr(units, each.name)[order]
    return Units(**arrays)


def boxes(spans: Spans, positions: np.ndarray) -> np.ndarray:
    """positions [..., 2] -> top, left, bottom, right of their spans: int32 [..., 4].

    What does not fit int32 (the receptive field behind many large strides) ends at FAR.
    """
    starts = []
    ends = []
    for axis, span in enumerate(spans):
        stride, offset = (max(-FAR, min(value, FAR)) for value in (span.stride, span.offset))
        start = span.anchor(positions[..., axis].astype(np.int64)) * stride + offset
        starts.append(start)
        ends.append(start + min(span.size, FAR))
    return np.clip(np.stack([*starts, *ends], -1), -FAR, FAR).astype(np.int32)


def paste(patch: np.ndarray, box: np.ndarray, into: np.ndarray | tuple[int, ...]) -> np.ndarray:
    """A patch [p, q, c] of one box pasted into another box: cut off outside of it, the rest is 0.

    >>> paste(np.ones((2, 2, 1)), (1, 1, 3, 3), into=(0, 0, 2, 3))[..., 0].tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    """
    origin_row, origin_column, end_row, end_column = (int(value) for value in into)
    height = end_row - origin_row
    width = end_column - origin_column
    pasted = np.zeros((height, width, patch.shape[2]), patch.dtype)
    top, left, bottom, right = (int(value) for value in box)
    top -= origin_row
    bottom -= origin_row
    left -= origin_column
    right -= origin_column
    rows = overlap(top, bottom, height)
    columns = overlap(left, right, width)
    pasted[rows, columns] = patch[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    return pasted
