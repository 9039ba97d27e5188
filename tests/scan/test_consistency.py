"""A run that does not agree with itself is refused when it is loaded, in a line that says why."""

from __future__ import annotations

import copy
import os
from dataclasses import asdict

import numpy as np
import pytest
from runs import SIDE, integers, scanned

from tfdeconv.errors import UserError
from tfdeconv.formats.hdf5_write import create_hdf5
from tfdeconv.scan import run_file
from tfdeconv.scan.consistency import Inconsistent, check_run, settings_of

COUNT = 7


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A run of 7 images, of which number 5 came before."""
    rng = np.random.default_rng(1)
    network, weights = integers(rng)
    x = rng.integers(0, 256, (COUNT, SIDE, SIDE, 3)).astype(np.uint8)
    x[5] = x[2]
    return scanned(tmp_path_factory.mktemp("run"), x, network, weights, ("first", "dense"), 4, 3)


def set_in(name, index, value):
    """Damage to an array of the layer `first`."""

    def damage(run):
        run.state["first"][name][index] = value

    return damage


def set_list(name, index, value):
    def damage(run):
        getattr(run, name)[index] = value

    return damage


DAMAGES = {
    "an image beyond the list": (set_in("images", (0, 0), COUNT), "first has impossible units"),
    "an image that does not count": (set_in("images", (0, 0), 5), "first has impossible units"),
    "a negative position": (set_in("positions", (0, 0), -2), "first has impossible units"),
    "a position of no map": (set_in("positions", (0, 0), 1 << 30), "first has impossible units"),
    "not a number": (set_in("values", (0, 0), np.nan), "first has impossible units"),
    "values out of order": (set_in("values", (0, 2), 1e9), "first has impossible units"),
    "no unit where one must be": (set_in("images", (0, 0), -1), "first has impossible units"),
    "more firing than images": (
        set_in("firing_images", 0, COUNT + 1),
        "first has impossible statistics",
    ),
    "a share above one": (set_in("firing_positions", 0, 99), "first has impossible statistics"),
    "a histogram of others": (set_in("histogram", (0, 0), 5), "first has impossible statistics"),
    "an endless sum": (set_in("maxima", 0, np.inf), "first has impossible statistics"),
    "a sum of too much": (set_in("means", 0, 1e300), "first has impossible statistics"),
    "the same as a later one": (set_list("same", 2, 5), "copies of later ones"),
    "the same as none": (set_list("same", 5, -2), "copies of later ones"),
    "skipped, not seen": (
        lambda run: run.skipped.update({COUNT: "?"}),
        "behind the last one scanned",
    ),
    "skipped, and counted": (
        lambda run: run.skipped.update({1: "?"}),
        "not that of the images scanned",
    ),
    "done before it was": (lambda run: setattr(run, "done", 9), "its lists of images do not fit"),
    "scanned none": (lambda run: setattr(run, "scanned", -1), "its lists of images do not fit"),
}


SETTINGS = [
    ("batch", 0),
    ("batch", 2.0),
    ("count", 1 << 40),
    ("size", (20,)),
    ("size", (20.5, 20)),
    ("shard", (3, 2)),
    ("layers", ()),
    ("layers", ("first", "first")),
    ("kept", ("second",)),
    ("weights_sha256", "0x"),
    ("network", ["vgg16"]),
]


def test_a_sound_run_is_loaded(sound, tmp_path):
    run_file.save(tmp_path / "run.h5", sound)
    assert run_file.load(tmp_path / "run.h5").scanned == COUNT - 1


@pytest.mark.parametrize("name", DAMAGES)
def test_an_inconsistent_run_is_refused(sound, name):
    damage, says = DAMAGES[name]
    damaged = copy.deepcopy(sound)
    damage(damaged)
    with pytest.raises(Inconsistent, match=says):
        check_run(damaged)


@pytest.mark.parametrize("name, value", SETTINGS, ids=str)
def test_impossible_settings_are_refused(sound, name, value):
    values = asdict(sound.settings)
    assert settings_of(values) == sound.settings
    with pytest.raises(Inconsistent, match=name if name != "kept" else "maxima of layers"):
        settings_of(values | {name: value})


def test_a_damaged_file_is_one_line(sound, tmp_path):
    damaged = copy.deepcopy(sound)
    damaged.state["first"]["values"][0, 0] = np.nan
    run_file.save(tmp_path / "run.h5", damaged)
    with pytest.raises(UserError, match="run.h5 is damaged: first has impossible units; scan"):
        run_file.load(tmp_path / "run.h5")


def test_settings_of_another_type(sound, tmp_path):
    path = tmp_path / "run.h5"
    for key in ("count", "done"):
        run_file.save(path, sound)
        content = path.read_bytes()
        with create_hdf5(path) as file:
            import h5py

            with h5py.File.in_memory(content) as old:
                for name in old:
                    old.copy(name, file)
                for name, value in old.attrs.items():
                    file.attrs[name] = [2.5, 1.5] if name == key else value
        with pytest.raises(UserError) as refusal:
            run_file.load(path)
        assert "\n" not in str(refusal.value), key


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "run.h5")
    with pytest.raises(UserError, match="is not a regular file"):
        run_file.load(tmp_path / "run.h5")
