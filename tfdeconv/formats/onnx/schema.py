"""The messages of ONNX's format that are read here, and the types of its tensors' elements.

https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; what is left out is documentation, training,
and how the work is spread over devices.
"""

from __future__ import annotations

from ..protobuf_schema import message_classes

SCHEMA = {
    "ModelProto": {
        "ir_version": (1, "int64"),
        "producer_name": (2, "string"),
        "producer_version": (3, "string"),
        "graph": (7, "GraphProto"),
        "opset_import": (8, "repeated OperatorSetIdProto"),
        "metadata_props": (14, "repeated StringStringEntryProto"),
        "functions": (25, "repeated FunctionProto"),
    },
    "OperatorSetIdProto": {"domain": (1, "string"), "version": (2, "int64")},
    "StringStringEntryProto": {"key": (1, "string"), "value": (2, "string")},
    "GraphProto": {
        "node": (1, "repeated NodeProto"),
        "name": (2, "string"),
        "initializer": (5, "repeated TensorProto"),
        "input": (11, "repeated ValueInfoProto"),
        "output": (12, "repeated ValueInfoProto"),
        "value_info": (13, "repeated ValueInfoProto"),
        "sparse_initializer": (15, "repeated SparseTensorProto"),
    },
    "FunctionProto": {
        "name": (1, "string"),
        "input": (4, "repeated string"),
        "output": (5, "repeated string"),
        "attribute": (6, "repeated string"),
        "node": (7, "repeated NodeProto"),
        "opset_import": (9, "repeated OperatorSetIdProto"),
        "domain": (10, "string"),
        "attribute_proto": (11, "repeated AttributeProto"),
        "overload": (13, "string"),
    },
    "NodeProto": {
        "input": (1, "repeated string"),
        "output": (2, "repeated string"),
        "name": (3, "string"),
        "op_type": (4, "string"),
        "attribute": (5, "repeated AttributeProto"),
        "domain": (7, "string"),
        "overload": (8, "string"),
    },
    # the members of types within attributes are not read, only that they are there
    "AttributeProto": {
        "name": (1, "string"),
        "f": (2, "float"),
        "i": (3, "int64"),
        "s": (4, "bytes"),
        "t": (5, "TensorProto"),
        "g": (6, "GraphProto"),
        "floats": (7, "repeated float"),
        "ints": (8, "repeated int64"),
        "strings": (9, "repeated bytes"),
        "tensors": (10, "repeated TensorProto"),
        "type": (20, "int32"),
        "ref_attr_name": (21, "string"),
    },
    "Unread": {},
    "TensorProto": {
        "dims": (1, "repeated int64"),
        "data_type": (2, "int32"),
        "segment": (3, "Unread"),
        "float_data": (4, "repeated float"),
        "int32_data": (5, "repeated int32"),
        "int64_data": (7, "repeated int64"),
        "name": (8, "string"),
        "raw_data": (9, "bytes"),
        "double_data": (10, "repeated double"),
        "uint64_data": (11, "repeated uint64"),
        "external_data": (13, "repeated StringStringEntryProto"),
        "data_location": (14, "int32"),
    },
    "SparseTensorProto": {"values": (1, "TensorProto")},
    "ValueInfoProto": {"name": (1, "string"), "type": (2, "TypeProto")},
    "TypeProto": {"tensor_type": (1, "TensorType")},
    "TensorType": {"elem_type": (1, "int32"), "shape": (2, "TensorShapeProto")},
    "TensorShapeProto": {"dim": (1, "repeated Dimension")},
    "Dimension": {"dim_value": (1, "int64"), "dim_param": (2, "string")},
}
CLASSES = message_classes("tfdeconv_onnx", SCHEMA)

# what data_type 1, 2, ... say
ELEMENT_TYPES = (
    "float32",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "int32",
    "int64",
    "string",
    "bool",
    "float16",
    "float64",
    "uint32",
    "uint64",
    "complex64",
    "complex128",
    "bfloat16",
    "float8e4m3fn",
    "float8e4m3fnuz",
    "float8e5m2",
    "float8e5m2fnuz",
    "uint4",
    "int4",
    "float4e2m1",
    "float8e8m0",
    "uint2",
    "int2",
    "float6e2m3",
    "float6e3m2",
)
# the field that holds a tensor's elements, each as a number of its own, where raw_data does not;
# halves are there as the bits of a uint16
DATA_FIELDS = {
    "float32": "float_data",
    "float64": "double_data",
    "int64": "int64_data",
    "uint32": "uint64_data",
    "uint64": "uint64_data",
    "int32": "int32_data",
    "int16": "int32_data",
    "int8": "int32_data",
    "uint16": "int32_data",
    "uint8": "int32_data",
    "bool": "int32_data",
    "float16": "int32_data",
    "bfloat16": "int32_data",
}
EXTERNAL = 1  # data_location of a tensor whose elements are in another file


def element_type(number: int) -> str:
    """What a data_type says; `type 99` for one that is not known."""
    if 1 <= number <= len(ELEMENT_TYPES):
        return ELEMENT_TYPES[number - 1]
    return f"type {number}"
