"""The photos that a command works on, as its network sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .notes import Notes, admission_of

if TYPE_CHECKING:
    import numpy as np

    from ..weights.load import Weights


@dataclass(frozen=True)
class Photo:
    """A photo as the network sees it: x [1, h, w, c]."""

    path: Path
    x: np.ndarray
    sha256: str


def existing_photos(paths: Sequence[str], notes: Notes) -> list[Path]:
    """The photos in files and directories; raises UserError if not one of them exists."""
    from ..data import dataset, images

    photos = images.find(paths, notes.tell)
    if not any(dataset.exists(str(photo)) for photo in photos):
        names = ", ".join(map(str, photos[:3]))
        more = ", ..." if len(photos) > 3 else ""
        raise UserError(f"{names}{more}: there is no such file")
    return photos


def read_photo(
    path: Path, request: Any, weights: Weights, notes: Notes, max_side: int | None = None
) -> Photo:
    """A photo as the network of the weights sees it.

    request: a ModelRequest that has `resize` as well. Raises UserError for a file that is not a
    photo, OSError where it cannot be read again.
    """
    from ..data import arrays, images
    from ..files import sha256

    channels = weights.network.channels
    admission = admission_of(request.preprocess, notes)
    x = images.read([path], weights.preprocessing, request.resize, channels, admission, max_side)
    file, array = arrays.split_name(str(path))
    # of several arrays of one file each has a picture of its own
    return Photo(path, x, f"{sha256(file)} {array}".strip())
