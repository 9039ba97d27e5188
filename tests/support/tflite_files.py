"""Small models of TensorFlow Lite, written table by table as its schema numbers the fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np

from tfdeconv.formats.tflite.schema import MARK, OPERATORS, OPTIONS, TYPES
from tfdeconv.weights.detect import open_weights

# ways to write a number
SLOTS = {"<b": "Int8", "<B": "Uint8", "<?": "Bool", "<i": "Int32", "<I": "Uint32", "<f": "Float32"}
# which options an operator has, by their number
OPTIONS_OF = {
    "ADD": 11,
    "BATCH_MATMUL": 101,
    "AVERAGE_POOL_2D": 5,
    "CONCATENATION": 10,
    "CONV_2D": 1,
    "DEPTHWISE_CONV_2D": 2,
    "DEPTH_TO_SPACE": 94,
    "FULLY_CONNECTED": 8,
    "DIV": 29,
    "GATHER": 23,
    "GELU": 116,
    "L2_NORMALIZATION": 12,
    "LEAKY_RELU": 75,
    "LOCAL_RESPONSE_NORMALIZATION": 13,
    "MAX_POOL_2D": 5,
    "MEAN": 27,
    "MIRROR_PAD": 77,
    "MUL": 21,
    "PACK": 59,
    "REDUCE_MAX": 27,
    "REDUCE_MIN": 27,
    "REDUCE_PROD": 27,
    "RESHAPE": 17,
    "RESIZE_BILINEAR": 15,
    "RESIZE_NEAREST_NEIGHBOR": 74,
    "SHAPE": 55,
    "SOFTMAX": 9,
    "SPACE_TO_DEPTH": 19,
    "SPLIT": 35,
    "SPLIT_V": 79,
    "SQUEEZE": 30,
    "STRIDED_SLICE": 32,
    "SUB": 28,
    "SUM": 27,
    "TRANSPOSE_CONV": 49,
    "UNPACK": 64,
}

# versions of operators: that in which its interpreter first had it
VERSIONS = {"BROADCAST_TO": 2}


@dataclass(frozen=True)
class Number:
    """A number of a table, in one of struct's formats."""

    form: str
    value: Any


def write(builder: flatbuffers.Builder, value: Any) -> int:
    """Writes a text, bytes, an array, a list of tables, or a table {field: value}."""
    if isinstance(value, str):
        return builder.CreateString(value)
    if isinstance(value, bytes):
        # as TensorFlow Lite's are, for all types of values
        builder.StartVector(1, len(value), 16)
        builder.head -= len(value)
        builder.Bytes[builder.head : builder.head + len(value)] = value
        return builder.EndVector()
    if isinstance(value, np.ndarray):
        return builder.CreateNumpyVector(value)
    if isinstance(value, Sequence):
        places = [write(builder, each) for each in value]
        builder.StartVector(4, len(places), 4)
        for place in reversed(places):
            builder.PrependUOffsetTRelative(place)
        return builder.EndVector()
    return write_table(builder, value)


def write_table(builder: flatbuffers.Builder, fields: Mapping[int, Any]) -> int:
    places = {}
    for number, value in fields.items():
        if not isinstance(value, Number):
            places[number] = write(builder, value)
    builder.StartObject(max(fields, default=-1) + 1)
    for number, value in fields.items():
        if number in places:
            builder.PrependUOffsetTRelativeSlot(number, places[number], 0)
        else:
            # no default, so that each number is written
            prepend = getattr(builder, f"Prepend{SLOTS[value.form]}Slot")
            prepend(number, value.value, None)
    return builder.EndObject()


def written(fields: Mapping[int, Any], mark: bytes = MARK) -> bytes:
    """A file of one table."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(write_table(builder, fields), file_identifier=mark)
    return bytes(builder.Output())


def integers(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


@dataclass
class Writer:
    """A model that is put together: tensors have names, and their numbers in order."""

    tensors: list[dict[int, Any]] = field(default_factory=list)
    # the first is that of all tensors without values
    buffers: list[dict[int, Any]] = field(default_factory=lambda: [{}])
    operators: list[dict[int, Any]] = field(default_factory=list)
    codes: list[dict[int, Any]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def tensor(self, name: str, shape: Sequence[int], dtype: str = "float32", **more: Any) -> str:
        """A tensor without values; signature: lengths of which -1 are the caller's."""
        fields = {
            0: integers(*shape),
            1: Number("<b", TYPES.index(dtype)),
            2: Number("<I", more.get("buffer", 0)),
            3: name,
        }
        if "scales" in more:
            fields[4] = {2: np.array(more["scales"], np.float32)}
        if "signature" in more:
            fields[7] = integers(*more["signature"])
        self.numbers[name] = len(self.tensors)
        self.tensors.append(fields)
        return name

    def constant(self, name: str, values: Any, dtype: str = "float32", **more: Any) -> str:
        array = np.asarray(values, dtype)
        self.buffers.append({0: array.tobytes()})
        return self.tensor(name, array.shape, dtype, buffer=len(self.buffers) - 1, **more)

    def add(
        self,
        operator: str,
        inputs: Sequence[str],
        output: str | Sequence[str],
        shape: Sequence[int] = (1,),
        dtype: str = "float32",
        **options: Any,
    ) -> str:
        """An operator; its outputs, all of one shape, are new. An input "" is left out."""
        outputs = [output] if isinstance(output, str) else output
        for name in outputs:
            self.tensor(name, shape, dtype)
        found: dict[int, Any] = {
            0: Number("<I", len(self.codes)),
            1: integers(*(self.numbers.get(name, -1) for name in inputs)),
            2: integers(*(self.numbers[name] for name in outputs)),
        }
        custom = operator not in OPERATORS
        code = OPERATORS.index("CUSTOM" if custom else operator)
        version = Number("<i", VERSIONS.get(operator, 1))
        self.codes.append({0: Number("<b", min(code, 127)), 2: version, 3: Number("<i", code)})
        if custom:
            self.codes[-1][1] = operator
        if operator in OPTIONS_OF:
            found[3] = Number("<B", OPTIONS_OF[operator])
            found[4] = option_fields(OPTIONS_OF[operator], options)
        self.operators.append(found)
        return outputs[0]

    def model(self, inputs: Sequence[str], outputs: Sequence[str], **more: Any) -> bytes:
        """The file. metadata: the bytes of what is said of the model."""
        graph = {
            0: self.tensors,
            1: integers(*(self.numbers[name] for name in inputs)),
            2: integers(*(self.numbers[name] for name in outputs)),
            3: self.operators,
        }
        fields = {0: Number("<I", 3), 1: self.codes, 2: [graph], 3: "by hand", 4: self.buffers}
        if "metadata" in more:
            self.buffers.append({0: more["metadata"]})
            number = Number("<I", len(self.buffers) - 1)
            fields[6] = [{0: "TFLITE_METADATA", 1: number}]
        return written(fields)


def option_fields(number: int, options: Mapping[str, Any]) -> dict[int, Any]:
    fields = {}
    places = {name: (place, form) for name, place, form, _ in OPTIONS[number]}
    for name, value in options.items():
        place, form = places[name]
        fields[place] = integers(*value) if form == "<i4" else Number(form, value)
    return fields


def normalization(mean: Sequence[float], deviation: Sequence[float]) -> bytes:
    """What is said of an image's pixels: ModelMetadata of tflite-support."""
    options = {0: np.array(mean, np.float32), 1: np.array(deviation, np.float32)}
    tensor = {4: [{0: Number("<B", 1), 1: options}]}
    return written({3: [{2: [tensor]}]}, b"M001")


SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3
WINDOW = {"stride_w": 1, "stride_h": 1, "padding": SAME}


def small_model(halves: bool = False, **more: Any) -> bytes:
    """A convolution, a pool, a matrix and a softmax; halves: the kernel in half precision."""
    rng = np.random.default_rng(5)
    file = Writer()
    file.tensor("image", (1, 8, 8, 3), signature=(-1, 8, 8, 3))
    kernel = rng.normal(size=(4, 3, 3, 3))
    if halves:
        file.constant("kernel16", kernel, "float16")
        file.add("DEQUANTIZE", ["kernel16"], "kernel", kernel.shape)
    else:
        file.constant("kernel", kernel)
    file.constant("bias", rng.normal(size=4))
    file.add(
        "CONV_2D",
        ["image", "kernel", "bias"],
        "net/conv1/Relu;net/conv1/BiasAdd;net/conv1/convolution",
        (1, 8, 8, 4),
        fused_activation_function=RELU,
        **WINDOW,
    )
    pooled = file.add(
        "MAX_POOL_2D",
        ["net/conv1/Relu;net/conv1/BiasAdd;net/conv1/convolution"],
        "net/pool1/MaxPool",
        (1, 4, 4, 4),
        padding=VALID,
        stride_w=2,
        stride_h=2,
        filter_width=2,
        filter_height=2,
    )
    file.constant("shape", (-1, 64), "int32")
    flat = file.add("RESHAPE", [pooled, "shape"], "net/flatten/Reshape", (1, 64))
    file.constant("matrix", rng.normal(size=(5, 64)))
    dense = file.add("FULLY_CONNECTED", [flat, "matrix", ""], "net/dense/MatMul", (1, 5))
    file.add("SOFTMAX", [dense], "StatefulPartitionedCall:0", (1, 5), beta=1.0)
    return file.model(["image"], ["StatefulPartitionedCall:0"], **more)


def models() -> list[bytes]:
    """Whole files: what the fuzzer damages."""
    said = normalization([127.5], [127.5])
    return [small_model(metadata=said), small_model(halves=True)]


def read_model(path: Path) -> None:
    """As scripts read a file of which they know nothing, to its end."""
    with open_weights(path) as file:
        for layer, shapes in file.shapes.items():
            for key in shapes:
                file.read(layer, key)
