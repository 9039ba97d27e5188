"""Which units come down to the pixels, what came of it, and which part of an image that covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from ..errors import UserError
from ..network.spans import Spans, overlap


@dataclass(frozen=True)
class Projection:
    """What came down for each image and channel; arrays are [images, channels, ...].

    Boxes are top, left, bottom, right in cells of the input (bottom and right exclusive); they may reach outside of it.
    """

    channels: np.ndarray  # int32 [n, m]
    activations: np.ndarray  # [n, m] the unit's; in mode all the map's maximum
    dead: np.ndarray  # bool [n, m] nothing to project: the seed is 0, and so is the patch
    positions: np.ndarray  # int32 [n, m, 2] row and column of the unit in its map; -1 in mode all
    boxes: np.ndarray  # int32 [n, m, 4] of the patches
    receptive_fields: (
        np.ndarray
    )  # int32 [n, m, 4] of what was projected, borders ignored: may be larger than the image
    patches: np.ndarray  # [n, m, p, q, channels of the image] signed, in the network's input space
    size: tuple[int, int]  # height and width of the images

    @cached_property
    def pixels(self) -> np.ndarray:
        """The patches laid into whole images: [n, m, height, width, channels of the image], 0 elsewhere."""
        n, m, _, _, c = self.patches.shape
        found = np.zeros((n, m, *self.size, c), self.patches.dtype)
        for i, j in np.ndindex(n, m):
            found[i, j] = paste(self.patches[i, j], self.boxes[i, j], (0, 0, *self.size))
        return found


@dataclass(frozen=True)
class Units:
    """What came down from single units; arrays are [units, ...], boxes and patches as a Projection's."""

    activations: np.ndarray  # [k]
    positions: np.ndarray  # int32 [k, 2]
    boxes: np.ndarray  # int32 [k, 4]
    receptive_fields: np.ndarray  # int32 [k, 4]
    patches: np.ndarray  # [k, p, q, channels of the image]


def concatenate(parts: Iterable[Units]) -> Units:
    """Units that came down a chunk at a time, as one."""
    there = list(parts)
    return (
        there[0]
        if len(there) == 1
        else Units(
            *(
                np.concatenate([getattr(part, entry.name) for part in there])
                for entry in fields(Units)
            )
        )
    )


def strongest(
    y: np.ndarray, image: np.ndarray, channel: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where maps y [n, h, w, c] are largest, the first on a tie, for items image and channel [k]: int32 [k, 2], and the values."""
    maps = y.transpose(0, 3, 1, 2)[image, channel]
    rows, columns = np.divmod(
        maps.reshape(len(maps), -1).argmax(1).astype(np.int32), np.int32(y.shape[2])
    )
    return np.stack([rows, columns], 1), maps[np.arange(len(maps)), rows, columns]


def checked_indices(what: str, values: np.ndarray, count: int) -> np.ndarray:
    """Whole numbers [k] below count, at least one, as int32; raises UserError for anything else."""
    values = np.asarray(values)
    if (
        values.ndim != 1
        or values.dtype.kind not in "iu"
        or not values.size
        or not 0 <= values.min() <= values.max() < count
    ):
        raise UserError(
            f"{what} of units are whole numbers [k], 0 to {count - 1}: found {values.dtype} {list(values.shape)}"
            f"{f', {values.min()} to {values.max()}' if values.size else ''}"
        )
    return values.astype(np.int32)


def refuse_unequal(*arrays: np.ndarray | None) -> None:
    """Raises UserError where the arrays that tell of units are not of one length; None tells nothing."""
    lengths = [len(array) for array in arrays if array is not None]
    if len(set(lengths)) > 1:
        raise UserError(
            f"units need as many images as channels, positions and seeds: found {lengths}"
        )


def boxes(spans: Spans, positions: np.ndarray) -> np.ndarray:
    """positions [..., 2] -> top, left, bottom, right of the spans there: int32 [..., 4]."""
    top, left = (span.origin(positions[..., axis]) for axis, span in enumerate(spans))
    return np.stack([top, left, top + spans[0].size, left + spans[1].size], -1).astype(np.int32)


def paste(patch: np.ndarray, box: np.ndarray, into: np.ndarray | tuple[int, ...]) -> np.ndarray:
    """A patch [p, q, c] of one box laid into another box: what is outside of it is cut off, the rest is 0."""
    top, left, bottom, right = (int(value) for value in box)
    found = np.zeros((int(into[2] - into[0]), int(into[3] - into[1]), patch.shape[2]), patch.dtype)
    top, left, bottom, right = (
        int(value) - int(into[i % 2]) for i, value in enumerate((top, left, bottom, right))
    )
    rows, columns = overlap(top, bottom, found.shape[0]), overlap(left, right, found.shape[1])
    found[rows, columns] = patch[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    return found
