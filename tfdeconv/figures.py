"""From projections to a picture a person wants to look at."""
from __future__ import annotations

import colorsys
import io
from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from .data.preprocessing import Preprocessing
from .files import written
from .network.spans import overlap

if TYPE_CHECKING:
    from .engine.projection import Projection

PHOTO, LARGEST = 448, 896                       # the photo is as high as the tiles' rows, at least and at most so many pixels
MARGIN, GAP, LINE = 24, 14, 21
INK, FAINT, PAPER, ZERO = (24, 24, 24), (110, 110, 110), (255, 255, 255), (128, 128, 128)
CLIP = 99.5                                     # percentile of |signal| above 0 that is full black or white


def colours(signal: np.ndarray, preprocessing: Preprocessing, bands: Sequence[int] | None = None,
            full: float | None = None) -> np.ndarray:
    """A signed signal [h, w, c] in the network's channels -> uint8 [h, w, 3]: zero is mid-grey, the scale symmetric.

    Bands that are no colours are drawn as those picked, or summed into one signed map. full: what is full white; strength()
    when left out.
    """
    full = strength(signal, preprocessing, bands) if full is None else full
    signal = chosen(preprocessing.reorder(signal), bands, np.sum)
    return np.clip(np.rint(128 + signal / max(full, np.finfo(np.float32).tiny) * 127), 1, 255).astype(np.uint8)


def strength(signal: np.ndarray, preprocessing: Preprocessing, bands: Sequence[int] | None = None) -> float:
    """What of a signal is drawn full black or white; 0 where there is none."""
    size = np.abs(chosen(preprocessing.reorder(signal), bands, np.sum))
    return float(np.percentile(size[size > 0], CLIP)) if size.any() else 0.0


def photo(x: np.ndarray, preprocessing: Preprocessing, bands: Sequence[int] | None = None) -> np.ndarray:
    """What the network sees, [h, w, c], as uint8 [h, w, 3]; bands that are no colours are stretched to their range."""
    image = chosen(preprocessing.undo(x), bands, np.mean)
    if bands or x.shape[2] not in (1, 3):
        low, high = np.percentile(image, (1, 99), axis=(0, 1))
        image = (image - low) / np.maximum(high - low, 1e-6) * 255
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def chosen(image: np.ndarray, bands: Sequence[int] | None, together) -> np.ndarray:
    """[h, w, c] -> [h, w, 3]: the bands picked; colours as they are; anything else taken together."""
    if bands:
        return image[..., list(bands)]
    return image if image.shape[2] == 3 else np.repeat(together(image, -1, keepdims=True), 3, -1)


def window(image: np.ndarray, box: Sequence[int] | np.ndarray) -> np.ndarray:
    """The part of [h, w, 3] in a box (top, left, bottom, right); grey where the image has none."""
    top, left, bottom, right = box
    part = np.full((bottom - top, right - left, 3), ZERO, np.uint8)
    rows, columns = overlap(top, bottom, image.shape[0]), overlap(left, right, image.shape[1])
    part[rows.start - top:rows.stop - top, columns.start - left:columns.stop - left] = image[rows, columns]
    return part


def hues(count: int) -> list[tuple[int, int, int]]:
    """As many colours as far apart as can be, neighbours far apart too."""
    pick = [(i * 0.618034) % 1 for i in range(count)]
    return [(int(r * 255), int(g * 255), int(b * 255)) for r, g, b in (colorsys.hsv_to_rgb(hue, 0.85, 0.92) for hue in pick)]


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def plain(text: str) -> str:
    """A text in the letters that the font has."""
    return "".join(c if c.isprintable() and ord(c) < 256 else "?" for c in text)


def columns_of(count: int) -> int:
    """Columns of so many tiles, as square as it goes."""
    return ceil(sqrt(count))


def scaled_sides(height: int, width: int, least: int, most: int) -> tuple[int, int]:
    """Height and width of a tile for a patch's: its own if the longer is in between, else to the next size that is.

    What is small is enlarged by a whole number, if there is one, so that its pixels stay alike.
    """
    longer = max(height, width)
    if longer > most:
        scale = most / longer
    else:
        scale = max(1, ceil(least / longer))
        scale = scale if longer * scale <= most else least / longer
    return max(1, round(height * scale)), max(1, round(width * scale))


def scaled(array: np.ndarray, width: int, height: int) -> Image.Image:
    """uint8 [h, w, 3] at another size: pixels stay visible where they are enlarged much."""
    how = Image.Resampling.NEAREST if width >= 4 * array.shape[1] else Image.Resampling.BICUBIC
    return Image.fromarray(array).resize((width, height), how)


def shrunk(signal: np.ndarray, width: int, height: int) -> np.ndarray:
    """A signed signal [h, w, c] averaged to a smaller size before its scale is taken, since averages are weaker; else as it is."""
    if width >= signal.shape[1]:
        return signal
    planes = [Image.fromarray(np.ascontiguousarray(signal[..., i], np.float32)) for i in range(signal.shape[2])]
    return np.stack([np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC)) for plane in planes], 2)


def draw(x: np.ndarray, projection: Projection, image: int, preprocessing: Preprocessing, title: str, caption: str,
         bands: Sequence[int] | None = None) -> Image.Image:
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
    tile_w, tile_h = (max(1, round(side * extent / max(height, width))) for extent in (width, height))
    labels = [(str(channel), "dead" if dead else f"{activation:.4g}") for channel, dead, activation
              in zip(projection.channels[image], projection.dead[image], projection.activations[image])]
    wide = max(font(15).getlength(first) + 10 + font(15).getlength(second) for first, second in labels)
    step = (max(tile_w * 2 + 2 if paired else tile_w, ceil(wide)) + GAP, tile_h + LINE + GAP)
    scale = min(max(PHOTO, rows * step[1] - LINE - GAP) / seen.shape[0], LARGEST / max(seen.shape[:2]))
    photo_w, photo_h = max(1, round(seen.shape[1] * scale)), max(1, round(seen.shape[0] * scale))
    head = MARGIN + 60
    caption = plain(caption)
    words = max(font(22).getlength(title), font(14).getlength(caption))
    size = (max(2 * MARGIN + photo_w + GAP + columns * step[0], ceil(words) + 2 * MARGIN),
            head + max(photo_h, rows * step[1]) + MARGIN)
    canvas = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN - 6), title, INK, font(22))
    pen.text((MARGIN, MARGIN + 26), caption, FAINT, font(14))
    canvas.paste(scaled(seen, photo_w, photo_h), (MARGIN, head))
    marks = hues(count)
    if paired:
        mark(canvas.crop((MARGIN, head, MARGIN + photo_w, head + photo_h)), canvas, (MARGIN, head), projection, image, scale, marks)
    for i, box in enumerate(boxes):
        left, top = MARGIN + photo_w + 2 * GAP + i % columns * step[0], head + i // columns * step[1]
        if paired and projection.dead[image, i]:        # it fired nowhere: no patch
            pen.rectangle((left, top, left + tile_w - 1, top + tile_h - 1), fill=ZERO)
        elif paired:
            canvas.paste(scaled(window(seen, box), tile_w, tile_h), (left, top))
            pen.rectangle((left, top, left + tile_w - 1, top + tile_h - 1), outline=marks[i], width=2)
        at = left + (tile_w + 2 if paired else 0)
        canvas.paste(scaled(colours(projection.patches[image, i], preprocessing, bands), tile_w, tile_h), (at, top))
        pen.text((left, top + tile_h + 3), labels[i][0], INK, font(15))
        pen.text((left + font(15).getlength(labels[i][0]) + 10, top + tile_h + 3), labels[i][1], FAINT, font(15))
    return canvas


def mark(inside: Image.Image, canvas: Image.Image, corner: tuple[int, int], projection: Projection, image: int, scale: float,
         marks: Sequence[tuple[int, int, int]]) -> None:
    """Draws the boxes of the units that fired on the photo, each with its channel's number where there is room for it."""
    pen = ImageDraw.Draw(inside)
    placed: list[tuple[float, float, float, float]] = []
    alive = ~projection.dead[image]
    shapes = [tuple(np.clip(np.array((box[1], box[0], box[3], box[2])) * scale, 0, (*inside.size, *inside.size)).astype(int))
              for box in projection.boxes[image][alive]]
    marks = [colour for colour, live in zip(marks, alive) if live]
    for (left, top, right, bottom), colour in zip(shapes, marks):
        pen.rectangle((left, top, max(right - 1, left), max(bottom - 1, top)), outline=colour, width=2)
    for (left, top, right, bottom), colour, channel in zip(shapes, marks, projection.channels[image][alive]):
        w, h = font(13).getlength(str(channel)) + 6, 17
        places = ((left, top), (right - w, top), (left, bottom - h), (right - w, bottom - h), (left, top - h), (left, bottom))
        for x, y in places:
            spot = (x, y, x + w, y + h)
            free = all(spot[2] <= other[0] or other[2] <= spot[0] or spot[3] <= other[1] or other[3] <= spot[1] for other in placed)
            if free and x >= 0 and y >= 0 and x + w <= inside.width and y + h <= inside.height:
                pen.rectangle(spot, fill=colour)
                pen.text((x + 3, y + 1), str(channel), PAPER if sum(colour) < 420 else INK, font(13))
                placed.append(spot)
                break
    canvas.paste(inside, corner)


def save(picture: Image.Image, path: str | Path, text: Mapping[str, str]) -> None:
    """Writes a PNG with text chunks: what it takes to make the picture again."""
    write(packed(picture, text), path)


def write(png: bytes, path: str | Path) -> None:
    """Writes a packed() picture, whole or not at all."""
    with written(path) as place:
        place.write_bytes(png)


def packed(picture: Image.Image, text: Mapping[str, str]) -> bytes:
    """A PNG with text chunks."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in text.items():
        chunks.add_itxt(key, value.encode(errors="backslashreplace").decode())      # file names that are no UTF-8
    memory = io.BytesIO()
    picture.save(memory, "PNG", pnginfo=chunks, compress_level=4)            # twice as fast as 6, a hundredth larger
    return memory.getvalue()
