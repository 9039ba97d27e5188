"""TensorFlow's graphs and SavedModels, made of messages without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfdeconv.formats.graph_def.schema import CLASSES
from tfdeconv.formats.graph_def.tensors import TYPES

NUMBERS = {name: number for number, (name, _) in TYPES.items()}
FLOAT, STRING = 1, 7


def shape(lengths: Sequence[int]) -> Any:
    return CLASSES["Shape"](dim=[CLASSES["Dimension"](size=length) for length in lengths])


def tensor(lengths: Sequence[int], dtype: str, **values: Any) -> Any:
    """A TensorProto."""
    return CLASSES["TensorProto"](dtype=NUMBERS[dtype], tensor_shape=shape(lengths), **values)


def array(values: Any) -> Any:
    values = np.asarray(values)
    return tensor(values.shape, values.dtype.name, tensor_content=values.tobytes())


def texts(*values: str) -> Any:
    encoded = [value.encode() for value in values]
    lengths = shape([len(values)])
    return CLASSES["TensorProto"](dtype=STRING, tensor_shape=lengths, string_val=encoded)


def node(name: str, op: str, *inputs: str, **attributes: Any) -> Any:
    """A NodeDef; an attribute is {field of AttrValue: value}."""
    entries = []
    for key, value in attributes.items():
        entries.append(CLASSES["AttrEntry"](key=key, value=CLASSES["AttrValue"](**value)))
    return CLASSES["NodeDef"](name=name, op=op, input=inputs, attr=entries)


def const(name: str, values: Any) -> Any:
    message = values if isinstance(values, CLASSES["TensorProto"]) else array(values)
    return node(name, "Const", value={"tensor": message}, dtype={"type": message.dtype})


def image(name: str = "x", lengths: Sequence[int] = (-1, 8, 8, 3)) -> Any:
    return node(name, "Placeholder", dtype={"type": FLOAT}, shape={"shape": shape(lengths)})


def call(name: str, function: str, *inputs: str) -> Any:
    return node(
        name, "StatefulPartitionedCall", *inputs, f={"func": CLASSES["Function"](name=function)}
    )


def variable(name: str) -> Any:
    return node(name, "VarHandleOp", shared_name={"s": name.encode()})


def function(name: str, arguments: list[str], results: dict[str, str], nodes: list[Any]) -> Any:
    """A FunctionDef; results: by name the source of each."""
    signature = CLASSES["OpDef"](
        name=name,
        input_arg=[CLASSES["ArgDef"](name=each) for each in arguments],
        output_arg=[CLASSES["ArgDef"](name=each) for each in results],
    )
    returned = [CLASSES["ReturnEntry"](key=key, value=each) for key, each in results.items()]
    return CLASSES["FunctionDef"](signature=signature, node_def=nodes, ret=returned)


def graph(nodes: list[Any], functions: Sequence[Any] = ()) -> Any:
    """A GraphDef."""
    return CLASSES["GraphDef"](
        node=nodes, library=CLASSES["FunctionDefLibrary"](function=functions)
    )


def signature(key: str, source: str, output: str) -> Any:
    """A SignatureDef of one image and one output."""

    def infos(key: str, name: str, lengths: Sequence[int]) -> list[Any]:
        info = CLASSES["TensorInfo"](name=name, dtype=FLOAT, tensor_shape=shape(lengths))
        return [CLASSES["TensorInfoEntry"](key=key, value=info)]

    definition = CLASSES["SignatureDef"](
        inputs=infos("image", source, (-1, 8, 8, 3)), outputs=infos("scores", output, (-1, 2))
    )
    return CLASSES["SignatureEntry"](key=key, value=definition)


def meta_graph(
    definition: Any, signatures: list[Any], restore: str = "", tags: Sequence[str] = ("serve",)
) -> Any:
    """A MetaGraphDef, whose checkpoint's name is the tensor `file`."""
    return CLASSES["MetaGraphDef"](
        meta_info_def=CLASSES["MetaInfoDef"](tags=tags),
        graph_def=definition,
        saver_def=CLASSES["SaverDef"](filename_tensor_name="file:0", restore_op_name=restore),
        signature_def=signatures,
    )


def saved_model(*meta_graphs: Any) -> bytes:
    """A saved_model.pb."""
    return CLASSES["SavedModel"](
        saved_model_schema_version=1, meta_graphs=meta_graphs
    ).SerializeToString()


def layers(kernel: str) -> list[Any]:
    """Operations of a small network over an image `x`, as a graph has them."""
    return [
        const("axes", np.int32([1, 2])),
        node("conv", "Conv2D", "x", kernel, padding={"s": b"SAME"}, strides=ones(4)),
        node("relu", "Relu", "conv"),
        node("mean", "Mean", "relu", "axes"),
    ]


def ones(count: int) -> dict[str, Any]:
    return {"list": CLASSES["ListValue"](i=[1] * count)}


KERNEL = np.arange(108, dtype=np.float32).reshape(3, 3, 3, 4) / 108


def restoring(*names: str, variables: Sequence[str]) -> list[Any]:
    """Nodes that give variables the tensors of these names in a checkpoint."""
    nodes = [
        image("file", ()),
        const("names", texts(*names)),
        const("parts", texts(*[""] * len(names))),
        node("read", "RestoreV2", "file", "names", "parts"),
    ]
    waiting = []
    for number, name in enumerate(variables):
        nodes.append(node(f"assign_{number}", "AssignVariableOp", name, f"read:{number}"))
        waiting.append(f"^assign_{number}")
    return [*nodes, node("restore", "NoOp", *waiting)]


def small_graph() -> bytes:
    """A frozen graph, one kernel of plain bytes and a bias of one repeated value."""
    bias = const("bias", tensor([4], "float32", float_val=[0.5]))
    added = node("out", "BiasAdd", "mean", "bias")
    nodes = [image(), const("kernel", KERNEL), *layers("kernel"), bias, added]
    return graph(nodes).SerializeToString()


def larger_graph() -> bytes:
    """A frozen graph of what reads shapes, slices, pads, resizes, normalises and joins."""
    nodes = [
        image(),
        const("kernel", KERNEL),
        *layers("kernel"),
        const("ones", np.ones(4, np.float32)),
        node("norm", "FusedBatchNormV3", "conv", *["ones"] * 4, is_training={"b": False}),
        const("pads", np.int32([[0, 0], [1, 0], [0, 1], [0, 0]])),
        node("pad", "Pad", "norm", "pads"),
        node(
            "pool",
            "MaxPool",
            "pad",
            ksize=four(1, 2, 2, 1),
            strides=four(1, 2, 2, 1),
            padding={"s": b"SAME"},
        ),
        node("shape", "Shape", "pool"),
        const("begin", np.int32([1])),
        const("end", np.int32([3])),
        const("step", np.int32([1])),
        node("size", "StridedSlice", "shape", "begin", "end", "step", end_mask={"i": 0}),
        node("double", "AddV2", "size", "size"),
        node("resize", "ResizeBilinear", "pool", "double", half_pixel_centers={"b": True}),
        const("axis", np.int32(3)),
        node("join", "ConcatV2", "resize", "resize", "axis", N={"i": 2}),
        node("split", "Split", "axis", "join", num_split={"i": 2}),
        node("sum", "AddN", "split", "split:1", N={"i": 2}),
        const("up", np.ones((3, 3, 5, 4), np.float32)),
        const("to", np.int32([1, 18, 18, 5])),
        node(
            "transposed",
            "Conv2DBackpropInput",
            "to",
            "up",
            "sum",
            strides=four(1, 2, 2, 1),
            padding={"s": b"SAME"},
        ),
        node("act", "LeakyRelu", "transposed", alpha={"f": 0.25}),
        const("flat", np.int32([1, -1])),
        node("vector", "Reshape", "act", "flat"),
        const("matrix", np.ones((18 * 18 * 5, 2), np.float32)),
        node("dense", "MatMul", "vector", "matrix", transpose_b={"b": False}),
        node("out", "Softmax", "dense"),
    ]
    return graph(nodes).SerializeToString()


def four(*values: int) -> dict[str, Any]:
    return {"list": CLASSES["ListValue"](i=values)}


def small_saved_model() -> bytes:
    """A SavedModel whose graph calls a function with an image and a variable."""
    body = [
        node("read", "ReadVariableOp", "resource"),
        node("conv", "Conv2D", "image", "read:value:0", padding={"s": b"VALID"}, strides=ones(4)),
        node("id", "Identity", "conv:output:0"),
    ]
    nodes = [image(), variable("kernel"), call("Call", "model", "x", "kernel")]
    nodes += restoring("vgg_16/conv1/weights", variables=["kernel"])
    model = function("model", ["image", "resource"], {"scores": "id:output:0"}, body)
    definition = graph(nodes, [model])
    signatures = [signature("serving_default", "x:0", "Call:0")]
    return saved_model(meta_graph(definition, signatures, "restore"))
