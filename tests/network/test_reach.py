"""Which units a change of the image reaches, against windows counted by hand and one by one."""

from __future__ import annotations

import pytest
from helpers import EXAMPLES, example

from tfdeconv.network import reach
from tfdeconv.network.graph import INPUT, Builder
from tfdeconv.network.layers import Add, Conv, MaxPool, ZeroPad
from tfdeconv.network.reach import AxisWindows, Rectangle, changed_windows


def sized(network):
    height, width, _ = network.input_shape
    nodes = network.at(height, width).nodes
    return nodes, {INPUT: network.input_shape} | network.shapes()


def test_reach_of_a_square_by_hand():
    net = Builder("by hand", (40, 40, 1))
    net.add("one", Conv(1, 3, pad=1))
    net.add("two", Conv(1, 3, pad=1))
    net.add("pool", MaxPool(2, 2))
    nodes, shapes = sized(net.network())

    reached = reach.reached_cells(nodes, shapes, [range(10, 20)], axis=0)

    assert reached["one"] == [range(9, 21)]
    assert reached["two"] == [range(8, 22)]
    assert reached["pool"] == [range(4, 11)]


def test_windows_of_many_squares_have_one_size():
    net = Builder("squares", (40, 30, 1))
    net.add("one", Conv(1, 3, pad=1))
    net.add("pool", MaxPool(3, 2, pad=1))
    nodes, shapes = sized(net.network())
    squares = [Rectangle(0, 0, 4, 4), Rectangle(17, 9, 21, 13), Rectangle(38, 24, 40, 28)]

    windows = changed_windows(nodes, shapes, squares)

    assert windows[INPUT][0] == AxisWindows(4, (0, 17, 36))  # the last one is on 38 and 39 alone
    assert windows["one"][0] == AxisWindows(6, (0, 16, 34))
    # 16 to 21 are read by 8, of 15 to 17, up to 11, of 21 to 23
    assert windows["pool"][0] == AxisWindows(4, (0, 8, 16))
    assert windows["pool"][1].size == 4


def test_a_change_that_is_cropped_away_reaches_nothing():
    net = Builder("cropped", (20, 20, 1))
    net.add("crop", ZeroPad(((-8, -8), (-8, -8))))
    net.add("conv", Conv(1, 3, pad=1))
    nodes, shapes = sized(net.network())

    reached = reach.reached_cells(nodes, shapes, [range(0, 5), range(6, 9)], axis=1)

    assert [len(cells) for cells in reached["crop"]] == [0, 1]
    assert reached["conv"] == [range(0), range(0, 2)]
    windows = changed_windows(nodes, shapes, [Rectangle(0, 0, 5, 5)])
    assert windows["conv"][0].size == 1


def test_branches_of_different_reach_join():
    net = Builder("joined", (30, 30, 1))
    net.add("before", Conv(1, 1))
    net.add("wide", Conv(1, 7, pad=3))
    net.add("sum", Add(), "before", "wide")
    nodes, shapes = sized(net.network())

    assert reach.reached_cells(nodes, shapes, [range(9, 11)], 0)["sum"] == [range(6, 14)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_units_reading_by_each_units_own_cells(name):
    nodes, shapes = sized(example(name))
    for node in nodes:
        for source in node.inputs:
            for axis, span in enumerate(reach.read_by_unit(node.layer, shapes[source])):
                outputs = shapes[node.name][axis]
                changed = range(3, min(5, shapes[source][axis]))
                reading = []
                for unit in range(outputs):
                    cells = range(span.origin(unit), span.origin(unit) + span.size)
                    if set(cells) & set(changed):
                        reading.append(unit)
                assert [*reach.units_reading(span, changed, outputs)] == reading
