"""Tiles of a run's strongest units: each is what project() gives for its image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_runs import BLOCKS, TOP, draw_units_of, read_images
from runs import SIDE

from tfdeconv import Deconvnet
from tfdeconv.data import dataset
from tfdeconv.engine.projection import paste
from tfdeconv.figures import block_notes, cutout, pixels, tiles, top_units, view
from tfdeconv.figures.unit_tiles import TileOptions, UnitTiles, centre_crop
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
            assert projection.activations[unit] == unit_tiles.values[place]  # whole numbers
            if unit_tiles.values[place] == 0:
                assert unit_tiles.placeholders[place] == "dead"
                assert place not in unit_tiles.cutouts
                continue
            box, patch = projection.boxes[unit], projection.patches[unit]
            np.testing.assert_array_equal(unit_tiles.positions[place], projection.positions[unit])
            np.testing.assert_array_equal(unit_tiles.raw["boxes"][place], box)
            float32 = 1e-5 * np.abs(patch).max()
            signal = unit_tiles.raw[layer][place]
            np.testing.assert_allclose(signal, patch, rtol=0, atol=float32)
            inside, cut = cutout.clipped(box, (SIDE, SIDE)), unit_tiles.cutouts[place]
            top, left, bottom, right = inside
            photo = pixels.photo(x[unit[0]], read.preprocessing)[top:bottom, left:right]
            tile = cutout.photo_tile(cut, inside, photo.shape[:2])
            np.testing.assert_array_equal(tile, photo)
            expected = pixels.colours(paste(patch, box, inside), read.preprocessing)
            tile = cutout.projection_tiles(cut, inside, photo.shape[:2])[layer]
            # a value at a rounding's edge may fall to the other side
            assert abs(tile - expected.astype(int)).max() <= 1
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
        TileOptions(raw=True),
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
    note = block_notes.additivity_note(unit_tiles.gap, rule)
    assert ("linear" in note) == (rule == "gradient")


def cut(signals: dict[str, np.ndarray], field=(0, 0, 9, 9), size=(9, 9)) -> cutout.Cutout:
    """A cutout of a whole black image, in which these signals came back."""
    box = np.array((0, 0, *size))
    whole = next(iter(signals.values()))
    return cutout.Cutout(
        np.array(field),
        box,
        view.energy_box(whole, box),
        size,
        np.zeros((*size, 3), np.uint8),
        box,
        {start: cutout.keep_tones(signal, box, size) for start, signal in signals.items()},
    )


def test_parts_share_the_scale_of_the_whole(rng):
    signal = rng.standard_normal((9, 9, 3)).astype(np.float32) * 1e-4
    signals = {"whole": signal, "shortcut": 0 * signal, "branch": signal}
    box = (0, 0, 9, 9)
    drawn = cutout.projection_tiles(cut(signals), box, (9, 9))
    whole = pixels.levels(signal, pixels.scale_end(signal)).astype(int)
    # half precision, at a rounding's edge
    assert abs(drawn["whole"] - whole).max() <= 1
    np.testing.assert_array_equal(drawn["whole"], drawn["branch"])
    assert (drawn["shortcut"] == 128).all()
    # half the signal is half the contrast, where the scale's end is a percentile
    signals["branch"] = signal / 2
    drawn = cutout.projection_tiles(cut(signals), box, (9, 9))
    assert 60 < abs(drawn["branch"].astype(float) - 128).max() < 70
    assert tiles.parts_gap(signal, signal / 2) == pytest.approx(0.5)


def tiles_of_spots(rows, fields, centred: bool, size=(60, 80)) -> UnitTiles:
    """A feature of a layer that sees whole images, in which signals are spots in column 50."""
    cutouts = {}
    for rank, (row, field) in enumerate(zip(rows, fields)):
        signal = np.zeros((*size, 3), np.float32)
        signal[row : row + 20, 40:58] = 1
        cutouts[0, rank] = cut({"deep": signal}, field, size)
    shape = (1, len(rows))
    return UnitTiles(
        "deep",
        np.zeros(1, int),
        np.ones(shape),
        np.zeros(shape, int),
        np.zeros((*shape, 2), int),
        np.full(shape, ""),
        ("deep",),
        size,
        size,
        is_large=True,
        has_map=True,
        options=TileOptions(centred=centred),
        raw={},
        cutouts=cutouts,
    )


def test_views_of_a_feature_are_of_one_size():
    field = (-40, 0, 100, 100)
    unit_tiles = tiles_of_spots((2, 30, 45), [field] * 3, centred=False)
    found = unit_tiles.views(0)
    assert unit_tiles.view_size(0) == (20, 20)
    # moved into the image at its lower border
    assert [box.tolist() for box in found.values()] == [
        [2, 39, 22, 59],
        [30, 39, 50, 59],
        [40, 39, 60, 59],
    ]
    assert not unit_tiles.is_outside


def test_centred_views_have_units_in_the_middle():
    unit_tiles = tiles_of_spots((2, 30), [(-78, -50, 102, 150), (-35, -50, 115, 150)], True)
    found = unit_tiles.views(0)
    # units are in rows 12 and 40 and in column 50; both see as far as the spots reach
    assert [box.tolist() for box in found.values()] == [[2, 40, 22, 60], [30, 40, 50, 60]]
    everywhere = np.ones((60, 80, 3), np.float32)
    unit_tiles.cutouts[0, 0] = cut({"deep": everywhere}, (-78, -50, 102, 150), (60, 80))
    # no more than an image has
    assert unit_tiles.view_size(0) == (60, 80)
    assert unit_tiles.is_outside


@pytest.mark.parametrize("reach, cropped", [(12, True), (60, False)])
def test_small_signals_in_fields_are_cropped_to(reach, cropped):
    cutouts = {}
    for rank, top in enumerate((-20, 40)):
        box = np.array([top, 10, top + 80, 90])
        signal = np.zeros((80, 80, 3), np.float32)
        signal[40 : 40 + reach // 2, 40 - reach // 2 : 40 + reach // 2] = 1
        photo = np.zeros((100, 100, 3), np.uint8)
        energy = view.energy_box(signal, box)
        tones = {"a": cutout.keep_tones(signal, box, (100, 100))}
        whole = np.array([0, 0, 100, 100])
        cutouts[0, rank] = cutout.Cutout(box, box, energy, (100, 100), photo, whole, tones)
    unit_tiles = tiles_of_spots((), (), False, (100, 100))
    fields = {"values": np.ones((1, 2)), "cutouts": cutouts, "is_large": False, "size": (80, 80)}
    unit_tiles = replace(unit_tiles, **fields)
    assert unit_tiles.is_cropped == cropped
    found = unit_tiles.views(0)
    for rank, box in found.items():
        if not cropped:
            np.testing.assert_array_equal(box, cutouts[0, rank].box)
            continue
        assert (box[2:] - box[:2] == view.LEAST_SIDE).all()
        assert (box[:2] <= cutouts[0, rank].energy[:2]).all()
        assert (box[2:] >= cutouts[0, rank].energy[2:]).all()


def test_centre_crop_keeps_the_middle():
    box = np.array([-10, 3, 21, 30])
    np.testing.assert_array_equal(centre_crop(box, (31, 27)), box)
    np.testing.assert_array_equal(centre_crop(box, (11, 7)), (0, 13, 11, 20))
