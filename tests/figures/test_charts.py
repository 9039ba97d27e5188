"""Charts: ticks, places and colours of what is drawn, and sheets that hold them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tfdeconv.data.preprocessing import caffe
from tfdeconv.figures.charts.axis import named_axis, range_axis, round_axis
from tfdeconv.figures.charts.bars import Bars
from tfdeconv.figures.charts.categories import NONE, CategoryMap
from tfdeconv.figures.charts.curves import Curves, Series
from tfdeconv.figures.charts.heat import HeatMap
from tfdeconv.figures.charts.key import spread_apart
from tfdeconv.figures.charts.lettering import TICK, TITLE
from tfdeconv.figures.charts.mosaic import DEAD, LARGE, Mosaic
from tfdeconv.figures.charts.palette import DIVERGING, SEQUENTIAL, SERIES, shades
from tfdeconv.figures.charts.picture import Picture, Signal
from tfdeconv.figures.charts.picture_grid import PictureGrid
from tfdeconv.figures.charts.sheet import Block, draw_sheet
from tfdeconv.figures.charts.table import Table
from tfdeconv.figures.legend import Legend
from tfdeconv.figures.letters import text_width
from tfdeconv.figures.page import MAX_WIDTH
from tfdeconv.figures.tones import LUMINANCE

PHOTO = np.arange(60 * 40 * 3, dtype=np.uint32).reshape(60, 40, 3).astype(np.uint8)
PANELS = {
    "curves": Curves([Series("a", [0, 1, 2], [1, np.nan, 3], [0, 1, 1])], "x", "y", title="t"),
    "no points": Curves([Series("a", [], [])]),
    "all unknown": Curves([Series("a", [0, 1], [np.nan, np.nan], dashed=True)]),
    "a constant": Curves([Series("", [5], [3])], y_range=(3, 3)),
    "names": Curves([Series("é語", [0, 1], [1, 2])], x_names=["a long name of a layer"] * 2),
    "bars": Bars(["a", "b"], [[1, np.nan], [-2, 3]], [[1, 1], [0, np.nan]], groups=["g", "h"]),
    "no bars": Bars([], []),
    "stacked": Bars(list("abc"), np.ones((3, 3)) / 3, groups=list("xyz"), stacked=True),
    "heat": HeatMap(np.array([[1, np.nan], [3, 4.0]]), PHOTO, unit="u", note="n " * 90),
    "unknown heat": HeatMap(np.full((2, 3), np.nan)),
    "diverging": HeatMap(np.array([[-1, 3.0]]), diverging=True, smooth=True),
    "classes": CategoryMap(np.arange(12).reshape(3, 4) - 1, [str(i) for i in range(11)], PHOTO),
    "no class": CategoryMap(np.full((2, 2), NONE), []),
    "picture": Picture(PHOTO, boxes=[(0, 0, 30, 30)]),
    "signal": Signal(np.zeros((4, 4, 3)), caffe((4, 4)), word="dead", title="a long title " * 9),
    "mosaic": Mosaic(np.zeros((7, 3, 3, 3), np.uint8), 300, marks={0: DEAD, 1: LARGE}),
    "table": Table(["a", "b"], [["x", "1"], ["y", ""]], marked=[0, (1, 1)]),
    "empty table": Table(["a"], []),
}


@pytest.mark.parametrize("name", PANELS)
def test_panels_draw_within_their_size(name):
    panel = PANELS[name]
    width, height = panel.size
    around = 12
    canvas = Image.new("RGB", (width + 2 * around, height + 2 * around), "white")
    panel.draw(canvas, (around, around))
    drawn = (np.asarray(canvas) != 255).any(2)
    assert drawn.any()
    drawn[around : around + height, around : around + width] = False
    # letters stand over their line by some pixels
    assert not drawn[: around - 8].any() and not drawn[:, : around - 5].any()
    assert not drawn[around + height + 8 :].any() and not drawn[:, around + width + 5 :].any()


def test_sheets_hold_all_panels_and_wrap():
    sheet = draw_sheet("title", "caption", [list(PANELS.values())], ["one", "two"], Legend(["s"]))
    assert sheet.width <= MAX_WIDTH
    assert draw_sheet("t", "c", [[PANELS["table"]]]).width < 900


def test_axes_have_round_ticks():
    assert round_axis(0, 1).labels == ("0", "0.2", "0.4", "0.6", "0.8", "1")
    assert round_axis(-0.31, 0.29, most=4).labels == ("-0.4", "-0.2", "0", "0.2", "0.4")
    assert round_axis(3, 3).low < 3 < round_axis(3, 3).high
    assert round_axis(0, 224, to_ticks=False).ticks == (0, 50, 100, 150, 200)
    assert range_axis([np.array([np.nan, np.inf])]).labels[-1] == "1"
    assert named_axis(["a", "b"]).part(np.array([-0.5, 1.5])).tolist() == [0, 1]
    for power in range(-12, 13):
        axis = round_axis(1.1 * 10.0**power, 9.7 * 10.0**power)
        assert axis.low <= 1.1 * 10.0**power and 9.7 * 10.0**power <= axis.high
        assert 3 <= len(axis.ticks) <= 8


def test_curves_stand_where_their_values_are():
    panel = Curves([Series("", [0, 50, 100], [0, 1, 0])])
    canvas = Image.new("RGB", panel.size, "white")
    panel.draw(canvas, (0, 0))
    left, top, right, bottom = panel.plot.box
    blue = (np.abs(np.asarray(canvas).astype(int) - SERIES[0]).sum(2) < 20).nonzero()
    peak = blue[0].argmin()
    # half a marker, and the pixel where a line begins
    assert abs(blue[0].min() - top) <= 5 and abs(blue[1][peak] - (left + right) / 2) <= 5
    assert abs(blue[0].max() - bottom) <= 5 and abs(blue[1].max() - right) <= 5


def test_bars_reach_their_values():
    panel = Bars(["a", "b"], [1.0, 0.5], y_range=(0, 1))
    canvas = Image.new("RGB", panel.size, "white")
    panel.draw(canvas, (0, 0))
    blue = (np.asarray(canvas) == SERIES[0]).all(2)
    heights = sorted(set(blue.sum(0).tolist()) - {0})
    _, top, _, bottom = panel.plot.box
    assert abs(heights[-1] - (bottom - top)) <= 2
    assert any(abs(height - (bottom - top) / 2) <= 2 for height in heights)


def test_scales_are_even_in_lightness():
    brightness = shades(np.linspace(0, 1, 33), SEQUENTIAL) @ LUMINANCE
    steps = np.diff(brightness)
    assert (steps > 0).all() and steps.max() < 2 * steps.mean()
    both = shades(np.array([0, 0.2, 0.8, 1.0]), DIVERGING) @ LUMINANCE
    assert abs(both[0] - both[3]) < 20 and abs(both[1] - both[2]) < 40
    colours = np.array(SERIES) @ LUMINANCE
    assert len(set(colours.round().tolist())) == len(SERIES)


def test_unknown_cells_show_what_is_beneath():
    photo = np.full((20, 20, 3), 90, np.uint8)
    panel = HeatMap(np.array([[np.nan, 1.0], [0.0, 0.5]]), photo, side=200)
    drawn = panel.pixels()
    assert (drawn[:99, :99] == 90).all() and (drawn[150, 150] != 90).any()
    assert panel.axis.labels == ("0", "0.2", "0.4", "0.6", "0.8", "1")


def test_names_at_the_ends_do_not_overlap():
    rows = spread_apart([10, 11, 12, 300, 305], 0, 310)
    assert (np.diff(rows) >= 20).all() and rows[-1] <= 310


@pytest.mark.parametrize("shape", [(1200, 100, 3), (100, 1200, 3), (9, 9, 3)])
def test_texts_of_narrow_panels_are_whole(shape):
    """However tall and wide a photo is: no word is cut, and none reaches into the next panel."""
    photo = np.zeros(shape, np.uint8)
    title, note = "Probability of Egyptian cat", "framed: the square where it costs the class most"
    values = np.array([[130.0, 195.0]])
    for panel in (Picture(photo, 180), HeatMap(values, photo), HeatMap(values, photo, side=90)):
        block = Block(replace(panel, title=title, note=note))
        assert " ".join(block.titles) == title and " ".join(block.notes) == note
        assert max(text_width(line, TITLE) for line in block.titles) <= block.width
        assert max(text_width(line, TICK) for line in block.notes) <= block.width
    # what has no spaces loses its middle
    name = "n02123045_" * 9 + "7.jpg"
    block = Block(Picture(photo, 180, note=name))
    assert text_width(block.notes[0], TICK) <= block.width and "..." in block.notes[0]


def test_words_under_thin_pictures_are_whole():
    words = ["-60 px", "+60 px"]
    grid = PictureGrid([np.zeros((120, 10, 3), np.uint8)] * 2, words, 2)
    assert grid.column >= max(text_width(word, TICK) for word in words)


def test_numbers_of_low_bars_do_not_overlap():
    values = np.array([[0.33, 0.62]])
    for height in (40, 83, 400):
        axis = HeatMap(values, np.zeros((height, 400, 3), np.uint8), side=400).axis
        rows = np.array([float(axis.part(tick)) for tick in axis.ticks]) * (height - 1)
        assert len(rows) and (np.diff(rows) >= TICK).all()


def test_few_pictures_have_the_room_of_a_row():
    grids = [PictureGrid([PHOTO] * count, [""] * count, 3) for count in (1, 3)]
    assert grids[0].size == grids[1].size
    # what stands beside them is in columns, whatever the first has as its title
    named = replace(grids[0], title="a long name of a file " * 9)
    assert Block(named).width == Block(grids[1]).width
    thin = PictureGrid([np.zeros((120, 10, 3), np.uint8)], [""], 1, title="name" * 40)
    assert Block(thin).width == Block(replace(thin, title="")).width


def test_columns_of_numbers_may_have_words():
    rows = [["a", "1", "x"], ["b", "not known", "2"], ["c", "3 x 3", ""]]
    assert Table(["", "", ""], rows).numeric == [False, True, False]
