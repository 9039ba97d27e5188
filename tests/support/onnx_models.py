"""ONNX models, written with the messages of the project's own schema."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfdeconv.formats.onnx import reader
from tfdeconv.formats.onnx.schema import CLASSES, DATA_FIELDS, ELEMENT_TYPES

FLOAT, INT, STRING, TENSOR, GRAPH, FLOATS, INTS, STRINGS = range(1, 9)


def tensor(name: str, values: Any, dtype: str = "", typed: bool = False, **fields: Any) -> Any:
    """An initializer; typed: in the field of its type rather than in raw_data."""
    array = np.asarray(values)
    dtype = dtype or array.dtype.name
    message = CLASSES["TensorProto"](
        name=name, dims=array.shape, data_type=1 + ELEMENT_TYPES.index(dtype), **fields
    )
    if typed:
        bits = array.view(np.uint16) if dtype == "float16" else array
        # protobuf takes no truth values for integers
        numbers = bits.astype(np.uint8) if dtype == "bool" else bits
        getattr(message, DATA_FIELDS[dtype]).extend(numbers.ravel().tolist())
    elif "external_data" not in fields:
        message.raw_data = array.tobytes()
    return message


def entries(said: Mapping[str, Any]) -> list[Any]:
    entry = CLASSES["StringStringEntryProto"]
    return [entry(key=key, value=str(value)) for key, value in said.items()]


def external(name: str, values: Any, **said: Any) -> Any:
    """An initializer whose values are in another file: location, offset, length."""
    return tensor(name, values, data_location=1, external_data=entries(said))


def attribute(name: str, value: Any) -> Any:
    message = CLASSES["AttributeProto"](name=name)
    if isinstance(value, float):
        message.type, message.f = FLOAT, value
    elif isinstance(value, int):
        message.type, message.i = INT, value
    elif isinstance(value, str):
        message.type, message.s = STRING, value.encode()
    elif isinstance(value, CLASSES["TensorProto"]):
        message.type = TENSOR
        message.t.CopyFrom(value)
    elif isinstance(value, CLASSES["GraphProto"]):
        message.type = GRAPH
        message.g.CopyFrom(value)
    elif isinstance(value[0], str):
        message.type = STRINGS
        message.strings.extend(text.encode() for text in value)
    elif isinstance(value[0], float):
        message.type = FLOATS
        message.floats.extend(value)
    else:
        message.type = INTS
        message.ints.extend(value)
    return message


def node(
    kind: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    name: str = "",
    domain: str = "",
    **attributes: Any,
) -> Any:
    said = [attribute(key, value) for key, value in attributes.items()]
    return CLASSES["NodeProto"](
        op_type=kind, input=inputs, output=outputs, name=name, domain=domain, attribute=said
    )


def value(name: str, shape: Iterable[int | str], dtype: str = "float32") -> Any:
    message = CLASSES["ValueInfoProto"](name=name)
    message.type.tensor_type.elem_type = 1 + ELEMENT_TYPES.index(dtype)
    for length in shape:
        if isinstance(length, str):
            message.type.tensor_type.shape.dim.add(dim_param=length)
        else:
            message.type.tensor_type.shape.dim.add(dim_value=length)
    return message


def model(
    nodes: Iterable[Any],
    initializers: Iterable[Any] = (),
    inputs: Iterable[Any] = (),
    outputs: Iterable[Any] = (),
    opset: int = 17,
    functions: Iterable[Any] = (),
    **fields: Any,
) -> Any:
    graph = CLASSES["GraphProto"](
        node=nodes, name="graph", initializer=initializers, input=inputs, output=outputs
    )
    opsets = [CLASSES["OperatorSetIdProto"](domain="", version=opset)]
    return CLASSES["ModelProto"](
        ir_version=8,
        producer_name="tests",
        graph=graph,
        opset_import=opsets,
        functions=functions,
        **fields,
    )


def function(
    name: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    nodes: Iterable[Any],
    domain: str = "own",
    opset: int = 17,
    defaults: Mapping[str, Any] | None = None,
) -> Any:
    said = [attribute(key, value) for key, value in (defaults or {}).items()]
    opsets = [CLASSES["OperatorSetIdProto"](domain="", version=opset)]
    return CLASSES["FunctionProto"](
        name=name,
        domain=domain,
        input=inputs,
        output=outputs,
        node=nodes,
        attribute_proto=said,
        opset_import=opsets,
    )


def branch(nodes: Iterable[Any], outputs: Iterable[str], initializers: Iterable[Any] = ()) -> Any:
    """A graph that an If may choose."""
    given = [CLASSES["ValueInfoProto"](name=name) for name in outputs]
    return CLASSES["GraphProto"](node=nodes, output=given, initializer=initializers)


def choice(condition: str, output: str, one: Any, other: Any, name: str = "choice") -> Any:
    return node("If", [condition], [output], name, then_branch=one, else_branch=other)


def write(path: Path, message: Any) -> Path:
    path.write_bytes(message.SerializeToString())
    return path


def small_model() -> Any:
    """A convolution, a rectifier that is a function, and a dense layer."""
    rng = np.random.default_rng(0)

    def values(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    relu = function("relu", ["x"], ["y"], [node("Relu", ["x"], ["y"], "relu")])
    nodes = [
        node("Conv", ["x", "kernel", "bias"], ["a"], "conv", pads=[1, 1, 1, 1]),
        node("relu", ["a"], ["b"], "call", "own"),
        node("MaxPool", ["b"], ["c"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["c"], ["d"], "flatten"),
        node("Constant", [], ["e"], "zero", value=tensor("", values(2))),
        choice(
            "yes",
            "chosen",
            branch([node("Identity", ["d"], ["same"])], ["same"]),
            branch([node("Neg", ["d"], ["same"])], ["same"]),
        ),
        node("Gemm", ["chosen", "dense", "e"], ["y"], "gemm", transB=1, alpha=1.0),
    ]
    initializers = [
        tensor("kernel", values(4, 3, 3, 3)),
        tensor("bias", values(4), typed=True),
        tensor("dense", values(2, 64).astype(np.float16)),
        tensor("yes", np.array(True)),
    ]
    return model(
        nodes,
        initializers,
        [value("x", ["batch", 3, 8, 8])],
        [value("y", ["batch", 2])],
        functions=[relu],
    )


def models() -> list[bytes]:
    """Whole models, for the fuzzers."""
    return [small_model().SerializeToString()]


def change_model(rng: random.Random, raw: bytes) -> bytes:
    """A model with a few fields changed, removed, repeated, or put from elsewhere."""
    message = CLASSES["ModelProto"].FromString(raw)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        places = list(places_of(message))
        parent, field = rng.choice(places)
        if field.type == field.TYPE_MESSAGE:
            change_message(rng, parent, field, places)
        else:
            change_value(rng, parent, field)
    return message.SerializeToString()


def places_of(message: Any) -> Iterator[tuple[Any, Any]]:
    """(message, field that it has) of all that is in a message."""
    for field, value in message.ListFields():
        yield message, field
        if field.type == field.TYPE_MESSAGE:
            for each in value if field.is_repeated else [value]:
                yield from places_of(each)


def change_message(rng: random.Random, parent: Any, field: Any, places: list) -> None:
    if not field.is_repeated:
        parent.ClearField(field.name)
        return
    items = getattr(parent, field.name)
    at = rng.randrange(len(items))
    alike = []
    for other, each in places:
        if each is field:
            alike += getattr(other, field.name)
    match rng.randrange(3):
        case 0:
            del items[at]
        # by its bytes: protobuf crashes where a message is copied into one within itself
        case 1:
            items.add().ParseFromString(rng.choice(alike).SerializeToString())
        case 2:
            items[at].ParseFromString(rng.choice(alike).SerializeToString())


NUMBERS = [0, 1, 2, 3, 5, 64, 127, -1, 1 << 16, 1 << 20, (1 << 31) - 1]
LONG = [*NUMBERS, 1 << 32, 1 << 40, (1 << 62) - 1, -(1 << 62)]
FLOATS_TO_TRY = [0.0, 1.0, -1.0, 0.5, 1e-30, 1e30, float("inf"), float("nan")]
TEXTS = [
    "",
    "x",
    "y",
    "a",
    "kernel",
    "Conv",
    "Relu",
    "Gemm",
    "own",
    "é\n",
    "x" * 1001,
    "SAME_UPPER",
]


def change_value(rng: random.Random, parent: Any, field: Any) -> None:
    choices: list[Any] = LONG
    if field.type == field.TYPE_INT32:
        choices = NUMBERS
    elif field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
        choices = FLOATS_TO_TRY
    elif field.type == field.TYPE_STRING:
        choices = TEXTS
    elif field.type == field.TYPE_BYTES:
        choices = [text.encode() for text in TEXTS]
    chosen = rng.choice(choices)
    if field.type == field.TYPE_UINT64:
        chosen = abs(chosen)
    if not field.is_repeated:
        if rng.random() < 0.2:
            parent.ClearField(field.name)
        else:
            setattr(parent, field.name, chosen)
        return
    items = getattr(parent, field.name)
    if rng.random() < 0.3:
        items.append(chosen)
    elif rng.random() < 0.3:
        items.pop()
    else:
        items[rng.randrange(len(items))] = chosen


def read_model(path: Path) -> None:
    """All that is in a model."""
    with reader.open_model(path) as found:
        for each in found.initializers.values():
            each.read()
