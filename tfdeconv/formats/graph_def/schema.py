"""Messages of TensorFlow's graphs, as far as they are read.

Numbers and types as in tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape,
function,op_def}.proto and tensorflow/core/protobuf/{saved_model,meta_graph,saver,
saved_object_graph,trackable_object_graph}.proto.
"""

from __future__ import annotations

from ..protobuf_schema import Schema, message_classes

SCHEMA: Schema = {
    "SavedModel": {
        "saved_model_schema_version": (1, "int64"),
        "meta_graphs": (2, "repeated MetaGraphDef"),
    },
    "MetaGraphDef": {
        "meta_info_def": (1, "MetaInfoDef"),
        "graph_def": (2, "GraphDef"),
        "saver_def": (3, "SaverDef"),
        "collection_def": (4, "repeated CollectionEntry"),
        "signature_def": (5, "repeated SignatureEntry"),
        "object_graph_def": (7, "SavedObjectGraph"),
    },
    "MetaInfoDef": {"tags": (4, "repeated string")},
    "SaverDef": {"filename_tensor_name": (1, "string"), "restore_op_name": (3, "string")},
    "CollectionEntry": {"key": (1, "string"), "value": (2, "CollectionDef")},
    "CollectionDef": {"node_list": (1, "NodeList")},
    "NodeList": {"value": (1, "repeated string")},
    "SignatureEntry": {"key": (1, "string"), "value": (2, "SignatureDef")},
    "SignatureDef": {
        "inputs": (1, "repeated TensorInfoEntry"),
        "outputs": (2, "repeated TensorInfoEntry"),
    },
    "TensorInfoEntry": {"key": (1, "string"), "value": (2, "TensorInfo")},
    "TensorInfo": {"name": (1, "string"), "dtype": (2, "int32"), "tensor_shape": (3, "Shape")},
    "SavedObjectGraph": {
        "nodes": (1, "repeated SavedObject"),
        "concrete_functions": (2, "repeated ConcreteFunctionEntry"),
    },
    "SavedObject": {"children": (1, "repeated Child"), "variable": (7, "SavedVariable")},
    "Child": {"node_id": (1, "int32"), "local_name": (2, "string")},
    "SavedVariable": {"dtype": (1, "int32")},
    "ConcreteFunctionEntry": {"key": (1, "string"), "value": (2, "ConcreteFunction")},
    "ConcreteFunction": {"bound_inputs": (2, "repeated int32")},
    "GraphDef": {"node": (1, "repeated NodeDef"), "library": (2, "FunctionDefLibrary")},
    "NodeDef": {
        "name": (1, "string"),
        "op": (2, "string"),
        "input": (3, "repeated string"),
        "attr": (5, "repeated AttrEntry"),
    },
    "AttrEntry": {"key": (1, "string"), "value": (2, "AttrValue")},
    # one of these fields is there
    "AttrValue": {
        "list": (1, "ListValue"),
        "s": (2, "bytes"),
        "i": (3, "int64"),
        "f": (4, "float"),
        "b": (5, "bool"),
        "type": (6, "int32"),
        "shape": (7, "Shape"),
        "tensor": (8, "TensorProto"),
        "placeholder": (9, "string"),
        "func": (10, "Function"),
    },
    "ListValue": {
        "s": (2, "repeated bytes"),
        "i": (3, "repeated int64"),
        "f": (4, "repeated float"),
        "b": (5, "repeated bool"),
        "type": (6, "repeated int32"),
        "shape": (7, "repeated Shape"),
        "tensor": (8, "repeated TensorProto"),
        "func": (9, "repeated Function"),
    },
    "Function": {"name": (1, "string")},
    "Shape": {"dim": (2, "repeated Dimension"), "unknown_rank": (3, "bool")},
    "Dimension": {"size": (1, "int64")},
    "TensorProto": {
        "dtype": (1, "int32"),
        "tensor_shape": (2, "Shape"),
        "tensor_content": (4, "bytes"),
        "float_val": (5, "repeated float"),
        "double_val": (6, "repeated double"),
        "int_val": (7, "repeated int32"),
        "string_val": (8, "repeated bytes"),
        "int64_val": (10, "repeated int64"),
        "bool_val": (11, "repeated bool"),
        "half_val": (13, "repeated int32"),
        "uint32_val": (16, "repeated uint32"),
        "uint64_val": (17, "repeated uint64"),
    },
    "FunctionDefLibrary": {"function": (1, "repeated FunctionDef")},
    "FunctionDef": {
        "signature": (1, "OpDef"),
        "node_def": (3, "repeated NodeDef"),
        "ret": (4, "repeated ReturnEntry"),
    },
    "ReturnEntry": {"key": (1, "string"), "value": (2, "string")},
    "OpDef": {
        "name": (1, "string"),
        "input_arg": (2, "repeated ArgDef"),
        "output_arg": (3, "repeated ArgDef"),
    },
    # of an argument that stands for several tensors, one of the last two is there
    "ArgDef": {
        "name": (1, "string"),
        "number_attr": (5, "string"),
        "type_list_attr": (6, "string"),
    },
}
CLASSES = message_classes("tensorflow_files", SCHEMA)
