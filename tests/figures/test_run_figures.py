"""Figures of a run's layers, drawn by the script: files, texts, warnings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from command_line import without_digest
from drawn_runs import COUNT, TOP, draw_units_of
from PIL import Image
from runs import SIDE

from tfdeconv.data import images
from tfdeconv.figures import grid, run_page, run_warnings
from tfdeconv.formats import hdf5_write
from tfdeconv.scan import run_file

ROOT = Path(__file__).parents[2]
NAME = f"run-whole-second-deconvnet-top{TOP}"


@pytest.fixture
def drawn(scanned, visualise, tmp_path) -> Path:
    """The raw figure of the three strongest channels, which the script just drew."""
    status, lines, err = visualise(
        "--run", scanned / "run.h5", "--out", tmp_path / "out", "--raw", "--top", 3
    )
    # of the last layer that has a map
    assert (status, err) == (0, []) and without_digest(lines[0]) == f"{NAME}.png"
    stem = Path(lines[0]).stem
    assert sorted(os.listdir(tmp_path / "out")) == [f"{stem}.npz", f"{stem}.png"]
    return Path(lines[0])


def strongest_channels(now, count: int) -> np.ndarray:
    return np.argsort(-now.state["second"]["values"][:, 0], kind="stable")[:count]


def test_a_picture_tells_how_to_make_it_again(scanned, drawn):
    now = run_file.load(scanned / "run.h5")
    text = images.text_of(drawn)
    assert text["channels"] == ",".join(map(str, strongest_channels(now, 3)))
    assert text["list sha256"] == now.settings.list_sha256
    assert text["rule"] == "deconvnet"
    assert text["scanned"] == f"{COUNT} of {COUNT}"
    assert text["page"] == "1 of 1"


def test_raw_saves_what_the_run_has(scanned, drawn):
    now = run_file.load(scanned / "run.h5")
    state = now.state["second"]
    channels = strongest_channels(now, 3)
    names = [[now.names[number] for number in row] for row in state["images"][channels].tolist()]
    with np.load(drawn.with_suffix(".npz")) as raw:
        np.testing.assert_array_equal(raw["activations"], state["values"][channels])
        np.testing.assert_array_equal(raw["positions"], state["positions"][channels])
        assert raw["names"].tolist() == names
        assert raw["patches"].shape[:2] == (3, TOP) and raw["boxes"].shape == (3, TOP, 4)
        assert (raw["words"] == "").all()


def test_raw_saves_what_comes_down(scanned, drawn):
    channels = strongest_channels(run_file.load(scanned / "run.h5"), 3)
    unit_tiles, _ = draw_units_of(scanned, "second")
    with np.load(drawn.with_suffix(".npz")) as raw:
        float32 = 1e-5 * np.abs(raw["patches"]).max()
        signals = unit_tiles.raw["second"][channels]
        np.testing.assert_allclose(raw["patches"], signals, rtol=0, atol=float32)


def test_only_the_same_picture_is_replaced(scanned, visualise, drawn):
    common = ("--run", scanned / "run.h5", "--out", drawn.parent)
    assert visualise(*common, "--top", 3)[1] == [str(drawn)]
    drawn.write_bytes(b"mine")
    assert visualise(*common, "--top", 3)[1] == [str(drawn.with_stem(f"{drawn.stem}-2"))]
    status, lines, _ = visualise(*common, "-l", "second,first", "-f", "0,5")
    assert status == 0
    first = f"run-whole-first-deconvnet-top{TOP}-f0_5.png"
    assert [without_digest(line) for line in lines] == [f"{NAME}-f0_5.png", first]
    assert drawn.read_bytes() == b"mine"


def test_names_make_another_picture(scanned, visualise, text_boxes, tmp_path):
    common = ("--run", scanned / "run.h5", "--out", tmp_path, "--top", 1)
    _, plain, _ = visualise(*common)
    before = sum(map(len, text_boxes.values()))
    status, named, err = visualise(*common, "--names")
    assert (status, err) == (0, []) and named != plain
    assert sum(map(len, text_boxes.values())) >= 2 * before + 2 * TOP


def test_a_range_of_ranks_is_drawn(scanned, visualise, tmp_path):
    common = ("--run", scanned / "run.h5", "--out", tmp_path, "-f", 2, "--raw")
    whole = visualise(*common)[1][0]
    status, lines, err = visualise(*common, "--ranks", "2-3")
    assert (status, err) == (0, []) and "-ranks2-3-" in lines[0]
    with (
        np.load(Path(whole).with_suffix(".npz")) as expected,
        np.load(Path(lines[0]).with_suffix(".npz")) as raw,
    ):
        for name in ("activations", "images", "positions", "names"):
            np.testing.assert_array_equal(raw[name], expected[name][:, 1:3])
        assert raw["patches"].shape[1] == 2
    status, lines, err = visualise(*common, "--ranks", f"2-{TOP + 1}")
    assert (status, lines) == (2, [])
    assert f"give ranks from 1 to {TOP}, or scan with --top {TOP + 1}" in err[0]


def test_all_features_make_pages(scanned, visualise, tmp_path, monkeypatch):
    monkeypatch.setattr(run_page, "MAX_HEIGHT", 600)
    monkeypatch.setattr(grid, "MAX_WIDTH", 450)
    status, lines, err = visualise(
        "--run", scanned / "run.h5", "--out", tmp_path, "--top", "all", "-l", "second"
    )
    assert (status, err) == (0, []) and len(lines) == 7
    names = [f"{NAME}-page{i:02d}.png" for i in range(1, 8)]
    assert [without_digest(line) for line in lines] == names
    for i, line in enumerate(lines, 1):
        text = images.text_of(line)
        assert text["page"] == f"{i} of 7" and text["channels"] == "0,1,2,3,4,5,6"
        with Image.open(line) as picture:
            assert picture.height <= 600


def test_changed_and_missing_images_have_placeholders(moved, visualise, tmp_path):
    now = run_file.load(moved / "run.h5")
    numbers = np.unique(now.state["second"]["images"])[:3].tolist()
    changed, missing, damaged = (moved / "images" / now.names[number] for number in numbers)
    Image.fromarray(np.zeros((SIDE, SIDE, 3), np.uint8)).save(changed)
    missing.unlink()
    damaged.write_bytes(b"no image")
    command = ("--run", moved / "run.h5", moved / "images")
    status, lines, err = visualise(*command, "--top", "all", "--raw", "--out", tmp_path / "out")
    assert status == 1 and len(lines) == 1 and len(err) == 3
    said = ((changed, "has changed"), (missing, "no such file"), (damaged, "not an image"))
    for path, words in said:
        assert any(path.name in line and words in line for line in err), err
    with np.load(Path(lines[0]).with_suffix(".npz")) as raw:
        for number, word in zip(numbers, ("changed", "missing", "unreadable")):
            affected = (raw["images"] == number) & (raw["activations"] != 0)
            assert affected.any() and (raw["words"][affected] == word).all()
            assert not raw["patches"][affected].any()
        others = raw["words"][~np.isin(raw["images"], numbers)]
        assert set(others.tolist()) <= {"", "dead"} and (others == "").any()


def test_without_any_image_nothing_is_drawn(moved, visualise, tmp_path):
    for path in (moved / "images").iterdir():
        path.unlink()
    command = ("--run", moved / "run.h5", moved / "images")
    status, lines, err = visualise(*command, "--out", tmp_path / "none")
    assert (status, lines, len(err)) == (2, [], 1) and "nothing can be drawn" in err[0]
    assert not (tmp_path / "none").exists()


def test_other_layers_are_drawn_when_one_fails(moved, visualise, tmp_path):
    state = run_file.load(moved / "run.h5").state
    images_of_dense = set(state["dense"]["images"][0].tolist())
    for number in images_of_dense:
        (moved / "images" / f"{number:02d}.png").unlink()
    assert set(state["second"]["images"][0].tolist()) - images_of_dense
    command = ("--run", moved / "run.h5", moved / "images")
    status, lines, err = visualise(*command, "-l", "dense,second", "-f", 0, "--out", tmp_path)
    assert status == 1 and len(lines) == 1 and "second" in lines[0]
    assert sum("nothing can be drawn" in line for line in err) == 1 and len(err) == len(set(err))


def test_many_changed_images_are_few_lines(moved, visualise, tmp_path):
    for path in sorted((moved / "images").iterdir())[::2]:
        Image.fromarray(np.zeros((SIDE, SIDE, 3), np.uint8)).save(path)
    status, _, err = visualise(
        "--run", moved / "run.h5", moved / "images", "--top", "all", "--out", tmp_path
    )
    assert status == 1 and len(err) == run_warnings.SHOWN_LINES + 1
    assert "more: have changed" in err[-1]


def test_another_activation_is_a_warning(moved, visualise, tmp_path):
    with h5py.File(moved / "run.h5", "a") as file:
        values = file["layers/second/values"]
        values[2, 1] += 2e-3 * values[...].max()
    command = ("--run", moved / "run.h5", "--out", tmp_path / "out")
    status, lines, err = visualise(*command, "--top", "all")
    assert status == 1 and len(lines) == len(err) == 1
    assert "second channel 2 fires" in err[0] and "in the run" in err[0]
    assert visualise(*command, "-f", 3)[0] == 0


def test_a_run_moves_with_its_weights(moved, visualise, tmp_path):
    with h5py.File(moved / "run.h5", "a") as file:
        del file["places"]
        file["places"] = hdf5_write.pack_texts(("/nonesuch/images", "/nonesuch/w.h5"))
    common = ["--run", moved / "run.h5", "-f", 0, "--out", tmp_path / "out"]
    for given, words in (
        ((), "/nonesuch/w.h5, which is gone: give them with --weights"),
        (("--weights", moved / "w.h5"), "/nonesuch/images, which is gone"),
        (("--weights", moved / "no.h5"), "no.h5: there is no such file"),
        ((moved / "no", "--weights", moved / "w.h5"), "no: there is no such file"),
    ):
        status, lines, err = visualise(*common, *given)
        assert (status, lines, len(err)) == (2, [], 1) and words in err[0], err
    assert visualise(*common, moved / "images", "--weights", moved / "w.h5")[::2] == (0, [])


@pytest.mark.parametrize(
    "given, status",
    [
        ([], 0),
        (["-l", "nonesuch"], 2),
        (["--blocks", "first"], 2),
        (["-f", "7"], 2),
        (["--weights", "other.h5"], 2),
    ],
)
def test_mistakes_do_not_wait_for_tensorflow(scanned, tmp_path, given, status):
    script = str(ROOT / "scripts" / "visualise.py")
    arguments = ["visualise.py", "--run", "run.h5", "--out", str(tmp_path), *given]
    code = f"""
import runpy, sys
sys.argv = {arguments!r}
try:
    runpy.run_path({script!r}, run_name="__main__")
finally:
    print("tensorflow" in sys.modules)"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=scanned
    )
    # one line: the mistake or the picture; stdout ends with whether TensorFlow was imported
    succeeded = status == 0
    assert done.returncode == status, done.stderr
    assert len(done.stdout.splitlines()) == 1 + succeeded, done.stdout
    assert done.stdout.endswith(f"{succeeded}\n"), done.stdout
    assert done.stderr.count("\n") == (not succeeded), done.stderr
