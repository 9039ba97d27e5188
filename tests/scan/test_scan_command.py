"""What scan.py says: a run described, and mistakes in one line."""

from __future__ import annotations

import json
import subprocess
import sys

import h5py
import numpy as np
from PIL import Image
from runs import ROOT, SIDE

from tfdeconv.scan import run_file


def test_a_run_is_described(script, small, tmp_path):
    status, lines, err = script(*small)
    assert (status, err) == (0, []) and lines == [
        f"{tmp_path}/run.h5: 30 images, 3 layers; 0 could not be read, 0 appear more than once"
    ]
    before = (tmp_path / "run.h5").read_bytes()
    assert script(*small)[:2] == (0, lines) and (tmp_path / "run.h5").read_bytes() == before
    status, lines, err = script("--run", tmp_path / "run.h5", name="describe.py")
    assert (status, err) == (0, [])
    assert [line.split()[:2] for line in lines[2:5]] == [
        ["first", "6"],
        ["second", "7"],
        ["dense", "5"],
    ]
    table = json.loads(
        "\n".join(script("--run", tmp_path / "run.h5", "--json", name="describe.py")[1])
    )["layers"]
    found = run_file.load(tmp_path / "run.h5")
    assert [row["dead"] for row in table] == [
        int((kept["firing_images"] == 0).sum()) for kept in found.state.values()
    ]
    assert script("--run", tmp_path / "run.h5", "--network", "vgg16", name="describe.py")[0] == 2
    code = f"""
import runpy, sys
sys.argv[1:] = ["--run", {str(tmp_path / "run.h5")!r}]
try:
    runpy.run_path({str(ROOT / "scripts/describe.py")!r}, run_name="__main__")
finally:
    assert "tensorflow" not in sys.modules"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_other_settings_are_refused_by_name(script, small, tmp_path, rng):
    assert script(*small)[0] == 0
    before = (tmp_path / "run.h5").read_bytes()
    np.save(tmp_path / "y.npy", rng.integers(0, 256, (31, SIDE, SIDE, 3)).astype(np.uint8))
    for change, words in (
        (["--weights", tmp_path / "other.h5"], ["weights are"]),
        (["--top", 3, "--batch", 5], ["--top is 9, asked for 3", "--batch is 4, asked for 5"]),
        (["--preprocess", "caffe"], ["preprocessing is"]),
        (["--resize", "squash"], ["resize is crop"]),
    ):
        status, lines, err = script(*small, *change)
        assert (status, lines, len(err)) == (2, [], 1) and all(word in err[0] for word in words), (
            err
        )
        assert err[0].count(", asked for") == len(words)
    status, _, err = script(tmp_path / "y.npy", *small[1:])
    assert (
        status == 2
        and len(err) == 1
        and "list of images" in err[0]
        and "number of images is 30, asked for 31" in err[0]
    )
    # with fewer layers it goes on with those that it has
    assert script(*small, "--layers", "first")[0] == 0
    assert (tmp_path / "run.h5").read_bytes() == before


def test_a_changed_list_says_where(script, small, tmp_path):
    for name in "abc":
        Image.new("RGB", (SIDE, SIDE), name == "a").save(tmp_path / f"{name}.png")
    (tmp_path / "list").write_bytes(b"a.png\r\n\nb.png\n")
    status, lines, err = script(tmp_path / "list", *small[1:])
    assert (status, err) == (0, []) and "2 images" in lines[0]
    (tmp_path / "list").write_text("a.png\nc.png\n")
    status, _, err = script(tmp_path / "list", *small[1:])
    assert (status, len(err)) == (2, 1) and "image 1 was 'b.png', is 'c.png'" in err[0]


def test_odd_and_impossible_images_are_told(script, small, tmp_path, rng):
    x = rng.random((5, SIDE, SIDE, 3)).astype(np.float32)
    x[3, 2, 1, 0] = np.nan
    x[4, 2, 1, 0] = -3.4e38
    np.savez(tmp_path / "x.npz", x=x.transpose(0, 3, 1, 2), y=np.arange(5))
    status, lines, err = script(tmp_path / "x.npz", *small[1:])
    assert (status, len(err)) == (1, 4) and "3 images" in lines[0] and "2 could not" in lines[0]
    assert "read with the channels first" in err[0] and "no value is above 1" in err[1]
    assert "image 3 has values that are not finite" in err[2]
    assert "image 4 has values from -3.4e+38" in err[3]
    found = run_file.load(tmp_path / "run.h5")
    assert sorted(found.skipped) == [3, 4]
    listed = ("--run", tmp_path / "run.h5", "--skipped")
    status, lines, err = script(*listed, name="describe.py")
    assert (status, err, len(lines)) == (0, [], 2)
    assert lines[1].startswith("4: image 4: ") and "has values from -3.4e+38" in lines[1]
    rows = json.loads("\n".join(script(*listed, "--json", name="describe.py")[1]))["skipped"]
    assert [(row["number"], row["image"]) for row in rows] == [(3, "image 3"), (4, "image 4")]
    assert rows[0]["reason"] == found.skipped[3]
    # where none is left, a refusal is one line
    np.savez(tmp_path / "x.npz", x=x[3:].transpose(0, 3, 1, 2))
    (tmp_path / "run.h5").unlink()
    status, lines, err = script(tmp_path / "x.npz", *small[1:])
    assert (status, lines, len(err)) == (2, [], 1) and "none of the 2 images" in err[0]


def test_mistakes_are_one_line(script, small, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "none").write_text("\n\n")
    (tmp_path / "bytes").write_bytes(b"\0\1\2")
    (tmp_path / "bad.jpg").write_text("no image")
    np.save(tmp_path / "flat.npy", np.zeros(3))
    np.save(tmp_path / "bands.npy", np.zeros((2, SIDE, SIDE, 4)))
    np.save(tmp_path / "words.npy", np.zeros((2, 3, 4, 3), "U1"))
    (tmp_path / "bad.npy").write_text("hello")
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["a"] = file["b"] = np.zeros((1, 2, 2, 3))
    for name, words in (
        ("empty", "has no images"),
        ("none", "has no lines"),
        ("bytes", "neither a directory"),
        ("nonesuch", "no such file"),
        ("flat.npy", "needs images"),
        ("words.npy", "needs images"),
        ("bad.npy", "cannot be read"),
        ("two.h5", "several arrays of images"),
        ("bands.npy", "images of 4 channels"),
    ):
        status, lines, err = script(tmp_path / name, *small[1:])
        assert (status, lines, len(err)) == (2, [], 1) and words in err[0], err
    for change, words in (
        (["--layers", "nonesuch"], "no layer 'nonesuch'"),
        (["--layers", ","], "at least one"),
        (["--every", "soon"], "'soon'"),
        (["--out", tmp_path], "is a directory|not a run of scan.py"),
        (["--out", tmp_path / "no" / "run.h5"], "cannot write"),
    ):
        status, lines, err = script(*small, *change)
        assert (status, lines, len(err)) == (2, [], 1) and any(
            word in err[0] for word in words.split("|")
        ), err
    assert not (tmp_path / "run.h5").exists()
    status, lines, err = script(tmp_path / "bad.jpg", *small[1:])
    assert (status, lines, len(err)) == (2, [], 1) and "none of the 1 images could be read" in err[
        0
    ]


def test_other_files_are_left_alone(script, small, tmp_path):
    assert script(*small)[0] == 0
    with h5py.File(tmp_path / "run.h5", "a") as file:
        file.attrs["version"] = 0
    for content, words in (
        (None, "version 0"),
        (b"my diary", "is not a run of scan.py"),
        ((tmp_path / "w.h5").read_bytes(), "a weight file of this program, not a run"),
        ((tmp_path / "run.h5").read_bytes()[:5000], "cannot be read as a run"),
    ):
        if content:
            (tmp_path / "run.h5").write_bytes(content)
        before = (tmp_path / "run.h5").read_bytes()
        for given, name in ((small, "scan.py"), (["--run", tmp_path / "run.h5"], "describe.py")):
            status, lines, err = script(*given, name=name)
            assert (status, lines, len(err)) == (2, [], 1) and words in err[0], err
            if name == "scan.py" and "not a run" in words:
                assert "--out names the run that is written" in err[0]
        assert (tmp_path / "run.h5").read_bytes() == before
