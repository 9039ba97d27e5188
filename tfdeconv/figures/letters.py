"""Fonts, and texts in them that fit their place.

Pillow's own font has little more than English; what it lacks is written in a font of the system.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import cache

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# in the order in which they are tried, by the names that systems have them under
SYSTEM_FONTS = (
    "DejaVuSans.ttf",
    "LiberationSans-Regular.ttf",
    "NotoSans-Regular.ttf",
    "Arial Unicode.ttf",
    "arial.ttf",
    "Arial.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "msgothic.ttc",
    "Hiragino Sans GB.ttc",
)
WIDE = "   "  # between parts of a text
NOT_A_CHARACTER = "\uffff"  # is drawn as what a font lacks is
TILE_FONTS = (14, 12, 10, 8)  # sizes to try for the word in a tile, largest first


@cache
def font(size: int) -> Font:
    return ImageFont.load_default(size)


@cache
def system_fonts(size: int) -> tuple[Font, ...]:
    """Those of SYSTEM_FONTS that there are."""
    fonts = []
    for name in SYSTEM_FONTS:
        try:
            fonts.append(ImageFont.truetype(name, size))
        except OSError:
            continue
    return tuple(fonts)


@cache
def has(letters: Font, character: str) -> bool:
    """Whether a font has a character."""
    # what steers a terminal, or the direction of what follows, has no place in a picture
    if character.isascii() or not character.isprintable():
        return character.isprintable()
    drawn = letters.getmask(character)
    missing = letters.getmask(NOT_A_CHARACTER)
    return (drawn.size, bytes(drawn)) != (missing.size, bytes(missing))


def has_all(letters: Font, text: str) -> bool:
    return all(has(letters, character) for character in text)


def font_for(text: str, size: int) -> Font:
    """The font that has most of a text's letters: Pillow's own where it has all."""
    own = font(size)
    if has_all(own, text):
        return own
    return max((own, *system_fonts(size)), key=lambda letters: count_had(letters, text))


def count_had(letters: Font, text: str) -> int:
    """How many of a text's letters a font has."""
    return sum(has(letters, character) for character in text)


def printable(text: str) -> str:
    """A text without what its font lacks: letters without their accents, and ? for others."""
    letters = font_for(text, TILE_FONTS[0])
    shown = []
    for character in text:
        plain = unicodedata.normalize("NFKD", character)[:1]
        choices = [each for each in (character, plain) if each and has(letters, each)]
        shown.append(choices[0] if choices else "?")
    return "".join(shown)


def text_width(text: str, size: int) -> float:
    """In pixels."""
    return font_for(text, size).getlength(text)


def fitting(text: str, width: float, height: float) -> tuple[str, Font]:
    """A text and the largest of TILE_FONTS in which it is at most so wide and high.

    Where it is in none, its first letter in the smallest.
    """
    for size in TILE_FONTS:
        if size <= height and font(size).getlength(text) <= width:
            return text, font(size)
    return text[:1].upper(), font(TILE_FONTS[-1])


def wrapped(text: str, width: float, size: int) -> list[str]:
    """A text in lines of at most that width in pixels, broken at spaces where it can be.

    Where several parts are in it, with WIDE spaces between them, it is broken between these.
    """
    letters = font_for(text, size)
    lines = [""]
    for part in text.split(WIDE):
        space = WIDE
        words = [part]
        if letters.getlength(part) > width:
            words = part.split()
        for word in words:
            longer = f"{lines[-1]}{space}{word}".strip()
            if lines[-1] and letters.getlength(longer) > width:
                lines.append(word)
            else:
                lines[-1] = longer
            space = " "
    return lines


def shortened(text: str, width: float, size: int) -> str:
    """A text with ... in its middle where it is wider than that, in pixels."""
    letters = font_for(text, size)
    if letters.getlength(text) <= width:
        return text

    # what names have in common is at their beginning, and what tells them apart at their end
    def without_middle(kept: int) -> str:
        return f"{text[: kept - kept // 2]}...{text[len(text) - kept // 2 :]}"

    lengths = range(1, len(text))
    fitting = bisect_right(lengths, width, key=lambda n: letters.getlength(without_middle(n)))
    return without_middle(lengths[fitting - 1]) if fitting else ""


def in_lines(text: str, width: float, size: int, most: int) -> list[str]:
    """A text in at most so many lines of that width; what is too long has ... in its middle."""
    if text_width(text, size) <= width:
        return [text]
    lines = wrapped(text, width, size)
    kept = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [shortened(line, width, size) for line in kept if line]
