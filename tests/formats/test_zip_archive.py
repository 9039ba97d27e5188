"""Zips whose directory lies."""

from __future__ import annotations

import struct
import zipfile

import numpy as np
import pytest
from pickle_files import memory_below, torch_pickle, write_file, write_torch_file

from tfdeconv.errors import UserError
from tfdeconv.formats import pickled


def test_zip_bombs_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, a=np.zeros(30_000_000, np.float32))
    reason = (
        r"1 members unpack to 120,000,128 bytes, far more than arrays in a file of 1\d\d,\d{3} can"
    )
    with memory_below(5e6), pytest.raises(UserError, match=reason):
        pickled.tensors(path)
    # this may be, and takes no memory before it is asked for
    np.savez_compressed(path, a=np.zeros(10_000_000, np.float32))
    with memory_below(5e6):
        assert pickled.tensors(path)["a"].shape == (10_000_000,)


@pytest.mark.parametrize(
    "offset, form, value, reason",
    [
        (8, "<H", 1, "encrypted"),
        (10, "<H", 99, "compressed in an unusual way"),
        (20, "<I", 2**31, "declares 48 bytes, stored as 2147483648"),
        (24, "<I", 2**31, "declares 2147483648 bytes, stored as 48"),
        (42, "<I", 7, "not where its directory says"),
        (42, "<I", 2**31, "not where its directory says"),
    ],
)
def test_wrong_entries_of_the_directory_are_refused(tmp_path, offset, form, value, reason):
    raw = bytearray(write_torch_file(tmp_path / "x.pt", torch_pickle()).read_bytes())
    entry = raw.rindex(b"archive/data/0") - 46
    struct.pack_into(form, raw, entry + offset, value)
    with pytest.raises(UserError, match=reason):
        pickled.tensors(write_file(tmp_path / "y.pt", raw))["a"].read()


def test_compressed_torch_files_are_refused(tmp_path):
    path = write_torch_file(tmp_path / "x.pt", torch_pickle(), zipfile.ZIP_DEFLATED)
    with pytest.raises(UserError, match="zip them again without"):
        pickled.tensors(path)


def test_too_long_directory_is_refused(tmp_path):
    raw = write_torch_file(tmp_path / "x.pt", torch_pickle()).read_bytes()
    end = raw.rindex(b"PK\5\6")
    size = struct.pack("<I", 6_000_000)
    long = raw[:end] + bytes(6_000_000) + raw[end : end + 12] + size + raw[end + 16 :]
    path = write_file(tmp_path / "y.pt", long)
    reason = "its directory has 6000000 bytes, at most 4194304"
    with memory_below(5e6), pytest.raises(UserError, match=reason):
        pickled.tensors(path)
