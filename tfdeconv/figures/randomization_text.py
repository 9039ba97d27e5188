"""What a figure of random weights says: verdicts, the numbers beside it, and its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ..checks.randomization import CASCADING, MEASURES, ORDERS, TURNS, Plan, Result, ignored
from ..words import listed
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
    """Of each method, on which weights its picture does not depend."""
    found = []
    for method, result in results.items():
        names = [plan.blocks[number].name for number in ignored(result)]
        if result.original is None:
            found.append(f"{method}: nothing comes back")
        elif len(names) == len(plan.blocks):
            found.append(f"{method}: does not depend on the weights of any layer")
        elif names:
            found.append(f"{method}: does not depend on the weights of {listed(names)}")
        else:
            found.append(f"{method}: depends on the weights of every layer")
    return found


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
    """Mean and spread of a list of similarities for a table: `0.53 +- 0.08`; nothing of none."""
    mean, spread = mean_and_spread(values)
    if np.isnan(mean):
        return ""
    if np.isnan(spread):
        return short(mean)
    return f"{short(mean)} +- {short(spread)}"
