"""Means of training sets as people keep them, for --preprocess."""

from __future__ import annotations

import os
import struct

import numpy as np
import pytest

from tfdeconv.data.preprocessing import MEAN_BGR
from tfdeconv.data.stated_preprocessing import load_preprocessing
from tfdeconv.errors import UserError

BGR = np.array(MEAN_BGR)
IMAGE = (BGR[:, None, None] + np.linspace(-50, 50, 20).reshape(5, 4)).astype(np.float32)


def varint(value: int) -> bytes:
    digits = [value >> 7 * i & 127 for i in range(max(1, -(-value.bit_length() // 7)))]
    return bytes(digit | 128 for digit in digits[:-1]) + bytes(digits[-1:])


def packed(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(values: np.ndarray, kind: str) -> bytes:
    """A BlobProto as Caffe's compute_image_mean writes it, or as later versions do."""
    if kind == "legacy":
        shape = (1,) * (4 - values.ndim) + values.shape
        sides = b"".join(varint((i + 1) << 3) + varint(side) for i, side in enumerate(shape))
        return sides + packed(5, values.astype("<f4").tobytes())
    lengths = packed(7, packed(1, b"".join(map(varint, values.shape))))
    if kind == "double":
        return lengths + packed(8, values.astype("<f8").tobytes())
    # each number with its tag, as protocol buffers allow
    each = b"".join(b"\x2d" + struct.pack("<f", value) for value in values.ravel())
    return each + lengths


@pytest.mark.parametrize("kind", ["legacy", "double", "one by one"])
def test_mean_image_of_caffe_is_read(tmp_path, kind):
    (tmp_path / "mean.binaryproto").write_bytes(blob(IMAGE, kind))
    check_bgr(str(tmp_path / "mean.binaryproto"), "of the mean image the mean of each")


def check_bgr(path: str, says: str) -> None:
    notes: list[str] = []
    found = load_preprocessing(path, (224, 224, 3), notes.append)
    assert found is not None and (found.order, found.scale, found.resize) == ("bgr", (), 256)
    # float32 carries 124 to 1e-5
    np.testing.assert_allclose(found.mean, MEAN_BGR, atol=1e-4)
    assert len(notes) == 1 and says in notes[0] and "in the order bgr" in notes[0]


def test_means_that_overflow_are_refused_quietly(tmp_path, recwarn):
    np.save(tmp_path / "mean.npy", np.array([np.inf, -np.inf, 1] * 6).reshape(3, 2, 3))
    with pytest.raises(UserError, match="3 finite numbers"):
        load_preprocessing(str(tmp_path / "mean.npy"), (224, 224, 3), list().append)
    assert not recwarn


@pytest.mark.parametrize(
    "values", [IMAGE, IMAGE.transpose(1, 2, 0), IMAGE[None], BGR, BGR[:, None, None]]
)
def test_means_in_arrays_are_read(tmp_path, values):
    np.save(tmp_path / "mean.npy", values)
    check_bgr(str(tmp_path / "mean.npy"), "mean")
    np.savez(tmp_path / "mean.npz", mean=values, other=np.zeros((3, 3), "U1"))
    check_bgr(f"{tmp_path}/mean.npz:mean", "mean")


def test_means_of_rgb_and_of_one_channel(tmp_path):
    np.save(tmp_path / "rgb.npy", BGR[::-1])
    found = load_preprocessing(str(tmp_path / "rgb.npy"), (8, 8, 3))
    assert (found.order, found.mean) == ("rgb", tuple(MEAN_BGR[::-1]))
    np.save(tmp_path / "grey.npy", np.full((28, 28), 33.5))
    found = load_preprocessing(str(tmp_path / "grey.npy"), (28, 28, 1))
    assert (found.order, found.mean) == ("as is", (33.5,))


MISTAKES = {
    "two channels": ("m.npy", np.zeros((2, 4, 4)), "expected a mean image"),
    "from 0 to 1": ("m.npy", BGR / 255, "a JSON file with mean and scale"),
    "not a number": ("m.npy", np.full(3, np.nan), "finite"),
    "words": ("m.npy", np.full(3, "a"), "cannot be read as a mean"),
    "cut off": (
        "m.binaryproto",
        blob(IMAGE, "legacy")[:-9],
        "not a .binaryproto of Caffe's, or it is cut",
    ),
    "another shape": ("m.binaryproto", blob(IMAGE, "legacy")[4:], "numbers"),
    "text": ("m.binaryproto", b"hello", "cannot be read as a mean"),
    "nothing": ("m.binaryproto", b"", "it has 0 numbers"),
    "a long number": ("m.binaryproto", b"\xff" * 40, "cannot be read as a mean"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_other_means_are_refused_in_a_line(tmp_path, mistake):
    name, content, says = MISTAKES[mistake]
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    else:
        np.save(tmp_path / name, content)
    with pytest.raises(UserError, match=says) as error:
        load_preprocessing(str(tmp_path / name), (8, 8, 3))
    assert str(tmp_path / name) in str(error.value) and "\n" not in str(error.value)


def test_fifos_are_no_preprocessing(tmp_path):
    for name in ("p.json", "p.npy", "p.binaryproto"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(UserError, match="is not a regular file"):
            load_preprocessing(str(tmp_path / name), (8, 8, 3))
