"""One feature from block to block of a residual network: a row each, as Chu, Yang & Tadinada 2017 look at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from PIL import Image

from .page import FAINT, HEIGHT, INK, MARGIN, THIN, font, page, plain, scaled_sides, tile

if TYPE_CHECKING:
    from .tiles import Strip

GAP, PAGE_LINE, SMALL, NOTE = (
    18,
    20,
    18,
    15,
)  # between strips and rows; a line under a row, over a strip; the first one's letters
STRIPS = (
    "the photos' patches",
    "what came down",
    "through the identity path",
    "through the residual branch",
)


@dataclass(frozen=True)
class Row:
    """A block's output in the figure: one row of a strip's channels, and what is said under it."""

    strip: Strip
    channel: int  # in the strip
    told: str


def side(height: int, width: int, rows: int) -> tuple[int, int]:
    """A tile's height and width for a patch's: smaller ones where there are many, as a stage of 23 blocks fits on a page."""
    return scaled_sides(height, width, 64, 80 if rows <= 16 else 72)


def seen(strip: Strip) -> str:
    return f"{strip.size[0]} x {strip.size[1]} pixels"


def pages(rows: Sequence[Row], title: str, caption: str) -> Iterator[tuple[int, int, Image.Image]]:
    """The rows from top to bottom, on as many pages as they need: each with its number, from 1, and how many there are.

    A row: the photos' patches, and at their right what came down from the same units; under them, where that was asked for, what
    came down through identity path and branch. What is said stands below.
    """
    tall, wide = (max(row.strip.patches.shape[axis] for row in rows) for axis in (2, 3))
    lines = 2 if len(rows[0].strip.projections) > 1 else 1
    names = (
        ceil(
            max(
                max(font(15).getlength(row.strip.layer), font(12).getlength(seen(row.strip)))
                for row in rows
            )
        )
        + GAP
    )
    strip = max(len(row.strip.words[row.channel]) for row in rows) * (wide + THIN) - THIN
    width = max(
        names + 2 * strip + GAP, *(ceil(names + font(NOTE).getlength(row.told)) for row in rows)
    )
    height = lines * (tall + THIN) + (lines > 1) * 2 * SMALL + PAGE_LINE + GAP
    count = ceil(len(rows) / max(1, (HEIGHT - 160) // height))
    each = ceil(len(rows) / count)
    for number in range(1, count + 1):
        part = rows[(number - 1) * each : number * each]
        numbered = f"{caption}; page {number} of {count}" if count > 1 else caption
        canvas, pen, head = page(width, len(part) * height - GAP, title, numbered)
        for i, row in enumerate(part):
            top = head + i * height
            pen.text((MARGIN, top), plain(row.strip.layer), INK, font(15))
            pen.text((MARGIN, top + 20), seen(row.strip), FAINT, font(12))
            pen.text(
                (MARGIN + names, top + height - PAGE_LINE - GAP), plain(row.told), INK, font(NOTE)
            )
            for k, (name, pixels) in enumerate(
                zip(STRIPS, (row.strip.patches, *row.strip.projections.values()))
            ):
                left, at = MARGIN + names + k % 2 * (strip + GAP), top + k // 2 * (tall + SMALL)
                if lines > 1:
                    pen.text((left, at), name, FAINT, font(12))
                    at += SMALL
                for rank, word in enumerate(row.strip.words[row.channel]):
                    tile(
                        canvas,
                        pen,
                        pixels[row.channel, rank],
                        word,
                        (left + rank * (wide + THIN), at),
                    )
        yield number, count, canvas
