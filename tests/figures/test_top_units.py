"""Tiles of a run's strongest units: each is what project() gives for its image."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_runs import BLOCKS, TOP, draw_units_of, read_images
from runs import plain

from tfdeconv import Deconvnet
from tfdeconv.data import dataset
from tfdeconv.engine.projection import Units, paste
from tfdeconv.figures import captions, pixels, tiles, top_units
from tfdeconv.scan import run_file
from tfdeconv.weights import load


@pytest.mark.parametrize(
    "layer, rule", [("first", "gradient"), ("second", "deconvnet"), ("dense", "guided")]
)
def test_tiles_are_what_project_gives(scanned, layer, rule):
    unit_tiles, warnings = draw_units_of(scanned, layer, rule)
    assert warnings.lines() == []
    read = load.load_weights(scanned / "w.h5")
    x = read_images(scanned, read.preprocessing)
    projection = Deconvnet(read.network, read, layer, rule).project(x)
    dead = unit_tiles.channels[unit_tiles.values[:, 0] == 0]
    assert (dead.tolist() == [5]) == (layer == "first")
    drawn = 0
    for row, channel in enumerate(unit_tiles.channels):
        for rank in range(TOP):
            place = (row, rank)
            unit = (unit_tiles.images[place], channel)
            tile = unit_tiles.projections[layer][place]
            assert projection.activations[unit] == unit_tiles.values[place]  # whole numbers
            if unit_tiles.values[place] == 0:
                assert unit_tiles.placeholders[place] == "dead" and (tile == 128).all()
                continue
            box, patch = projection.boxes[unit], projection.patches[unit]
            np.testing.assert_array_equal(unit_tiles.positions[place], projection.positions[unit])
            np.testing.assert_array_equal(unit_tiles.raw["boxes"][place], box)
            float32 = 1e-5 * np.abs(patch).max()
            signal = unit_tiles.raw[layer][place]
            np.testing.assert_allclose(signal, patch, rtol=0, atol=float32)
            seen = pixels.window(pixels.photo(x[unit[0]], read.preprocessing), box)
            np.testing.assert_array_equal(unit_tiles.patches[place], pixels.resize(seen, 30, 30))
            # a value at a rounding's edge may fall to the other side
            expected = pixels.resize(pixels.colours(patch, read.preprocessing), 30, 30)
            assert abs(tile - np.asarray(expected).astype(int)).max() <= 1
            drawn += 1
    assert drawn > 10


def test_images_go_up_once_and_units_in_parts(scanned, monkeypatch):
    read, went_up, came_down = [], [], []
    read_image, forward = dataset.Source.image, Deconvnet.forward
    backward = Deconvnet.backward

    def counted_image(source, number, *rest):
        read.append(number)
        return read_image(source, number, *rest)

    def counted_forward(net, x):
        went_up.append(len(x))
        return forward(net, x)

    def counted_backward(net, forward_pass, image, *rest):
        came_down.append(len(image))
        return backward(net, forward_pass, image, *rest)

    monkeypatch.setattr(dataset.Source, "image", counted_image)
    monkeypatch.setattr(Deconvnet, "forward", counted_forward)
    monkeypatch.setattr(Deconvnet, "backward", counted_backward)
    monkeypatch.setattr(top_units, "IMAGES", 6)
    monkeypatch.setattr(top_units, "UNITS", 5)
    unit_tiles, _ = draw_units_of(scanned, "second", raw=False)
    drawn = unit_tiles.placeholders == ""
    images = np.unique(unit_tiles.images[drawn])
    assert sorted(read) == images.tolist()
    assert sum(went_up) == len(images) and max(went_up) == 6
    assert sum(came_down) == drawn.sum() and max(came_down) == 5
    assert not unit_tiles.raw


@pytest.mark.parametrize("rule", ["gradient", "deconvnet", "guided"])
def test_shortcut_plus_branch_equals_whole_for_linear_rules(residual_run, rule):
    now, read = run_file.load(residual_run / "run.h5"), load.load_weights(residual_run / "w.h5")
    layer = BLOCKS[1]
    sums = read.network.residuals()[layer]
    assert (sums.shortcut, sums.branch) == (BLOCKS[0], "stage_block2_2")
    parts = (sums.shortcut, sums.branch)
    tiles_of, warnings = top_units.draw_top_units(
        Deconvnet(read.network, read, BLOCKS[2], rule, inner=[layer, *parts]),
        now,
        dataset.open_source(now.root),
        read.preprocessing,
        {layer: np.arange(6, dtype=np.int32)},
        tiles.TileOptions(lambda *_: (20, 20), raw=True),
        {layer: parts},
    )
    unit_tiles = tiles_of[layer]
    raw, whole = unit_tiles.raw, unit_tiles.raw[layer]
    assert warnings.lines() == [] and (unit_tiles.placeholders == "").sum() > 12
    # each part is the projection of the sum's input, started with the unit's activation
    x = read_images(residual_run, read.preprocessing)
    row, rank = np.argwhere(unit_tiles.placeholders == "")[0]
    for part in parts:
        units = Deconvnet(read.network, read, part, rule).units(
            x,
            [unit_tiles.images[row, rank]],
            [unit_tiles.channels[row]],
            unit_tiles.positions[row, rank][None],
            unit_tiles.values[row, rank][None],
        )
        expected = paste(units.patches[0], units.boxes[0], raw["boxes"][row, rank])
        np.testing.assert_allclose(
            raw[part][row, rank], expected, rtol=0, atol=1e-5 * np.abs(whole).max()
        )
    difference = np.abs(raw[sums.shortcut] + raw[sums.branch] - whole).max()
    difference /= np.abs(whole).max()
    if rule == "gradient":
        assert difference < 1e-5 and unit_tiles.gap < 1e-5  # float32
    else:
        assert difference > 1e-2 and unit_tiles.gap > 1e-2
    note = captions.additivity_note(unit_tiles.gap, rule)
    assert ("linear" in note) == (rule == "gradient")


def test_parts_share_the_scale_of_the_whole(rng):
    signal = rng.standard_normal((9, 9, 3)).astype(np.float32) * 1e-4
    box = np.array([[0, 0, 9, 9]])
    grey = np.zeros((1, 1, 9, 9, 3), np.uint8)
    starts = ("whole", "shortcut", "branch")
    unit_tiles = tiles.UnitTiles(
        "whole",
        np.zeros(1, int),
        *[np.zeros((1, 1))] * 4,
        grey,
        {start: grey.copy() for start in starts},
        (9, 9),
        {},
    )
    places = (np.zeros(1, int), np.zeros(1, int))
    photos = [np.zeros((9, 9, 3), np.uint8)]

    def came_down(patch) -> Units:
        return Units(np.ones(1), np.zeros((1, 2)), box, box, patch[None], np.zeros(1, bool))

    units = {start: came_down(signal) for start in starts}
    units["shortcut"] = came_down(0 * signal)
    tiles.draw_tiles(unit_tiles, places, units, photos, plain((9, 9)), None)
    projections = unit_tiles.projections
    whole = pixels.colours(signal, plain((9, 9)))
    np.testing.assert_array_equal(projections["whole"][0, 0], whole)
    np.testing.assert_array_equal(projections["whole"], projections["branch"])
    assert (projections["shortcut"] == 128).all() and unit_tiles.gap == 0
    # half the signal is half the contrast, where the scale's end is a percentile
    units["branch"] = came_down(signal / 2)
    tiles.draw_tiles(unit_tiles, places, units, photos, plain((9, 9)), None)
    assert 60 < abs(projections["branch"].astype(float) - 128).max() < 76
    assert unit_tiles.gap == pytest.approx(0.5)


def test_centre_crop_keeps_the_middle():
    box = np.array([-10, 3, 21, 30])
    np.testing.assert_array_equal(tiles.centre_crop(box, (31, 27)), box)
    np.testing.assert_array_equal(tiles.centre_crop(box, (11, 7)), (0, 13, 11, 20))
