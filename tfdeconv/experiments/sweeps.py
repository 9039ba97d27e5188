"""Sweeps: a photo transformed in steps, as in figure 5 of Zeiler & Fergus 2014."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..data.transformation import Transformation

VERTICAL, HORIZONTAL = "vertical translation", "horizontal translation"
SCALE, ROTATION = "scale", "rotation"


@dataclass(frozen=True)
class Kind:
    """A kind of transformation: what an amount of it does, and what the amount counts."""

    transformation: Callable[[float], Transformation]
    unit: str


KINDS = {
    VERTICAL: Kind(lambda pixels: Transformation(down=int(pixels)), "pixels"),
    HORIZONTAL: Kind(lambda pixels: Transformation(right=int(pixels)), "pixels"),
    SCALE: Kind(lambda factor: Transformation(scale=factor), "times"),
    ROTATION: Kind(lambda degrees: Transformation(degrees=degrees), "degrees"),
}


@dataclass(frozen=True)
class Sweep:
    """By so many pixels of the input, times so much, or degrees."""

    kind: str  # of KINDS
    amounts: tuple[float, ...]

    @property
    def transformations(self) -> list[Transformation]:
        return [KINDS[self.kind].transformation(amount) for amount in self.amounts]
