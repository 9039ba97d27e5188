"""This program's own HDF5 files: written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from tfdeconv.errors import UserError
from tfdeconv.formats.hdf5_write import create_hdf5, fixed_text, pack_texts, unpack_texts

VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)


def test_a_created_file_holds_what_was_put_in(tmp_path):
    with create_hdf5(tmp_path / "x.h5") as file:
        file["group/values"] = VALUES
        file.attrs["name"] = fixed_text("é")
        assert os.listdir(tmp_path) == []
    with h5py.File(tmp_path / "x.h5") as file:
        assert file.attrs["name"].decode() == "é"
        np.testing.assert_array_equal(file["group/values"][()], VALUES)
    assert os.listdir(tmp_path) == ["x.h5"]


def test_a_failed_block_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.h5"
    path.write_bytes(b"before")
    with pytest.raises(UserError, match="^no$"), create_hdf5(path) as file:
        file["values"] = VALUES
        raise UserError("no")
    assert path.read_bytes() == b"before" and os.listdir(tmp_path) == ["x.h5"]


def test_what_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="cannot write .*x.h5: No such file"):
        with create_hdf5(tmp_path / "nowhere" / "x.h5") as file:
            file["values"] = VALUES

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="cannot write .*y.h5: No space left"):
        with create_hdf5(tmp_path / "y.h5") as file:
            file["values"] = VALUES
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("names", [(), ("",), ("a", "b c"), ("é\n", "\udcff", "")])
def test_packed_texts_are_unpacked_the_same(names):
    assert pack_texts(names).dtype == np.uint8
    assert unpack_texts(pack_texts(names)) == names
