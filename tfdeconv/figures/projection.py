"""The picture of a projection: what it says over it, and what it takes from where it was made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.preprocessing import Preprocessing
from ..engine.modes import INTERIOR_MODES, MODES
from ..errors import UserError
from . import photo
from .naming import network_title

if TYPE_CHECKING:
    from PIL import Image

    from ..engine.projection import Projection


def picture(
    projection: Projection,
    image: int = 0,
    name: str = "",
    bands: Sequence[int] | None = None,
    preprocessing: Preprocessing | None = None,
) -> Image.Image:
    """The picture of one image's projections.

    image: its number. name: of its file, for the caption. bands: three channels to draw as red,
    green and blue. preprocessing: how pixels became the network's input, where the weights do not
    say. Raises UserError where nobody says, and for an image that there is not.
    """
    origin = projection.origin
    if origin is not None and preprocessing is None:
        preprocessing = origin.preprocessing
    if origin is None or preprocessing is None:
        raise UserError(
            "it is not known how pixels became the network's input: give preprocessing=, or make "
            "the Deconvnet of what load_weights returns"
        )
    images = len(projection.channels)
    if not 0 <= image < images:
        raise UserError(f"there is no image {image}: the projection is of images 0 to {images - 1}")
    title = f"{network_title(origin.network.name, Path(origin.path))}   {origin.layer}"
    meanings = INTERIOR_MODES if origin.interior else MODES
    caption = f"rule {origin.rule}, mode {origin.mode}: {meanings[origin.mode]}"
    if name:
        caption = f"{name}, {caption}"
    return photo.draw(origin.images[image], projection, image, preprocessing, title, caption, bands)
