"""What the figure of random weights says of its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from tfdeconv.checks.randomization import CASCADING, EDGES, INDEPENDENT, Plan, Result
from tfdeconv.figures.randomization_text import cell, verdicts
from tfdeconv.network.weight_blocks import WeightBlock

BLOCKS = [WeightBlock(name, (name,)) for name in ("conv3", "conv2", "conv1")]
PLAN = Plan(BLOCKS, "normal", 2, 0, ())


def result(independent, original=True, left=0.0, level=0.0) -> Result:
    """With these similarities [blocks] of all measures when a block alone is random.

    left: with all of them random; level: of the projection with itself turned.
    """
    similarities = np.zeros((2, 3, 2, 4))
    similarities[INDEPENDENT] = np.asarray(independent, float)[:, None, None]
    similarities[CASCADING, -1] = left
    picture = np.ones((12, 12, 3)) if original else None
    return Result(picture, {}, similarities, np.full((3, 4), level), np.zeros((1, 4)))


def test_verdicts_name_the_weights_that_do_not_matter():
    results = {
        "edges": result([1, 1, 1], left=1),
        "half": result([1, 0.2, 0.995], left=0.2, level=0.05),
        "gradient": result([0.1, 0.2, 0.98], left=0.02, level=0.03),
        "dead": result([np.nan] * 3, original=False),
    }

    assert verdicts(PLAN, results) == [
        "edges: does not depend on the weights of any layer",
        "half: with all weights random 0.20 ± 0.00 of the rank correlation is left (unrelated "
        "pictures 0.05 ± 0.00): partly the photo, partly the weights; random weights in "
        "conv3, conv1 alone change nothing",
        "gradient: with all weights random 0.02 ± 0.00 of the rank correlation is left (unrelated "
        "pictures 0.03 ± 0.00): depends on the weights",
        "dead: nothing comes back",
    ]


def test_a_box_of_one_colour_has_no_edges():
    found = verdicts(PLAN, {EDGES: result([np.nan] * 3, original=False)})
    assert found == ["edges: there are none in the box"]


def test_a_difference_in_one_draw_or_measure_counts():
    seen = result([1, 1, 1])
    seen.similarities[INDEPENDENT, 1, 0, 2] = 0.5
    # what is not defined says nothing: pictures below 11 pixels have no SSIM
    seen.similarities[INDEPENDENT, 2, :, :2] = np.nan

    (verdict,) = verdicts(PLAN, {"some": seen})
    assert verdict.endswith("weights; random weights in conv3, conv1 alone change nothing")


@pytest.mark.parametrize(
    "left, level, words",
    [
        (0.66, 0.05, "mostly the photo, not the weights"),
        (0.525, 0.05, "mostly the photo, not the weights"),  # half of the way from 0.05 to 1
        (0.5, 0.05, "partly the photo, partly the weights"),
        (0.05, 0.05, "depends on the weights"),
        (-0.3, 0.05, "depends on the weights"),
        # what pictures that have nothing to do with each other have in common is not left over
        (0.6, 0.58, "depends on the weights"),
        (0.97, 0.95, "cannot be told, as it is much like itself turned"),
    ],
)
def test_verdicts_say_how_much_is_left(left, level, words):
    (verdict,) = verdicts(PLAN, {"guided": result([0.1] * 3, left=left, level=level)})
    assert verdict.endswith(f"): {words}")
    assert f" {left:.2f} ± 0.00 of the rank correlation is left" in verdict


def test_nothing_comes_back_from_random_networks():
    (verdict,) = verdicts(PLAN, {"guided": result([0.1] * 3, left=np.nan)})
    assert verdict == "guided: nothing comes back when all weights are random"


def test_cells_have_mean_and_spread():
    assert cell(np.array([0.1, 0.3])) == "0.20 ± 0.14"
    assert cell(np.array([0.5, np.nan])) == "0.50"
    assert cell(np.array([np.nan])) == ""
