"""What is said of projections by their areas: better, worse, or as good as other rankings."""

from __future__ import annotations

import numpy as np
import pytest

from tfdeconv.checks.fidelity import CENTRE, RANDOM, Fidelity, RankedCurves, Settings
from tfdeconv.data.preprocessing import caffe
from tfdeconv.figures.fidelity_figure import FidelityFigure
from tfdeconv.figures.fidelity_text import MeasuredUnit, grades, verdict, worse_games
from tfdeconv.figures.style import PLAIN


def unit(own, random=(0.5, 0.5), centre=(0.1, 0.9)) -> MeasuredUnit:
    """With these areas at deletion and insertion."""
    curves = {}
    for name, areas in (("own", own), (RANDOM, random), (CENTRE, centre)):
        shares = np.repeat(np.array(areas, float)[None, :, None], 2, 2)
        curves[name] = RankedCurves(shares, np.array([0.0, 1.0]))
    return MeasuredUnit("conv", 0, "a.png", (0, 0), Fidelity(1.0, np.zeros(4), 1, curves))


def test_one_unit_differs_by_any_difference():
    assert grades([unit((0.2, 0.95))], "own", CENTRE) == [-1, 1]
    assert grades([unit((0.1, 0.9))], "own", CENTRE) == [0, 0]
    text = "better than random, better than the centre at insertion, worse than the centre at "
    assert verdict([unit((0.2, 0.95))], "own") == f"{text}deletion"


@pytest.mark.parametrize(
    "insertions, grade, words",
    [
        # differences to the centre: mean -0.01, error 0.02 / sqrt(4)
        ((0.87, 0.89, 0.89, 0.91), 0, "as good as the centre"),
        # -0.05, error 0.0082
        ((0.83, 0.85, 0.85, 0.87), -1, "worse than the centre at insertion"),
        ((0.93, 0.95, 0.95, 0.97), 1, "better than the centre at insertion"),
    ],
)
def test_units_differ_beyond_two_standard_errors(insertions, grade, words):
    units = [unit((0.1, insertion)) for insertion in insertions]
    # what nothing came down to says nothing
    units.append(unit((np.nan, np.nan)))
    assert grades(units, "own", CENTRE) == [0, grade]
    assert words in verdict(units, "own")
    assert worse_games(units, "own") == ([1] if grade < 0 else [])


def test_differences_are_of_the_same_unit():
    # areas differ much from unit to unit, and the rule is better in each of them
    units = []
    for area in (0.1, 0.3, 0.5, 0.7):
        units.append(unit((area, 0.5), centre=(area + 0.01 + area / 100, 0.5)))
    assert grades(units, "own", CENTRE) == [1, 0]


def test_axes_of_curves_end_at_ticks():
    figure = FidelityFigure("net", ("own",), Settings(), caffe((8, 8), 3), PLAIN)
    deletion, insertion = figure.curves([unit((1.255, -0.07))])
    assert deletion.y_axis.ticks == (0, 0.5, 1, 1.5)
    assert insertion.y_axis.ticks == (-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1)
    for axis in (deletion.y_axis, insertion.y_axis):
        assert (axis.low, axis.high) == (axis.ticks[0], axis.ticks[-1])
