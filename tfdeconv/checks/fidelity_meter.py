"""Measures projections of one layer's units, by several rules, against other rankings of pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..engine.deconvnet import Deconvnet
from ..engine.projection import Units, concatenate, paste
from ..engine.unit_forward import UnitForward
from .fidelity import Fidelity, Settings
from .pixel_deletion import Unit, fidelity_of


class Measured(NamedTuple):
    """A unit with what came of it. signals: by rule, [h, w, c] of `box`, which may reach outside
    of the image: top, left, bottom, right.
    """

    fidelity: Fidelity
    box: np.ndarray
    signals: Mapping[str, np.ndarray]


class FidelityMeter:
    """Of one layer, by the rules of several deconvnets.

    deconvnets: of one network, weights and target, by rule.
    """

    def __init__(self, deconvnets: Mapping[str, Deconvnet], settings: Settings) -> None:
        self.deconvnets = deconvnets
        self.settings = settings
        self.first = next(iter(deconvnets.values()))
        self._forward: dict[tuple[int, int], UnitForward] = {}

    def measure(
        self, x: np.ndarray, channels: Sequence[int], positions: np.ndarray
    ) -> Iterator[Measured]:
        """Units of an image x [h, w, c], one after the other: channels [k], positions [k, 2]."""
        size = (x.shape[0], x.shape[1])
        if size not in self._forward:
            self._forward[size] = UnitForward(self.first, size)
        forward = self._forward[size]
        units_by_rule = {}
        for rule, deconvnet in self.deconvnets.items():
            units_by_rule[rule] = sent_back(deconvnet, x, channels, positions)
        for k, channel in enumerate(channels):
            position = (int(positions[k][0]), int(positions[k][1]))
            box = forward.box(position)
            signals = {}
            for rule, units in units_by_rule.items():
                signals[rule] = paste(units.patches[k], units.boxes[k], box)
            unit = Unit(int(channel), position, self.first.of_classes)
            fidelity = fidelity_of(forward, x, unit, signals, self.settings)
            yield Measured(fidelity, box, signals)


def sent_back(
    deconvnet: Deconvnet, x: np.ndarray, channels: Sequence[int], positions: np.ndarray
) -> Units:
    """The projections of units of one image."""
    forward_pass = deconvnet.forward(x[None])
    image = np.zeros(len(channels), np.int32)
    return concatenate(deconvnet.backward(forward_pass, image, np.array(channels), positions))
