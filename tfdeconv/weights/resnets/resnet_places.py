"""Where a layer stands in a ResNet, as the names say that its authors gave.

conv1, bn_conv1, scale_conv1                  before the first stage
res4b22_branch2c, bn4b22_..., scale4b22_...   stage 4, block 23, third convolution
res4w_branch1                                 the same block called by its letter; the shortcut
fc1000                                        the classes
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...zoo.resnet import CLASSIC, DESIGNS
from ...zoo.resnet_names import BRANCHES

# a layer's parameters in the order in which Keras keeps them
PARAMETERS = {
    "conv": ("kernel", "bias"),
    "bn": ("gamma", "beta", "mean", "variance"),
    "scale": ("gamma", "beta"),
    "dense": ("kernel", "bias"),
}
KINDS = {"res": "conv", "bn": "bn", "scale": "scale"}
IN_BLOCK = re.compile(r"(res|bn|scale)([2-5])(?:([a-~])|b(\d{1,2}))_branch(2[abc]|1)")
# what looks like a layer of a block, whatever it is
LIKE_A_BLOCK = re.compile(r"(res|bn|scale)[_-]?\d|\w*_branch", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """A layer's place: stage 1 is before the stages, 6 behind them; blocks count from 0.

    convolution: 1 to 3 in a block's branch, 0 its shortcut's.
    """

    kind: str
    stage: int
    block: int = 0
    convolution: int = 0

    @property
    def layer(self) -> str:
        """The layer that a network of zoo.resnet has there; a scale belongs to its norm."""
        if self.kind == "dense":
            return "predictions"
        ending = "conv" if self.kind == "conv" else "bn"
        if self.stage == 1:
            return f"conv1_{ending}"
        return f"conv{self.stage}_block{self.block + 1}_{self.convolution}_{ending}"


OUTSIDE = {
    "conv1": Place("conv", 1),
    "bn_conv1": Place("bn", 1),
    "scale_conv1": Place("scale", 1),
    "fc1000": Place("dense", 6),
}


def place_of(name: str) -> Place | None:
    """The place of a layer of that name; None for any other name."""
    if name in OUTSIDE:
        return OUTSIDE[name]
    parts = IN_BLOCK.fullmatch(name)
    if parts is None:
        return None
    kind, stage, letter, number, branch = parts.groups()
    block = ord(letter) - ord("a") if letter else int(number)
    return Place(KINDS[kind], int(stage), block, BRANCHES[branch])


def count_blocks(places: Iterable[Place]) -> tuple[int, ...]:
    """How many blocks each stage has, up to the last stage that has any."""
    blocks = {stage: 0 for stage in (2, 3, 4, 5)}
    for place in places:
        if place.stage in blocks:
            blocks[place.stage] = max(blocks[place.stage], place.block + 1)
    counts = list(blocks.values())
    while counts and not counts[-1]:
        counts.pop()
    return tuple(counts)


def networks_with(counts: tuple[int, ...]) -> list[str]:
    """The ResNets whose first stages have so many blocks."""
    return [name for name in CLASSIC if DESIGNS[name].blocks[: len(counts)] == counts]


def stands_between(name: str, order: list[str], places: Mapping[str, Place]) -> bool:
    """Whether a layer left over is listed among those of the stages.

    order: the file's names in its order. Where that is not the network's, it may be anywhere.
    """
    listed = [each for each in order if each in places and places[each].stage < 6]
    stages = [places[each].stage for each in listed]
    if stages != sorted(stages):
        return True
    return order.index(name) < order.index(listed[-1])
