"""The picture of one photo: the units' boxes in it, and a tile for each feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from ..data.preprocessing import Preprocessing
from .page import FAINT, INK, MARGIN, PAPER, font, hues, printable, square_columns
from .pixels import ZERO, colours, photo, resize, window
from .style import Style

if TYPE_CHECKING:
    from ..engine.projection import Projection

# lengths in pixels
GAP = 14  # between tiles, and twice between photo and tiles
LINE = 21  # the line of text under a tile
HEAD = 60  # title and caption
PHOTO = 448  # the photo is as high as the rows of tiles, but at least this
LARGEST = 896  # and at most this on its longer side
MIN_SIDE = 96  # the longer side of a tile
MAX_SIDE = 320
# tiles of whole images (mode all) are larger, a little less so where there are many
MIN_SIDE_WHOLE = 224
MIN_SIDE_WHOLE_MANY = 160
FEW = 16  # tiles; more are many
PAIR_GAP = 2  # between a photo's patch and its projection
LABEL_GAP = 10  # between channel number and activation
BOX_LABEL_HEIGHT = 17
LIGHT = 420  # a colour whose red, green and blue sum up to this carries dark letters

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Layout:
    """Where everything stands in the picture; sizes are width and height, in pixels."""

    paired: bool  # True: each projection stands beside the photo's patch (mode max)
    columns: int  # of tiles
    tile: tuple[int, int]
    step: tuple[int, int]  # from a tile to the next one, at its right and below it
    scale: float  # the photo's pixels for one that the network sees
    photo: tuple[int, int]
    canvas: tuple[int, int]

    def corner(self, i: int) -> tuple[int, int]:
        """Left and top of the i-th tile."""
        row, column = divmod(i, self.columns)
        left = MARGIN + self.photo[0] + 2 * GAP + column * self.step[0]
        return left, MARGIN + HEAD + row * self.step[1]


def draw(
    x: np.ndarray,
    projection: Projection,
    image: int,
    preprocessing: Preprocessing,
    title: str,
    caption: str,
    bands: Sequence[int] | None = None,
) -> Image.Image:
    """The picture of one image's projections: the photo with the units' boxes, and their tiles.

    x [h, w, c]: the image as the network sees it; image: its number in the projection.
    A tile of mode max is the photo's patch beside the projection, at the same scale; a tile of
    mode all is the projection of the whole image. Channel number and activation stand below.
    """
    caption = printable(caption)
    seen = photo(x, preprocessing, bands)
    labels = unit_labels(projection, image)
    layout = lay_out(seen, projection, image, labels, title, caption)
    box_colours = hues(len(labels))

    canvas = Image.new("RGB", layout.canvas, PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN - 6), title, INK, font(22))
    pen.text((MARGIN, MARGIN + 26), caption, FAINT, font(14))
    whole_photo = resize(seen, *layout.photo)
    if layout.paired:
        draw_boxes(whole_photo, projection, image, layout.scale, box_colours)
    canvas.paste(whole_photo, (MARGIN, MARGIN + HEAD))

    width, height = layout.tile
    for i, box in enumerate(projection.boxes[image]):
        left, top = layout.corner(i)
        signal_left = left
        if layout.paired:
            frame = (left, top, left + width - 1, top + height - 1)
            if projection.dead[image, i]:  # the unit fired nowhere: there is no patch
                pen.rectangle(frame, fill=ZERO)
            else:
                canvas.paste(resize(window(seen, box), width, height), (left, top))
                pen.rectangle(frame, outline=box_colours[i], width=2)
            signal_left = left + width + PAIR_GAP
        signal = colours(projection.patches[image, i], preprocessing, Style(bands=bands))
        canvas.paste(resize(signal, width, height), (signal_left, top))
        channel, activation = labels[i]
        activation_left = left + font(15).getlength(channel) + LABEL_GAP
        pen.text((left, top + height + 3), channel, INK, font(15))
        pen.text((activation_left, top + height + 3), activation, FAINT, font(15))
    return canvas


def unit_labels(projection: Projection, image: int) -> list[tuple[str, str]]:
    """Channel number and activation of each unit of an image, as texts."""
    labels = []
    for i, channel in enumerate(projection.channels[image]):
        activation = "dead"
        if not projection.dead[image, i]:
            activation = f"{projection.activations[image, i]:.4g}"
        if projection.saturated[image, i]:
            activation += " saturated"
        labels.append((str(channel), activation))
    return labels


def lay_out(
    seen: np.ndarray,
    projection: Projection,
    image: int,
    labels: Sequence[tuple[str, str]],
    title: str,
    caption: str,
) -> Layout:
    """Sizes and positions: the photo at the left, and at its right the tiles, nearly square."""
    paired = bool((projection.positions[image] >= 0).all())
    count = len(labels)
    columns = square_columns(count)
    rows = ceil(count / columns)

    patch_height, patch_width = projection.patches.shape[2:4]
    side = min(max((PHOTO - rows * (LINE + GAP)) // rows, MIN_SIDE), MAX_SIDE)
    if not paired:
        side = max(side, MIN_SIDE_WHOLE if count <= FEW else MIN_SIDE_WHOLE_MANY)
    longer = max(patch_height, patch_width)
    tile_width = max(1, round(side * patch_width / longer))
    tile_height = max(1, round(side * patch_height / longer))

    label_widths = []
    for channel, activation in labels:
        width = font(15).getlength(channel) + LABEL_GAP + font(15).getlength(activation)
        label_widths.append(width)
    unit_width = tile_width
    if paired:
        unit_width = tile_width * 2 + PAIR_GAP
    step = (max(unit_width, ceil(max(label_widths))) + GAP, tile_height + LINE + GAP)

    wanted_height = max(PHOTO, rows * step[1] - LINE - GAP)
    scale = min(wanted_height / seen.shape[0], LARGEST / max(seen.shape[:2]))
    photo_width = max(1, round(seen.shape[1] * scale))
    photo_height = max(1, round(seen.shape[0] * scale))

    text_width = max(font(22).getlength(title), font(14).getlength(caption))
    content_width = photo_width + GAP + columns * step[0]
    canvas = (
        max(2 * MARGIN + content_width, ceil(text_width) + 2 * MARGIN),
        MARGIN + HEAD + max(photo_height, rows * step[1]) + MARGIN,
    )
    tile = (tile_width, tile_height)
    return Layout(paired, columns, tile, step, scale, (photo_width, photo_height), canvas)


def draw_boxes(
    picture: Image.Image,
    projection: Projection,
    image: int,
    scale: float,
    box_colours: Sequence[tuple[int, int, int]],
) -> None:
    """Draws the boxes of the units that fired into the enlarged photo, each in its colour.

    Each box gets its channel's number where there is room for it.
    """
    pen = ImageDraw.Draw(picture)
    alive = np.flatnonzero(~projection.dead[image]).tolist()
    rectangles = []
    for i in alive:
        top, left, bottom, right = projection.boxes[image, i]
        corners = np.array((left, top, right, bottom)) * scale
        inside = np.clip(corners, 0, (*picture.size, *picture.size))
        rectangles.append(inside.astype(int))
    for i, (left, top, right, bottom) in zip(alive, rectangles):
        edges = (left, top, max(right - 1, left), max(bottom - 1, top))
        pen.rectangle(edges, outline=box_colours[i], width=2)

    # after all boxes, so that no box runs through a number
    taken: list[Rectangle] = []
    for i, rectangle in zip(alive, rectangles):
        label = str(projection.channels[image, i])
        size = (font(13).getlength(label) + 6, BOX_LABEL_HEIGHT)
        spot = free_spot(rectangle, size, picture.size, taken)
        if spot is None:
            continue
        taken.append(spot)
        colour = box_colours[i]
        letters = PAPER if sum(colour) < LIGHT else INK
        pen.rectangle(spot, fill=colour)
        pen.text((spot[0] + 3, spot[1] + 1), label, letters, font(13))


def free_spot(
    box: np.ndarray,
    label_size: tuple[float, float],
    picture_size: tuple[int, int],
    taken: Sequence[Rectangle],
) -> Rectangle | None:
    """A rectangle for a box's label inside the picture that no other label has; None without one.

    The box's corners are tried first, on its inside, then above and below it.
    """
    left, top, right, bottom = box
    width, height = label_size
    corners = (
        (left, top),
        (right - width, top),
        (left, bottom - height),
        (right - width, bottom - height),
        (left, top - height),
        (left, bottom),
    )
    for x, y in corners:
        spot = (x, y, x + width, y + height)
        inside = x >= 0 and y >= 0 and spot[2] <= picture_size[0] and spot[3] <= picture_size[1]
        if inside and not any(intersect(spot, other) for other in taken):
            return spot
    return None


def intersect(one: Rectangle, other: Rectangle) -> bool:
    """Whether two rectangles share more than an edge."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
