"""Nothing that happens to a scan costs anything: full disks, vanished shares, kill -9."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from forks import ForkedScript, run_script
from PIL import Image
from runs import ROOT, SAMPLE, SIDE, WEIGHTS, arrays_of, assert_same, integers, plain

from tfdeconv import NETWORKS, load_weights
from tfdeconv.data import dataset, images
from tfdeconv.data.preprocessing import caffe
from tfdeconv.errors import UserError
from tfdeconv.scan import checkpoint, loop, run, run_file
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.weights.native_write import save_weights


def test_a_full_disk_keeps_what_was_saved(script, small, tmp_path, monkeypatch):
    assert script(*small[:4], tmp_path / "whole.h5", *small[5:])[0] == 0
    write, written = Path.write_bytes, []

    def full(path, content):
        written.append(path)
        if len(written) > 3:
            write(path, bytes(content)[:100])
            raise OSError(28, "No space left on device")
        return write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        status, lines, err = script(*small, "--every", 0)
    assert (status, lines, len(err)) == (2, [], 1) and "No space left" in err[0]
    assert run_file.load(tmp_path / "run.h5").done == 8
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]
    assert (
        script(*small)[0] == 0
        and (tmp_path / "run.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()
    )


def test_a_share_that_cannot_be_listed(script, small, tmp_path, monkeypatch):
    def failing(path="."):
        raise OSError(5, "Input/output error", path)

    (tmp_path / "share").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", failing)
        status, lines, err = script(tmp_path / "share", *small[1:])
    assert (status, lines, len(err)) == (2, [], 1)
    assert "share cannot be read: Input/output error" in err[0]


def save_noise(folder: Path, rng) -> None:
    """Nine images."""
    for i in range(9):
        pixels = rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")


def test_a_vanished_share_stops_the_run(small, tmp_path, rng):
    network, weights = integers(rng)
    folder, path = tmp_path / "images", tmp_path / "run.h5"
    folder.mkdir()
    save_noise(folder, rng)
    source = dataset.open_source(str(folder))
    settings = run.Settings(
        "whole", "", "0" * 64, "", "crop", (SIDE, SIDE), source.digest, 9, ("first",), 9, 2
    )
    scan = Accumulator(network, weights, ["first"], (SIDE, SIDE), 2)
    folder.rename(tmp_path / "away")
    with pytest.raises(UserError, match="can no longer be read.*the first 0 images"):
        new = run.Run(settings, source.root, "", source.names)
        loop.advance(new, scan, source, plain((SIDE, SIDE)), path, 60)
    assert run_file.load(path).done == 0
    (tmp_path / "away").rename(folder)
    loop.advance(run_file.load(path), scan, source, plain((SIDE, SIDE)), path, 60)
    assert run_file.load(path).scanned == 9


def test_a_share_that_vanishes_within_a_batch(small, tmp_path, rng, monkeypatch):
    """Of a list elsewhere; an image of the batch was read, and others are missing for good."""
    network, weights = integers(rng)
    share, path = tmp_path / "share", tmp_path / "run.h5"
    share.mkdir()
    save_noise(share, rng)
    names = [
        *(share / f"{i}.png" for i in range(9)),
        share / "no.png",
        tmp_path / "never" / "there.png",
    ]
    (tmp_path / "list.txt").write_text("".join(f"{name}\n" for name in names))
    source = dataset.open_source(str(tmp_path / "list.txt"))
    settings = run.Settings(
        "whole", "", "0" * 64, "", "crop", (SIDE, SIDE), source.digest, 11, ("first",), 9, 3
    )
    decode = dataset.images.decode

    def going(path, *rest):
        if str(path).endswith("4.png"):
            share.rename(tmp_path / "away")
        return decode(path, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(dataset.images, "decode", going)
        patch.setattr(os, "cpu_count", lambda: 1)
        with pytest.raises(UserError, match="can no longer be read.*the first 3 images"):
            new = run.Run(settings, source.root, "", source.names)
            scan = Accumulator(network, weights, ["first"], (SIDE, SIDE), 3)
            loop.advance(new, scan, source, plain((SIDE, SIDE)), path, 60)
    (tmp_path / "away").rename(share)
    resumed = run_file.load(path)
    assert resumed.done == 3 and not resumed.skipped
    scan = Accumulator(network, weights, ["first"], (SIDE, SIDE), 3)
    loop.advance(resumed, scan, source, plain((SIDE, SIDE)), path, 60)
    found = run_file.load(path)
    assert found.scanned == 9 and list(found.skipped) == [9, 10]


def test_a_killed_run_resumes_to_the_same_bytes(tmp_path, rng):
    network = NETWORKS["vgg16"](size=(64, 64))
    weights = load_weights(WEIGHTS, NETWORKS["vgg16"](), "block2_conv1")
    arrays = arrays_of(weights)
    assert list(arrays) == ["block1_conv1", "block1_conv2", "block2_conv1"]
    save_weights(tmp_path / "w.h5", network, arrays, caffe((64, 64)), "", "")
    folder = tmp_path / "images"
    folder.mkdir()
    photo = images.pixels(SAMPLE)
    for i in range(120):
        Image.fromarray(photo[i : i + 90, i : i + 100]).save(folder / f"{i}.png")
    for name in ("7", "70"):
        (folder / f"{name}.png").write_text("damaged")
    Image.fromarray(photo[3:93, 3:103]).save(folder / "again.bmp")

    def command(out):
        script = [sys.executable, str(ROOT / "scripts/scan.py"), str(folder)]
        files = ["--weights", str(tmp_path / "w.h5"), "--out", str(tmp_path / out)]
        kept = ["--keep-maxima", "block1_conv2,block2_conv1"]
        return [*script, *files, *kept, "--batch", "4", "--every", "0"]

    def killed(after: int, number: signal.Signals) -> int:
        """Starts it, and kills it when it has written its file so many times."""
        path = tmp_path / "run.h5"
        process = ForkedScript(command("run.h5"))
        begin, seen = time.monotonic(), set()
        while len(seen) < after and process.poll() is None and time.monotonic() < begin + 120:
            if path.exists():
                seen.add(os.stat(path).st_mtime_ns)
            time.sleep(0.002)
        process.send_signal(number)
        return process.wait()

    reached = []
    for after, number, status in ((4, signal.SIGKILL, -9), (5, signal.SIGTERM, 143)):
        assert killed(after, number) == status
        reached.append(run_file.load(tmp_path / "run.h5").done)
    assert 0 < reached[0] < reached[1] < 121
    for out in ("run.h5", "whole.h5"):
        # two images are damaged
        assert run_script(command(out)).returncode == 1
    assert_same(tmp_path, "run", "whole")
    found = run_file.load(tmp_path / "whole.h5")
    assert found.scanned == 118 and len(found.skipped) == 2 and (found.same >= 0).sum() == 1


def replaced(path: Path) -> None:
    path.with_name("other.h5").write_bytes(path.read_bytes())
    os.replace(path.with_name("other.h5"), path)


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


# what happens to the file of a run while it is scanned, and what is said of it
HAPPENINGS = {
    "replaced": (replaced, "written by another program while the scan ran"),
    "changed": (changed, "written by another program while the scan ran"),
    "removed": (os.remove, "run.h5 was removed while the scan ran"),
}


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_a_run_that_is_not_ones_own(small, tmp_path, rng, monkeypatch, happening):
    happens, says = HAPPENINGS[happening]
    network, weights = integers(rng)
    source, save = dataset.open_source(str(small[0])), run_file.save
    settings = run.Settings(
        "whole", "", "0" * 64, "", "keep", (SIDE, SIDE), source.digest, 30, ("first",), 9, 4
    )
    path, saved = tmp_path / "run.h5", []

    def saves(place, now):
        save(place, now)
        saved.append(now.done)

    def another(_):
        if len(saved) == 1:
            # the same bytes at another time
            os.utime(path, (1, 1))
        if len(saved) == 2:
            happens(path)

    monkeypatch.setattr(checkpoint, "save", saves)
    (tmp_path / ".run.h5-a1_b2c3d.h5").write_text(
        "left behind by one that was killed while it saved"
    )
    scan = Accumulator(network, weights, ["first"], (SIDE, SIDE), 4)
    with pytest.raises(UserError, match=says):
        new = run.Run(settings, source.root, "", ())
        loop.advance(new, scan, source, plain((SIDE, SIDE)), path, 0, another)
    assert saved == [0, 4]
    assert happening != "replaced" or run_file.load(path).done == 4
    assert not (tmp_path / ".run.h5-a1_b2c3d.h5").exists()
