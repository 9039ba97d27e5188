"""Classes of protocol buffers' messages, made of a table when they are needed.

A schema says of each message which fields of it are read: their numbers and types, as in the
.proto file that the format's authors publish. What is not in the table is skipped.

    {"Dimension": {"dim_value": (1, "int64"), "dim_param": (2, "string")},
     "Shape": {"dim": (1, "repeated Dimension")}}

Enumerations are `int32` here, and a map is a repeated message of `key = 1` and `value = 2`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

Schema = Mapping[str, Mapping[str, tuple[int, str]]]

OPTIONAL = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
REPEATED = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
OF_MESSAGES = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
SCALARS = ("bool", "bytes", "double", "float", "int32", "int64", "string", "uint32", "uint64")


def message_classes(package: str, schema: Schema) -> dict[str, Any]:
    """A class for each message of a schema, by name; package: what the messages have in common.

    A field that is absent reads as 0, "" or an empty message, and `HasField` tells. A string that
    is not UTF-8 reads as bytes: text() refuses it. The schema's own mistakes raise TypeError.
    """
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto", package=package, syntax="proto2"
    )
    for name, fields in schema.items():
        described = file.message_type.add(name=name)
        for field, (number, declared) in fields.items():
            label, _, type_name = declared.rpartition(" ")
            added = described.field.add(name=field, number=number, label=OPTIONAL)
            if label:
                added.label = REPEATED
            if type_name in SCALARS:
                added.type = getattr(added, f"TYPE_{type_name.upper()}")
            else:
                added.type = OF_MESSAGES
                added.type_name = f".{package}.{type_name}"
    # a pool of its own: TensorFlow's and onnx's messages of the same names are in the common one
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    classes = {}
    for name in schema:
        descriptor = pool.FindMessageTypeByName(f"{package}.{name}")
        classes[name] = message_factory.GetMessageClass(descriptor)
    return classes


def parse(message_class: Any, data: bytes | memoryview, title: str) -> Any:
    """The message in some bytes; raises ValueError, `it is not TITLE`, where they are none.

    Takes up to three times as much memory as the bytes, for however short a time.
    """
    try:
        return message_class.FromString(bytes(data))
    except message.DecodeError:
        raise ValueError(f"it is not {title}, or damaged; fetch or make it again") from None


class NotText(ValueError):
    """That a string of a message is not UTF-8."""


def text(value: str | bytes) -> str:
    """A string of a message; raises NotText, a ValueError, where it is not UTF-8."""
    if isinstance(value, str):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise NotText(
            "a name or text in it is not UTF-8: it is damaged; fetch or make it again"
        ) from None
