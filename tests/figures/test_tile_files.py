"""Tiles as files: the pixels of patches and projections, and a table of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from drawn_runs import read_images
from PIL import Image
from runs import SIDE

from tfdeconv.data.images import text_of
from tfdeconv.figures import pixels
from tfdeconv.figures.cutout import clipped
from tfdeconv.weights import load


def drawn(visualise, *options) -> tuple[Path, list[dict[str, str]]]:
    """The folder of the tiles, and the rows of their table."""
    status, lines, err = visualise("--tiles", *options)
    assert (status, err) == (0, []), err
    table = Path(next(line for line in lines if line.endswith("tiles.csv")))
    with table.open() as file:
        return table.parent, list(csv.DictReader(file))


def tiles_of(folder: Path, row: dict[str, str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A unit's box, patch and projection."""
    box = np.array([int(row[side]) for side in ("top", "left", "bottom", "right")])
    patch, projection = (np.asarray(Image.open(folder / row[name])) for name in NAMES)
    assert patch.shape == projection.shape == (*(box[2:] - box[:2]), 4)
    return box, patch, projection


NAMES = ("patch", "projection")


def inside_of(tile: np.ndarray, box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The part of a tile in the image, after it was checked that the rest is transparent."""
    top, left, bottom, right = clipped(box, size) - np.tile(box[:2], 2)
    is_inside = np.zeros(tile.shape[:2], bool)
    is_inside[top:bottom, left:right] = True
    np.testing.assert_array_equal(tile[..., 3], 255 * is_inside)
    return tile[top:bottom, left:right, :3]


@pytest.mark.parametrize("layer, scale", [("first", "own"), ("second", "common")])
def test_tiles_of_a_run_are_its_pixels(scanned, visualise, tmp_path, layer, scale):
    given = ("--run", scanned / "run.h5", "-l", layer, "-f", "0-5", "--raw", "--scale", scale)
    folder, rows = drawn(visualise, *given, "--out", tmp_path)
    read = load.load_weights(scanned / "w.h5")
    x = read_images(scanned, read.preprocessing)
    with np.load(folder.with_name(folder.name.removesuffix("-tiles") + ".npz")) as raw:
        assert len(rows) == (raw["words"] == "").sum() > 10
        reached_over = 0
        for row in rows:
            place = int(row["channel"]), int(row["rank"]) - 1
            assert row["patch"] == f"{layer}-{place[0]:04d}-{row['rank']}-patch.png"
            assert float(row["activation"]) == raw["activations"][place]
            assert [int(row["row"]), int(row["column"])] == raw["positions"][place].tolist()
            box, patch, projection = tiles_of(folder, row)
            np.testing.assert_array_equal(box, raw["boxes"][place])
            photo = pixels.photo(x[raw["images"][place]], read.preprocessing)
            inside = clipped(box, (SIDE, SIDE))
            expected = photo[inside[0] : inside[2], inside[1] : inside[3]]
            np.testing.assert_array_equal(inside_of(patch, box, (SIDE, SIDE)), expected)
            signal = raw["patches"][place]
            top, left, bottom, right = inside - np.tile(box[:2], 2)
            full = float(row["full_scale"])
            signal = signal[top:bottom, left:right]
            expected = pixels.colours(signal, read.preprocessing, full=full)
            part = inside_of(projection, box, (SIDE, SIDE))
            # tones are kept in half precision: a value at a rounding's edge may fall on either side
            assert abs(part - expected.astype(int)).max() <= 1
            reached_over += (box != inside).any()
    assert reached_over and (len({row["full_scale"] for row in rows}) > 1) == (scale == "own")


def test_tiles_of_a_photo(scanned, visualise, tmp_path):
    given = (scanned / "images" / "00.png", "--weights", scanned / "w.h5", "-l", "first")
    folder, rows = drawn(visualise, *given, "-f", "1,5,2", "--out", tmp_path)
    assert [row["channel"] for row in rows] == ["1", "2"]  # 5 is dead
    assert {path.name for path in folder.glob("*.png")} == {
        row[name] for row in rows for name in NAMES
    }
    photo = np.asarray(Image.open(given[0]))
    for row in rows:
        box, patch, _ = tiles_of(folder, row)
        top, left, bottom, right = clipped(box, photo.shape[:2])
        part = inside_of(patch, box, photo.shape[:2])
        np.testing.assert_array_equal(part, photo[top:bottom, left:right])
    folder, rows = drawn(visualise, *given, "-f", "1", "-m", "all", "--out", tmp_path / "a.png")
    assert folder.name == "a-tiles" and rows[0]["row"] == ""
    assert tiles_of(folder, rows[0])[1].shape == (*photo.shape[:2], 4)


def test_tiles_replace_none_but_their_own(scanned, visualise, tmp_path):
    given = ("--run", scanned / "run.h5", "-l", "first", "-f", "1", "--out", tmp_path)
    folder, rows = drawn(visualise, *given)
    assert drawn(visualise, *given) == (folder, rows)
    tile = folder / rows[0]["patch"]
    text = text_of(tile)
    assert "--tiles" in text["command"] and text["tile"] == tile.name
    tile.write_bytes(b"mine")
    another, again = drawn(visualise, *given)
    assert another.name == f"{folder.name}-2" and again == rows
    assert tile.read_bytes() == b"mine"


def test_without_tiles_there_is_no_folder(scanned, visualise, tmp_path):
    given = ("--run", scanned / "run.h5", "-l", "first", "-f", "5", "--out", tmp_path)
    status, lines, _ = visualise(*given, "--tiles")
    assert status == 0 and len(lines) == 1 and len(list(tmp_path.iterdir())) == 1
