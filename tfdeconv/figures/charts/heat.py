"""Maps of values, by themselves or over a photo, with a bar that says which colour is what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw

from ..letters import font_for, printable, shortened
from ..page import EDGE, FAINT, INK, scaled_sides
from ..tile import hatched
from ..tones import LUMINANCE
from .axis import Axis, round_axis
from .lettering import LABEL, LINE, TICK, draw_upwards, widest
from .palette import DIVERGING, SEQUENTIAL, shades
from .panel import Panel

SIDE = 336  # of a map: its longer side, at least
LARGEST = 640
OVER = 0.62  # how much of the colour is left over a photo
BAR, BAR_GAP = 14, 10  # width of the colour bar, and what is between it and the map
TICK_GAP = 6
UNIT_ROOM = 24
LEAST_STEPS, MOST_STEPS = 2, 6  # of the bar: as many as its height has lines


@dataclass(frozen=True)
class HeatMap(Panel):
    """Values [h, w] as colours; NaN where there is none.

    photo: uint8 [H, W, 3], what is under them in grey; the values cover all of it. low, high: what
    the ends of the scale stand for, by default the values' own range. unit: what the values are.
    diverging: the scale has zero in its middle. smooth: without the edges of cells. side: of the
    longer side of the map in pixels.
    """

    values: np.ndarray
    photo: np.ndarray | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    title: str = ""
    note: str = ""
    diverging: bool = False
    smooth: bool = False
    side: int = SIDE

    @cached_property
    def map_size(self) -> tuple[int, int]:
        """Width and height of the map."""
        shape = self.values.shape if self.photo is None else self.photo.shape
        height, width = scaled_sides(shape[0], shape[1], self.side, max(self.side, LARGEST))
        if self.photo is not None:
            scale = self.side / max(shape[:2])
            height, width = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
        return width, height

    @cached_property
    def axis(self) -> Axis:
        finite = self.values[np.isfinite(self.values)]
        low = float(finite.min(initial=np.inf)) if self.low is None else self.low
        high = float(finite.max(initial=-np.inf)) if self.high is None else self.high
        if self.diverging:
            high = max(abs(low), abs(high))
            low = -high
        most = min(MOST_STEPS, max(LEAST_STEPS, self.map_size[1] // LINE))
        return round_axis(low, high, self.unit, most, to_ticks=False)

    @property
    def size(self) -> tuple[int, int]:
        width, height = self.map_size
        width += BAR_GAP + BAR + TICK_GAP + widest([*self.axis.labels], TICK)
        if self.unit:
            width += UNIT_ROOM
        return width, height

    def pixels(self) -> np.ndarray:
        """The map, uint8 [height, width, 3]."""
        width, height = self.map_size
        known = np.isfinite(self.values)
        parts = np.where(known, self.axis.part(np.nan_to_num(self.values)), 0)
        resampling = Image.Resampling.NEAREST
        if self.smooth:
            resampling = Image.Resampling.BILINEAR
        cells = Image.fromarray(parts.astype(np.float32)).resize((width, height), resampling)
        colours = shades(np.asarray(cells), self.scale)
        nearest = Image.Resampling.NEAREST
        shown = Image.fromarray(known).resize((width, height), nearest)
        # what has no value is what is under it
        return np.where(np.asarray(shown)[..., None], self.mixed(colours), self.beneath())

    @property
    def scale(self):
        return DIVERGING if self.diverging else SEQUENTIAL

    def beneath(self) -> np.ndarray:
        """The photo in grey, or hatching: uint8 [height, width, 3]."""
        width, height = self.map_size
        if self.photo is None:
            return hatched(height, width)
        return np.repeat(greyed(self.photo, width, height)[..., None], 3, -1)

    def mixed(self, colours: np.ndarray) -> np.ndarray:
        """The colours over what is beneath them."""
        if self.photo is None:
            return colours
        mixture = OVER * colours + (1 - OVER) * self.beneath()
        return np.rint(mixture).astype(np.uint8)

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        left, top = corner
        width, height = self.map_size
        canvas.paste(Image.fromarray(self.pixels()), corner)
        pen = ImageDraw.Draw(canvas)
        pen.rectangle((left, top, left + width - 1, top + height - 1), outline=EDGE)
        draw_colour_bar(canvas, (left + width + BAR_GAP, top), height, self.axis, self.scale)


def greyed(photo: np.ndarray, width: int, height: int) -> np.ndarray:
    """The brightness of a photo at another size: uint8 [height, width]."""
    picture = Image.fromarray(photo).resize((width, height), Image.Resampling.BICUBIC)
    return np.rint(np.asarray(picture) @ LUMINANCE).clip(0, 255).astype(np.uint8)


def draw_colour_bar(
    canvas: Image.Image, corner: tuple[int, int], height: int, axis: Axis, scale: tuple
) -> None:
    """A bar of a scale's colours, the low end below, with the axis's numbers and title."""
    left, top = corner
    pen = ImageDraw.Draw(canvas)
    column = shades(np.linspace(1, 0, height), scale)
    bar = np.repeat(column[:, None], BAR, 1)
    canvas.paste(Image.fromarray(bar), corner)
    pen.rectangle((left, top, left + BAR - 1, top + height - 1), outline=EDGE)
    for value, label in zip(axis.ticks, axis.labels):
        row = round(top + (1 - float(axis.part(value))) * (height - 1))
        pen.line((left + BAR, row, left + BAR + 3, row), EDGE)
        half = TICK // 2
        text_row = min(max(row, top + half), top + height - half)
        place = (left + BAR + TICK_GAP, text_row)
        pen.text(place, label, FAINT, font_for(label, TICK), anchor="lm")
    if axis.title:
        title = shortened(printable(axis.title), height, LABEL)
        beside = left + BAR + TICK_GAP + widest([*axis.labels], TICK) + UNIT_ROOM / 2 + 2
        draw_upwards(canvas, (beside, top + height / 2), title, LABEL, INK)
