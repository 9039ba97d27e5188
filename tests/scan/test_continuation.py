"""A run goes on with more images: as if all of them had been scanned at once."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from runs import SIDE, assert_equal_runs

from tfdeconv.cli import console
from tfdeconv.scan import checkpoint, maxima, more_layers, run_file
from tfdeconv.scan.maxima_writer import MaximaWriter
from tfdeconv.scan.provenance import images_of


@pytest.fixture
def photos(tmp_path, rng):
    """30 photos of few values, full of ties; some are copies, and two are damaged."""
    folder = tmp_path / "photos"
    folder.mkdir()
    x = rng.integers(0, 2, (30, SIDE, SIDE, 3)).astype(np.uint8) * 2
    x[9], x[21], x[25], x[26] = x[2], x[2], x[19], x[20]
    for number, pixels in enumerate(x):
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    for number in (5, 23):
        (folder / f"{number:02d}.png").write_bytes(b"damaged")
    return folder


def write_list(path: Path, numbers) -> None:
    path.write_text("".join(f"photos/{i:02d}.png class{i % 3}\n" for i in numbers))


class Killed(BaseException):
    pass


def kill_at(monkeypatch, owner, name, call: int, after: bool) -> None:
    """Lets the call of that number end the program, before or after it does what it does."""
    function, calls = getattr(owner, name), []

    def killing(*arguments):
        calls.append(name)
        if len(calls) == call and not after:
            raise Killed
        function(*arguments)
        if len(calls) == call:
            raise Killed

    monkeypatch.setattr(owner, name, killing)


def test_images_at_the_end_of_the_list(script, small, photos, tmp_path, monkeypatch):
    given = [tmp_path / "list.txt", *small[1:3], "-l", "second", "--keep-maxima", "all", "--out"]
    write_list(tmp_path / "list.txt", range(30))
    assert script(*given, tmp_path / "whole.h5")[0] == 1
    write_list(tmp_path / "list.txt", range(18))
    path = tmp_path / "run.h5"
    assert script(*given, path)[0] == 1
    old = run_file.load(path)
    write_list(tmp_path / "list.txt", range(30))
    for owner, name, call, after in (
        (checkpoint, "save", 1, True),
        (MaximaWriter, "begin", 1, True),
        (checkpoint, "save", 2, False),
    ):
        with monkeypatch.context() as patch:
            kill_at(patch, owner, name, call, after)
            with pytest.raises(Killed):
                script(*given, path, "--every", 0)
        found = run_file.load(path)
        # what had been found is there, and can be drawn
        assert found.done >= old.done and maxima.load(path, found).done == found.done
    status, lines, err = script(*given, path)
    assert status == 1 and "24 images, 1 layer; 2 could not be read, 4 appear" in lines[-1]
    assert_equal_runs(path, tmp_path / "whole.h5")


def test_images_elsewhere_in_the_list_are_refused(script, small, photos, tmp_path):
    (photos / "29.png").rename(tmp_path / "29.png")
    given = [*small[1:], "-l", "first"]
    assert script(photos, *given)[0] == 1
    before = (tmp_path / "run.h5").read_bytes()

    def refused(images, *more: object) -> str:
        status, lines, err = script(images, *given, *more)
        assert (status, lines, len(err)) == (2, [], 1)
        assert (tmp_path / "run.h5").read_bytes() == before
        return err[0]

    (tmp_path / "29.png").rename(photos / "0.png")
    assert "1 new image ('0.png') must stand behind the run's last one, '28.png'" in refused(photos)
    (photos / "0.png").rename(photos / "99.png")
    # behind the last one it would be right, but an image that was seen is another one now
    Image.new("RGB", (SIDE, SIDE), "red").save(photos / "28.png")
    assert "28.png is not what was scanned" in refused(photos)


def test_an_array_that_grew(script, small, tmp_path, monkeypatch):
    x = np.load(small[0])
    given = [*small, "-l", "first"]
    np.save(small[0], x[:13])
    assert script(*given)[0] == 0
    np.save(small[0], x)
    old = run_file.load(tmp_path / "run.h5")
    # what was found can be drawn before the scan goes on
    assert images_of(old, tmp_path / "run.h5", None).count == 30
    digest = old.settings.weights_sha256
    with h5py.File(tmp_path / "w.h5") as weights, h5py.File(tmp_path / "run.h5", "a") as file:
        # what it was when a file's description of its network did not count
        file.attrs["weights_sha256"] = weights.attrs["sha256"]

    def meanwhile(verbose, precision, jit):
        content = (tmp_path / "run.h5").read_bytes()
        (tmp_path / "run.h5").write_bytes(content)

    with monkeypatch.context() as patch:
        # between reading the run and scanning
        patch.setattr(console, "import_tensorflow", meanwhile)
        status, _, err = script(*given)
    assert (status, len(err)) == (2, 1) and "written by another program" in err[0]
    status, lines, err = script(*given)
    assert (status, err) == (0, []) and "30 images" in lines[0]
    assert run_file.load(tmp_path / "run.h5").settings.weights_sha256 == digest
    np.save(small[0], np.concatenate([x[1:], x[:2]]))
    status, _, err = script(*given)
    assert (status, len(err)) == (2, 1) and "image 0 is not what was scanned" in err[0]


def test_parts_do_not_grow(script, small, tmp_path):
    x = np.load(small[0])
    np.save(small[0], x[:13])
    assert script(*small, "-l", "first", "--shard", "1/2")[0] == 0
    np.save(small[0], x)
    status, _, err = script(*small, "-l", "first", "--shard", "1/2")
    assert (status, len(err)) == (2, 1) and "is a part of 13 images" in err[0]
    assert "--merge the parts first" in err[0]


def files_of(folder: Path, name: str) -> dict[str, bytes]:
    """A run's file and that of its maxima."""
    return {end: (folder / f"{name}{end}").read_bytes() for end in (".h5", ".maxima.npy")}


def test_more_layers_are_added(script, small, photos, tmp_path, monkeypatch):
    write_list(tmp_path / "list.txt", range(30))
    given = [tmp_path / "list.txt", *small[1:3], "--batch", 16, "--out"]
    both = ["-l", "first,second", "--keep-maxima", "all"]
    assert script(*given, tmp_path / "whole.h5", *both)[0] == 1
    path = tmp_path / "run.h5"
    assert script(*given, path, "-l", "second", "--keep-maxima", "second")[0] == 1
    for owner, name, call, after in (
        (checkpoint, "save", 2, False),
        (more_layers, "join_maxima", 1, False),
        (more_layers, "join_maxima", 1, True),
        (more_layers, "remove", 1, False),
    ):
        with monkeypatch.context() as patch:
            kill_at(patch, owner, name, call, after)
            with pytest.raises(Killed):
                script(*given, path, *both, "--every", 0)
    status, lines, err = script(*given, path, *both)
    assert status == 1 and "24 images, 2 layers" in lines[-1], (lines, err)
    assert files_of(tmp_path, "run") == files_of(tmp_path, "whole")
    assert sorted(os.listdir(tmp_path)) == [
        *("list.txt", "other.h5", "photos", "run.h5", "run.maxima.npy", "w.h5"),
        *("whole.h5", "whole.maxima.npy", "x.npy"),
    ]
