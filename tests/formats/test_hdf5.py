"""What HDF5 files hold, as plain objects, read in this process and in another."""

from __future__ import annotations

import struct

import h5py
import numpy as np
import pytest
from hdf5_files import VALUES, WAYS, program, read_all, write_hdf5

from tfdeconv.errors import UserError
from tfdeconv.formats import hdf5_process, hdf5_survey
from tfdeconv.formats.hdf5 import dataset, inside, subgroup


@pytest.fixture(params=WAYS)
def open_file(request):
    return request.param


ARRAYS = {
    "scalar": np.float32(3),
    "none": np.zeros((0, 3), np.float32),
    "half": np.float16([1, 2]),
    "double": np.arange(3.0),
    "big": np.arange(5, dtype=">f4"),
    "flags": np.array([True, False]),
    "bytes": np.arange(9, dtype=np.uint8),
    "long": np.arange(-3, 3),
    "large": np.arange(3e6, dtype=np.float32).reshape(1000, 3, 1000),
}


def test_plain_arrays_are_what_h5py_reads(tmp_path, open_file):
    def fill(file):
        for name, values in ARRAYS.items():
            file[f"in/{name}"] = values
        file.create_dataset("packed", data=ARRAYS["large"], compression="gzip", shuffle=True)
        file.create_dataset("never written", (3, 4), np.float32, fillvalue=2)
        file["again"] = file["in/half"]

    with open_file(write_hdf5(tmp_path, fill)) as root:
        found = read_all(root)
        assert all(inside(root, name).shape == values.shape for name, values in found.items())
    wanted = {f"in/{name}": values for name, values in ARRAYS.items()}
    wanted |= {
        "packed": ARRAYS["large"],
        "never written": np.full((3, 4), 2, np.float32),
        "again": ARRAYS["half"],
    }
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


def test_attributes_are_texts_numbers_and_lists(tmp_path, open_file):
    def fill(file):
        file.attrs.update(
            {
                "text": "é",
                "old": np.bytes_(b"abc"),
                "list": ["a", "bé"],
                "old list": np.array([b"a", b"bcd"]),
                "number": 3,
                "float": np.float16(0.5),
                "row": np.arange(3.0),
                "rows": np.eye(2, dtype=">i2"),
                "flag": True,
                "nothing": np.zeros(0),
                "no names": np.array([], "S1"),
                "nan": np.nan,
            }
        )
        file.attrs["broken"] = np.bytes_(b"a\xff")
        file.attrs["long"] = "x" * 10_000_000
        file.attrs.update(
            {
                "complex": 1j,
                "record": np.zeros(2, "i4,f4"),
                "empty": h5py.Empty("f4"),
                "reference": file.ref,
            }
        )
        file.attrs["named"] = np.array(1, h5py.enum_dtype({"A": 1}))

    with open_file(write_hdf5(tmp_path, fill)) as root:
        attrs = dict(root.attrs)
    assert attrs.pop("long") == "x" * 10_000_000 and np.isnan(attrs.pop("nan"))
    assert attrs == {
        "text": "é",
        "old": "abc",
        "list": ["a", "bé"],
        "old list": ["a", "bcd"],
        "number": 3,
        "float": 0.5,
        "row": [0, 1, 2],
        "rows": [[1, 0], [0, 1]],
        "flag": True,
        "nothing": [],
        "no names": [],
        "broken": "a\ufffd",
    }
    with pytest.raises(ValueError, match="its attribute record is missing"):
        root.attrs["record"]


def test_other_types_are_named_and_not_read(tmp_path, open_file):
    def fill(file):
        file["complex"], file["record"] = np.zeros(3, "c8"), np.zeros(3, "i4,f4")
        file["text"], file["fixed"] = ["a", "b"], np.array([b"a", b"b"])
        file.create_dataset("reference", (2,), h5py.ref_dtype)
        file.create_dataset("named", (2,), h5py.enum_dtype({"A": 1}))
        file.create_dataset("rows", (2,), h5py.vlen_dtype(np.float32))
        file["void"] = np.void(b"abc")
        odd = h5py.h5t.IEEE_F32LE.copy()
        odd.set_fields(31, 26, 5, 16, 10)  # bits of sign, exponent and mantissa
        h5py.h5d.create(file.id, b"odd", odd, h5py.h5s.create_simple((3,)))

    with open_file(write_hdf5(tmp_path, fill)) as root:
        found = {name: node.dtype for name, node in root.children.items()}
        for name, node in root.children.items():
            with pytest.raises(UserError, match=f": {name} is of .*, expected numbers"):
                node.read()
    assert found == {
        "complex": "records",
        "record": "records",
        "text": "strings",
        "fixed": "strings",
        "reference": "references",
        "named": "named values",
        "rows": "rows of any length",
        "void": "bytes",
        "odd": "numbers of an unusual kind",
    }


def test_groups_that_contain_themselves_end(tmp_path, open_file):
    def fill(file):
        for i in range(40):
            group = file.require_group("g" + "/x" * i)
            group["y"] = file["g/x"] if i > 1 else file["/"]
            group["self"] = group
        file["g/values"] = VALUES

    with open_file(write_hdf5(tmp_path, fill)) as root:
        assert list(read_all(root)) == ["g/values"]
        with pytest.raises(
            UserError, match="made.h5: g/self is a group that also has another name"
        ):
            subgroup(root, "g/self")
        with pytest.raises(UserError, match="x lies more than 32 groups deep"):
            subgroup(root, "g" + "/x" * 39)


def test_too_many_objects_or_texts_are_refused(tmp_path, open_file, monkeypatch):
    refused = pytest.raises((ValueError, hdf5_process.ReadError), match="it holds more than")
    path = write_hdf5(tmp_path, lambda file: [file.create_group(f"{i}") for i in range(100)])
    for name, limit in (("MAX_OBJECTS", 99), ("MAX_HDF5_TEXT", 189)):
        changed = program(f"hdf5_survey.{name} = {limit}; hdf5_server.main()")
        monkeypatch.setattr(hdf5_survey, name, limit)
        monkeypatch.setattr(hdf5_process, "PROGRAM", changed)
        with refused, open_file(path):
            pass
        monkeypatch.undo()
    long_text = "x" * 9_000_000
    path = write_hdf5(tmp_path, lambda file: file.attrs.update(a=long_text, b=long_text))
    with refused, open_file(path):
        pass


def test_unprintable_names_are_escaped(tmp_path, open_file):
    def fill(file):
        file["a\nb"] = VALUES
        h5py.h5g.create(file.id, b"\xff")
        file["a\tb"] = h5py.SoftLink("/nowhere")

    with open_file(write_hdf5(tmp_path, fill)) as root:
        assert set(root.children) == {"a\\nb", "\\udcff", "a\\tb"}
        np.testing.assert_array_equal(read_all(root)["a\\nb"], VALUES)


def test_declaring_more_than_is_stored_is_refused(tmp_path, open_file):
    def fill(file):
        file.create_dataset("huge", (1 << 30,), np.float32, chunks=(1 << 20,))
        file.create_dataset("unwritten", (1 << 40,), np.float32)
        for i in range(3):
            file.create_dataset(
                f"share {i}", (1 << 23,), np.float32, chunks=(1 << 20,), compression="gzip"
            )
        file["lies"] = np.arange(21, dtype=np.float32).reshape(3, 7)

    path = write_hdf5(tmp_path, fill)
    raw = path.read_bytes()
    assert raw.count(struct.pack("<QQ", 3, 7)) >= 1
    path.write_bytes(raw.replace(struct.pack("<QQ", 3, 7), struct.pack("<QQ", 1, 7)))
    with open_file(path) as root:
        for name in ("huge", "unwritten"):
            reason = f"{name} declares 4,.* bytes, far more than a file of"
            with pytest.raises(UserError, match=reason):
                root.children[name].read()
        with pytest.raises(UserError, match="lies declares 28 bytes, and 84 are stored"):
            dataset(root, "lies")
        # 64 MiB, and 16 times the file, for all together
        for i in range(2):
            assert root.children[f"share {i}"].read().shape == (1 << 23,)
        with pytest.raises(UserError, match="share 2 declares"):
            root.children["share 2"].read()
