"""Files that cannot be read: one line that names the file, and nothing is executed."""

from __future__ import annotations

import io
import pickle
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from photos import RGB, UPRIGHT, saved
from PIL import Image

from tfdeconv.data import images
from tfdeconv.data.preprocessing import caffe
from tfdeconv.errors import UserError

pytestmark = pytest.mark.usefixtures("no_warnings")


def huge_png() -> bytes:
    """A picture that says it is 20,000 x 20,000 pixels, in 60 bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)).save(
        file, "JPEG"
    )
    return file.getvalue()


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, np.zeros((2, 2, 3)))
    return file.getvalue()


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text.encode()


def of_floats() -> bytes:
    file = io.BytesIO()
    Image.new("F", (3, 3)).save(file, "TIFF")
    return file.getvalue()


MISTAKES = {  # name of the file, its bytes (None: there is none), what the error says
    "missing": ("cat.jpg", None, "there is no such file"),
    "text": ("cat.jpg", b"hello", "not an image that can be read"),
    "empty": ("cat.jpg", b"", "not an image that can be read"),
    "truncated by half": (
        "cat.jpg",
        jpeg()[: len(jpeg()) // 2],
        "cannot be read as an image: .*truncated",
    ),
    "truncated by a little": ("cat.jpg", jpeg()[:-50], "cannot be read as an image: .*truncated"),
    "truncated in its head": ("cat.jpg", jpeg()[:100], "cat.jpg"),
    "too large": ("cat.png", huge_png(), "has more than 178,956,970 pixels"),
    "floats": ("cat.tif", of_floats(), "floating-point"),
    "missing array": ("cat.npy", None, "there is no such file"),
    "NaN": ("cat.npy", npy(np.float32([[[1, np.nan, 2]]])), "not finite"),
    "infinite": ("cat.npy", npy(np.float32([[[1, np.inf, 2]]])), "not finite"),
    "beyond float32": ("cat.npy", npy(np.float64([[[1, 1e300, 2]]])), "not finite"),
    "pickled object": ("cat.npy", npy(np.array([{}], object)), "cannot be read as an array"),
    "a pickle": ("cat.npy", pickle.dumps(np.zeros((2, 2, 3))), "cannot be read as an array"),
    "empty array file": ("cat.npy", b"", "cannot be read as an array"),
    "truncated array": ("cat.npy", npy(np.zeros((4, 4, 3)))[:-8], "cannot be read as an array"),
    "archive of arrays": ("cat.npy", npz(), "cannot be read as an array"),
    "damaged header": ("cat.npy", header("{'descr': '<f4', "), "cannot be read as an array"),
    "a header beyond all memory": (
        "cat.npy",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999,) * 2}\n"),
        "cannot be read as an array",
    ),
    "other bands": (
        "cat.npy",
        npy(np.zeros((4, 5, 12))),
        r"float64 \[4, 5, 12\], needs numbers \[h, w, 3\]",
    ),
    "no height": ("cat.npy", npy(np.zeros((0, 5, 3))), r"\[0, 5, 3\], needs numbers"),
    "a batch": ("cat.npy", npy(np.zeros((2, 4, 5, 3))), r"\[2, 4, 5, 3\], needs numbers"),
    "complex": ("cat.npy", npy(np.zeros((4, 5, 3), complex)), "complex128"),
    "words": ("cat.npy", npy(np.full((4, 5, 3), "a")), "needs numbers"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_one_line_with_the_path(tmp_path, mistake):
    name, data, says = MISTAKES[mistake]
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=says) as error:
        images.read([tmp_path / name], RGB)
    assert str(tmp_path / name) in str(error.value) and "\n" not in str(error.value)


def test_too_large_an_array_is_refused_unread(tmp_path):
    np.lib.format.open_memmap(
        tmp_path / "cat.npy", "w+", np.uint8, (20_000, 20_000, 3)
    )  # sparse: takes no room on the disk
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="has more than 178,956,970 pixels"):
            images.pixels(tmp_path / "cat.npy")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_pickle_is_never_executed(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (tmp_path / "exploded").touch, ()

    bomb = pickle.dumps(Bomb())
    (tmp_path / "bomb.npy").write_bytes(bomb)
    np.save(tmp_path / "objects.npy", np.array([Bomb()], object), allow_pickle=True)
    for name in ("bomb.npy", "objects.npy"):
        with pytest.raises(UserError):
            images.pixels(tmp_path / name)
    assert not (tmp_path / "exploded").exists()
    pickle.loads(bomb)  # the bomb itself works
    assert (tmp_path / "exploded").exists()


def test_a_photo_does_not_serve_twelve_channels(tmp_path):
    path = saved(tmp_path / "photo.png", UPRIGHT)
    with pytest.raises(UserError, match=r"this network takes 12: give an \.npy \[h, w, 12\]"):
        images.read([path], caffe((8, 8), 12), channels=12)
