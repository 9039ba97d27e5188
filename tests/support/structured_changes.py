"""Changes of what a file says, in a form that stays whole: of JSON, and of HDF5's objects."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import h5py
import numpy as np

# what stands where something else is expected
VALUES = [
    *(None, True, False, 0, -1, 1, 2, 3, 7, 64, 1 << 14, 1 << 16, 1 << 31, 1 << 62, 10**30),
    *(0.5, -0.5, 1e-30, 1e30, 1e308, float("nan"), float("inf"), float("-inf")),
    *("", "x", "relu", "softmax", "same", "valid", "channels_first", "a/b", "x\ny", "\x1b[31m"),
    *("\ud800", "a" * 5000, "é" * 300, "{}", "[[[["),
    *([], {}, [1, 1], [0, 0], [None, 8, 8, 3], [-1, 5], [[1, 2], [3, 4]], ["a", 0, 0], {"a": 1}),
]


# JSON


def change_json(rng: random.Random, raw: bytes) -> bytes:
    """JSON with a value changed, removed, repeated, moved, nested, or one name for another."""
    value = json.loads(raw)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        places = list(places_of(value))
        parent, key = rng.choice(places)
        JSON_CHANGES[rng.randrange(len(JSON_CHANGES))](rng, parent, key, places)
    return json.dumps(value).encode()


def places_of(value: Any):
    """(object or list, name or index) of everything within a value."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places_of(value[key])


def replace(rng, parent, key, places) -> None:
    parent[key] = json.loads(json.dumps(rng.choice(VALUES)))


def scale(rng, parent, key, places) -> None:
    if type(parent[key]) in (int, float):
        parent[key] = parent[key] * rng.choice([0, -1, 2, 1000]) + rng.choice([0, 1])
    else:
        replace(rng, parent, key, places)


def remove(rng, parent, key, places) -> None:
    del parent[key]


def put_another(rng, parent, key, places) -> None:
    """What stands elsewhere in the file, of the same type where there is any."""
    kind = type(parent[key])
    alike = [other[name] for other, name in places if name in keys(other)]
    alike = [value for value in alike if type(value) is kind] or alike
    parent[key] = json.loads(json.dumps(rng.choice(alike)))


def keys(value: Any):
    return value if isinstance(value, dict) else range(len(value))


def repeat(rng, parent, key, places) -> None:
    again = json.loads(json.dumps(parent[key]))
    if isinstance(parent, list):
        parent.insert(rng.randrange(len(parent) + 1), again)
    else:
        parent[f"{key}x"] = again


def nest(rng, parent, key, places) -> None:
    for _ in range(rng.choice([1, 2, 20])):
        parent[key] = [parent[key]] if rng.random() < 0.7 else {"config": parent[key]}


JSON_CHANGES = (replace, replace, scale, remove, put_another, put_another, repeat, nest)


# HDF5


def change_hdf5(rng: random.Random, raw: bytes) -> bytes:
    """An HDF5 file with attributes and datasets changed in value, type or shape, or removed."""
    memory = io.BytesIO(raw)
    with h5py.File(memory, "r+") as file:
        for _ in range(rng.choice([1, 1, 1, 2])):
            objects: list[str] = ["/"]
            file.visit(objects.append)
            change_object(rng, file, rng.choice(objects))
    return memory.getvalue()


def change_object(rng: random.Random, file: h5py.File, name: str) -> None:
    """One change of an attribute of the object or, of a dataset, mostly of its values."""
    node = file[name]
    if node.attrs and (isinstance(node, h5py.Group) or rng.random() < 0.2):
        key = rng.choice(list(node.attrs))
        value = rng.choice(
            [*VALUES, np.zeros(0), np.arange(3), np.array([1, 1]), np.array(["a"], "S3")]
        )
        del node.attrs[key]
        if isinstance(value, (bool, int, float, str, np.ndarray)) and is_storable(value):
            node.attrs[key] = value
    elif isinstance(node, h5py.Dataset):
        values = np.asarray(node[()])
        change = rng.choice(
            [set_value, set_value, set_all, new_type, new_shape, remove_it, group_it]
        )
        change(rng, file, name, values)
    elif name != "/":
        remove_it(rng, file, name, np.zeros(0))


def is_storable(value: Any) -> bool:
    """Whether HDF5 has a type for it: integers of 64 bits, texts that can be encoded."""
    if isinstance(value, str):
        return "\ud800" not in value
    return not isinstance(value, int) or abs(value) < 1 << 63


NUMBERS = [0, -1, 1, 255, 1 << 30, -(1 << 30), 1e30, -1e30, np.nan, np.inf, -np.inf, 10, 27, 200]


def set_value(rng, file, name, values) -> None:
    write_number(rng, file, name, values, rng.randrange(max(values.size, 1)))


def set_all(rng, file, name, values) -> None:
    write_number(rng, file, name, values, slice(None))


def write_number(rng, file, name, values, place) -> None:
    if values.size and values.dtype.kind in "fiu":
        flat = values.ravel()
        with np.errstate(all="ignore"):
            flat[place] = np.float64(rng.choice(NUMBERS)).astype(values.dtype)
        file[name][...] = flat.reshape(values.shape)


def new_type(rng, file, name, values) -> None:
    if values.dtype.kind in "fiu":
        with np.errstate(all="ignore"):
            put(file, name, values.astype(rng.choice(["f4", "f8", "i8", "u1", "i2", "S3"])))


def new_shape(rng, file, name, values) -> None:
    shapes = [values.ravel(), values[..., None], values[None]]
    if values.ndim:
        shapes += [values[:1], values[:0], np.concatenate([values, values])]
    put(file, name, shapes[rng.randrange(len(shapes))])


def remove_it(rng, file, name, values) -> None:
    del file[name]


def group_it(rng, file, name, values) -> None:
    del file[name]
    file.create_group(name)


def put(file: h5py.File, name: str, values: np.ndarray) -> None:
    attributes = dict(file[name].attrs)
    del file[name]
    file[name] = values
    file[name].attrs.update(attributes)
