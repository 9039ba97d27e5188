"""Torch's, numpy's and safetensors' files: read as their makers read them, and harmless whatever is in them."""

from __future__ import annotations

import collections
import itertools
import json
import os
import pickle
import random
import struct
import time
import tracemalloc
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest

from tfdeconv.errors import UserError
from tfdeconv.formats import pickled, safetensors, unpickler


@pytest.fixture
def torch():
    return pytest.importorskip(
        "torch", reason="torch is not installed (extra `interop`): its files cannot be made here"
    )


@contextmanager
def bounded(limit: float):
    """That the block takes no more than so many bytes at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def written(path, content: bytes):
    path.write_bytes(content)
    return path


def assert_read(found, wanted) -> None:
    """The same names, shapes and values, to the last bit; half precision widened."""
    assert list(found) == list(wanted)
    for name, values in wanted.items():
        array = found[name].read()
        wide = (
            values.dtype.newbyteorder("=") if values.dtype != np.float16 else np.dtype(np.float32)
        )
        assert (
            (found[name].shape, array.dtype) == (values.shape, wide)
            and array.flags.c_contiguous
            and array.flags.writeable
        )
        np.testing.assert_array_equal(array, values)


# --- torch


def torch_values(tensors):
    return {
        name: (
            tensor.float() if tensor.is_floating_point() and tensor.element_size() == 2 else tensor
        )
        .detach()
        .numpy()
        for name, tensor in tensors.items()
    }


def odd_tensors(torch) -> dict:
    """Every dtype, order of elements and kind of sharing that a state dict has been seen with."""
    torch.manual_seed(3)
    base = torch.randn(5, 7, 3)
    return {
        "plain": torch.randn(2, 3),
        "parameter": torch.nn.Parameter(torch.randn(3, 5)),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "count": torch.tensor(7),
        "flags": torch.tensor([True, False, True]),
        "half": torch.randn(11).half(),
        "brain": torch.randn(13, 2).bfloat16(),
        "double": torch.randn(4).double(),
        "bytes": torch.arange(5, dtype=torch.uint8),
        "ints": torch.arange(-3, 3, dtype=torch.int32),
        "transposed": torch.randn(5, 3).t(),
        "channels last": torch.randn(2, 3, 5, 7).to(memory_format=torch.channels_last),
        "base": base,
        "slice": base[1:4, 2:],
        "every second": base[:, ::2, 1],
        "half transposed": torch.randn(3, 5).half().t(),
        "one row": base[2:3].transpose(0, 2),
    }


@pytest.mark.parametrize("zipped, protocol", [(True, 2), (False, 2), (False, 4), (True, 4)])
def test_torch_files_are_what_torch_reads(torch, tmp_path, zipped, protocol):
    torch.save(
        odd_tensors(torch),
        tmp_path / "x.pt",
        _use_new_zipfile_serialization=zipped,
        pickle_protocol=protocol,
    )
    assert pickled.recognises(tmp_path / "x.pt") == ("torch" if zipped else "old torch")
    assert_read(
        pickled.tensors(tmp_path / "x.pt"),
        torch_values(torch.load(tmp_path / "x.pt", weights_only=protocol == 2)),
    )


@pytest.mark.parametrize("zipped", [True, False])
def test_a_checkpoint_is_flattened_and_the_rest_is_listed(torch, tmp_path, zipped):
    import argparse

    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(2, 3, 5, 5)).sum().backward()
    optimizer.step()
    state = model.state_dict()
    assert state._metadata  # pickled as attributes of the OrderedDict
    torch.save(
        {
            "state_dict": state,
            "optimizer": optimizer.state_dict(),
            "epoch": 3,
            "args": argparse.Namespace(lr=0.1, name="x"),
            "history": [0.5, 0.25],
            "best": np.float64(0.5),
            "size": torch.Size([3, 4]),
            "mean": np.arange(3.0),
        },
        tmp_path / "x.pt",
        _use_new_zipfile_serialization=zipped,
    )
    found = pickled.tensors(tmp_path / "x.pt")
    kept = {
        name.removeprefix("state_dict."): t
        for name, t in found.items()
        if name.startswith("state_dict.")
    }
    assert_read(kept, torch_values(state))
    np.testing.assert_array_equal(found["mean"].read(), np.arange(3.0))
    assert_read(
        {"0": found["optimizer.state.0.exp_avg"]},
        torch_values({"0": optimizer.state_dict()["state"][0]["exp_avg"]}),
    )
    assert {"epoch", "args", "history", "best", "size"} <= set(found.ignored)


def test_a_whole_model_is_refused_with_the_remedy(torch, tmp_path):
    torch.save(torch.nn.Conv2d(3, 4, 3), tmp_path / "x.pt")
    with pytest.raises(
        UserError,
        match=r"x\.pt.*torch\.nn\.modules\.conv\.Conv2d.*nothing of it was run.*state_dict\(\)",
    ):
        pickled.tensors(tmp_path / "x.pt")


def test_sums_are_checked_where_torch_wrote_them(torch, tmp_path):
    tensors = {"a": torch.randn(50), "b": torch.randn(3)}
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(tensors, tmp_path / "no_sums.pt")
    finally:
        torch.serialization.set_crc32_options(True)
    torch.save(tensors, tmp_path / "x.pt")
    raw = bytearray((tmp_path / "x.pt").read_bytes())
    raw[raw.index(tensors["a"].numpy().tobytes()) + 17] ^= 1
    found = pickled.tensors(written(tmp_path / "x.pt", raw))
    assert_read({"b": found["b"]}, torch_values({"b": tensors["b"]}))
    with pytest.raises(UserError, match="'x/data/0' is damaged; fetch or make it again"):
        found["a"].read()
    assert_read(pickled.tensors(tmp_path / "no_sums.pt"), torch_values(tensors))


# --- numpy

LAYERS = {
    "conv1": [np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5), np.float32([1.5, -2])],
    "fc8": {
        "weights": np.asfortranarray(np.arange(600.0).reshape(20, 30)),
        "biases": np.arange(7, dtype=">f4"),
        "half": np.float16([0.5, 2]),
        "scalar": np.array(3.5),
    },
}
FLAT = {
    "conv1.0": LAYERS["conv1"][0],
    "conv1.1": LAYERS["conv1"][1],
    **{f"fc8.{name}": x for name, x in LAYERS["fc8"].items()},
}


def npy(content: bytes, shape: str = "()") -> bytes:
    header = f"{{'descr': '|O', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + content


def old_text(text: bytes) -> bytes:
    return (
        b"U" + bytes([len(text)]) + text
        if len(text) < 256
        else b"T" + struct.pack("<i", len(text)) + text
    )


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"


def old_dtype(code: bytes, order: bytes, flags: bytes = b"\0") -> bytes:
    return (
        b"cnumpy\ndtype\n"
        + old_text(code)
        + b"K\x00K\x01\x87R(K\x03"
        + old_text(order)
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK"
        + flags
        + b"tb"
    )


def old_array(array: np.ndarray) -> bytes:
    """An array as Python 2 and its numpy pickled it: strings of bytes, no memo."""
    shape = b"(" + b"".join(b"J" + struct.pack("<i", n) for n in array.shape) + b"t"
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    return (
        RECONSTRUCT
        + shape
        + old_dtype(array.dtype.str[1:].encode(), b">" if array.dtype.str[0] == ">" else b"<")
        + (b"\x88" if fortran else b"\x89")
        + old_text(array.tobytes("A"))
        + b"tb"
    )


def old_pickle(value) -> bytes:
    if isinstance(value, dict):
        return (
            b"}("
            + b"".join(
                old_text(name.encode("latin1")) + old_pickle(inner) for name, inner in value.items()
            )
            + b"u"
        )
    return (
        b"](" + b"".join(map(old_pickle, value)) + b"e"
        if isinstance(value, list)
        else old_array(value)
    )


def old_npy(value) -> bytes:
    """np.save of a dictionary by Python 2: an array of one object."""
    return npy(
        b"\x80\x02"
        + RECONSTRUCT
        + b")"
        + old_dtype(b"O8", b"|", b"?")
        + b"\x89]("
        + old_pickle(value)
        + b"etb."
    )


def test_npy_of_python_2_is_what_numpy_reads(tmp_path):
    path = written(tmp_path / "x.npy", old_npy(LAYERS))
    assert pickled.recognises(path) == "npy"
    theirs = np.load(path, allow_pickle=True, encoding="latin1").item()
    np.testing.assert_array_equal(theirs["fc8"]["weights"], LAYERS["fc8"]["weights"])
    np.testing.assert_array_equal(theirs["fc8"]["biases"], LAYERS["fc8"]["biases"])
    assert_read(pickled.tensors(path), FLAT)


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("core", ["numpy._core", "numpy.core"])
def test_npy_of_python_3(tmp_path, protocol, core):
    array = np.array(None, object)
    array[()] = LAYERS
    content = pickle.dumps(array, protocol)
    if core == "numpy.core" and protocol < 4:  # a line, so that its length does not matter
        content = content.replace(b"numpy._core", b"numpy.core")
    assert_read(pickled.tensors(written(tmp_path / "x.npy", npy(content))), FLAT)
    np.save(tmp_path / "y.npy", np.array(LAYERS, object), allow_pickle=True)
    assert_read(pickled.tensors(tmp_path / "y.npy"), FLAT)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path, save):
    save(
        tmp_path / "x.npz",
        **{
            "conv1/w": LAYERS["conv1"][0],
            "fc": LAYERS["fc8"]["weights"],
            "big": LAYERS["fc8"]["biases"],
        },
        more=LAYERS,
        text=np.array(["a"]),
    )
    assert pickled.recognises(tmp_path / "x.npz") == "npz"
    found = pickled.tensors(tmp_path / "x.npz")
    assert_read(
        {name: t for name, t in found.items() if not name.startswith("more")},
        {
            "conv1/w": LAYERS["conv1"][0],
            "fc": LAYERS["fc8"]["weights"],
            "big": LAYERS["fc8"]["biases"],
        },
    )
    assert_read(
        {name.removeprefix("more."): t for name, t in found.items() if name.startswith("more")},
        FLAT,
    )
    assert found.ignored == ("text",)


# --- safetensors


def test_safetensors(tmp_path):
    numpy_file = pytest.importorskip(
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
    numpy_file.save_file(arrays, tmp_path / "x.safetensors", {"format": "pt"})
    assert safetensors.recognises(tmp_path / "x.safetensors") and not pickled.recognises(
        tmp_path / "x.safetensors"
    )
    found = safetensors.tensors(tmp_path / "x.safetensors")
    assert_read(dict(sorted(found.items())), arrays)


def test_safetensors_of_torch(torch, tmp_path):
    saved_torch_file = pytest.importorskip(
        "safetensors.torch", reason="safetensors is not installed (extra `interop`)"
    )
    tensors = {"a": torch.randn(3, 5).bfloat16(), "b": torch.randn(7)}
    saved_torch_file.save_file(tensors, tmp_path / "x.safetensors")
    assert_read(
        dict(sorted(safetensors.tensors(tmp_path / "x.safetensors").items())), torch_values(tensors)
    )


def safetensors_file(header: bytes | dict, size: int = 48) -> bytes:
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + bytes(range(size))


def entry(begin=0, end=48, shape=(3, 4), dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


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
def test_safetensors_that_lie_are_refused(tmp_path, content, reason):
    path = written(tmp_path / "x.safetensors", content)
    if reason is None:
        assert (safetensors.tensors(path), safetensors.tensors(path).ignored) == ({}, ("'a'",))
        return
    with pytest.raises(UserError, match=reason) as told:
        safetensors.tensors(path)
    assert "\n" not in str(told.value) and len(str(told.value)) < 400 + len(str(path))


# --- hostile pickles


class Call:
    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


def test_nothing_is_run(tmp_path):
    mark = tmp_path / "mark"
    calls = [
        Call(os.system, f"touch {mark}"),
        Call(eval, f"open({str(mark)!r}, 'w')"),
        Call(np.save, str(mark), 1),
        Call(getattr, int, "real"),
        Call(collections.namedtuple, "a", "b"),
        Call(np.fromfile, "x"),
        Call(__import__, "this"),
    ]
    pickle.loads(pickle.dumps(calls[0]))
    assert mark.exists()  # Python's own unpickler does run it
    mark.unlink()
    for call, protocol in itertools.product(calls, range(6)):
        with pytest.raises(UserError, match="asks for|opcode"):
            pickled.tensors(
                written(tmp_path / "x.npy", npy(pickle.dumps({"a": LAYERS, "b": call}, protocol)))
            )
    assert not mark.exists()


N = 200_000  # tuples nested as deep as that crash Python 3.11 when one asks for their hash
THREE = old_array(np.zeros(3))
ORDERED, NAMESPACE = b"ccollections\nOrderedDict\n", b"cargparse\nNamespace\n"
DOUBLING = b"(K\x01t\x94" + b"".join(b"}(K\x00h%cK\x01h%cu\x94" % (n, n) for n in range(60)) + b"."
HOSTILE = {
    "another name of an admitted module": (
        b"ctorch._utils\n_import_dotted_name\n.",
        "asks for 'torch._utils._import_dotted_name'",
    ),
    "an attribute of a name that is admitted": (
        b"\x8c\x0bcollections\x8c\x14OrderedDict.__init__\x93.",
        "asks for",
    ),
    "numpy.load": (b"cnumpy\nload\n.", "asks for 'numpy.load'"),
    "the dot elsewhere": (b"\x8c\x11collections.Order\x8c\x06edDict\x93.", "asks for"),
    "INST": (b"(icollections\nOrderedDict\n.", "opcode b'\\(?i'"),
    "NEWOBJ_EX": (NAMESPACE + b")}\x92.", r"opcode b'\\x92'"),
    "EXT1": (b"\x82\x01.", "opcode"),
    "a text is called": (b"X\x02\0\0\0os)R.", "expected a Global"),
    "a call of a call": (NAMESPACE + b")R)R.", "expected a Global"),
    "state of a list": (b"]}b.", "expected a Call"),
    "state of a class": (ORDERED + b"}X\x01\0\0\0aNsb.", "expected a Call"),
    "attributes of a dictionary": (b"}}X\x09\0\0\0__class__Nsb.", "holds no tensors"),
    "an unknown persistent id": (b"X\x01\0\0\0a\x85Q.", "refers to something else"),
    "append to a tuple": (b")Na.", "expected a list"),
    "an item without a value": (b"}(Nu.", "keys without values"),
    "a key that cannot be one": (b"}]Ns.", "a list for a key"),
    "a key whose hash never ends": (b"})" + b"\x85" * N + b"Ns.", "a tuple for a key"),
    "keys of one hash": (
        b"}\x8a\x08" + (2**61 - 1).to_bytes(8, "little") + b"Ns.",
        "a integer beyond 31 bits for a key",
    ),
    "a dictionary within itself": (b"}\x94K\x01h\x00s.", "more than 16 deep"),
    "2 to the power of 60 names": (DOUBLING, "more than 300,000 values|16 deep"),
    "depth": (b"](" * 40_000 + b"]" + b"e" * 40_000 + b".", "16 deep"),
    "depth of tuples": (b")" + b"\x85" * N + b".", "16 deep"),
    "depth of calls": (
        (NAMESPACE + b"q\x00)R" + b"\x85q\x01h\x00h\x01R" * 20_000) + b".",
        "no tensors",
    ),
    "too many steps": (b"]" * 2 * N + b".", "more than 250,000 steps"),
    "an ordered dictionary a hundred times": (
        b"]q\x00("
        + b"K\x01K\x02\x86" * 9000
        + b"e"
        + ORDERED
        + b"q\x01"
        + b"h\x01h\x00\x85R" * 100
        + b".",
        "250,000 steps",
    ),
    "a long name": (
        b"}X" + struct.pack("<I", 10**6) + b"a" * 10**6 + THREE + b"s.",
        "called 'a+', expected 1 to 200 printable",
    ),
    "a name that breaks the line": (
        b"}U\x03a\nb" + THREE + b"s.",
        r"called 'a\\nb', expected 1 to",
    ),
    "two tensors of one name": (
        b"}(K\x01" + THREE + b"U\x011" + THREE + b"u.",
        "two tensors called '1'",
    ),
    "an empty stack": (b"R.", "damaged"),
    "an empty memo": (b"h\x07.", "damaged"),
    "no mark": (b"t.", "damaged"),
    "a memo number of 2**32": (b"}r\xff\xff\xff\xff.", "no tensors"),
    "an array without bytes": (THREE.replace(old_text(bytes(24)), b"N") + b".", "no bytes"),
    "an array with a larger shape": (
        b"}U\x01a" + THREE.replace(b"(J\3", b"(J\4") + b"s.",
        "does not fit into its 24 bytes",
    ),
}
HOSTILE |= {
    f"{length} after {code}": (code + length + b"abc", "is cut off")
    for code, length in [
        (b"\x8e", b"\xff" * 8),
        (b"\x8d", b"\xff" * 7 + b"\x7f"),
        (b"B", b"\xff" * 4),
        (b"T", b"\xff" * 4),
        (b"X", b"\xff" * 4),
        (b"\x8a", b"\xff"),
        (b"C", b"\xff"),
    ]
}
HOSTILE |= {
    f"opcode {code}": (code + b"\xff" * 8, "opcode")
    for code in (b"\x8b", b"\x96", b"\x97", b"2", b"P", b"o", b"l", b"S")
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_pickles_end_in_one_line_and_take_little(tmp_path, case, monkeypatch):
    # a million, with all memory traced, take 10 s
    monkeypatch.setattr(unpickler, "MAX_STEPS", 250_000)
    hostile, reason = HOSTILE[case]
    path = written(tmp_path / "x.npy", npy(b"\x80\x04" + hostile))
    start = time.process_time()
    with bounded(50e6), pytest.raises(UserError, match=reason) as told:
        pickled.tensors(path)
    assert time.process_time() - start < 15  # tracemalloc makes it five times as slow
    assert "\n" not in str(told.value) and len(str(told.value)) < 300 + len(str(path))


# --- hostile files of torch and zips

VALUES = np.arange(12, dtype="<f4")


def literal(value) -> bytes:
    return pickle.dumps(value, 2)[2:-1]


def torch_pickle(offset=0, shape=(3, 4), strides=(4, 1), count=12, kind=b"Float", key="0") -> bytes:
    storage = (
        b"("
        + literal("storage")
        + b"ctorch\n"
        + kind
        + b"Storage\n"
        + literal(key)
        + literal("cpu")
        + literal(count)
        + b"tQ"
    )
    return (
        b"\x80\x02}"
        + literal("a")
        + b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + literal(offset)
        + literal(shape)
        + literal(strides)
        + b"\x89"
        + ORDERED
        + b")RtRs."
    )


def saved_torch_file(path, pickled: bytes, packed=zipfile.ZIP_STORED, **more: bytes):
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, content in {"data.pkl": pickled, "data/0": VALUES.tobytes(), **more}.items():
            archive.writestr(f"archive/{name}", content)
    return path


def test_a_torch_file_by_hand_and_a_big_endian_one(torch, tmp_path):
    path = saved_torch_file(tmp_path / "x.pt", torch_pickle(1, (2, 3), (1, 4)), version=b"3")
    assert_read(
        pickled.tensors(path), {"a": np.lib.stride_tricks.as_strided(VALUES[1:], (2, 3), (4, 16))}
    )
    np.testing.assert_array_equal(torch.load(path)["a"], pickled.tensors(path)["a"].read())
    path = saved_torch_file(
        tmp_path / "y.pt",
        torch_pickle(),
        **{"data/0": VALUES.astype(">f4").tobytes(), "byteorder": b"big"},
    )
    assert_read(pickled.tensors(path), {"a": VALUES.reshape(3, 4)})


@pytest.mark.parametrize(
    "change, reason",
    [
        (dict(offset=1), "does not fit into its 48 bytes"),
        (dict(shape=(4, 4)), "not fit"),
        (dict(strides=(5, 1)), "does not fit"),
        (dict(kind=b"Double"), "does not fit"),
        (dict(offset=2**70), "does not fit"),
        (dict(strides=(2**70, 1)), "does not fit"),
        (dict(shape=(5, 5), strides=(0, 0)), "does not fit"),
        (dict(shape=(2**20, 2**20), strides=(0, 0)), "does not fit"),
        (dict(offset=-1), "impossible offset or strides"),
        (dict(strides=(-4, 1)), "impossible offset or strides"),
        (dict(strides=(1,)), "impossible offset or strides"),
        (dict(offset=0.0), "impossible offset or strides"),
        (dict(shape=(-3, -4)), "impossible shape"),
        (dict(shape=(2**63, 2**63)), "impossible shape"),
        (dict(shape=(0, 2**62)), "impossible shape"),
        (dict(shape=("3", 4)), "impossible shape"),
        (dict(shape=(1,) * 99, strides=(1,) * 99), "impossible shape"),
        (dict(shape=[3, 4]), "no tensors"),
        (dict(key="1"), "the storage '1' is missing"),
        (dict(key="../version"), "is missing"),
        (dict(kind=b"Complex"), "asks for 'torch.ComplexStorage'"),
        (dict(count="12"), "refers to something else"),
    ],
)
def test_torch_tensors_that_lie_are_refused(tmp_path, change, reason):
    with pytest.raises(UserError, match=reason):
        pickled.tensors(saved_torch_file(tmp_path / "x.pt", torch_pickle(**change)))


def test_zips_that_lie_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, a=np.zeros(30_000_000, np.float32))
    with (
        bounded(5e6),
        pytest.raises(
            UserError, match=r"1 members come to 120000128 bytes, and it has 1\d{5}: this is not"
        ),
    ):
        pickled.tensors(path)
    np.savez_compressed(
        path, a=np.zeros(10_000_000, np.float32)
    )  # may be, and is no bomb before it is asked for
    with bounded(5e6):
        assert pickled.tensors(path)["a"].shape == (10_000_000,)
    raw = saved_torch_file(tmp_path / "x.pt", torch_pickle()).read_bytes()
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
            pickled.tensors(written(tmp_path / "y.pt", lying))["a"].read()
    with pytest.raises(UserError, match="zip them again without"):
        pickled.tensors(saved_torch_file(tmp_path / "x.pt", torch_pickle(), zipfile.ZIP_DEFLATED))
    end = raw.rindex(b"PK\5\6")
    long = (
        raw[:end]
        + bytes(6_000_000)
        + raw[end : end + 12]
        + struct.pack("<I", 6_000_000)
        + raw[end + 16 :]
    )
    path = written(tmp_path / "y.pt", long)
    with (
        bounded(5e6),
        pytest.raises(UserError, match="its directory has 6000000 bytes, at most 4194304"),
    ):
        pickled.tensors(path)


def test_what_is_no_file_of_tensors(tmp_path):
    np.save(tmp_path / "one.npy", VALUES)
    for name, content, reason in [
        ("text.pt", b"hello", "not a file of torch's"),
        ("empty.pt", b"", "is empty"),
        ("zip.npz", b"PK\3\4", "damaged"),
        ("one.npy", (tmp_path / "one.npy").read_bytes(), "one array without a layer's name"),
    ]:
        with pytest.raises(UserError, match=f"{name}: .*{reason}"):
            pickled.tensors(written(tmp_path / name, content))
    os.mkfifo(tmp_path / "pipe.pt")
    for name, reason in [
        ("pipe.pt", "is not a file"),
        ("missing.pt", "No such file"),
        (".", "is not a file"),
    ]:
        for reader in (pickled, safetensors):
            with pytest.raises(UserError, match=reason):
                reader.tensors(tmp_path / name)


def test_a_huge_file_is_not_read_before_it_is_asked_for(tmp_path):
    header = {"a": entry(end=2**33, shape=(2**31,)), "b": entry(2**33, 2**33 + 8, (2,))}
    path = written(tmp_path / "x.safetensors", safetensors_file(header, 0))
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) + 2**33 + 8)  # sparse
    with bounded(1e6):
        assert safetensors.tensors(path)["b"].read().tolist() == [0, 0]


# --- mutants


def kinds(folder) -> dict:
    """A small file of each kind, as (reader, bytes, how its bytes come out of those that are mutated)."""
    np.savez_compressed(folder / "x.npz", **{"conv1/w": LAYERS["conv1"][0]}, more=LAYERS)
    old = b"".join(
        pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    )
    old += (
        torch_pickle().replace(b"K\x0ctQ", b"K\x0cNtQ")
        + pickle.dumps(["0"], 2)
        + struct.pack("<q", 12)
        + VALUES.tobytes()
    )
    array = np.array(LAYERS, object)
    return {
        "torch": (pickled, saved_torch_file(folder / "x.pt", torch_pickle()).read_bytes(), written),
        "torch, sums made right": (pickled, torch_pickle(), saved_torch_file),
        "old torch": (pickled, old, written),
        "npy of python 2": (pickled, old_npy(LAYERS), written),
        "npy": (pickled, npy(pickle.dumps(array, 4)), written),
        "npz": (pickled, (folder / "x.npz").read_bytes(), written),
        "safetensors": (
            safetensors,
            safetensors_file({"a": entry(), "b": entry(48, 60, (6,), "BF16")}, 60),
            written,
        ),
    }


KINDS = [
    "torch",
    "torch, sums made right",
    "old torch",
    "npy of python 2",
    "npy",
    "npz",
    "safetensors",
]


def mutant(rng: random.Random, raw: bytes) -> bytes:
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(raw) + 1)
        raw = rng.choice(
            [
                lambda: raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :],
                lambda: (
                    raw[:at] + bytes([(raw + b"\0")[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]
                ),
                lambda: (
                    raw[:at]
                    + rng.choice([b"\0", b"\xff", b"\x7f"]) * rng.choice([1, 4, 8])
                    + raw[at + 4 :]
                ),
                lambda: raw[:at] + raw[at + rng.randrange(9) :],
                lambda: raw[:at] + raw[at - 20 : at] * rng.randrange(5) + raw[at:],
                lambda: raw[:at] + rng.choice([*unpickler.PUSHES, *unpickler.CHANGES]) + raw[at:],
                lambda: raw[:at] or raw,
            ]
        )()
    return raw


@pytest.mark.parametrize("kind", KINDS)
def test_every_mutant_loads_or_is_refused_in_one_line(tmp_path, kind):
    reader, raw, make = kinds(tmp_path)[kind]
    rng, outcomes = random.Random(kind), collections.Counter()
    for _ in range(400):
        path = make(tmp_path / "mutant", mutant(rng, raw))
        with bounded(20e6):
            try:
                for tensor in reader.tensors(path).values():
                    tensor.read()
                outcomes["loads"] += 1
            except UserError as error:
                assert "\n" not in str(error)
                outcomes[str(error).partition(": ")[2][:25]] += 1
    assert outcomes["loads"] and len(outcomes) > 5, (
        outcomes
    )  # else the mutator breaks all of them in the same way


@pytest.mark.parametrize("kind", KINDS)
def test_every_shorter_file_is_refused(tmp_path, kind):
    reader, raw, make = kinds(tmp_path)[kind]
    assert reader.tensors(make(tmp_path / "whole", raw))
    for end in range(0, len(raw), 1 + len(raw) // 200):
        with pytest.raises(UserError):
            for tensor in reader.tensors(make(tmp_path / "cut", raw[:end])).values():
                tensor.read()
