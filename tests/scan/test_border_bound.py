"""Channels that fire at the padding are marked by describe.py --run, others are not."""

from __future__ import annotations

import json
from math import comb
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from runs import ROOT, WEIGHTS, call, plain, scanned

from tfdeconv.cli.describe_run import border_note
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Activation, Conv, MaxPool
from tfdeconv.scan.border_bound import SELDOM, border_units, ceiling, counted_units, least_marked
from tfdeconv.scan.summary import run_rows
from tfdeconv.weights.native_write import save_weights

SIDE = 32
LAYERS = ("first", "last")


class Edges(NamedTuple):
    folder: Path
    network: Network
    weights: dict[str, dict[str, np.ndarray]]
    x: np.ndarray


@pytest.fixture(scope="module", name="edges")
def edges_network(tmp_path_factory) -> Edges:
    """A network of two layers, images of noise, and run.h5, a run over them.

    Channel 0 of `first` fires at the zeros around the image alone, 1 to 3 at noise; 4 is dead, and
    5 is always on, everywhere alike. Those of `last` are the same, pooled.
    """
    folder, rng = tmp_path_factory.mktemp("edges"), np.random.default_rng(4)
    net = Builder("edges", (SIDE, SIDE, 3))
    net.add("first", Conv(6, 3, pad=1, activation=RELU))
    net.add("pool", MaxPool(4, 4))
    net.add("last", Conv(6, 5, pad=2, activation=RELU))
    first = np.zeros((3, 3, 3, 6), np.float32)
    first[..., 0] = -1
    # hardly any two pixels are the same
    first[1, 1, :, 1:4] = rng.random((3, 3))
    last = np.zeros((5, 5, 6, 6), np.float32)
    last[2, 2, range(5), range(5)] = 1
    weights = {
        "first": {"kernel": first, "bias": np.array([2000, 0, 0, 0, -1, 1], np.float32)},
        "last": {"kernel": last, "bias": np.array([0, 0, 0, 0, 0, 1], np.float32)},
    }
    x = rng.integers(90, 131, (25, SIDE, SIDE, 3)).astype(np.uint8)
    network = net.network()
    save_weights(folder / "w.h5", network, weights, plain((SIDE, SIDE)), "made", "none")
    np.save(folder / "x.npy", x)
    given = [folder / "x.npy", "--weights", folder / "w.h5", "--out", folder / "run.h5"]
    assert call(str(ROOT / "scripts/scan.py"), *given) == 0
    return Edges(folder, network, weights, x)


def test_channels_that_fire_at_padding_are_marked(edges, script):
    run = ["--run", edges.folder / "run.h5"]
    _, printed, err = script(*run, name="describe.py")
    assert err == [] and [line.split()[:5] for line in printed[2:4]] == [
        ["first", "6", "1", "5", "1"],
        ["last", "6", "1", "5", "-"],
    ]
    assert "in so small a map the units kept cannot tell" in printed[-1]
    status, lines, err = script(*run, "-l", "first", name="describe.py")
    assert (status, err) == (0, [])
    assert lines[3] == (
        "first: 6 channels of 32 x 32 units, of which 12% are at the border; border-bound: 1"
    )
    assert lines[5].split()[:4] == ["0", "9", "of", "9"]
    assert lines[6:8] == ["dead (1): 4", "always on (5): 0, 1, 2, 3, 5"]
    _, lines, _ = script(*run, "-l", "first", "--json", name="describe.py")
    rows = json.loads("\n".join(lines))["layers"][0]["by_channel"]
    assert [row["border_bound"] for row in rows] == [True, False, False, False, False, False]
    assert [row["counted_units"] for row in rows] == [9, 9, 9, 9, 0, 0]
    status, _, err = script(*run, "-l", "frist", name="describe.py")
    assert (status, len(err)) == (2, 1) and "Did you mean 'first'?" in err[0]


def test_the_border_is_where_padding_is_read(edges, tmp_path):
    found = scanned(tmp_path, edges.x, edges.network, edges.weights, LAYERS, top=25)
    borders = border_units(found, edges.network)
    # the outermost rows and columns of 32 x 32 units, and the two outermost of 8 x 8
    assert [borders[layer].chance for layer in LAYERS] == [124 / 1024, 48 / 64]
    for layer, width in (("first", 1), ("last", 2)):
        positions = found.state[layer]["positions"]
        extent = borders[layer].extents[0]
        outer = ((positions < width) | (positions >= extent - width)).any(2).sum(1)
        assert borders[layer].at_border[:4].tolist() == outer[:4].tolist() and outer[0] == 25
        # that 25 of 25 are in three quarters of the units happens once in 1,300 times
        assert borders[layer].bound.tolist() == [True] + [False] * 5


def test_interior_runs_have_none(edges, tmp_path):
    found = scanned(tmp_path, edges.x, edges.network, edges.weights, LAYERS, interior=True)
    rows = run_rows(found, border_units(found, edges.network))
    assert [row["border_bound"] for row in rows] == [0, 0]
    # what fires at padding alone is dead without it
    assert [row["dead"] for row in rows] == [2, 2]
    assert border_note(found, None).startswith("Border: none can be")


def test_networks_that_are_gone_are_asked_for(edges, script):
    run = ["--run", edges.folder / "run.h5"]
    weights = edges.folder / "w.h5"
    weights.rename(edges.folder / "moved.h5")
    try:
        _, lines, err = script(*run, name="describe.py")
        assert err == [] and lines[2].split()[:5] == ["first", "6", "1", "5", "-"]
        assert lines[-1].endswith("--weights FILE.")
        moved = ["--weights", edges.folder / "moved.h5"]
        _, lines, _ = script(*run, *moved, name="describe.py")
        assert lines[2].split()[:5] == ["first", "6", "1", "5", "1"]
    finally:
        (edges.folder / "moved.h5").rename(weights)
    _, _, err = script(*run, "--weights", WEIGHTS, name="describe.py")
    assert len(err) == 1 and "holds vgg16, the run is of edges" in err[0]


@pytest.mark.parametrize("count, chance", [(9, 0.14), (9, 0.4897959), (30, 0.07), (200, 0.75)])
def test_marks_are_rarer_than_once_in_a_thousand(count, chance):
    tails = []
    for least in range(count + 2):
        ways = [comb(count, k) * chance**k * (1 - chance) ** (count - k) for k in range(count + 1)]
        tails.append(sum(ways[least:]))
    expected = next(least for least, tail in enumerate(tails) if tail < SELDOM)
    assert least_marked(count, chance) == expected


def test_units_that_are_all_equal_do_not_count():
    """At a ceiling, and in maps of one value, the first in row order is kept: at the border."""
    arrays = {
        "values": np.array([[6, 6, 5], [2, 2, 2], [3, 1, -np.inf]], np.float32),
        "images": np.array([[0, 1, 2], [0, 1, 2], [1, 0, -1]], np.int32),
        "maxima": np.array([17.0, 6, 4]),
        "means": np.array([9.0, 6, 1]),
    }
    counted = counted_units(arrays, ceiling(Conv(3, 1, activation=Activation(ceiling=6.0))))
    assert counted.tolist() == [[False, False, True], [False] * 3, [True, True, False]]
