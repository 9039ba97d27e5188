"""Graphs of TensorFlow's that fuzz.py damages, and how each is read to its end."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import graph_files as files
import input_formats as inputs

from tfdeconv.formats.graph_def.process import open_graph
from tfdeconv.formats.graph_def.schema import CLASSES
from tfdeconv.formats.lazy_tensor import Tensor, Tensors
from tfdeconv.weights import tensorflow_reader
from tfdeconv.weights.load import read_weights
from tfdeconv.weights.tensorflow.graphs import saved_model


def frozen_graphs() -> list[bytes]:
    return [files.small_graph(), files.larger_graph()]


def saved_models() -> list[bytes]:
    return [files.small_saved_model()]


def saved_model_parts() -> list[bytes]:
    """The checkpoint's values, the graph, and behind them the checkpoint's index."""
    index, data = (inputs.checkpoint_file(f"new.ckpt{end}") for end in (inputs.INDEX, inputs.DATA))
    values = data.ljust(inputs.DATA_SIZE, b"\0")[: inputs.DATA_SIZE]
    return [values + files.small_saved_model() + index]


def write_saved_model(path: Path, raw: bytes) -> None:
    """Writes a folder of its parts; the path is that of a file in it."""
    folder = path.parent / "model" / "variables"
    folder.mkdir(parents=True, exist_ok=True)
    ends = inputs.DATA_SIZE, inputs.DATA_SIZE + len(files.small_saved_model())
    (folder / f"variables{inputs.DATA}").write_bytes(raw[: ends[0]])
    (folder.parent / "saved_model.pb").write_bytes(raw[ends[0] : ends[1]])
    (folder / f"variables{inputs.INDEX}").write_bytes(raw[ends[1] :])


def read_saved_model(path: Path) -> None:
    read_weights(path.parent / "model")


def read_saved_model_graph(path: Path) -> None:
    """A saved_model.pb, whose variables are given."""
    with open_graph(path) as nodes, saved_model.of_file(path):
        signature = saved_model.chosen(path, nodes.signatures, None)
        tensors = Tensors()
        kernel = files.KERNEL
        tensors.add("vgg_16/conv1/weights", Tensor(kernel.shape, "float32", kernel.copy))
        graph = saved_model.signature_graph(nodes, signature, tensors)
        reader = tensorflow_reader.reader_of(path, "a graph", graph)
        contents = reader.contents(reader.network(None, None))
        for layer, shapes in contents.shapes.items():
            for name in shapes:
                contents.read(layer, name)


def read_frozen_graph(path: Path) -> None:
    """As scripts read it."""
    read_weights(path)


# what is said in a message that stays whole


NUMBERS = [0, 1, -1, 2, 3, 7, 100, 127, 1 << 20, -(1 << 31), (1 << 31) - 1]


def change_message(name: str, rng: random.Random, raw: bytes) -> bytes:
    """A message with a few fields changed, removed, repeated, or put in the place of another."""
    message = CLASSES[name].FromString(raw)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        places = list(fields_of(message))
        if not places:
            break  # all of it is removed
        change_field(rng, *rng.choice(places), places)
    return message.SerializeToString()


def fields_of(message: Any) -> Iterator[tuple[Any, Any]]:
    """(message, field) of all that is in a message and in those within it."""
    for field, value in message.ListFields():
        yield message, field
        if field.message_type:
            for inner in value if field.is_repeated else [value]:
                yield from fields_of(inner)


def change_field(rng: random.Random, message: Any, field: Any, places: list[Any]) -> None:
    alike = [other for other in places if other[1].full_name == field.full_name]
    other = getattr(rng.choice(alike)[0], field.name)
    if field.is_repeated:
        values = getattr(message, field.name)
        change = rng.randrange(4)
        if change == 0:
            del values[rng.randrange(len(values))]
        elif change == 1:
            values.extend([rng.choice(list(other))] * rng.choice([1, 2, 50]))
        elif change == 2:
            kept = rng.sample(list(values), len(values))
            del values[:]
            values.extend(kept)
        else:
            del values[rng.randrange(len(values)) :]
    elif rng.random() < 0.2:
        message.ClearField(field.name)
    elif field.message_type:
        getattr(message, field.name).CopyFrom(other)
    else:
        setattr(message, field.name, value_for(rng, getattr(message, field.name), other, places))


def value_for(rng: random.Random, value: Any, other: Any, places: list[Any]) -> Any:
    """Another value of a field's type."""
    if type(value) is bool:
        return not value
    if isinstance(value, (int, float)):
        return type(value)(rng.choice([*NUMBERS, other]))
    texts = [getattr(message, field.name) for message, field in places]
    return rng.choice([other, *[text for text in texts if type(text) is type(value)]])


change_graph = partial(change_message, "GraphDef")
change_saved_model = partial(change_message, "SavedModel")
