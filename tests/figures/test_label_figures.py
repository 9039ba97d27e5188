"""The strongest images of one label: found by their maxima, and in their maps again."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from drawn_runs import BLOCKS, LABELS, RESIDUAL_COUNT, RESIDUAL_SIDE, TOP, read_images

from tfdeconv import Deconvnet
from tfdeconv.engine.forward_pass import ForwardPass
from tfdeconv.errors import UserError
from tfdeconv.figures.unit_search import find_units, region_of
from tfdeconv.figures.unit_tiles import TileOptions, UnitTiles
from tfdeconv.network.borders import Region
from tfdeconv.scan import run_file
from tfdeconv.scan.label_ranking import run_of_label
from tfdeconv.weights import load

CATS = [i for i in range(RESIDUAL_COUNT) if LABELS[i % len(LABELS)] == "cat"]


def drawn(visualise, folder, out, *options):
    words = ("--run", folder / "labelled.h5", "--raw", "--out", out, *options)
    status, lines, err = visualise(*words)
    assert (status, err) == (0, []), err
    with np.load(Path(lines[0]).with_suffix(".npz")) as raw:
        return Path(lines[0]).name, dict(raw)


@pytest.mark.parametrize("layer", ["first", BLOCKS[1]])
def test_units_of_a_label_are_the_maps_own(residual_run, visualise, tmp_path, layer):
    read = load.load_weights(residual_run / "w.h5")
    x = read_images(residual_run, read.preprocessing)
    maps = Deconvnet(read.network, read, layer).activations(x)
    options = ("-l", layer, "--of-label", "cat", "-f", "0-5")
    name, raw = drawn(visualise, residual_run, tmp_path, *options)
    assert f"top{TOP}-of-cat" in name
    # in the half precision of the file some may be equal, and are in the list's order then
    largest = maps.max((1, 2)).astype(np.float16)
    found = 0
    for channel in range(6):
        expected = sorted(CATS, key=lambda i: -largest[i, channel])[:TOP]
        assert raw["images"][channel].tolist() == expected
        for rank, image in enumerate(expected):
            if raw["words"][channel, rank] == "dead":
                continue
            row, column = raw["positions"][channel, rank]
            activation = maps[image, row, column, channel]
            assert activation == maps[image, ..., channel].max()
            # float32, summed in other batches
            assert abs(raw["activations"][channel, rank] - activation) <= 1e-5 * activation
            found += 1
    assert found > 10


def test_all_ranks_of_a_label_are_known(residual_run, visualise, tmp_path):
    last = len(CATS)
    assert last > TOP
    options = ("-l", "first", "--of-label", "cat", "-f", "1", "--ranks", f"2-{last}")
    _, raw = drawn(visualise, residual_run, tmp_path, *options)
    assert raw["images"].shape == (1, last - 1) and set(raw["images"][0]) < set(CATS)


@pytest.mark.parametrize(
    "run, options, says",
    [
        ("labelled.h5", ["--of-label", "cow"], "no images with the label 'cow'.*cat, dog"),
        ("run.h5", ["--of-label", "cat"], "has no labels of images"),
        ("labelled.h5", ["--of-label", "cat", "--ranks", "1-9"], "6 have the label 'cat'"),
    ],
)
def test_what_a_label_lacks_is_said(residual_run, visualise, tmp_path, run, options, says):
    status, lines, err = visualise(
        "--run", residual_run / run, "-l", "first", "--out", tmp_path / "out", *options
    )
    assert (status, lines, len(err)) == (2, [], 1)
    assert re.search(says, err[0]) and not (tmp_path / "out").exists()


def test_without_maxima_it_says_how_to_keep_them(residual_run):
    labelled = replace(run_file.load(residual_run / "without.h5"), labels=("cat",) * RESIDUAL_COUNT)
    with pytest.raises(UserError, match="scan again, .*with --keep-maxima first$"):
        run_of_label(labelled, "run.h5", ["first"], "cat")


def test_units_are_found_within_what_was_scanned():
    """Two images of one channel: the largest of all at the border, the largest within at 2, 1."""
    maps = np.zeros((2, 4, 4, 1), np.float32)
    maps[:, 0, 0], maps[:, 2, 1], maps[:, 2, 2] = 5, 3, 3
    tiles = UnitTiles(
        layer="layer",
        channels=np.array([0]),
        values=np.array([[3, 2.5]]),
        images=np.array([[7, 4]]),
        positions=np.full((1, 2, 2), -1),
        placeholders=np.array([["", ""]]),
        starts=("layer",),
        size=(1, 1),
        image_size=(4, 4),
        is_large=False,
        has_map=True,
        options=TileOptions(),
        raw={},
        tolerance=0.1,
    )
    forward_pass = ForwardPass({}, {tiles.layer: tf.constant(maps)}, {}, np.ones(2))
    find_units(tiles, np.array([4, 7]), forward_pass, Region(range(1, 3), range(1, 3)))
    assert tiles.positions[0].tolist() == [[2, 1], [2, 1]]
    # one that is not what was scanned is left, to be found to differ
    assert tiles.values[0].tolist() == [3, 2.5]


def test_an_interior_run_looks_at_the_interior(residual_run):
    run = run_file.load(residual_run / "run.h5")
    network = load.load_weights(residual_run / "w.h5").network
    side = RESIDUAL_SIDE // 2
    assert region_of(network, run, "first") == Region(range(side), range(side))
    inside = replace(run, settings=replace(run.settings, interior=True))
    assert region_of(network, inside, "first") == Region(range(1, side), range(1, side))
