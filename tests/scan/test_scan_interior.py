"""scan.py --interior: units that see the padding are left out of all that a run keeps."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers import arrays, random_weights
from runs import BLOCK_SIDE, SIDE, assert_same, blocks_network, brute, command, integers, scanned

from tfdeconv import Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.network.graph import INPUT
from tfdeconv.scan import run_file
from tfdeconv.scan.accumulator import Accumulator


def seen_within(network, layer: str, side: int) -> np.ndarray:
    """Which units' receptive fields lie within an image of side x side, one by one: bool [h, w]."""
    shapes = {INPUT: (side, side, 3)} | network.shapes(side, side)
    fields = network.at(side, side).receptive_fields(shapes)[layer]
    within = np.zeros(shapes[layer][:2], bool)
    for unit in np.ndindex(within.shape):
        starts = [field.origin(place) for field, place in zip(fields, unit)]
        ends = [start + field.size for start, field in zip(starts, fields)]
        within[unit] = min(starts) >= 0 and max(ends) <= side
    return within


def inner_brute(y: np.ndarray, within: np.ndarray, top: int) -> dict[str, np.ndarray]:
    """brute() of the units of maps y [n, h, w, c] that are within, their positions in the map."""
    rows, columns = np.flatnonzero(within.any(1)), np.flatnonzero(within.any(0))
    assert within.sum() == len(rows) * len(columns) < within.size
    wanted = brute(y[:, rows][:, :, columns], top)
    wanted["positions"] = wanted["positions"] + [rows[0], columns[0]]
    return wanted


def test_whole_maps_give_the_same(rng, tmp_path):
    network, weights = integers(rng)
    x = rng.integers(0, 2, (40, SIDE, SIDE, 3)).astype(np.uint8)
    x[:, [0, -1]] = 3
    layers = ["first", "pool", "second"]
    found = scanned(tmp_path, x, network, weights, layers, 7, 12, interior=True)
    assert found.settings.interior and found.scanned == 40
    maps = arrays(Deconvnet(network, weights, "second", inner=layers).forward(x))
    for layer in layers:
        y = maps[layer]
        wanted = inner_brute(y, seen_within(network, layer, SIDE), 12)
        # whole numbers are exact in any order of adding them
        for name in ("values", "images", "positions", "maxima", "firing_images", "histogram"):
            np.testing.assert_array_equal(found.state[layer][name], wanted[name], f"{layer} {name}")
        for name in ("means", "firing_positions"):
            # float32 means, of either sign
            np.testing.assert_allclose(found.state[layer][name], wanted[name], rtol=1e-5, atol=1e-6)
        everywhere = brute(y, 12)
        assert (everywhere["images"] != wanted["images"]).mean() > 0.1


def test_paths_of_blocks_are_those_of_the_unit(rng, tmp_path):
    network = blocks_network()
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.integers(0, 6, (9, BLOCK_SIDE, BLOCK_SIDE, 3)).astype(np.uint8)
    layer = "one_block2_out"
    kept = scanned(tmp_path, x, network, weights, [layer], 4, 3, interior=True).state[layer]
    rows, columns = kept["positions"][..., 0], kept["positions"][..., 1]
    assert seen_within(network, layer, BLOCK_SIDE)[rows, columns].all()
    channel = np.arange(len(rows))[:, None]
    paths = {"shortcuts": "one_block1_out", "branches": "one_block2_3_bn"}
    maps = arrays(Deconvnet(network, weights, layer, inner=list(paths.values())).forward(x))
    for name, path in paths.items():
        y = maps[path]
        # float32, another order of adding up: relative to the largest
        near = 1e-5 * np.abs(y).max()
        expected = y[kept["images"], rows, columns, channel]
        np.testing.assert_allclose(kept[name], expected, rtol=0, atol=near)


def test_merged_and_interrupted_parts_are_one_run(shared, inner, script, monkeypatch):
    parts = [shared / "inner1.h5", shared / "inner2.h5"]
    first, second = (
        [*command(shared, part.name, *inner)[2:], "--shard", f"{number}/2"]
        for number, part in enumerate(parts, 1)
    )
    assert script(*first)[0] == 0
    write, saves = Path.write_bytes, []

    def full(path, content):
        saves.append(path)
        if len(saves) > 3:
            raise OSError(28, "No space left on device")
        return write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        assert script(*second, "--every", 0)[0] == 2
    assert 0 < run_file.load(parts[1]).done < 50
    # without --interior it is another run
    status, _, err = script(*[argument for argument in second if argument != "--interior"])
    assert status == 2 and "its --interior is on, asked for off" in err[0]
    assert script(*second)[0] == 0
    # images that came again in the second part leave its sums
    merging = ["--merge", *parts, "--out", shared / "inner-merged.h5"]
    status, _, err = script(*merging, "--interior")
    assert status == 2 and "--interior of the parts: leave out --interior" in err[0]
    assert script(*merging)[0] == 0
    assert_same(shared, "inner-merged", "inner")


def test_layers_without_such_units_are_left_out(small, script, tmp_path):
    status, lines, err = script(*small, "--interior")
    assert (status, len(err)) == (0, 1) and lines[0].endswith(
        "30 images, 2 layers; 0 could not be read, 0 appear more than once"
    )
    assert err[0] == (
        "scan.py: --interior leaves out 1 of 3 layers, which have no unit whose receptive field "
        "lies within images of 20 x 20: dense"
    )
    _, lines, _ = script("--run", tmp_path / "run.h5", name="describe.py")
    assert "only units whose receptive field lies within the image (--interior)" in lines[0]
    small[small.index(tmp_path / "run.h5")] = tmp_path / "other-run.h5"
    status, lines, err = script(*small, "--interior", "--layers", "first,dense")
    assert (status, lines, len(err)) == (2, [], 1)
    assert "dense has no unit whose receptive field lies within the image" in err[0]
    assert not (tmp_path / "other-run.h5").exists()


def test_runs_of_version_2_have_all_units(shared, tmp_path):
    path = tmp_path / "old.h5"
    path.write_bytes((shared / "one.h5").read_bytes())
    with h5py.File(path, "a") as file:
        file.attrs["version"] = 2
        del file.attrs["interior"]
    assert run_file.load(path).settings == run_file.load(shared / "one.h5").settings
    with h5py.File(path, "a") as file:
        file.attrs.update(version=3, interior=2)
    with pytest.raises(UserError, match="damaged: its interior has an impossible value"):
        run_file.load(path)


def test_a_layer_without_such_units_is_refused(rng):
    network, weights = integers(rng)
    with pytest.raises(UserError, match="whole's dense has no unit"):
        Accumulator(network, weights, ["first", "dense"], (SIDE, SIDE), interior=True)
