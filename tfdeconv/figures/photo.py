"""From projections to a picture a person wants to look at."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from ..data.preprocessing import Preprocessing
from .page import FAINT, GAP, INK, LINE, MARGIN, PAPER, columns_of, font, hues, plain
from .pixels import ZERO, colours, photo, scaled, window

if TYPE_CHECKING:
    from ..engine.projection import Projection


PHOTO, LARGEST = (
    448,
    896,
)  # the photo is as high as the tiles' rows, at least and at most so many pixels


def draw(
    x: np.ndarray,
    projection: Projection,
    image: int,
    preprocessing: Preprocessing,
    title: str,
    caption: str,
    bands: Sequence[int] | None = None,
) -> Image.Image:
    """The picture of one image's projections: the photo with the units' boxes, and a tile for each feature.

    x [h, w, c] is that image as the network sees it. A tile of mode max is the photo's patch beside the projection at the
    same scale; of mode all the projection of the whole image. Under it channel number and activation.
    """
    seen, boxes = photo(x, preprocessing, bands), projection.boxes[image]
    paired = bool((projection.positions[image] >= 0).all())
    count, (height, width) = len(boxes), projection.patches.shape[2:4]
    columns = columns_of(count)
    rows = ceil(count / columns)
    side = min(max((PHOTO - rows * (LINE + GAP)) // rows, 96), 320)
    if not paired:
        side = max(side, 224 if count <= 16 else 160)
    tile_w, tile_h = (
        max(1, round(side * extent / max(height, width))) for extent in (width, height)
    )
    labels = [
        (str(channel), "dead" if dead else f"{activation:.4g}")
        for channel, dead, activation in zip(
            projection.channels[image], projection.dead[image], projection.activations[image]
        )
    ]
    wide = max(
        font(15).getlength(first) + 10 + font(15).getlength(second) for first, second in labels
    )
    step = (max(tile_w * 2 + 2 if paired else tile_w, ceil(wide)) + GAP, tile_h + LINE + GAP)
    scale = min(
        max(PHOTO, rows * step[1] - LINE - GAP) / seen.shape[0], LARGEST / max(seen.shape[:2])
    )
    photo_w, photo_h = max(1, round(seen.shape[1] * scale)), max(1, round(seen.shape[0] * scale))
    head = MARGIN + 60
    caption = plain(caption)
    words = max(font(22).getlength(title), font(14).getlength(caption))
    size = (
        max(2 * MARGIN + photo_w + GAP + columns * step[0], ceil(words) + 2 * MARGIN),
        head + max(photo_h, rows * step[1]) + MARGIN,
    )
    canvas = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN - 6), title, INK, font(22))
    pen.text((MARGIN, MARGIN + 26), caption, FAINT, font(14))
    canvas.paste(scaled(seen, photo_w, photo_h), (MARGIN, head))
    marks = hues(count)
    if paired:
        mark(
            canvas.crop((MARGIN, head, MARGIN + photo_w, head + photo_h)),
            canvas,
            (MARGIN, head),
            projection,
            image,
            scale,
            marks,
        )
    for i, box in enumerate(boxes):
        left, top = (
            MARGIN + photo_w + 2 * GAP + i % columns * step[0],
            head + i // columns * step[1],
        )
        if paired and projection.dead[image, i]:  # it fired nowhere: no patch
            pen.rectangle((left, top, left + tile_w - 1, top + tile_h - 1), fill=ZERO)
        elif paired:
            canvas.paste(scaled(window(seen, box), tile_w, tile_h), (left, top))
            pen.rectangle(
                (left, top, left + tile_w - 1, top + tile_h - 1), outline=marks[i], width=2
            )
        at = left + (tile_w + 2 if paired else 0)
        canvas.paste(
            scaled(colours(projection.patches[image, i], preprocessing, bands), tile_w, tile_h),
            (at, top),
        )
        pen.text((left, top + tile_h + 3), labels[i][0], INK, font(15))
        pen.text(
            (left + font(15).getlength(labels[i][0]) + 10, top + tile_h + 3),
            labels[i][1],
            FAINT,
            font(15),
        )
    return canvas


def mark(
    inside: Image.Image,
    canvas: Image.Image,
    corner: tuple[int, int],
    projection: Projection,
    image: int,
    scale: float,
    marks: Sequence[tuple[int, int, int]],
) -> None:
    """Draws the boxes of the units that fired on the photo, each with its channel's number where there is room for it."""
    pen = ImageDraw.Draw(inside)
    placed: list[tuple[float, float, float, float]] = []
    alive = ~projection.dead[image]
    shapes = [
        tuple(
            np.clip(
                np.array((box[1], box[0], box[3], box[2])) * scale, 0, (*inside.size, *inside.size)
            ).astype(int)
        )
        for box in projection.boxes[image][alive]
    ]
    marks = [colour for colour, live in zip(marks, alive) if live]
    for (left, top, right, bottom), colour in zip(shapes, marks):
        pen.rectangle(
            (left, top, max(right - 1, left), max(bottom - 1, top)), outline=colour, width=2
        )
    for (left, top, right, bottom), colour, channel in zip(
        shapes, marks, projection.channels[image][alive]
    ):
        w, h = font(13).getlength(str(channel)) + 6, 17
        places = (
            (left, top),
            (right - w, top),
            (left, bottom - h),
            (right - w, bottom - h),
            (left, top - h),
            (left, bottom),
        )
        for x, y in places:
            spot = (x, y, x + w, y + h)
            free = all(
                spot[2] <= other[0]
                or other[2] <= spot[0]
                or spot[3] <= other[1]
                or other[3] <= spot[1]
                for other in placed
            )
            if free and x >= 0 and y >= 0 and x + w <= inside.width and y + h <= inside.height:
                pen.rectangle(spot, fill=colour)
                pen.text(
                    (x + 3, y + 1), str(channel), PAPER if sum(colour) < 420 else INK, font(13)
                )
                placed.append(spot)
                break
    canvas.paste(inside, corner)
