"""In which colours and on which scale signals are drawn, and how numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# and what a legend says of them
COLOURS = {
    "soft": "Colours are drawn at a third of their strength",
    "rgb": "",
    "grey": "The brightness alone is drawn, without colours",
}
SCALES = {
    "own": "Each projection has its own scale: grey is zero; its ends, +v and -v, stand below it",
    "common": "All projections have one scale; grey is zero",
}


@dataclass(frozen=True)
class Style:
    """How projections are drawn."""

    colours: str = "soft"  # of COLOURS
    scale: str = "own"  # of SCALES
    bands: Sequence[int] | None = None  # three channels of the images to draw as colours


PLAIN = Style()
