"""The picture of one photo: the units' boxes in it, and a tile for each feature."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..data.preprocessing import Preprocessing
from . import pixels
from .legend import Legend
from .photo_cam import PhotoCam, cam_sentences
from .photo_figure import Labels, PhotoFigure
from .photo_layout import lay_out
from .photo_page import draw_page
from .photo_views import views_of
from .style import COLOURS, PLAIN, SCALES, Style
from .unit_names import UnitNames

if TYPE_CHECKING:
    from ..engine.projection import Projection

FEATURES = 16  # on a page


def pages_for(count: int) -> int:
    """How many pages so many features make."""
    return ceil(count / FEATURES)


def draw(
    x: np.ndarray,
    projection: Projection,
    image: int,
    preprocessing: Preprocessing,
    title: str,
    caption: str,
    style: Style = PLAIN,
    labels: Labels | None = None,
    notes: Sequence[str] = (),
) -> list[Image.Image]:
    """The pages of one image's projections: the photo with the units' boxes, and their tiles.

    x [h, w, c]: the image as the network sees it; image: its number in the projection.
    A feature is the photo's patch beside the projection at the same scale, or, where that would be
    the whole photo again (as in mode all), the projection alone.
    labels: of each unit what it is called and how strongly it fires; by default channel and
    activation. notes: sentences for the legend.
    """
    figure = PhotoFigure(
        seen=pixels.photo(x, preprocessing, style.bands),
        projection=projection,
        image=image,
        preprocessing=preprocessing,
        style=style,
        labels=labels or UnitNames().labels_of(projection, image),
        views=views_of(projection, image),
    )
    count = len(figure.labels)
    page_count = pages_for(count)
    on_a_page = ceil(count / page_count)
    layout = lay_out(figure.content(on_a_page))
    signals = [figure.signal(i, layout.grid.tile) for i in range(count)]
    full = None
    if style.scale == "common":
        full = max(signal.contrast for signal in signals)
    cam = PhotoCam(figure, layout.grid) if projection.heat_maps else None
    legend = Legend([*sentences_of(figure), *notes], full, cam.end if cam else "")
    pages = []
    for number_of_page in range(1, page_count + 1):
        start = (number_of_page - 1) * on_a_page
        features = range(start, min(start + on_a_page, count))
        numbered = caption
        if page_count > 1:
            numbered += f"; page {number_of_page} of {page_count}"
        pages.append(draw_page(figure, features, layout, legend, signals, title, numbered, cam))
    return pages


def sentences_of(figure: PhotoFigure) -> list[str]:
    """How to read the picture."""
    views = figure.views
    sentences = [SCALES[figure.style.scale]]
    note = COLOURS[figure.style.colours]
    if note and figure.in_colour:
        sentences.append(note)
    if figure.projection.heat_maps:
        sentences += cam_sentences(figure)
    elif figure.paired:
        sentences.append(
            "Left: the photo in the box of that colour; right: what came down to these pixels"
        )
    else:
        sentences.append("Beside the photo: what came down to all of its pixels")
    if views.field and (views.cropped or views.whole):
        sentence = f"The receptive field is {views.field[0]} x {views.field[1]} pixels"
        if views.cropped:
            sentence += "; tiles show where 99 % of the signal's energy is"
        if views.centres:
            mark = "a cross shows" if figure.paired else "ticks at the edges show"
            sentence += f"; {mark} where the unit stands"
        sentences.append(sentence)
    height, width = figure.seen.shape[:2]
    corners = figure.views.boxes
    if (corners[:, :2] < 0).any() or (corners[:, 2:] > (height, width)).any():
        sentences.append("Hatched: outside of the photo")
    return sentences
