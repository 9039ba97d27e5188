"""Deletes what a unit sees of an image, and puts it back, in the orders of several rankings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..engine.projection import paste
from ..engine.unit_forward import UnitForward
from .blur import blurred
from .fidelity import BLUR, CENTRE, GAMES, RANDOM, Fidelity, RankedCurves, Settings
from .pixel_ranking import block_for, by_chance, by_distance, by_signal

# versions of a photo that are in memory at a time
VERSIONS = 32


@dataclass(frozen=True)
class Unit:
    """A unit whose projections are measured."""

    channel: int
    position: tuple[int, int]  # row and column in the target's map
    of_class: bool = False  # its value is a logit


def fidelity_of(
    units: UnitForward,
    x: np.ndarray,
    unit: Unit,
    signals: Mapping[str, np.ndarray],
    settings: Settings,
) -> Fidelity:
    """Deletes what a unit sees of an image x [h, w, c], as the network sees it, in several orders.

    signals: what came down by each rule: [h, w, c] of UnitForward.box().
    """
    versions = Versions(units, x, unit)
    height, width, _channels = versions.photo.shape
    block = settings.block or block_for(height, width)
    rankings = rankings_of(versions, signals, block, settings)
    counts = np.unique(np.rint(np.linspace(0, height * width, settings.steps + 1)).astype(int))
    pixels = counts / (height * width)
    empty = np.zeros_like(versions.photo)
    start = empty
    if settings.fill == BLUR:
        start = versions.cut(blurred(x)).astype(x.dtype)
    # no pixel deleted; all of them; none put back
    none, anywhere = np.array([0]), np.zeros((height, width), int)
    # and not -0
    activation = versions.deleted(anywhere, none, empty)[0] + 0.0
    gone = versions.inserted(anywhere, none, empty)[0]
    begin = versions.inserted(anywhere, none, start)[0]
    undefined = why_undefined(activation, unit)
    curves = {}
    for name, orders in rankings.items():
        shares = np.full((max(len(orders), 1), len(GAMES), len(counts)), np.nan)
        for i, ranks in enumerate([] if undefined else orders):
            down = versions.deleted(ranks, counts[1:-1], empty)
            up = versions.inserted(ranks, counts[1:-1], start)
            shares[i, 0] = np.array([activation, *down, gone]) / activation
            shares[i, 1] = np.array([begin, *up, activation]) / activation
        curves[name] = RankedCurves(shares, pixels)
    return Fidelity(float(activation), versions.area, block, curves, undefined)


def rankings_of(
    versions: Versions, signals: Mapping[str, np.ndarray], block: int, settings: Settings
) -> dict[str, list[np.ndarray]]:
    """Rankings [h, w] of a unit's area by the names of Fidelity.curves; none of zeros."""
    size = versions.photo.shape[:2]
    # none depends on which others are asked for, of this unit or of another one
    seed = (settings.seed, versions.unit.channel, *versions.unit.position)
    chances = np.random.default_rng(seed)
    rankings: dict[str, list[np.ndarray]] = {RANDOM: []}
    for _ in range(settings.randoms):
        rankings[RANDOM].append(by_chance(size, block, chances))
    ties = (*seed, 1)
    rankings[CENTRE] = [by_distance(size, versions.centre, block, np.random.default_rng(ties))]
    for rule, signal in signals.items():
        within = paste(signal, versions.box, versions.area)
        rankings[rule] = []
        if within.any():
            rankings[rule].append(by_signal(within, block, np.random.default_rng(ties)))
    return rankings


def why_undefined(activation: float, unit: Unit) -> str:
    """Why a unit's activation has no shares; "" where it has.

    Below 0, what comes down to a class's pixels is what raises its logit, and a larger share would
    be a lower logit. Other units below 0 are sent back with their sign: their share is of that.
    """
    if activation == 0:
        return "it does not fire"
    if unit.of_class and activation < 0:
        return "its logit is below 0, and has no shares"
    return ""


class Versions:
    """A unit in versions of an image of which some pixels are others."""

    def __init__(self, units: UnitForward, x: np.ndarray, unit: Unit) -> None:
        self.units = units
        self.unit = unit
        self.box = units.box(unit.position)
        # pixels outside of the image do not exist
        self.area = np.clip(self.box, 0, (*x.shape[:2], *x.shape[:2]))
        self.photo = self.cut(x)
        top, left, bottom, right = units.field(unit.position)
        self.centre = ((top + bottom - 1) / 2 - self.area[0], (left + right - 1) / 2 - self.area[1])

    def cut(self, image: np.ndarray) -> np.ndarray:
        """The area of an image [h, w, c]."""
        top, left, bottom, right = self.area
        return image[top:bottom, left:right]

    def deleted(self, ranks: np.ndarray, counts: np.ndarray, others: np.ndarray) -> np.ndarray:
        """The unit's activation without so many pixels [k], the first of a ranking [h, w].

        others [h, w, c]: what they become.
        """
        return self.activations((ranks >= count for count in counts), others)

    def inserted(self, ranks: np.ndarray, counts: np.ndarray, others: np.ndarray) -> np.ndarray:
        """As deleted(), with no other pixels of the photo than these."""
        return self.activations((ranks < count for count in counts), others)

    def activations(self, kept: Iterable[np.ndarray], others: np.ndarray) -> np.ndarray:
        """The unit's activation [k] where the photo is kept, each bool [h, w]."""
        position, channel = self.unit.position, self.unit.channel
        parts = [np.zeros(0)]
        for masks in batched(kept, VERSIONS):
            patches = self.patches(np.stack(masks), others)
            parts.append(self.units.activations(patches, position, channel))
        return np.concatenate(parts)

    def patches(self, kept: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Versions of the unit's box, for masks [k, h, w]; zeros outside of the image."""
        top, left, bottom, right = self.box
        rows = slice(self.area[0] - top, self.area[2] - top)
        columns = slice(self.area[1] - left, self.area[3] - left)
        size = (bottom - top, right - left)
        patches = np.zeros((len(kept), *size, self.photo.shape[2]), self.photo.dtype)
        patches[:, rows, columns] = np.where(kept[..., None], self.photo, others)
        return patches


def batched(masks: Iterable[np.ndarray], size: int) -> Iterator[list[np.ndarray]]:
    """Masks in lists of that length; the last is what is left."""
    batch: list[np.ndarray] = []
    for mask in masks:
        batch.append(mask)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
