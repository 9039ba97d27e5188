"""What the figure of random weights says of its numbers."""

from __future__ import annotations

import numpy as np

from tfdeconv.checks.randomization import INDEPENDENT, Plan, Result
from tfdeconv.figures.randomization_text import cell, verdicts
from tfdeconv.network.weight_blocks import WeightBlock

BLOCKS = [WeightBlock(name, (name,)) for name in ("conv3", "conv2", "conv1")]
PLAN = Plan(BLOCKS, "normal", 2, 0, ())


def result(independent, original=True) -> Result:
    """With these similarities [blocks] of all measures when a block alone is random."""
    similarities = np.zeros((2, 3, 2, 4))
    similarities[INDEPENDENT] = np.asarray(independent, float)[:, None, None]
    picture = np.ones((12, 12, 3)) if original else None
    return Result(picture, {}, similarities, np.zeros((3, 4)), np.zeros((1, 4)))


def test_verdicts_name_the_weights_that_do_not_matter():
    results = {
        "edges": result([1, 1, 1]),
        "half": result([1, 0.2, 0.995]),
        "gradient": result([0.1, 0.2, 0.98]),
        "dead": result([np.nan] * 3, original=False),
    }

    assert verdicts(PLAN, results) == [
        "edges: does not depend on the weights of any layer",
        "half: does not depend on the weights of conv3, conv1",
        "gradient: depends on the weights of every layer",
        "dead: nothing comes back",
    ]


def test_a_difference_in_one_draw_or_measure_counts():
    seen = result([1, 1, 1])
    seen.similarities[INDEPENDENT, 1, 0, 2] = 0.5
    # what is not defined says nothing: pictures below 11 pixels have no SSIM
    seen.similarities[INDEPENDENT, 2, :, :2] = np.nan

    assert verdicts(PLAN, {"some": seen}) == [
        "some: does not depend on the weights of conv3, conv1"
    ]


def test_cells_have_mean_and_spread():
    assert cell(np.array([0.1, 0.3])) == "0.20 +- 0.14"
    assert cell(np.array([0.5, np.nan])) == "0.50"
    assert cell(np.array([np.nan])) == ""
