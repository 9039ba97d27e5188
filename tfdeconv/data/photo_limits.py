"""What decoding a photo may take of the memory, known from its header before it is taken."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from ..errors import UserError
from ..limits import MAX_DECODING_BYTES, MAX_PIXELS
from ..memory import memory

# bytes that decoding a pixel takes at its peak: Pillow's copies, of 4 bytes each, and numpy's; more
# where a library keeps coefficients, or animations
PIXEL_BYTES = {"WEBP": 20, "AVIF": 20, "JPEG2000": 24}
USUAL_PIXEL_BYTES = 12
TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")
REDUCTIONS = (2, 4, 8)
WEBP_HEADER = 30  # bytes

# bytes of a piece of memory that Pillow asks for: larger ones than 32 MB go back to the system when
# they are free, of smaller ones (its own 16 MB) each thread keeps as much as its largest photo took
Image.core.set_block_size(1 << 26)

Buffer = bytes | memoryview
# told how many bytes decoding takes, before it takes them
Reserve = Callable[[int], Any]


def reserve_nothing(size: int) -> None:
    """For a caller that decodes one image at a time."""


def too_many_pixels(path: Path) -> UserError:
    return UserError(f"{path} has more than {MAX_PIXELS:,} pixels: scale it down first")


def refuse_large_webp(path: Path, content: Buffer | None = None) -> None:
    """Raises UserError for a large WebP: to open one takes the memory of two whole images.

    content: as for photos.decode().
    """
    if content is None:
        with open(path, "rb") as file:
            start = file.read(WEBP_HEADER)
    else:
        start = bytes(content[:WEBP_HEADER])
    size = webp_size(start)
    if size and size[0] * size[1] * PIXEL_BYTES["WEBP"] > most_bytes():
        raise UserError(
            f"{path} has {size[0]:,} x {size[1]:,} pixels, more than can be decoded: "
            f"scale it down first"
        )


def webp_size(start: bytes) -> tuple[int, int] | None:
    """Width and height in the first bytes of a WebP; None for other files (RFC 9649)."""
    if start[:4] != b"RIFF" or start[8:12] != b"WEBP" or len(start) < WEBP_HEADER:
        return None
    kind = start[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(start[24:27], "little") + 1
        return width, int.from_bytes(start[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(start[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width = int.from_bytes(start[26:28], "little") & 0x3FFF
    return width, int.from_bytes(start[28:30], "little") & 0x3FFF


def most_bytes() -> float:
    """Bytes that decoding one photo may take: half of the memory, and no more than usual ones."""
    return min(MAX_DECODING_BYTES, installed_memory() / 2)


@cache
def installed_memory() -> float:
    """Bytes, asked for once: a scan decodes millions of photos."""
    return memory()


def decoding_bytes(image: Image.Image) -> int:
    """Bytes that an image takes while it is decoded."""
    each = PIXEL_BYTES.get(image.format or "", USUAL_PIXEL_BYTES)
    return image.width * image.height * each


def refuse_large(image: Image.Image, path: Path) -> None:
    """Raises UserError for an image that would take too much memory."""
    size = decoding_bytes(image)
    if image.width * image.height > MAX_PIXELS:
        raise too_many_pixels(path)
    if size > most_bytes():
        raise UserError(
            f"{path} has {image.width:,} x {image.height:,} pixels, which need "
            f"{size / 1e9:.1f} GB to decode, expected at most {most_bytes() / 1e9:.1f}: "
            f"scale it down first"
        )


def size_at_most(height: int, width: int, side: int) -> tuple[int, int]:
    """What an image's height and width become so that neither is more than `side`.

    >>> size_at_most(3000, 4000, 1500), size_at_most(1, 4000, 1500), size_at_most(30, 40, 1500)
    ((1125, 1500), (1, 1500), (30, 40))
    """
    scale = min(side / max(height, width), 1)
    return max(1, round(height * scale)), max(1, round(width * scale))


def reduce_to(image: Image.Image, side: int) -> None:
    """Has a JPEG decoded at the smallest part of its size whose longer side has so many pixels."""
    if image.format in ("JPEG", "MPO"):
        image.draft(image.mode, size_at_most(*image.size, side))


def reduce_large(image: Image.Image, path: Path) -> str:
    """Has a large JPEG decoded at a part of its size; the note on it, or "".

    Raises UserError for another format's large image.
    """
    width, height = image.size
    for factor in REDUCTIONS:
        if image.format not in ("JPEG", "MPO") or decoding_bytes(image) <= most_bytes():
            break
        image.draft(image.mode, (width // factor, height // factor))
    refuse_large(image, path)
    if image.size == (width, height):
        return ""
    return f"it is large and is decoded at {image.width:,} x {image.height:,}"
