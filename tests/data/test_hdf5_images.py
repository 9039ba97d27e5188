"""Images of an HDF5 file that nobody vouches for, read in another process."""

from __future__ import annotations

import gc
import hashlib
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest

from tfdeconv.data import hdf5_images
from tfdeconv.data.dataset import open_source
from tfdeconv.errors import UserError
from tfdeconv.formats import hdf5_process

IMAGES = np.random.default_rng(5).integers(0, 256, (41, 5, 7, 3), np.uint8)


@pytest.fixture
def path(tmp_path):
    with h5py.File(tmp_path / "images.h5", "w") as file:
        file["group/images"] = IMAGES
        file["labels"] = np.arange(41)
    return str(tmp_path / "images.h5")


@pytest.fixture
def processes(monkeypatch):
    """The processes that were started, in order."""
    started = []
    start = hdf5_process.SubprocessFile.__init__

    def record(self, path):
        start(self, path)
        started.append(self.process)

    monkeypatch.setattr(hdf5_process.SubprocessFile, "__init__", record)
    return started


def plant(monkeypatch, statement: str) -> None:
    """Lets the process execute a statement before it reads the rows start to stop."""
    code = (
        "import os, sys; sys.path[:] = sys.argv[1:]\n"
        "from tfdeconv.formats import hdf5_server, hdf5_survey\n"
        "read = hdf5_survey.read\n"
        "def changed(dataset, rows):\n"
        "    start, stop = rows\n"
        f"    {statement}\n"
        "    return read(dataset, rows)\n"
        "hdf5_survey.read = changed\n"
        "hdf5_server.main()"
    )
    monkeypatch.setattr(hdf5_process, "PROGRAM", code)


def requests(source, monkeypatch) -> list[tuple[int, int]]:
    """The rows that are asked for from now on."""
    asked = []
    rows = source.array.rows

    def record(start, stop):
        asked.append((start, stop))
        return rows(start, stop)

    monkeypatch.setattr(source.array, "rows", record)
    return asked


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, ">f4", np.float64])
def test_images_and_digest_are_the_files(tmp_path, dtype):
    images = IMAGES.astype(dtype)
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        file["x"] = images
    size = (tmp_path / "images.hdf5").stat().st_size
    identity = f"images.hdf5 {size} {images.dtype.str} {images.shape}"
    with open_source(str(tmp_path / "images.hdf5")) as source:
        assert source.digest == hashlib.sha256(identity.encode()).hexdigest()
        assert (source.count, source.shape) == (41, (5, 7, 3))
        for i in range(41):
            pixels = source.pixels(i, 3)
            assert pixels.dtype == (np.uint8 if dtype == np.uint8 else np.float32)
            np.testing.assert_array_equal(pixels, images[i].astype(np.float32))


def test_threads_read_side_by_side(path, rng):
    numbers = [*range(41), *rng.permutation(41).tolist(), *range(0, 41, 3)]
    with open_source(path) as source, ThreadPoolExecutor(4) as pool:
        for number, pixels in zip(numbers, pool.map(lambda i: source.pixels(i, 3), numbers)):
            np.testing.assert_array_equal(pixels, IMAGES[number])


def test_images_in_a_row_are_read_ahead(path, monkeypatch):
    with open_source(path) as source:
        asked = requests(source, monkeypatch)
        for i in range(41):
            source.pixels(i, 3)
        assert asked == [(0, 1), (1, 8), (8, 16), (16, 24), (24, 32), (32, 40), (40, 41)]


@pytest.mark.parametrize(
    ("chunk", "stops"), [((20, 5, 7, 3), [20, 40, 41]), ((30, 2, 3, 1), [30, 41])]
)
def test_blocks_are_whole_chunks(tmp_path, monkeypatch, chunk, stops):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("x", data=IMAGES, chunks=chunk, compression="gzip")
    with open_source(str(tmp_path / "x.h5")) as source:
        asked = requests(source, monkeypatch)
        for i in range(41):
            np.testing.assert_array_equal(source.pixels(i, 3), IMAGES[i])
        assert asked == [(0, 1), *zip([1, *stops[:-1]], stops)]


def test_blocks_are_bounded_in_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_images, "MAX_HDF5_BLOCK", 12 * IMAGES[0].nbytes)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("x", data=IMAGES, chunks=(41, 5, 7, 3), compression="gzip")
    with open_source(str(tmp_path / "x.h5")) as source:
        assert source.array.block == 12
    monkeypatch.setattr(hdf5_images, "MAX_HDF5_CHUNK", IMAGES.nbytes - 1)
    with pytest.raises(UserError, match=r"x is in chunks \[41, 5, 7, 3\] of .*:CHUNK=1x5x7x3\)"):
        open_source(str(tmp_path / "x.h5"))


def test_single_images_are_not_read_ahead(path, monkeypatch):
    with open_source(path) as source:
        asked = requests(source, monkeypatch)
        for i in (30, 3, 9, 5):
            source.pixels(i, 3)
        assert asked == [(30, 31), (3, 4), (9, 10), (5, 6)]


def unreadable(source) -> dict[int, str]:
    """{number: why} of the images that cannot be read; the others are right."""
    reasons = {}
    for i in range(source.count):
        try:
            np.testing.assert_array_equal(source.pixels(i, 3), IMAGES[i])
        except UserError as error:
            reasons[i] = str(error)
    return reasons


def test_a_crash_costs_one_image(path, monkeypatch, processes):
    plant(monkeypatch, "if start <= 20 < stop: os.kill(os.getpid(), 11)")
    with open_source(path) as source:
        reasons = unreadable(source)
    assert list(reasons) == [20]
    assert reasons[20].startswith(f"{path}: image 20 cannot be read: HDF5's library crashed")
    # the first; after a crash in a block; after two with the image alone
    assert len(processes) == 4


def test_an_error_costs_one_image(path, monkeypatch, processes):
    plant(monkeypatch, "if start <= 20 < stop: raise OSError('Broken chunk')")
    with open_source(path) as source:
        assert unreadable(source) == {20: f"{path}: image 20 cannot be read: Broken chunk"}
    assert len(processes) == 1


def test_a_process_that_is_killed_is_replaced(path, processes):
    with open_source(path) as source:
        source.pixels(7, 3)
        processes[0].kill()
        np.testing.assert_array_equal(source.pixels(30, 3), IMAGES[30])
    assert len(processes) == 2 and all(process.poll() is not None for process in processes)


def test_a_file_that_changes_meanwhile_is_refused(path, processes):
    with open_source(path) as source:
        processes[0].kill()
        processes[0].wait()
        with h5py.File(path, "w") as file:
            file["x"] = IMAGES[:3]
        for _ in range(2):
            with pytest.raises(
                UserError, match=r"images were \[41, 5, 7, 3\] and are now \[3, 5, 7, 3"
            ):
                source.pixels(2, 3)


def test_the_process_ends_with_its_source(path, processes):
    with open_source(path) as source:
        assert processes[0].poll() is None
    assert processes[0].poll() is not None
    with pytest.raises(UserError, match="image 2 cannot be read: it has been closed"):
        source.pixels(2, 3)
    source = open_source(path)
    assert processes[1].poll() is None
    del source
    gc.collect()
    assert processes[1].poll() is not None


REFUSED = {
    "none": (lambda file: None, "has no array of images [n, h, w, c]; it has no arrays of numbers"),
    "two": (
        lambda file: file.update({"a/x": IMAGES, "b": IMAGES}),
        "several arrays of images: a/x [41, 5, 7, 3] uint8, b [41, 5, 7, 3] uint8; say",
    ),
    "a link": (
        lambda file: file.update({"x": h5py.ExternalLink("other.h5", "x")}),
        "it has no arrays of numbers; x is a link, to another file perhaps",
    ),
    "truth values": (lambda file: file.update({"x": IMAGES > 9}), "is bool [41, 5, 7, 3], needs"),
    "texts": (
        lambda file: file.update({"x": np.full((2, 3, 4, 3), b"a")}),
        "no arrays of numbers; x is of strings",
    ),
    "no images": (lambda file: file.update({"x": IMAGES[:0]}), "[0, 5, 7, 3], needs images"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_other_files_are_refused(tmp_path, kind, processes):
    write, words = REFUSED[kind]
    with h5py.File(tmp_path / "x.h5", "w") as file:
        write(file)
    with pytest.raises(UserError) as error:
        open_source(str(tmp_path / "x.h5"))
    assert words in str(error.value) and str(error.value).startswith(str(tmp_path / "x.h5"))
    del error
    gc.collect()
    assert processes[0].poll() is not None


def test_damaged_files_are_refused(tmp_path):
    (tmp_path / "x.h5").write_bytes(b"no HDF5")
    with pytest.raises(UserError, match="cannot be read as an array: "):
        open_source(str(tmp_path / "x.h5"))
