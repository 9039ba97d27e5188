"""Small files of torch's, numpy's and safetensors, made by hand, and what is read of them."""

from __future__ import annotations

import json
import pickle
import struct
import tracemalloc
import zipfile
from contextlib import contextmanager

import numpy as np

from tfdeconv.formats import pickled, safetensors


def write_file(path, content: bytes):
    """Writes a file and returns its path."""
    path.write_bytes(content)
    return path


LAYERS = {
    "conv1": [np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5), np.float32([1.5, -2])],
    "fc8": {
        "weights": np.asfortranarray(np.arange(600.0).reshape(20, 30)),
        "biases": np.arange(7, dtype=">f4"),
        "half": np.float16([0.5, 2]),
        "scalar": np.array(3.5),
    },
}
# by the names that they have in a file
FLAT = {
    "conv1.0": LAYERS["conv1"][0],
    "conv1.1": LAYERS["conv1"][1],
    **{f"fc8.{name}": x for name, x in LAYERS["fc8"].items()},
}


def npy(content: bytes, shape: str = "()") -> bytes:
    """An .npy file of objects, with their pickle."""
    header = f"{{'descr': '|O', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + content


def old_text(text: bytes) -> bytes:
    """A string of Python 2 in a pickle."""
    if len(text) < 256:
        return b"U" + bytes([len(text)]) + text
    return b"T" + struct.pack("<i", len(text)) + text


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"


def old_dtype(code: bytes, order: bytes, flags: bytes = b"\0") -> bytes:
    """A dtype of numpy in a pickle of Python 2."""
    call = b"cnumpy\ndtype\n" + old_text(code) + b"K\x00K\x01\x87R"
    state = b"(K\x03" + old_text(order) + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK" + flags + b"t"
    return call + state + b"b"


def old_array(array: np.ndarray) -> bytes:
    """An array as Python 2 and its numpy pickled it: strings of bytes, no memo."""
    shape = b"(" + b"".join(b"J" + struct.pack("<i", n) for n in array.shape) + b"t"
    order = b">" if array.dtype.str[0] == ">" else b"<"
    dtype = old_dtype(array.dtype.str[1:].encode(), order)
    is_fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    fortran = b"\x88" if is_fortran else b"\x89"
    return RECONSTRUCT + shape + dtype + fortran + old_text(array.tobytes("A")) + b"tb"


def old_pickle(value) -> bytes:
    """Dictionaries and lists of arrays as Python 2 pickled them."""
    if isinstance(value, dict):
        items = b""
        for name, item in value.items():
            items += old_text(name.encode("latin1")) + old_pickle(item)
        return b"}(" + items + b"u"
    if isinstance(value, list):
        return b"](" + b"".join(map(old_pickle, value)) + b"e"
    return old_array(value)


def old_npy(value) -> bytes:
    """np.save of a dictionary by Python 2: an array of one object."""
    dtype = old_dtype(b"O8", b"|", b"?")
    return npy(b"\x80\x02" + RECONSTRUCT + b")" + dtype + b"\x89](" + old_pickle(value) + b"etb.")


def safetensors_file(header: bytes | dict, size: int = 48) -> bytes:
    """A .safetensors file, with as many bytes of tensors."""
    if isinstance(header, dict):
        header = json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + bytes(range(size))


# an entry of its header
def entry(begin=0, end=48, shape=(3, 4), dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


VALUES = np.arange(12, dtype="<f4")
ORDERED = b"ccollections\nOrderedDict\n"


def literal(value) -> bytes:
    """A value's part of a pickle."""
    return pickle.dumps(value, 2)[2:-1]


def torch_pickle(offset=0, shape=(3, 4), strides=(4, 1), count=12, kind=b"Float", key="0") -> bytes:
    """The pickle of {"a": a tensor} in a file of torch.save."""
    storage = (
        *(b"(", literal("storage"), b"ctorch\n", kind, b"Storage\n"),
        *(literal(key), literal("cpu"), literal(count), b"tQ"),
    )
    tensor = (
        *(b"ctorch._utils\n_rebuild_tensor_v2\n(", *storage),
        *(literal(offset), literal(shape), literal(strides), b"\x89", ORDERED, b")RtR"),
    )
    return b"".join((b"\x80\x02}", literal("a"), *tensor, b"s."))


def write_torch_file(path, pickled: bytes, packed=zipfile.ZIP_STORED, **more: bytes):
    """Writes a file of torch.save, of its pickle and VALUES, and returns its path."""
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, content in {"data.pkl": pickled, "data/0": VALUES.tobytes(), **more}.items():
            archive.writestr(f"archive/{name}", content)
    return path


def old_torch_file() -> bytes:
    """A file of torch.save before 1.6."""
    values = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    start = b"".join(pickle.dumps(value, 2) for value in values)
    # references to storages had an entry more, of views
    content = torch_pickle().replace(b"K\x0ctQ", b"K\x0cNtQ")
    return start + content + pickle.dumps(["0"], 2) + struct.pack("<q", 12) + VALUES.tobytes()


def small_files(folder) -> dict:
    """A small file of each kind, as (reader, bytes to damage, what makes a file of these)."""
    np.savez_compressed(folder / "x.npz", **{"conv1/w": LAYERS["conv1"][0]}, more=LAYERS)
    write_torch_file(folder / "x.pt", torch_pickle())
    new_npy = npy(pickle.dumps(np.array(LAYERS, object), 4))
    header = {"a": entry(), "b": entry(48, 60, (6,), "BF16")}
    return {
        "torch": (pickled, (folder / "x.pt").read_bytes(), write_file),
        "torch, sums made right": (pickled, torch_pickle(), write_torch_file),
        "old torch": (pickled, old_torch_file(), write_file),
        "npy of python 2": (pickled, old_npy(LAYERS), write_file),
        "npy": (pickled, new_npy, write_file),
        "npz": (pickled, (folder / "x.npz").read_bytes(), write_file),
        "safetensors": (safetensors, safetensors_file(header, 60), write_file),
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


@contextmanager
def memory_below(limit: float):
    """That the block takes no more than so many bytes at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def assert_tensors(tensors, expected) -> None:
    """The same names, shapes and values, to the last bit; half precision widened."""
    assert list(tensors) == list(expected)
    for name, values in expected.items():
        array = tensors[name].read()
        dtype = values.dtype.newbyteorder("=")
        if dtype == np.float16:
            dtype = np.dtype(np.float32)
        assert tensors[name].shape == values.shape
        assert array.dtype == dtype
        assert array.flags.c_contiguous and array.flags.writeable
        np.testing.assert_array_equal(array, values)


def torch_values(tensors) -> dict[str, np.ndarray]:
    """Tensors of torch's as arrays; half precision widened."""
    arrays = {}
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and tensor.element_size() == 2:
            tensor = tensor.float()
        arrays[name] = tensor.detach().numpy()
    return arrays
