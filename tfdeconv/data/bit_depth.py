"""Photos of 16 bits a value, of which many hold 10, 12 or 14 and look black."""

from __future__ import annotations

import re

import numpy as np
from PIL import Image

from .photo_limits import TRANSPARENT

WHITE_16 = 65535
# a tag of TIFF 6.0, and its value where 0 is white
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
# whose values of 16 bits Pillow cuts to 8 where they are colours
CUT = ("PNG", "TIFF")


def has_sixteen_bits(image: Image.Image) -> bool:
    """Whether a value of an opened image has 16 bits, which Pillow may cut to 8 in decoding."""
    if image.mode.startswith("I"):
        return True
    if image.format not in CUT:
        return False
    return re.search(r"'\w+;16", str(getattr(image, "tile", ""))) is not None


def has_white_zero(image: Image.Image) -> bool:
    """Whether 0 is white in an opened TIFF of 16 bits, which Pillow does not turn round."""
    tags = getattr(image, "tag_v2", {})
    return image.mode.startswith("I") and tags.get(PHOTOMETRIC) == WHITE_IS_ZERO


def brightness_note(image: Image.Image) -> str:
    """What is to be said of a picture whose 16 bits are not all used; "" if at least half are."""
    if image.mode.startswith("I"):
        brightest = int(np.asarray(image).max())
        words = f"brightest {brightest}"
    else:
        # decoding has left the upper 8 bits
        colours = image.convert("RGB") if image.mode in TRANSPARENT else image
        brightest = int(np.asarray(colours).max()) * 256 + 255
        words = f"brightest below {brightest + 1}"
    if brightest == 0 or 2 * brightest > WHITE_16:
        return ""
    part = round((WHITE_16 + 1) / (brightest + 1))
    return (
        f"16 bits, {words}, read as 1/{part} of white; if it is white, "
        f"multiply the values by {part} and save it again"
    )
