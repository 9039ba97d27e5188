"""What is assumed of the pixels that go into a network which does not show it."""

from __future__ import annotations

from collections.abc import Callable

from ...data.preprocessing import (
    Preprocessing,
    caffe,
    identity,
    over255,
    tensorflow_style,
    torch,
    torch_v2,
)
from ...network.graph import Network
from ..notes import PixelNote

MAKERS: dict[str, Callable[[tuple[int, int], int], Preprocessing]] = {
    "none": identity,
    "tf": tensorflow_style,
    "over255": over255,
    "torch": torch,
    "torch-v2": torch_v2,
    "caffe": caffe,
}
MEANINGS = {
    "none": "pixels from 0 to 255 as they are",
    "tf": "pixels from -1 to 1",
    "over255": "pixels from 0 to 1",
    "torch": "RGB minus the mean of ImageNet, divided by its deviation",
    "torch-v2": "RGB minus the mean of ImageNet, divided by its deviation",
    "caffe": "BGR minus the mean of ImageNet",
}
# what people's own networks take most, beside what is assumed
OTHERS = ("over255", "tf", "none")
NOTHING = "nothing in the file says what was used"


def assumed(kind: str, network: Network, why: str = NOTHING) -> tuple[Preprocessing, str]:
    """A preprocessing by its name in MAKERS, and a sentence that says so and how to change it."""
    others: list[str] = []
    for name in OTHERS:
        if name != kind:
            others.append(f"{name} ({MEANINGS[name].removesuffix(' as they are')})")
    note = (
        f"{MEANINGS[kind]} ({kind}) are assumed: {why}; "
        f"change it with --preprocess {' or '.join(others)}"
    )
    return MAKERS[kind](network.input_shape[:2], network.channels), PixelNote(note)
