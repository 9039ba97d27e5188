"""One feature from block to block of a residual network: a row each, as Chu, Yang & Tadinada 2017 look at it."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from PIL import Image, ImageDraw

from .errors import UserError
from .figures import FAINT, INK, MARGIN, font, plain, scaled_sides
from .network import Network
from .sheets import HEIGHT, THIN, page, tile
from .topnine import Strip

GAP, LINE, NOTE = 18, 20, 15        # between the strips and the rows; a line under a row; the size of its letters


@dataclass(frozen=True)
class Row:
    """A block's output in the figure: one row of a strip's channels, and what is said under it."""
    strip: Strip
    channel: int                    # in the strip
    told: str


def outputs(network: Network, layers: Sequence[str], stage: str, step: int, path: object) -> list[str]:
    """The residual blocks' outputs among the layers of a run whose names, or other names, begin with the stage's, every step-th.

    Raises UserError where there are none, or of several numbers of channels.
    """
    def begins(name: str) -> bool:      # conv1 is not the stage of conv10_block1_out
        rest = name.removeprefix(stage)
        return name.startswith(stage) and not (stage[-1:].isdigit() and rest[:1].isdigit())

    known = [name for name in network.residuals() if name in layers]
    found = [name for name in known if any(begins(other) for other in (
        name, *(alias for alias, real in network.aliases.items() if real == name)))]
    if not found:
        there = f"it has {', '.join(known[:12])}{', ...' if known[12:] else ''}" if known else (
            "it has none at all; scan a network with residual sums with --layers all, or name its blocks")
        raise UserError(f"{path} has no block outputs that begin with {stage!r}: {there}")
    shapes = network.shapes()
    if len({shapes[name][2] for name in found}) > 1:
        raise UserError(f"{stage!r} stands for blocks of several stages: {found[0]} has {shapes[found[0]][2]} channels, {found[-1]} "
                        f"has {shapes[found[-1]][2]}; name one stage")
    return found[::step]


def side(height: int, width: int) -> tuple[int, int]:
    return scaled_sides(height, width, 64, 80)


def pages(rows: Sequence[Row], title: str, caption: str) -> Iterator[tuple[int, int, Image.Image]]:
    """The rows from top to bottom, on as many pages as they need: each with its number, from 1, and how many there are.

    A row: the photos' patches, and at their right what came down from the same units, as many lines as it came down in parts.
    What is said stands under the patches.
    """
    top = rows[0].strip.patches.shape[1]
    tall, wide = (max(row.strip.patches.shape[axis] for row in rows) for axis in (2, 3))
    lines = len(rows[0].strip.projections)
    told = [wrapped(row.told, top * (wide + THIN)) if lines > 1 else [row.told] for row in rows]
    height = max(lines * (tall + THIN), tall + THIN + max(map(len, told)) * LINE) + GAP
    names = ceil(max(font(15).getlength(row.strip.layer) for row in rows)) + GAP
    behind = ceil(max(font(13).getlength(part) for part in PARTS)) + 8 if lines > 1 else 0
    width = names + 2 * top * (wide + THIN) + GAP + behind
    width = max(width, *(ceil(names + font(NOTE).getlength(line)) for part in told for line in part))
    each = max(1, (HEIGHT - 160) // height)
    count = ceil(len(rows) / each)
    for number in range(1, count + 1):
        part = range((number - 1) * each, min(number * each, len(rows)))
        shown = f"{caption}; page {number} of {count}" if count > 1 else caption
        canvas, pen, head = page(width, len(part) * height - GAP, title, shown)
        for i, index in enumerate(part):
            draw(canvas, pen, rows[index], told[index], (MARGIN, head + i * height), names, (tall, wide))
        yield number, count, canvas


PARTS = ("all of it", "identity", "residual")


def draw(canvas: Image.Image, pen: ImageDraw.ImageDraw, row: Row, told: Sequence[str], at: tuple[int, int], names: int,
         cell: tuple[int, int]) -> None:
    """A row, its upper left corner at `at`; cell: height and width of the room for a tile."""
    strip, (left, top), (tall, wide) = row.strip, at, cell
    pen.text((left, top), plain(strip.layer), INK, font(15))
    pen.text((left, top + 20), f"{strip.size[0]} x {strip.size[1]} pixels", FAINT, font(12))
    words, start = strip.words[row.channel], left + names
    right = start + len(words) * (wide + THIN) + GAP
    for k, word in enumerate(words):
        tile(canvas, pen, strip.patches[row.channel, k], word, (start + k * (wide + THIN), top))
        for line, pixels in enumerate(strip.projections.values()):
            tile(canvas, pen, pixels[row.channel, k], word, (right + k * (wide + THIN), top + line * (tall + THIN)))
    if len(strip.projections) > 1:
        for line, part in enumerate(PARTS):
            pen.text((right + len(words) * (wide + THIN) + 6, top + line * (tall + THIN) + tall / 2 - 9), part, FAINT, font(13))
    for line, text in enumerate(told):
        pen.text((start, top + tall + THIN + 2 + line * LINE), text, INK, font(NOTE))


def wrapped(text: str, width: int) -> list[str]:
    """A text's clauses, which semicolons part, in lines of that width."""
    lines: list[str] = []
    for clause in text.split("; "):
        longer = f"{lines[-1]}; {clause}" if lines else clause
        if lines and font(NOTE).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(clause)
    return lines
