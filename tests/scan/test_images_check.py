"""A scan goes on with the images that it began with, and with no others of the same names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from runs import SIDE, integers, plain

from tfdeconv import files
from tfdeconv.data import dataset
from tfdeconv.errors import UserError
from tfdeconv.scan import images_check, loop, run, run_file
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.scan.workers import WorkerGroup


class Stopped(Exception):
    pass


@pytest.fixture
def scan(rng, tmp_path):
    """scan(source, batches): advances tmp_path/run.h5, and stops it after so many batches."""
    network, weights = integers(rng)
    path = tmp_path / "run.h5"

    def scan(source: dataset.Source, batches: int = 99, count: int = 0) -> run.Run:
        settings = run.Settings(
            *("whole", "", "0" * 64, "", "crop", (SIDE, SIDE), source.digest),
            *(source.count, ("first",), 9, 2),
        )
        accumulator = Accumulator(network, weights, ["first"], (SIDE, SIDE), 2)
        now = run.Run(settings, source.root, "", source.names)
        now = run_file.load(path) if path.exists() else now
        rounds = iter(range(batches))
        loop.advance(
            *(now, accumulator, source, plain((SIDE, SIDE)), path, 60),
            signalled=lambda: 0 if next(rounds, None) is not None else 15,
        )
        return run_file.load(path)

    return scan


def save_noise(folder: Path, count: int, rng) -> None:
    folder.mkdir(exist_ok=True)
    for i in range(count):
        pixels = rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")


def test_half_a_list_gone_stops_the_scan(scan, tmp_path, rng):
    for name in "ab":
        save_noise(tmp_path / name, 4, rng)
    names = [f"{name}/{i}.png" for i in range(4) for name in "ab"]
    (tmp_path / "list.txt").write_text("\n".join(names))
    source = dataset.open_source(str(tmp_path / "list.txt"))
    with pytest.raises(loop.Interrupted):
        scan(source, 2)
    (tmp_path / "b").rename(tmp_path / "away")
    with pytest.raises(UserError, match="can no longer be read.*the first 4 images"):
        scan(source)
    (tmp_path / "away").rename(tmp_path / "b")
    found = scan(source)
    assert found.scanned == 8 and not found.skipped


def test_other_images_of_same_names_are_refused(scan, tmp_path, rng):
    save_noise(tmp_path / "a", 6, rng)
    source = dataset.open_source(str(tmp_path / "a"))
    with pytest.raises(loop.Interrupted):
        scan(source, 2)
    before = (tmp_path / "run.h5").read_bytes()
    save_noise(tmp_path / "a", 6, rng)
    with pytest.raises(UserError, match="0.png is not what was scanned: its pixels differ"):
        scan(source)
    assert (tmp_path / "run.h5").read_bytes() == before


def test_workers_with_other_files_are_told_apart(rng):
    digests = {number: rng.integers(0, 256, 32).astype(np.uint8) for number in range(20)}
    settings = run.Settings("n", "", "0" * 64, "", "crop", (8, 8), "", 20, ("a",), 9, 4)
    source = dataset.list_source("photos", [f"{i}.png" for i in range(20)])
    numbers = images_check.samples(run.Run(settings, "", "", source.names))
    assert numbers == [0, 6, 13, 19]

    class Two(WorkerGroup):
        def exchange(self, message):
            other = message["samples"].copy()
            other[2, 5] ^= changed
            return [message, {"samples": other}]

    workers = Two(None, 0, 2, ["a:1", "b:2"])

    def read(number):
        return np.zeros(0), digests[number], ""

    changed = 0
    images_check.refuse_unequal(source, numbers, read, workers)
    changed = 1
    with pytest.raises(UserError, match=r"13.png is not the same for worker 1 of 2 \(b:2\)"):
        images_check.refuse_unequal(source, numbers, read, workers)


@pytest.mark.parametrize("name", ["run.h5", "r" * 60 + ".h5"])
def test_leftovers_are_of_one_file_alone(tmp_path, name):
    path = tmp_path / name
    others = [tmp_path / f"{name[:-3]}2.h5", tmp_path / ("r" * 61 + ".h5")]
    kept = []
    for each in (path, *others):
        with pytest.raises(Stopped), files.atomic_write(each) as temporary:
            temporary.write_text("half")
            kept.append(temporary.with_name(temporary.name))
            saved = temporary.read_bytes()
            raise Stopped
        kept[-1].write_bytes(saved)
    files.remove_leftovers(path)
    assert [each.exists() for each in kept] == [False, True, True]


def test_an_array_that_changes_meanwhile_stops_the_scan(scan, tmp_path, rng):
    x = rng.integers(0, 256, (8, SIDE, SIDE, 3)).astype(np.uint8)
    np.save(tmp_path / "x.npy", x)
    source = dataset.open_source(str(tmp_path / "x.npy"))
    with pytest.raises(loop.Interrupted):
        scan(source, 1)
    x[5] = 0
    np.save(tmp_path / "x.npy", x)
    with pytest.raises(UserError, match="x.npy was changed while it was scanned: .*first 2 images"):
        scan(source)
    assert run_file.load(tmp_path / "run.h5").done == 2
