"""What the figure of a sliding square says where there is little to be said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfdeconv.data.preprocessing import identity
from tfdeconv.experiments.grey import Grey
from tfdeconv.experiments.occlusion import Occlusion
from tfdeconv.experiments.squares import Squares
from tfdeconv.figures.occlusion_figure import OcclusionFigure
from tfdeconv.figures.style import Style
from tfdeconv.figures.unit_names import UnitNames, unit_names
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import Conv


@pytest.fixture
def names() -> UnitNames:
    net = Builder("small", (8, 8, 3))
    net.add("conv", Conv(1, 3))
    return unit_names(net.network(), "conv", None)


def figure(names: UnitNames, squares: Squares, totals: np.ndarray) -> OcclusionFigure:
    """The totals of each square; of the photo as it is 5."""
    energy, projection = np.zeros(totals.shape), np.zeros((1, 1, 8, 8, 3))
    shown: Any = type("Projection", (), {"pixels": projection})()
    grey = Grey(np.zeros(3), "black")
    found = Occlusion(squares, grey, 0, 5.0, totals, energy, float("nan"), shown, None)
    x = np.zeros((8, 8, 3), np.float32)
    return OcclusionFigure(found, x, identity((8, 8), 3), Style(), "guided", "all", names, None)


def test_a_square_that_costs_nothing_is_not_framed(names):
    squares = Squares(8, 8, 3, 4)
    gaining = figure(names, squares, np.full((2, 2), 6.0))
    assert gaining.framed == []
    assert gaining.feature_panels()[0].note == "nowhere does a square cost the feature anything"
    losing = figure(names, squares, np.array([[6.0, 6.0], [4.0, 6.0]]))
    assert losing.framed == [[5, 1, 8, 4]]
    assert losing.feature_panels()[0].note.startswith("framed")


def test_one_place_is_no_correlation(names):
    said = " ".join(figure(names, Squares(8, 8, 7, 8), np.ones((1, 1))).sentences())
    assert "hides a part of the photo: 1 place, one" in said and "beyond the photo" not in said
    assert "not defined: that takes two places" in said
