"""How much of a projection is left when the network's weights are made random.

Adebayo et al. 2018, "Sanity checks for saliency maps": a picture that stays the same does not show
what the network learned. Weights become random block by block from the target down, and those of
one block alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..network.weight_blocks import WeightBlock
from .random_weights import Weights, random_layers
from .similarity import rank_correlation, structural_similarity

# A picture [h, w, c] signed of each feature; None where nothing came back, or is not finite.
Pictures = Sequence[np.ndarray | None]
# What makes them with given weights: a rule, or an image's edges, which look at no weights.
Method = Callable[[Weights], Pictures]
# the name of the latter, which fails the check
EDGES = "edges"

# the target's block first, then with the next one below, down to the first; or each block alone
ORDERS = ("cascading", "independent")
CASCADING, INDEPENDENT = range(len(ORDERS))
# of two pictures, signed and as magnitudes
MEASURES = ("SSIM", "SSIM of magnitudes", "rank correlation", "rank correlation of magnitudes")
# of MEASURES, the one by which it is told how much is left: small pictures have it too
RANKS = MEASURES.index("rank correlation")
# similarity from which on, by all measures, a picture is said to be the same
SAME = 0.99
# from which on a picture is so like itself turned that similarities tell nothing
SYMMETRIC = 0.9
# Parts of the way from unrelated pictures to equal ones, and what a picture is of that is still so
# far when all weights are random.
MOSTLY, PARTLY = 0.5, 0.1
# percentile of a picture's magnitudes that is full black or white: few are much larger
FULL = 99
# the same values elsewhere
TURNS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "left to right": lambda picture: picture[:, ::-1],
    "upside down": lambda picture: picture[::-1],
    "by 180 degrees": lambda picture: picture[::-1, ::-1],
}


@dataclass(frozen=True)
class Plan:
    """blocks: from the target down. how: one of random_weights.KERNELS.

    shown: the numbers of the cascade's steps of which the pictures are kept, of the first draw.
    """

    blocks: Sequence[WeightBlock]
    how: str
    draws: int
    seed: int
    shown: Sequence[int]

    @property
    def evaluations(self) -> int:
        """How often each method makes its pictures: the first step is the same in both orders."""
        return 1 + self.draws * (2 * len(self.blocks) - 1)


@dataclass(frozen=True)
class Result:
    """What came of one feature by one method. NaN: not defined, as nothing came back."""

    # with the network's own weights
    original: np.ndarray | None
    # {number of a step that is shown: its picture}
    pictures: dict[int, np.ndarray | None]
    # [orders, blocks, draws, measures]: with the original
    similarities: np.ndarray
    # [turns, measures]: of the original with itself, turned
    turned: np.ndarray
    # [pairs of draws, measures]: of two networks of which all blocks are random
    unrelated: np.ndarray


def randomize(
    methods: Mapping[str, Method],
    weights: Weights,
    plan: Plan,
    told: Callable[[], None] = lambda: None,
) -> dict[str, list[Result]]:
    """By method a result for each feature.

    weights: the network's own. told: is called after each time that a method made its pictures.
    """
    records = {}
    for name, method in methods.items():
        records[name] = [Record(picture, plan) for picture in method(weights)]
        told()

    def evaluate(order: int, number: int, draw: int, random_weights: Weights) -> None:
        for name, method in methods.items():
            for record, picture in zip(records[name], method(random_weights)):
                record.add(order, number, draw, picture)
            told()

    for draw in range(plan.draws):
        blocks = []
        cascade = dict(weights)
        for number, block in enumerate(plan.blocks):
            blocks.append(random_layers(weights, block.layers, plan.how, (plan.seed, draw)))
            cascade = cascade | blocks[-1]
            evaluate(CASCADING, number, draw, cascade)
        for number, block_weights in enumerate(blocks[1:], 1):
            evaluate(INDEPENDENT, number, draw, {**weights, **block_weights})
    results = {}
    for name in methods:
        results[name] = [record.result() for record in records[name]]
    return results


class Record:
    """Gathers what comes of one feature by one method."""

    def __init__(self, original: np.ndarray | None, plan: Plan):
        self.original = original
        self.plan = plan
        extents = (len(ORDERS), len(plan.blocks), plan.draws, len(MEASURES))
        self.similarities = np.full(extents, np.nan)
        self.pictures: dict[int, np.ndarray | None] = {}
        # with all blocks random, of each draw
        self.last: list[np.ndarray | None] = []

    def add(self, order: int, number: int, draw: int, picture: np.ndarray | None) -> None:
        values = similarities(self.original, picture)
        self.similarities[order, number, draw] = values
        if order != CASCADING:
            return
        if number == 0:
            self.similarities[INDEPENDENT, number, draw] = values
        if draw == 0 and number in self.plan.shown:
            self.pictures[number] = picture
        if number == len(self.plan.blocks) - 1:
            self.last.append(picture)

    def result(self) -> Result:
        original = self.original
        turned = []
        for turn in TURNS.values():
            turned.append(similarities(original, None if original is None else turn(original)))
        pairs = [similarities(a, b) for a, b in combinations(self.last, 2)]
        unrelated = np.reshape(pairs, (len(pairs), len(MEASURES)))
        return Result(original, self.pictures, self.similarities, np.array(turned), unrelated)


def similarities(a: np.ndarray | None, b: np.ndarray | None) -> np.ndarray:
    """The MEASURES of two pictures, NaN where there are not two."""
    if a is None or b is None:
        return np.full(len(MEASURES), np.nan)
    drawn_a = as_drawn(a)
    drawn_b = as_drawn(b)
    return np.array(
        [
            # zero is mid-grey
            structural_similarity((1 + drawn_a) / 2, (1 + drawn_b) / 2, 1.0),
            structural_similarity(np.abs(drawn_a), np.abs(drawn_b), 1.0),
            rank_correlation(a, b),
            rank_correlation(a, b, absolute=True),
        ]
    )


def as_drawn(picture: np.ndarray) -> np.ndarray:
    """A signed picture on the scale that it is drawn on: from -1, full black, to 1, full white."""
    magnitudes = np.abs(picture)
    full = np.percentile(magnitudes[magnitudes > 0], FULL)
    return np.clip(picture / full, -1, 1)


def part_left(result: Result) -> float:
    """How much is left when all weights are random: 1 all of it, 0 no more than by chance.

    By rank correlation, of which pictures have some that have nothing to do with each other, as
    the projection and itself turned. NaN where that is not known, or is so much that nothing can be
    told.
    """
    left = defined_mean(result.similarities[CASCADING, -1, :, RANKS])
    level = defined_mean(result.turned[:, RANKS])
    return (left - level) / (1 - level) if level < SYMMETRIC else float("nan")


def defined_mean(values: np.ndarray) -> float:
    """The mean of the values that are defined; NaN of none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def ignored(result: Result) -> list[int]:
    """The numbers of the blocks on whose weights the picture does not depend.

    Random ones in such a block leave it the same in every draw, by all measures that are defined.
    """
    least = np.where(np.isnan(result.similarities), np.inf, result.similarities)
    alike = least[INDEPENDENT].min((1, 2))
    return [int(i) for i in np.flatnonzero((alike >= SAME) & (alike < np.inf))]
