"""What is said of projections that were measured by deletion and insertion: words and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks.fidelity import CENTRE, GAMES, RANDOM, Fidelity
from ..words import PLUS_MINUS

OTHERS = {RANDOM: "random", CENTRE: "the centre"}
# what is said of grades()
GRADES = {1: "better than", 0: "as good as", -1: "worse than"}
# so many of a mean difference's are taken for chance
STANDARD_ERRORS = 2
# how to read tile_lines()
AREAS_LEGEND = (
    "Deletion, insertion: the area under the unit's share of its activation, as the pixels that it "
    "sees are deleted, or put back, the strongest of the projection first; in brackets in random "
    "order. Less is better at deletion, more at insertion"
)
CURVE_COLUMNS = (
    *("layer", "feature", "rank", "image", "ranking", "number", "measure"),
    *("pixels", "share", "activation"),
)
AREA_COLUMNS = (
    *("layer", "feature", "rank", "image", "row", "column", "activation", "ranking"),
    *("deletion", "insertion", "undefined"),
)
MEAN_COLUMNS = (
    *("layer", "feature", "ranking", "images", "deletion", "deletion_deviation"),
    *("insertion", "insertion_deviation"),
)


@dataclass(frozen=True)
class MeasuredUnit:
    """A unit of an image, and what came of its projections."""

    layer: str
    channel: int
    image: str  # its name
    position: tuple[int, int]
    fidelity: Fidelity
    rank: int | None = None  # of the image among the strongest of a run, from 1


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of some rows; NaN where there are too few."""

    mean: np.ndarray
    deviation: np.ndarray
    count: int

    @classmethod
    def of(cls, rows: np.ndarray) -> Spread:
        """Of rows [n, ...] of which all numbers are known."""
        known = rows[~np.isnan(rows).any(tuple(range(1, rows.ndim)))]
        nothing = np.full(rows.shape[1:], np.nan)
        mean = known.mean(0) if len(known) else nothing
        deviation = known.std(0, ddof=1) if len(known) > 1 else nothing
        return cls(mean, deviation, len(known))

    def text(self, game: int) -> str:
        """Of areas [games]: `0.12` with its deviation; "" where nothing is known."""
        if np.isnan(self.mean[game]):
            return ""
        mean = f"{self.mean[game]:.3f}"
        if np.isnan(self.deviation[game]):
            return mean
        return f"{mean} {PLUS_MINUS} {self.deviation[game]:.3f}"


def spread_of(units: Sequence[MeasuredUnit], ranking: str) -> Spread:
    """The areas [games] of a ranking over units."""
    return Spread.of(np.array([unit.fidelity.area(ranking) for unit in units]))


def grades(units: Sequence[MeasuredUnit], rule: str, other: str) -> list[int]:
    """By game whether a rule is better than another ranking (1), worse (-1), or neither (0).

    By the mean difference over the units that both rank: it counts beyond STANDARD_ERRORS of its
    own. One unit has none: its difference counts whatever it is.
    """
    pairs = [unit.fidelity.area(rule) - unit.fidelity.area(other) for unit in units]
    differences = Spread.of(np.array(pairs))
    if not differences.count:
        return [0] * len(GAMES)
    least = 0.0
    if differences.count > 1:
        least = STANDARD_ERRORS * differences.deviation / np.sqrt(differences.count)
    beyond = np.abs(differences.mean) > least
    # of deletion less is better
    return [int(grade) for grade in np.sign(differences.mean) * beyond * (-1, 1)]


def worse_games(units: Sequence[MeasuredUnit], rule: str) -> list[int]:
    """The games at which a rule is worse than one of the other rankings."""
    graded = np.array([grades(units, rule, other) for other in OTHERS])
    return [int(game) for game in np.flatnonzero((graded < 0).any(0))]


def any_defined(units: Sequence[MeasuredUnit]) -> bool:
    """Whether there are curves of one of the units."""
    return any(not unit.fidelity.undefined for unit in units)


def ranked_by(units: Sequence[MeasuredUnit], rule: str) -> list[MeasuredUnit]:
    """The units of which there are curves in a rule's order."""
    return [unit for unit in units if not np.isnan(unit.fidelity.area(rule)).any()]


def verdicts(units: Sequence[MeasuredUnit], rules: Sequence[str]) -> list[str]:
    """What came of each rule: `deconvnet: better than random, as good as the centre`."""
    return [f"{rule}: {verdict(units, rule)}" for rule in rules]


def verdict(units: Sequence[MeasuredUnit], rule: str) -> str:
    """What came of a rule in words; of several units by those that it ranks: grades()."""
    if not any_defined(units):
        reasons = sorted({unit.fidelity.undefined for unit in units})
        return f"not defined, {' or '.join(reasons)}"
    ranked = ranked_by(units, rule)
    if not ranked:
        return "no ranking, nothing came down"
    found = []
    for other, name in OTHERS.items():
        graded = grades(ranked, rule, other)
        for grade, words in GRADES.items():
            games = [GAMES[game] for game, own in enumerate(graded) if own == grade]
            if len(games) == len(GAMES):
                found.append(f"{words} {name}")
            elif games:
                found.append(f"{words} {name} at {games[0]}")
    return ", ".join(found)


def tile_lines(areas: np.ndarray) -> list[str]:
    """What stands under a tile: `deletion 0.12 (0.45)`, in brackets of random rankings.

    areas [2, games]: Fidelity.beside_random(). None of a unit that has no curves.

    >>> tile_lines(np.array([[0.12, 0.61], [0.45, 0.375]]))
    ['deletion 0.12 (0.45)', 'insertion 0.61 (0.38)']
    """
    if np.isnan(areas).all():
        return []
    lines = []
    for own, other, name in zip(*areas, GAMES):
        value = "none" if np.isnan(own) else f"{own:.2f}"
        lines.append(f"{name} {value} ({other:.2f})")
    return lines


def areas_text(areas: np.ndarray) -> dict[str, str]:
    """What a picture's text says of areas [..., 2, games]: of all its units, in order."""
    texts = {}
    for game, name in enumerate(GAMES):
        for i, ranking in enumerate(("", ", random")):
            values = areas[..., i, game].reshape(-1)
            texts[f"{name}{ranking}"] = ",".join(f"{value:.4g}" for value in values)
    return texts


def curve_rows(units: Sequence[MeasuredUnit]) -> Iterator[Sequence[Any]]:
    """All curves, a row a point: CURVE_COLUMNS."""
    for unit in units:
        named = (unit.layer, unit.channel, unit.rank, unit.image)
        for ranking, curves in unit.fidelity.curves.items():
            for order, game in np.ndindex(curves.shares.shape[:2]):
                for pixels, share in zip(curves.pixels, curves.shares[order, game]):
                    activation = share * unit.fidelity.activation
                    yield (*named, ranking, order + 1, GAMES[game], pixels, share, activation)


def area_rows(units: Sequence[MeasuredUnit]) -> Iterator[Sequence[Any]]:
    """The areas of each unit's rankings: AREA_COLUMNS; of random ones the mean."""
    for unit in units:
        named = (unit.layer, unit.channel, unit.rank, unit.image, *unit.position)
        for ranking in unit.fidelity.curves:
            areas = unit.fidelity.area(ranking)
            yield (*named, unit.fidelity.activation, ranking, *areas, unit.fidelity.undefined)


def mean_rows(by_feature: Mapping[int, Sequence[MeasuredUnit]]) -> Iterator[Sequence[Any]]:
    """Means and deviations over each feature's units: MEAN_COLUMNS."""
    for channel, units in by_feature.items():
        for ranking in units[0].fidelity.curves:
            spread = spread_of(units, ranking)
            pairs = zip(spread.mean, spread.deviation)
            values = [value for pair in pairs for value in pair]
            yield (units[0].layer, channel, ranking, spread.count, *values)


def results_of(units: Sequence[MeasuredUnit]) -> dict[str, str]:
    """What a figure's text says besides its recipe: areas at deletion and insertion, by ranking."""
    results = {}
    for ranking in units[0].fidelity.curves:
        spread = spread_of(units, ranking)
        areas = [spread.text(game) or "not defined" for game in range(len(GAMES))]
        results[f"areas, {ranking}"] = ", ".join(areas)
    return results
