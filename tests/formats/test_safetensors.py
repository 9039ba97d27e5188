""".safetensors files: read as their library reads them, and refused where the header is wrong."""

from __future__ import annotations

import os
import struct

import numpy as np
import pytest
from pickle_files import (
    LAYERS,
    assert_tensors,
    entry,
    memory_below,
    safetensors_file,
    torch_values,
    write_file,
)

from tfdeconv.errors import UserError
from tfdeconv.formats import pickled, safetensors


def test_safetensors_of_numpy(tmp_path):
    library = pytest.importorskip(
        "safetensors.numpy", reason="safetensors is not installed (extra `interop`)"
    )
    arrays = {
        "a": LAYERS["conv1"][0],
        "b.weight": np.float16([1.5, 2]),
        "c": np.arange(3.0),
        "d": np.zeros((0, 3), np.float32),
        "e": np.array(7),
        "f": np.array([True, False]),
    }
    library.save_file(arrays, tmp_path / "x.safetensors", {"format": "pt"})
    assert safetensors.recognises(tmp_path / "x.safetensors") and not pickled.recognises(
        tmp_path / "x.safetensors"
    )
    found = safetensors.tensors(tmp_path / "x.safetensors")
    assert_tensors(dict(sorted(found.items())), arrays)


def test_safetensors_of_torch(torch, tmp_path):
    library = pytest.importorskip(
        "safetensors.torch", reason="safetensors is not installed (extra `interop`)"
    )
    tensors = {"a": torch.randn(3, 5).bfloat16(), "b": torch.randn(7)}
    library.save_file(tensors, tmp_path / "x.safetensors")
    assert_tensors(
        dict(sorted(safetensors.tensors(tmp_path / "x.safetensors").items())), torch_values(tensors)
    )


@pytest.mark.parametrize(
    "content, reason",
    [
        (
            safetensors_file({"a": entry(shape=(3, 5))}),
            r"shape \[3, 5\] \(float32\) does not fit into its 48 bytes",
        ),
        (safetensors_file({"a": entry(end=96)}), "take 96 bytes, and it has 48"),
        (
            safetensors_file({"a": entry(end=24, shape=(6,)), "b": entry(begin=20, shape=(7,))}),
            "'b' begins at byte 20, expected 24",
        ),
        (safetensors_file({"a": entry(begin=8, shape=(10,))}), "'a' begins at byte 8, expected 0"),
        (safetensors_file({"a": entry(begin=-48, end=0)}), "begins at byte -48"),
        (safetensors_file({"a": entry(shape=(-3, -4))}), "impossible shape"),
        (safetensors_file({"a": entry(shape=(2**63, 2**63))}), "impossible shape"),
        (safetensors_file({"a": entry(shape=(0, 2**62), end=0)}, 0), "impossible shape"),
        (safetensors_file({"a": entry(shape=(3.0, 4))}), "impossible shape"),
        (safetensors_file({"a": {"dtype": "F32"}}), "'a' without dtype, shape and data_offsets"),
        (safetensors_file({"a": entry(dtype="F4")}), None),
        (safetensors_file(b'{"a":1,"a":2}'), "a name twice"),
        (safetensors_file(b'{"a":' + b"[" * 100_000), "damaged"),
        (safetensors_file(b"{" + b"\xff" * 9), "damaged .*codec can't decode"),
        (struct.pack("<Q", 2**63) + b"{}", "is not a .safetensors file"),
        (b"", "is empty"),
        (b"{", "is not a .safetensors file"),
    ],
)
def test_safetensors_with_wrong_headers_are_refused(tmp_path, content, reason):
    path = write_file(tmp_path / "x.safetensors", content)
    if reason is None:
        assert (safetensors.tensors(path), safetensors.tensors(path).ignored) == ({}, ("'a'",))
        return
    with pytest.raises(UserError, match=reason) as told:
        safetensors.tensors(path)
    assert "\n" not in str(told.value) and len(str(told.value)) < 400 + len(str(path))


def test_huge_file_is_read_only_on_demand(tmp_path):
    header = {"a": entry(end=2**33, shape=(2**31,)), "b": entry(2**33, 2**33 + 8, (2,))}
    path = write_file(tmp_path / "x.safetensors", safetensors_file(header, 0))
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) + 2**33 + 8)  # sparse
    with memory_below(1e6):
        assert safetensors.tensors(path)["b"].read().tolist() == [0, 0]
