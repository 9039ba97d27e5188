"""Images of a scan: from arrays and lists, in batches."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import h5py
import numpy as np
from PIL import Image
from runs import plain

from tfdeconv.data import dataset, loader


def test_batches_of_arrays_and_lists(tmp_path, rng):
    x = rng.integers(0, 256, (3, 8, 9, 3)).astype(np.uint8)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["group/x"] = x
    source = dataset.open_source(str(tmp_path / "x.h5"))
    assert loader.size_of(source, plain((4, 4)), "keep", 3) == (8, 9)
    read = loader.reader(source, plain((4, 4)), "keep", (8, 9), 3)
    found = list(loader.batches(read, range(3), 2, (8, 9, 3)))
    np.testing.assert_array_equal(np.concatenate([part for part, _, _ in found])[:3], x)
    assert [len(reasons) for _, _, reasons in found] == [2, 1] and found[1][0].shape == (2, 8, 9, 3)
    x[2, 0, 0, 0] += 1
    np.save(tmp_path / "x.npy", x)
    other = list(
        loader.batches(
            loader.reader(
                dataset.open_source(str(tmp_path / "x.npy")), plain((4, 4)), "keep", (8, 9), 3
            ),
            range(3),
            3,
            (8, 9, 3),
        )
    )
    assert (other[0][1][:2] == found[0][1]).all() and (other[0][1][2] != found[1][1][0]).any()
    Image.fromarray(x[0]).save(tmp_path / "a.png")
    Image.fromarray(x[0, :5]).save(tmp_path / "b.png")
    (tmp_path / "list.txt").write_text("nonesuch.png\na.png\nb.png\n")
    listed = dataset.open_source(str(tmp_path / "list.txt"))
    assert loader.size_of(listed, plain((4, 4)), "keep", 3) == (8, 9)
    ((_, _, reasons),) = loader.batches(
        loader.reader(listed, plain((4, 4)), "keep", (8, 9), 3), range(3), 3, (8, 9, 3)
    )
    assert "no such file" in reasons[0] and reasons[1] == "" and "5 x 9" in reasons[2]
    assert replace(listed, root="/nonesuch").locations() == set() and listed.locations() == {
        str(tmp_path)
    }


def test_images_are_read_by_so_many_threads(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((24, 4, 4, 3), np.uint8))
    source = dataset.open_source(str(tmp_path / "x.npy"))
    read = loader.reader(source, plain((4, 4)), "keep", (4, 4), 3)
    reading: list[int] = []
    most: list[int] = []

    def noted(number: int):
        reading.append(number)
        time.sleep(0.002)  # so that others would begin
        most.append(len(reading))
        reading.remove(number)
        return read(number)

    for _batch in loader.batches(noted, range(24), 4, (4, 4, 3), readers=1):
        pass
    assert max(most) == 1
    most.clear()
    for _batch in loader.batches(noted, range(24), 4, (4, 4, 3), readers=3):
        pass
    assert 1 < max(most) <= 3


def test_a_process_bound_to_a_core_has_one(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {5}, raising=False)
    assert loader.usable_cores() == 1
    monkeypatch.delattr(os, "sched_getaffinity")
    assert loader.usable_cores() == os.cpu_count()
