"""Photos as people have them -> pixels. With resizing and figures/ all that knows Pillow."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..errors import UserError, one_line
from ..files import require_regular_file
from ..formats import purposes
from . import tiff_messages
from .bit_depth import brightness_note, has_sixteen_bits, has_white_zero
from .photo_limits import (
    TRANSPARENT,
    Buffer,
    Reserve,
    decoding_bytes,
    reduce_large,
    reduce_to,
    refuse_large,
    refuse_large_webp,
    reserve_nothing,
    too_many_pixels,
)

# What is meant by a photo, tried in this order. Pillow knows more, and starts other programs for
# some of them (Ghostscript for EPS), whatever the file is called. JPEG stands for MPO, too.
FORMATS = (
    *("JPEG", "PNG", "GIF", "BMP", "DIB", "PPM"),
    *("TIFF", "WEBP", "AVIF", "JPEG2000", "ICO", "PCX", "TGA"),
)
ORIENTATION = 0x0112  # EXIF 2.32
# pixels that become an array at a time: Pillow's way there takes several copies
STRIP_PIXELS = 1 << 22


@dataclass(frozen=True)
class Decoded:
    """Pixels [h, w, channels] of an image, and what was assumed of it, in words.

    is_array: the values may be anything; a photo's go from 0 to 255.
    """

    pixels: np.ndarray
    note: str = ""
    is_array: bool = False


def decode(
    path: Path,
    channels: int,
    reserve: Reserve = reserve_nothing,
    max_side: int | None = None,
    content: Buffer | None = None,
) -> Decoded:
    """A photo as images.pixels() describes it; raises UserError.

    The pages of a TIFF are the channels of a network of as many. max_side: pixels of the longer
    side that are needed; a JPEG is decoded at the smallest part of its size that has them.
    content: the file's bytes, where the path is not that of a file.
    """
    if content is None:
        require_regular_file(path)
    file = path if content is None else io.BytesIO(content)
    tiff_messages.silence()
    try:
        with warnings.catch_warnings():
            # Pillow's, on odd metadata and on sizes below its limit
            warnings.simplefilter("ignore")
            refuse_large_webp(path, content)
            with Image.open(file, formats=FORMATS) as image:
                return decode_opened(image, path, channels, reserve, max_side)
    except UserError:
        raise
    except Image.DecompressionBombError:
        raise too_many_pixels(path) from None
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except Image.UnidentifiedImageError:
        purpose = purposes.of_name(path)
        if purpose:
            raise purpose.refusal(path, "a photo") from None
        raise UserError(
            f"{path} is not an image that can be read (JPEG, PNG, GIF, WebP, TIFF, BMP, .npy)"
        ) from None
    # on damaged files Pillow's decoders raise whatever comes
    except Exception as error:
        raise UserError(f"{path} cannot be read as an image: {one_line(error)}") from None


def decode_opened(
    image: Image.Image, path: Path, channels: int, reserve: Reserve, max_side: int | None
) -> Decoded:
    """An opened file's image, or its pages."""
    if max_side:
        reduce_to(image, max_side)
    if is_stack_of(image, channels):
        return decode_pages(image, path, channels, reserve)
    refuse_other_channels(path, channels)
    note = note_on_pages(image)
    decoded = decode_image(image, path, channels, reserve)
    return Decoded(decoded.pixels, joined([note, decoded.note]))


def decode_image(image: Image.Image, path: Path, channels: int, reserve: Reserve) -> Decoded:
    """An opened image, of which nothing is decoded yet."""
    notes = [reduce_large(image, path)]
    sixteen_bits = has_sixteen_bits(image)
    turned_round = has_white_zero(image)
    kind = image.format
    reserve(decoding_bytes(image))
    # before anything that passes over errors: what Pillow refuses is refused
    image.load()
    # an icon may hold more than its directory says
    refuse_large(image, path)
    image = upright(image)
    pixels = to_array(image, path, channels, kind)
    if turned_round:
        pixels = 255 - pixels
    elif sixteen_bits:
        notes.append(brightness_note(image))
    return Decoded(pixels, joined(notes))


def joined(notes: Iterable[str]) -> str:
    """Notes as one, each once."""
    return "; ".join(dict.fromkeys(filter(None, notes)))


def upright(image: Image.Image) -> Image.Image:
    """A decoded image turned as its EXIF says; damaged EXIF is ignored."""
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except Exception:  # on damaged files Pillow raises anything
        return image
    # otherwise it would be copied
    return image if orientation == 1 else ImageOps.exif_transpose(image)


def to_array(image: Image.Image, path: Path, channels: int, kind: str | None) -> np.ndarray:
    """A decoded image of any mode as [h, w, channels]; kind: its format."""
    if image.mode == "F":
        raise unknown_range(path, "floating-point")
    # Pillow has 32 bits for 16, of which PPM's alone are known to go up to white
    if image.mode == "I" and kind not in ("PPM", "PNG"):
        raise unknown_range(path, "signed or 32-bit")
    rows = max(1, STRIP_PIXELS // image.width)
    if image.height <= rows:
        pixels = strip_array(image, channels)
    else:
        pixels = np.empty(0)
        for top in range(0, image.height, rows):
            box = (0, top, image.width, min(top + rows, image.height))
            strip = strip_array(image.crop(box), channels)
            if top == 0:
                pixels = np.empty((image.height, *strip.shape[1:]), strip.dtype)
            pixels[top : box[3]] = strip
    # grey serves three colours
    return np.broadcast_to(pixels, (*pixels.shape[:2], channels))


def strip_array(image: Image.Image, channels: int) -> np.ndarray:
    """Rows of a decoded image as [h, w, channels], or [h, w, 1] of 16 bits of grey."""
    # in one of Pillow's spellings
    if image.mode.startswith("I"):
        return np.asarray(image)[..., None].astype(np.float32) / np.float32(257)
    if image.mode in TRANSPARENT or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    mode = "RGB" if channels == 3 else "L"
    if image.mode != mode:
        image = image.convert(mode)
    pixels = np.asarray(image)
    return pixels if channels == 3 else pixels[..., None]


def unknown_range(path: Path, kind: str) -> UserError:
    return UserError(
        f"{path} has {kind} pixels, whose range is not known: "
        f"save it as an .npy [h, w, c], 0 to 255"
    )


def refuse_other_channels(path: Path, channels: int) -> None:
    """Raises UserError for a network that photos do not serve."""
    if channels not in (1, 3):
        raise UserError(
            f"{path}: a photo has 3 channels and this network takes {channels}: "
            f"give an .npy [h, w, {channels}], or a TIFF of {channels} pages"
        )


def note_on_pages(image: Image.Image) -> str:
    """What is to be said of a TIFF of several pages; "" of other images."""
    if image.format != "TIFF" or not has_page(image, 1):
        return ""
    image.seek(0)
    return "only its first page is used"


def is_stack_of(image: Image.Image, channels: int) -> bool:
    """Whether an image is a TIFF of one grey page for each channel."""
    if image.format != "TIFF" or channels == 1 or image.mode == "P" or len(image.getbands()) > 1:
        return False
    is_stack = has_page(image, channels - 1) and not has_page(image, channels)
    image.seek(0)
    return is_stack


def has_page(image: Image.Image, page: int) -> bool:
    try:
        image.seek(page)
    except EOFError:
        return False
    return True


def decode_pages(image: Image.Image, path: Path, channels: int, reserve: Reserve) -> Decoded:
    """The pages of a TIFF as channels; for other than colours the values as they are."""
    refuse_large(image, path)
    reserve(channels * decoding_bytes(image))
    size = image.size
    pages: list[np.ndarray] = []
    notes = [f"its {channels} pages are used as the channels"]
    for page in range(channels):
        image.seek(page)
        if image.size != size:
            raise UserError(
                f"{path}: its pages have {size[0]} x {size[1]} and {image.width} x {image.height} "
                f"pixels: expected pages of one size"
            )
        if channels == 3:
            one = decode_image(image, path, 1, reserve_nothing)
            notes.append(one.note)
            pages.append(one.pixels[..., 0])
        else:
            pages.append(np.asarray(image, np.float32))
    return Decoded(np.stack(pages, 2), joined(notes), is_array=channels != 3)
