"""Images of an .npy file that somebody else writes meanwhile."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tfdeconv.data.dataset import open_source
from tfdeconv.errors import UserError

IMAGES = np.arange(4 * 5 * 6 * 3, dtype=np.int16).reshape(4, 5, 6, 3)


@pytest.fixture
def path(tmp_path) -> str:
    np.save(tmp_path / "x.npy", IMAGES)
    return str(tmp_path / "x.npy")


def test_a_shortened_file_is_an_unreadable_image(path):
    with open_source(path) as source:
        assert not source.has_changed()
        os.truncate(path, os.path.getsize(path) - 1)
        np.testing.assert_array_equal(source.pixels(2, 3), IMAGES[2])
        with pytest.raises(UserError, match="image 3 cannot be read: the file has become shorter"):
            source.pixels(3, 3)
        assert source.has_changed()


def test_a_replaced_file_is_told(path, tmp_path):
    with open_source(path) as source:
        np.save(tmp_path / "y.npy", IMAGES + 1)
        os.replace(tmp_path / "y.npy", path)
        # what was opened is still there
        np.testing.assert_array_equal(source.pixels(3, 3), IMAGES[3])
        assert source.has_changed()
        os.remove(path)
        assert not source.has_changed()


def test_an_array_in_columns_is_read_whole(path):
    np.save(path, np.asfortranarray(IMAGES))
    with open_source(path) as source:
        np.testing.assert_array_equal(source.pixels(3, 3), IMAGES[3])


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_npz_is_not_mapped(tmp_path, save):
    path = str(tmp_path / "x.npz")
    columns = np.asfortranarray(IMAGES)
    save(path, labels=np.arange(4), images=IMAGES, columns=columns)
    for name in ("images", "columns"):
        with open_source(f"{path}:{name}") as source:
            for number, image in enumerate(IMAGES):
                np.testing.assert_array_equal(source.pixels(number, 3), image)
    with open_source(f"{path}:images") as source:
        os.truncate(path, 500)
        with pytest.raises(UserError, match="image 3 cannot be read: "):
            source.pixels(3, 3)


def test_sides_below_zero_are_refused(path):
    with open(path, "wb") as file:
        fields = {"descr": "|u1", "fortran_order": False, "shape": (-1, 8, 8, 3)}
        np.lib.format.write_array_header_1_0(file, fields)
        file.write(bytes(192))
    with pytest.raises(UserError, match=r"declares the shape \[-1, 8, 8, 3\]"):
        open_source(path)
