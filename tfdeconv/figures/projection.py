"""The picture of a projection: what it says over it, and what it takes from where it was made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.preprocessing import Preprocessing
from ..errors import UserError, unknown
from . import photo
from .fidelity_text import AREAS_LEGEND
from .naming import network_title
from .style import COLOURS, PLAIN, SCALES, Style
from .unit_names import unit_names

if TYPE_CHECKING:
    from PIL import Image

    from ..engine.projection import Projection


def style_of(colours: str, scale: str, bands: Sequence[int] | None = None) -> Style:
    """How projections are drawn; raises UserError for colours or a scale that there is not."""
    for thing, name, known in (("colours", colours, COLOURS), ("scale", scale, SCALES)):
        if name not in known:
            raise unknown(f"{thing}: there is no", name, known)
    return Style(colours, scale, bands)


def pages(
    projection: Projection,
    image: int = 0,
    name: str = "",
    bands: Sequence[int] | None = None,
    preprocessing: Preprocessing | None = None,
    colours: str = PLAIN.colours,
    scale: str = PLAIN.scale,
) -> list[Image.Image]:
    """The pages of the picture of one image's projections.

    image: its number. name: of its file, for the caption. bands: three channels to draw as red,
    green and blue. preprocessing: how pixels became the network's input, where the weights do not
    say. colours, scale: of style.COLOURS and style.SCALES. Raises UserError where nobody says how
    pixels became the input, and for an image, colours or a scale that there is not.
    """
    style = style_of(colours, scale, bands)
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
    names = unit_names(origin.network, origin.layer, origin.labels)
    meaning = names.meaning(origin.mode, origin.interior, origin.at)
    caption = f"rule {origin.rule}, mode {origin.mode}: {meaning}"
    if projection.heat_maps:
        caption += f"; Grad-CAM at {projection.heat_maps.layer}"
    if name:
        caption = f"{name}, {caption}"
    notes = names.legend(bool((projection.activations[image] < 0).any()))
    if projection.areas is not None:
        notes.append(AREAS_LEGEND)
    return photo.draw(
        origin.images[image],
        projection,
        image,
        preprocessing,
        title,
        caption,
        style,
        names.labels_of(projection, image),
        notes,
    )
