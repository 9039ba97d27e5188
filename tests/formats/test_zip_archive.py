"""Zips whose directory lies."""

from __future__ import annotations

import struct
import zipfile

import numpy as np
import pytest
from pickle_files import memory_below, torch_pickle, write_file, write_torch_file

from tfdeconv.errors import UserError
from tfdeconv.formats import pickled


def test_zips_that_lie_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, a=np.zeros(30_000_000, np.float32))
    with (
        memory_below(5e6),
        pytest.raises(
            UserError, match=r"1 members come to 120000128 bytes, and it has 1\d{5}: this is not"
        ),
    ):
        pickled.tensors(path)
    np.savez_compressed(
        path, a=np.zeros(10_000_000, np.float32)
    )  # may be, and is no bomb before it is asked for
    with memory_below(5e6):
        assert pickled.tensors(path)["a"].shape == (10_000_000,)
    raw = write_torch_file(tmp_path / "x.pt", torch_pickle()).read_bytes()
    data = raw.rindex(b"archive/data/0") - 46  # its entry in the directory
    for at, form, value, reason in [
        (8, "<H", 1, "encrypted"),
        (10, "<H", 99, "compressed in an unusual way"),
        (20, "<I", 2**31, "declares 48 bytes, stored as 2147483648"),
        (24, "<I", 2**31, "declares 2147483648 bytes, stored as 48"),
        (42, "<I", 7, "not where its directory says"),
        (42, "<I", 2**31, "not where its directory says"),
    ]:
        lying = bytearray(raw)
        struct.pack_into(form, lying, data + at, value)
        with pytest.raises(UserError, match=reason):
            pickled.tensors(write_file(tmp_path / "y.pt", lying))["a"].read()
    with pytest.raises(UserError, match="zip them again without"):
        pickled.tensors(write_torch_file(tmp_path / "x.pt", torch_pickle(), zipfile.ZIP_DEFLATED))
    end = raw.rindex(b"PK\5\6")
    long = (
        raw[:end]
        + bytes(6_000_000)
        + raw[end : end + 12]
        + struct.pack("<I", 6_000_000)
        + raw[end + 16 :]
    )
    path = write_file(tmp_path / "y.pt", long)
    with (
        memory_below(5e6),
        pytest.raises(UserError, match="its directory has 6000000 bytes, at most 4194304"),
    ):
        pickled.tensors(path)
