"""fidelity.py: figures and tables of a photo and of a run, and what it says of what has none."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfdeconv.cli import fidelity
from tfdeconv.data.images import text_of
from tfdeconv.errors import UserError

QUICK = ("--steps", "4", "--random", "2", "--block", "1")
# as of visualise --fidelity; the last of an option counts
DEFAULTS = ("--steps", "20", "--random", "5")


@pytest.fixture
def measure(scanned, tmp_path, capfd):
    """Runs the command in this process: status, its files, lines of errors."""

    def measure(*arguments):
        words = [*QUICK, *map(str, arguments), "--out", str(tmp_path / "out")]
        status = fidelity.main(words)
        output, errors = capfd.readouterr()
        return status, [Path(line) for line in output.splitlines()], errors.splitlines()

    return measure


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_photo_has_a_figure_and_its_numbers(scanned, measure):
    photo = scanned / "images" / "00.png"
    options = (photo, "--weights", scanned / "w.h5", "-l", "second", "-f", "1,2")
    status, paths, errors = measure(*options, "--rule", "deconvnet,gradient")
    assert status == 0 and len(paths) == 6
    picture, curves, areas = paths[:3]
    assert Image.open(picture).width > 700
    text = text_of(picture)
    assert text["rule"] == "deconvnet,gradient" and text["feature"] == "1"
    assert set(text) >= {"areas, deconvnet", "areas, gradient", "areas, random", "areas, centre"}
    found = rows_of(areas)
    assert [row["ranking"] for row in found] == ["random", "centre", "deconvnet", "gradient"]
    # the area is that under the points of the curve
    for row in found[2:]:
        points = []
        for point in rows_of(curves):
            if (point["ranking"], point["measure"]) == (row["ranking"], "deletion"):
                points.append((float(point["pixels"]), float(point["share"])))
        pixels, shares = np.array(points).T
        area = ((shares[1:] + shares[:-1]) / 2 * np.diff(pixels)).sum()
        assert float(row["deletion"]) == pytest.approx(area) and len(points) == 5
        assert shares[0] == 1
    # the same command makes the same bytes, and another seed another picture
    before = [path.read_bytes() for path in paths]
    assert measure(*options, "--rule", "deconvnet,gradient")[1] == paths
    assert [path.read_bytes() for path in paths] == before
    assert measure(*options, "--rule", "deconvnet,gradient", "--seed", "1")[1][0] != picture


def test_dead_units_are_said_and_have_no_areas(scanned, measure):
    photo = scanned / "images" / "00.png"
    options = (photo, "--weights", scanned / "w.h5", "-l", "first")
    status, paths, errors = measure(*options, "-f", "5")
    assert (status, len(errors)) == (1, 1) and errors[0].endswith("feature 5: it does not fire")
    assert {row["deletion"] for row in rows_of(paths[2])} == {""}


def test_a_vectors_units_see_the_whole_photo(scanned, measure):
    photo = scanned / "images" / "00.png"
    status, paths, _ = measure(photo, "--weights", scanned / "w.h5", "-l", "dense", "--top", "1")
    assert status == 0 and rows_of(paths[2])[0]["row"] == "0"


def test_a_run_has_a_row_for_each_feature(scanned, measure):
    status, paths, errors = measure("--run", scanned / "run.h5", "-l", "second", "-f", "0,2,3")
    assert (status, errors) == (0, [])
    picture, curves, areas, means = paths
    assert text_of(picture)["layer"] == "second"
    units = rows_of(areas)
    assert {row["rank"] for row in units} == {"1", "2", "3", "4"}
    for row in rows_of(means):
        own = []
        for unit in units:
            if (unit["feature"], unit["ranking"]) == (row["feature"], row["ranking"]):
                own.append(float(unit["insertion"]))
        assert row["images"] == "4" and len(own) == 4
        assert float(row["insertion"]) == pytest.approx(np.mean(own))
        assert float(row["insertion_deviation"]) == pytest.approx(np.std(own, ddof=1))
    # a feature that no image fires has no row
    status, dead, errors = measure("--run", scanned / "run.h5", "-l", "first", "-f", "1,5")
    assert status == 1 and errors[0].endswith("first: no image of feature 5 can be measured")
    assert {row["feature"] for row in rows_of(dead[3])} == {"1"}
    status, dead, errors = measure("--run", scanned / "run.h5", "-l", "first", "-f", "5")
    assert (status, dead, len(errors)) == (2, [], 1)
    # of fewer ranks, the same numbers
    fewer = measure("--run", scanned / "run.h5", "-l", "second", "-f", "2", "--ranks", "2-3")[1]
    chosen = [row for row in units if row["feature"] == "2" and row["rank"] in ("2", "3")]
    assert rows_of(fewer[2]) == chosen


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--ranks", "1-2"), "--ranks is for the images of a --run"),
        (("--rule", "edges"), "there is no rule 'edges'"),
        (("-f", "1", "--top", "3"), "-f and --top both choose features"),
        (("--run", "run.h5", "--at", "1,2"), "--at: with --run these are the settings"),
        (("--steps", "0"), "not an integer >= 1"),
    ],
)
def test_mistakes_are_one_line(options, message, capfd):
    with pytest.raises(SystemExit) as ended:
        fidelity.main([*options, "photo.png"])
    errors = capfd.readouterr().err.splitlines()
    assert ended.value.code == 2 and len(errors) == 1 and message in errors[0]


def test_mistakes_of_files_are_named(scanned, measure):
    with pytest.raises(UserError, match="no layer 'third'"):
        measure("--run", scanned / "run.h5", "-l", "third")
    with pytest.raises(UserError, match="there is no such file"):
        measure("gone.png", "--weights", scanned / "w.h5", "-l", "first")


def test_tiles_of_photos_have_the_same_areas(scanned, measure, visualise, tmp_path, text_boxes):
    options = (scanned / "images" / "00.png", "--weights", scanned / "w.h5", "-l", "first")
    # 5 is dead, and has none
    drawn = visualise(*options, "-f", "1,5", "--fidelity", "--raw", "--out", tmp_path)
    picture = Path(drawn[1][0])
    with np.load(picture.with_suffix(".npz")) as arrays:
        areas = arrays["areas"]
    assert areas.shape == (2, 2, 2) and np.isnan(areas[1]).all()
    measured = rows_of(measure(*options, "-f", "1", *DEFAULTS)[1][2])
    for i, row in enumerate((measured[2], measured[0])):
        expected = [float(row["deletion"]), float(row["insertion"])]
        np.testing.assert_allclose(areas[0, i], expected, rtol=1e-6)
    assert text_of(picture)["deletion"].split(",") == [f"{areas[0, 0, 0]:.4g}", "nan"]


def test_tiles_of_runs_have_the_same_areas(scanned, measure, visualise, tmp_path, text_boxes):
    options = ("--run", scanned / "run.h5", "-l", "second", "-f", "0,2", "--ranks", "2-3")
    drawn = visualise(*options, "--fidelity", "--raw", "--out", tmp_path)
    with np.load(Path(drawn[1][0]).with_suffix(".npz")) as arrays:
        areas = arrays["areas"]
    own = []
    for row in rows_of(measure(*options, *DEFAULTS)[1][2]):
        if row["ranking"] == "deconvnet":
            own.append([float(row["deletion"]), float(row["insertion"])])
    np.testing.assert_allclose(areas[:, :, 0].reshape(4, 2), own, rtol=1e-6)


def test_whole_maps_are_not_measured(visualise):
    status, _, errors = visualise("--fidelity", "-m", "all")
    assert status == 2 and "give it without --mode all" in errors[0]
