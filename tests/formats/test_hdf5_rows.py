"""Rows of a dataset too large for memory, read for hours and from several threads."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest
from hdf5_files import WAYS

from tfdeconv.errors import UserError
from tfdeconv.formats import hdf5_process, hdf5_survey
from tfdeconv.formats.hdf5 import dataset, inside

IMAGES = np.arange(23 * 7 * 5 * 3, dtype=np.uint8).reshape(23, 7, 5, 3)


@pytest.fixture
def path(tmp_path):
    """Images as they are, and compressed in chunks of several."""
    with h5py.File(tmp_path / "images.h5", "w") as file:
        file["plain"] = IMAGES
        file.create_dataset("packed", data=IMAGES, chunks=(4, 7, 5, 3), compression="gzip")
        file["numbers"] = np.arange(5, dtype=np.float32)
        file["scalar"] = 3.0
    return tmp_path / "images.h5"


@pytest.fixture(params=WAYS)
def open_file(request):
    return request.param


def plant(monkeypatch, statement: str) -> None:
    """Lets the process execute a statement before it reads anything of a dataset."""
    code = (
        "import os, sys, time; sys.path[:] = sys.argv[1:]\n"
        "from tfdeconv.formats import hdf5_server, hdf5_survey\n"
        "read = hdf5_survey.read\n"
        "def changed(dataset, rows):\n"
        f"    {statement}\n"
        "    return read(dataset, rows)\n"
        "hdf5_survey.read = changed\n"
        "hdf5_server.main()"
    )
    monkeypatch.setattr(hdf5_process, "PROGRAM", code)


@pytest.mark.parametrize("name", ["plain", "packed"])
def test_rows_equal_those_of_the_whole(path, open_file, name):
    with open_file(path) as root:
        images = dataset(root, name)
        for start, stop in [(0, 1), (22, 23), (2, 9), (0, 23), (5, 5), (23, 23)]:
            rows = images.rows(start, stop)
            assert rows.dtype == np.uint8 and rows.flags.c_contiguous
            np.testing.assert_array_equal(rows, IMAGES[start:stop])
        np.testing.assert_array_equal(images.read(), IMAGES)


def test_rows_of_several_datasets_take_turns(path, open_file):
    with open_file(path) as root:
        for i in range(5):
            for name, expected in (
                ("plain", IMAGES),
                ("numbers", np.arange(5)),
                ("packed", IMAGES),
            ):
                rows = dataset(root, name).rows(i, i + 1)
                np.testing.assert_array_equal(rows, expected[i : i + 1])


def test_rows_outside_the_dataset_are_refused(path, open_file):
    with open_file(path) as root:
        for start, stop in [(-1, 2), (0, 24), (3, 2), (23, 24)]:
            with pytest.raises(IndexError, match=rf"\[23, 7, 5, 3\]: no rows {start} to {stop}"):
                dataset(root, "plain").rows(start, stop)
        with pytest.raises(IndexError):
            dataset(root, "scalar").rows(0, 0)


def test_threads_get_the_rows_they_asked_for(path, open_file):
    with open_file(path) as root, ThreadPoolExecutor(8) as pool:
        images = {name: dataset(root, name) for name in ("plain", "packed")}

        def read(i: int) -> np.ndarray:
            return images[("plain", "packed")[i % 2]].rows(i % 23, i % 23 + 1)

        for i, rows in enumerate(pool.map(read, range(500))):
            np.testing.assert_array_equal(rows, IMAGES[i % 23 : i % 23 + 1])


def test_rows_may_be_read_again_and_again(tmp_path, open_file):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        # 48 MiB in a file of a few KB: it may be read once, and its rows again and again
        file.create_dataset("zeros", (48, 1 << 20), np.uint8, chunks=(1, 1 << 20))
        file.create_dataset("long", (2, 1 << 30), np.uint8, chunks=(1, 1 << 20))
    with open_file(tmp_path / "x.h5") as root:
        zeros = dataset(root, "zeros")
        for _ in range(3):
            assert zeros.rows(0, 48).shape == (48, 1 << 20)
        zeros.read()
        with pytest.raises(UserError, match="zeros declares 50,331,648 bytes, far more than"):
            zeros.read()
        assert zeros.rows(47, 48).shape == (1, 1 << 20)
        with pytest.raises(UserError, match="long declares 1,073,741,824 bytes, far more than"):
            dataset(root, "long").rows(0, 1)


def test_values_in_other_files_are_refused(tmp_path, open_file):
    (tmp_path / "secret").write_bytes(bytes(12))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.zeros((3, 4), np.uint8)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        external = [(str(tmp_path / "secret"), 0, 12)]
        file.create_dataset("external", (3, 4), np.uint8, external=external)
        layout = h5py.VirtualLayout((3, 4), np.uint8)
        layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "x", (3, 4))
        file.create_virtual_dataset("virtual", layout)
        file["link"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "x")
    with open_file(tmp_path / "x.h5") as root:
        for name in ("external", "virtual", "link"):
            with pytest.raises(UserError, match=f"{name} .*not followed"):
                inside(root, name)


def test_computing_is_limited_for_each_request(path, monkeypatch):
    monkeypatch.setattr(hdf5_process, "HDF5_CPU_SECONDS", 1)
    plant(monkeypatch, "end = time.process_time() + 0.5\n    while time.process_time() < end: pass")
    with hdf5_process.open_in_subprocess(path) as root:
        for i in range(6):
            np.testing.assert_array_equal(dataset(root, "plain").rows(i, i + 1)[0], IMAGES[i])


def test_waiting_is_limited_for_each_request(path, monkeypatch):
    plant(monkeypatch, "time.sleep(1)")
    with hdf5_process.open_in_subprocess(path) as root:
        monkeypatch.setattr(hdf5_process, "HDF5_WAIT_SECONDS", 3)
        for i in range(4):
            np.testing.assert_array_equal(dataset(root, "plain").rows(i, i + 1)[0], IMAGES[i])


@pytest.mark.parametrize("statement", ["time.sleep(60)", "sum(iter(int, 1))"])
def test_a_request_without_end_is_ended(path, monkeypatch, statement):
    monkeypatch.setattr(hdf5_process, "HDF5_CPU_SECONDS", 1)
    plant(monkeypatch, f"rows == [3, 4] and {statement}")
    with hdf5_process.open_in_subprocess(path) as root:
        dataset(root, "plain").rows(2, 3)
        monkeypatch.setattr(hdf5_process, "HDF5_WAIT_SECONDS", 2)
        for _ in range(2):
            with pytest.raises(hdf5_process.ProcessEnded, match="timed out: it is damaged"):
                dataset(root, "plain").rows(3, 4)


def test_memory_is_limited_for_each_request(path, monkeypatch):
    plant(monkeypatch, "rows == [3, 4] and bytearray(1 << 30)")
    with hdf5_process.open_in_subprocess(path) as root:
        with pytest.raises(hdf5_process.ReadError, match="asks for too much memory") as error:
            dataset(root, "plain").rows(3, 4)
        assert not isinstance(error.value, hdf5_process.ProcessEnded)
        np.testing.assert_array_equal(dataset(root, "plain").rows(4, 5), IMAGES[4:5])


def test_after_a_crash_all_threads_are_told(path, monkeypatch):
    plant(monkeypatch, "rows[0] > 9 and os.abort()")
    with hdf5_process.open_in_subprocess(path) as root, ThreadPoolExecutor(4) as pool:
        images = dataset(root, "plain")

        def read(i: int) -> str:
            try:
                images.rows(i, i + 1)
                return "read"
            except hdf5_process.ProcessEnded as error:
                return str(error)

        answers = list(pool.map(read, [*range(10), *range(10, 20)]))
    assert "read" in answers
    assert all(answer == "read" or "library crashed" in answer for answer in answers)
    assert answers[10:] == [answers[-1]] * 10 != ["read"] * 10


def test_damaged_rows_do_not_disturb_the_others(tmp_path):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        images = file.create_dataset("images", data=IMAGES, chunks=(1, 7, 5, 3), fletcher32=True)
        offset = images.id.get_chunk_info(5).byte_offset
    raw = bytearray(path.read_bytes())
    raw[offset + 5] ^= 1
    path.write_bytes(raw)
    with hdf5_process.open_in_subprocess(path) as root:
        for i in range(23):
            if i == 5:
                with pytest.raises(hdf5_process.ReadError, match="read"):
                    dataset(root, "images").rows(i, i + 1)
            else:
                np.testing.assert_array_equal(dataset(root, "images").rows(i, i + 1)[0], IMAGES[i])


def test_memory_does_not_grow_with_requests(path, started):
    with hdf5_process.open_in_subprocess(path) as root:
        images = dataset(root, "packed")
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        statm = Path(f"/proc/{children[-1]}/statm")
        images.rows(0, 1)
        before = int(statm.read_text().split()[0])
        for i in range(3000):
            images.rows(i % 23, i % 23 + 1)
        assert int(statm.read_text().split()[0]) - before < 256  # pages


def test_the_chunks_of_a_row_are_kept(tmp_path, monkeypatch):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        chunk = (9, 4, 5, 1)  # two of a row's side by side, of three colours
        file.create_dataset("x", data=IMAGES, chunks=chunk, compression="gzip")
    monkeypatch.setattr(hdf5_survey, "USUAL_CACHE", 100)
    with h5py.File(tmp_path / "x.h5", "r") as file:
        for most, expected in ((10_000, 2 * 3 * 9 * 4 * 5), (1000, 1 << 20)):
            monkeypatch.setattr(hdf5_survey, "HDF5_CHUNK_CACHE", most)
            images = hdf5_survey.open_dataset(file, b"x")
            assert images.id.get_access_plist().get_chunk_cache()[1] == expected
            np.testing.assert_array_equal(images[3:20], IMAGES[3:20])
            del images
