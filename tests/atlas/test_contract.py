"""What the folder of an atlas holds, against the run and what a deconvnet gives."""

from __future__ import annotations

import numpy as np
import pytest
from atlases import received, sheet_tiles
from drawn_runs import read_images
from PIL import Image
from runs import SIDE

from tfdeconv import Deconvnet
from tfdeconv.engine.projection import paste
from tfdeconv.figures import pixels
from tfdeconv.scan import border_bound, run_file
from tfdeconv.weights import load

LAYERS = ("first", "second", "dense")
PLACES = tuple(enumerate(LAYERS))
RULES = ("deconvnet", "guided")


@pytest.fixture(scope="module")
def run(scanned):
    return run_file.load(scanned / "run.h5")


def test_network_page_has_all_layers(made, run):
    key, atlas = received(made / "data" / "atlas.js")
    assert key == "atlas" and atlas["rules"] == list(RULES) and atlas["top"] == 4
    assert atlas["images"] == {"listed": 20, "scanned": 20, "skipped": 0, "labelled": False}
    assert atlas["image_size"] == [SIDE, SIDE] and atlas["notes"] == []
    first, second, dense = atlas["layers"]
    assert [layer["number"] for layer in atlas["layers"]] == [0, 1, 2]
    assert [layer["name"] for layer in atlas["layers"]] == list(LAYERS)
    assert first["about"] == "3 x 3 convolution, 6 kernels" and first["dead"] == 1
    assert (first["map"], first["field"], first["stride"]) == ([20, 20], [3, 3], [1, 1])
    # 3 x 3 with stride 2 behind the 2 x 2 pool, whose windows are 4 x 4 of the image
    assert (second["map"], second["field"], second["stride"]) == ([4, 4], [8, 8], [4, 4])
    assert (dense["field"], dense["has_map"]) == ([SIDE, SIDE], False)
    assert {layer["numbers"] for layer in atlas["layers"]} == {None}
    assert len(atlas["edges"]) == len(run.state["first"]["histogram"][0])


@pytest.mark.parametrize("number, layer", PLACES)
def test_columns_are_what_the_run_counted(made, run, number, layer):
    key, data = received(made / "data" / f"{number:02d}" / "layer.js")
    arrays = run.state[layer]
    assert key == f"layer/{number}"
    assert data["features"] == list(range(len(arrays["values"])))
    columns = data["columns"]
    # numbers have four digits
    close = {"rtol": 5e-4, "atol": 0}
    np.testing.assert_allclose(columns["strongest"], arrays["values"][:, 0], **close)
    np.testing.assert_allclose(columns["fires"], arrays["firing_images"] / 20, **close)
    np.testing.assert_allclose(columns["places"], arrays["firing_positions"] / 20, **close)
    dead = (arrays["firing_images"] == 0).astype(int).tolist()
    assert columns["dead"] == dead and (layer != "first" or dead[5] == 1)
    assert columns["always_on"] == (arrays["firing_images"] == 20).astype(int).tolist()
    assert columns["selectivity"] == columns["best_class"] == [None] * len(dead)


@pytest.mark.parametrize("number, layer", PLACES)
def test_features_have_the_units_of_the_run(made, run, scanned, number, layer):
    network = load.load_weights(scanned / "w.h5").network
    at_border = border_bound.border_units(run, network)[layer].at_border
    arrays = run.state[layer]
    for channel, values in enumerate(arrays["values"]):
        key, data = received(made / "data" / f"{number:02d}" / f"{channel}.js")
        assert key == f"feature/{number}/{channel}"
        assert data["histogram"] == arrays["histogram"][channel].tolist()
        assert data["statistics"]["mean"] == pytest.approx(arrays["means"][channel] / 20, rel=5e-4)
        units = data["units"]
        assert [unit["value"] for unit in units] == pytest.approx(values.tolist(), rel=5e-4)
        assert [unit["image"] for unit in units] == arrays["images"][channel].tolist()
        assert [unit["rank"] for unit in units] == [1, 2, 3, 4]
        assert units[0]["name"] == f"{units[0]['image']:02d}.png" and units[0]["label"] is None
        places = arrays["positions"][channel].tolist()
        assert [unit["position"] for unit in units] == (places if layer != "dense" else [None] * 4)
        words = {"dead" if value == 0 else "" for value in values.tolist()}
        assert {unit["word"] for unit in units} == words
        if values[0]:
            assert sum(unit["at_border"] for unit in units) >= at_border[channel]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("number, layer", PLACES)
def test_tiles_are_what_project_gives(made, scanned, run, number, layer, rule):
    read = load.load_weights(scanned / "w.h5")
    x = read_images(scanned, read.preprocessing)
    projection = Deconvnet(read.network, read, layer, rule).project(x)
    for channel in (0, 3, 4):
        folder = made / "data" / f"{number:02d}"
        _, data = received(folder / f"{channel}.js")
        tiles = sheet_tiles(folder / f"{channel}-{rule}.webp", data)
        for unit, tile, scale in zip(data["units"], tiles, data["scales"][rule]):
            place = unit["image"], channel
            if unit["word"] or unit["saturated"]:
                continue
            box = np.array(unit["box"])
            assert unit["field"] == projection.receptive_fields[place].tolist() or layer == "dense"
            signal = paste(projection.patches[place], projection.boxes[place], box)
            tones = pixels.toned(signal, read.preprocessing, pixels.PLAIN)
            top, left = np.maximum(-box[:2], 0)
            bottom, right = np.minimum(SIDE, box[2:]) - box[:2]
            inside = np.s_[top:bottom, left:right]
            # scales have four digits
            assert scale == pytest.approx(pixels.scale_end(tones[inside]), rel=1e-3)
            expected = pixels.levels(tones, scale)[inside]
            # tiles are enlarged to whole pixels, or shrunk: their means are compared, which WebP
            # at this quality keeps to a few levels of 255
            side = np.array(data["tile"]) / (box[2:] - box[:2])
            rows = slice(round(top * side[0]), round(bottom * side[0]))
            columns = slice(round(left * side[1]), round(right * side[1]))
            drawn = tile[rows, columns].mean((0, 1))
            np.testing.assert_allclose(drawn, expected.mean((0, 1)), rtol=0, atol=6)


def test_photos_are_what_the_network_saw(made, scanned, run):
    preprocessing = load.load_weights(scanned / "w.h5").preprocessing
    x = read_images(scanned, preprocessing)
    used = {int(image) for arrays in run.state.values() for image in arrays["images"].flat}
    written = sorted(int(path.stem) for path in (made / "photos").iterdir())
    assert set(written) <= used
    number = written[0]
    drawn = pixels.photo(x[number], preprocessing).mean((0, 1))
    found = np.asarray(Image.open(made / "photos" / f"{number}.webp")).mean((0, 1))
    # noise, as WebP keeps it
    np.testing.assert_allclose(found, drawn, rtol=0, atol=4)
