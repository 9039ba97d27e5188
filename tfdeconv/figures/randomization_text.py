"""What a figure of random weights says: verdicts, the numbers beside it, and its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ..checks.randomization import (
    CASCADING,
    EDGES,
    MEASURES,
    MOSTLY,
    ORDERS,
    PARTLY,
    RANKS,
    SAME,
    TURNS,
    Plan,
    Result,
    ignored,
    part_left,
)
from ..words import PLUS_MINUS, listed
from . import naming
from .recipe import Recipe

# of the table beside a figure
COLUMNS = ("picture", "compared with", "random", "block", "blocks random", "draw", *MEASURES)
# what pictures are compared with
TRAINED, TURNED, OTHER = "trained network", "itself turned", "other random network"


def rows(plan: Plan, results: Mapping[str, Result]) -> Iterator[Sequence[Any]]:
    """The table's rows: each picture of a random network, and what the numbers compare with."""
    blocks = [block.name for block in plan.blocks]
    for method, result in results.items():
        for order, step, draw in np.ndindex(result.similarities.shape[:3]):
            count = step + 1 if order == CASCADING else 1
            values = result.similarities[order, step, draw]
            yield (method, TRAINED, ORDERS[order], blocks[step], count, draw + 1, *values)
        for turn, values in zip(TURNS, result.turned):
            yield (method, f"{TURNED} {turn}", None, None, 0, None, *values)
        pairs = combinations(range(1, plan.draws + 1), 2)
        for (first, second), values in zip(pairs, result.unrelated):
            draws = f"{first} and {second}"
            yield (method, OTHER, ORDERS[CASCADING], blocks[-1], len(blocks), draws, *values)


def stem(recipe: Recipe, photo: Path, layer: str, channel: int) -> str:
    """What the figure's name begins with."""
    return naming.file_name(
        photo.stem,
        f"{recipe.facts['network']}-{layer}",
        "randomise",
        naming.features_part([channel]),
    )


def results_of(plan: Plan, results: Mapping[str, Result]) -> dict[str, str]:
    """What a figure's text says besides its recipe."""
    return {
        "blocks": ",".join(block.name for block in plan.blocks),
        "verdicts": ". ".join(verdicts(plan, results)),
    }


def verdicts(plan: Plan, results: Mapping[str, Result]) -> list[str]:
    """What each method's picture is of: the weights, or the photo."""
    lines = []
    for method, result in results.items():
        text = verdict(plan, result)
        if method == EDGES and result.original is None:
            text = "there are none in the box"
        lines.append(f"{method}: {text}")
    return lines


def verdict(plan: Plan, result: Result) -> str:
    """How much is left when all weights are random, what follows, and which weights do nothing."""
    if result.original is None:
        return "nothing comes back"
    names = [plan.blocks[number].name for number in ignored(result)]
    if len(names) == len(plan.blocks) and not part_left(result) < SAME:
        return "does not depend on the weights of any layer"
    left = cell(result.similarities[CASCADING, -1, :, RANKS])
    level = cell(result.turned[:, RANKS]) or "not defined"
    text = "nothing comes back when all weights are random"
    if left:
        text = (
            f"with all weights random {left} of the rank correlation is left (unrelated pictures "
            f"{level}): {what_it_shows(part_left(result))}"
        )
    if names:
        text += f"; random weights in {listed(names)} alone change nothing"
    return text


def what_it_shows(part: float) -> str:
    """In words, of part_left().

    >>> what_it_shows(0.02), what_it_shows(0.6)
    ('depends on the weights', 'mostly the photo, not the weights')
    """
    if np.isnan(part):
        return "cannot be told, as it is much like itself turned"
    if part >= MOSTLY:
        return "mostly the photo, not the weights"
    return "partly the photo, partly the weights" if part >= PARTLY else "depends on the weights"


def shorter(names: Sequence[str]) -> list[str]:
    """Names without what ONNX puts around layers' own, if they still differ.

    >>> shorter(["/_blocks.0/_project_conv/Conv", "/_blocks.1/Add"]), shorter(["conv1"])
    (['_blocks.0/_project_conv', '_blocks.1'], ['conv1'])
    """
    own = []
    for name in names:
        module, _, operator = name.removeprefix("/").rpartition("/")
        own.append(module if module and operator.isalpha() else name)
    return own if len(set(own)) == len(own) else list(names)


def mean_and_spread(values: np.ndarray) -> tuple[float, float]:
    """Of the values that are defined: mean and standard deviation; NaN where there are too few.

    >>> mean_and_spread(np.array([1.0, 3.0, np.nan]))
    (2.0, 1.4142135623730951)
    """
    known = values[np.isfinite(values)]
    mean = float(known.mean()) if known.size else float("nan")
    return mean, float(known.std(ddof=1)) if known.size > 1 else float("nan")


def short(value: float) -> str:
    """A similarity in two digits.

    >>> short(0.126), short(-0.001)
    ('0.13', '0.00')
    """
    # a zero has no sign
    return f"{round(value, 2) + 0.0:.2f}"


def cell(values: np.ndarray) -> str:
    """Mean and spread of a list of similarities for a table: `0.53 ± 0.08`; nothing of none."""
    mean, spread = mean_and_spread(values)
    if np.isnan(mean):
        return ""
    if np.isnan(spread):
        return short(mean)
    return f"{short(mean)} {PLUS_MINUS} {short(spread)}"
