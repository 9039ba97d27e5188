"""Tensors out of pickles: torch's files, zipped and old, and .npy and .npz dictionaries by layer.

Nothing of a file is run. What unpickler.py notes of the calls that make tensors is understood here,
and every number in it checked against the bytes that are there. An object of any other class is
passed over, with all that is within; its class is named where there is nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import printable
from ..limits import MAX_NAME, MAX_PICKLE_DEPTH, MAX_PICKLE_VALUES
from .lazy_tensor import Bytes, Tensor, Tensors, mapped, reading, tensor
from .npy_file import NUMPY_CODES, Storages, read_npy, read_npz
from .pickle_values import STORAGES, Call, Global
from .torch_file import EXPORT_LINE, MAGIC, PICKLE, program, read_old, read_zipped, refuse_program
from .zip_archive import members

PLAIN = (str, bytes, memoryview, int, float, type(None))
READERS = {
    "torch": read_zipped,
    "torch's program": refuse_program,
    "old torch": read_old,
    "npy": read_npy,
    "npz": read_npz,
}
# what makes a tensor of torch's
REBUILDS = ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2")
PARAMETERS = ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
# what makes an array of numpy's: of numpy 1, and of numpy 2
ARRAYS = (
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.core.numeric._frombuffer",
    "numpy._core.numeric._frombuffer",
)
SHOWN_CLASS = 60  # characters


def recognises(path: str | Path) -> str:
    """Which of READERS a file is for, by its first bytes and, of a zip, its members; "" if none."""
    with reading(path):
        start = bytes(mapped(path)[:64])
        names = list(members(path)) if start.startswith(b"PK\3\4") else []
    if start.startswith(b"\x93NUMPY"):
        return "npy"
    if MAGIC in start:
        return "old torch"
    if program(names):
        return "torch's program"
    if any(PICKLE.fullmatch(name) for name in names):
        return "torch"
    if any(name.endswith(".npy") for name in names):
        return "npz"
    return ""


def tensors(path: str | Path) -> Tensors:
    """The tensors of a file of torch's or numpy's, by the keys that lead to them, joined by dots.

    Raises UserError for any other file, and for a damaged one.
    """
    kind = recognises(path)
    with reading(path):
        if not kind:
            raise ValueError("it is not a file of torch's (.pth, .pt) or numpy's (.npy, .npz)")
        value, storages, order = READERS[kind](path, mapped(path))
        return flatten(value, partial(evaluate, path, storages, order))


def flatten(root: Any, evaluate: Callable[[Any], Any]) -> Tensors:
    """The tensors within dictionaries and lists, by the keys that lead to them, joined by dots.

    evaluate: makes a Tensor of what stands for one. Values may be shared, so that few bytes make
    many names: how many is limited, and what is nested too deep is left out.
    """
    if isinstance(evaluate(root), Tensor):
        raise ValueError(
            "it holds one tensor without a name, expected a dictionary: "
            "torch.save(model.state_dict(), 'FILE')"
        )
    tensors = Tensors()
    objects: dict[str, str] = {}
    ignored: list[str] = []
    count = 0
    # a stack of (name, depth, value), instead of a recursion
    pending = [("", 0, root)]
    while pending:
        name, depth, value = pending.pop()
        value = evaluate(value)
        if isinstance(value, Tensor):
            tensors.add(name, value)
            continue
        items = items_of(value)
        count += len(items)
        if count > MAX_PICKLE_VALUES:
            raise ValueError(f"it holds more than {MAX_PICKLE_VALUES:,} values")
        if depth == MAX_PICKLE_DEPTH or all(isinstance(item, PLAIN) for _, item in items):
            ignored.append(name)
            if isinstance(value, Call):
                objects[printable(name)] = value.name
            continue
        # the first item goes on top of the stack
        for key, item in reversed(items):
            pending.append((joined(name, key), depth + 1, item))
    if not tensors:
        raise ValueError(no_plain_tensors(objects))
    tensors.ignored = tuple(printable(name) for name in ignored)
    tensors.objects = objects
    return tensors


def no_plain_tensors(objects: Mapping[str, str]) -> str:
    """Why there is nothing to read; objects: the classes of those passed over."""
    if not objects:
        return "it holds no tensors"
    name = ascii(next(iter(objects.values()))[:SHOWN_CLASS])
    return (
        f"it holds an object of {name} and no plain tensors; nothing of it was run. "
        f"Export the model in the program that defines it: {EXPORT_LINE}"
    )


def items_of(value: Any) -> list[tuple[Any, Any]]:
    """The (key, item) pairs of a dictionary, list, tuple or object like one; none of others."""
    if isinstance(value, Call):
        value = value.members
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    return []


def joined(name: str, key: Any) -> str:
    """A name with a key behind it, cut off where it is longer than any name may be."""
    text = str(key, "latin1") if isinstance(key, bytes) else str(key)
    text = text[: MAX_NAME + 1]
    return f"{name}.{text}"[: MAX_NAME + 1] if name else text


def evaluate(path: str | Path, storages: Storages, order: str, value: Any) -> Any:
    """The Tensor, or the values, that a call would make; anything else is itself."""
    match value:
        # with attributes, or of a class of one's own
        case Call(
            "torch._tensor._rebuild_from_type_v2", (Global() as made_by, _, tuple() as args, _)
        ):
            value = Call(made_by, args)
    match value:
        case Call(name, (Call() as inner, *_)) if name in PARAMETERS:
            value = inner
    match value:
        case Call(name) if name in REBUILDS:
            return torch_tensor(path, storages, order, value)
        case Call(name) if name in ARRAYS:
            return numpy_array(path, value)
    return value


def torch_tensor(path: str | Path, storages: Storages, order: str, call: Call) -> Tensor | Call:
    """The tensor that a call of _rebuild_tensor would make.

    The call itself if its form is another.
    """
    match call.args:
        case (Call("storage", storage), offset, tuple() as shape, tuple() as strides, *_):
            # the unpickler has checked the form of what refers to a storage
            _, kind, key, *_ = storage
            if key not in storages:
                raise ValueError(f"it is damaged: the storage {ascii(key[:40])} is missing")
            size, read = storages[key]
            view = (offset, strides)
            return tensor(path, STORAGES[kind], shape, size, read, order, view=view)
    return call


def numpy_array(path: str | Path, call: Call) -> Any:
    """The array that a call of numpy's would make: a Tensor, or the objects in it.

    The call itself if its form or its dtype is another.
    """
    match call:
        case Call(_, _, (_, tuple() as shape, Call("numpy.dtype") as dtype, fortran, content)):
            pass
        # since protocol 5
        case Call(
            _, (content, Call("numpy.dtype") as dtype, tuple() as shape, ("C" | "F") as axes)
        ):
            fortran = axes == "F"
        case _:
            return call
    code = dtype_code(dtype)
    if code in ("O", "O4", "O8") and type(content) is list and content:
        return content if shape else content[0]
    if code not in NUMPY_CODES:
        return call
    size, read = array_bytes(content)
    # the state of a dtype is (version, byte order, ...)
    big_endian = type(dtype.state) is tuple and ">" in dtype.state[1:2]
    order = ">" if big_endian else "<"
    return tensor(path, NUMPY_CODES[code], shape, size, read, order, fortran=bool(fortran))


def dtype_code(dtype: Call) -> str:
    """numpy's code of a dtype, such as f4; "" if it has none."""
    match dtype.args:
        case (str() as code, *_):
            return code
    return ""


def array_bytes(content: Any) -> tuple[int, Callable[[], Bytes]]:
    """How many bytes an array has, and what brings them.

    For Python 2, Python 3 writes them as a text in Latin-1.
    """
    match content:
        case Call("_codecs.encode", (str() as text, "latin1")) | (str() as text):
            return len(text), partial(text.encode, "latin1")
        case bytes() | memoryview():
            return len(content), lambda: content
    raise ValueError("an array has no bytes")
