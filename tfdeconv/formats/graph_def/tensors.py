"""TensorProto: a tensor within a message.

Its values are plain bytes (tensor_content) or a list by type (float_val, ...). A list that is too
short goes on with its last value, an empty one means zeros (tensorflow/core/framework/tensor.cc).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...limits import UNPACKED_BYTES
from ..lazy_tensor import is_plausible

STRING = 7
# numbers of DataType (types.proto): the name, and the list that has the values
TYPES = {
    1: ("float32", "float_val"),
    2: ("float64", "double_val"),
    3: ("int32", "int_val"),
    4: ("uint8", "int_val"),
    5: ("int16", "int_val"),
    6: ("int8", "int_val"),
    9: ("int64", "int64_val"),
    10: ("bool", "bool_val"),
    14: ("bfloat16", "half_val"),
    17: ("uint16", "int_val"),
    19: ("float16", "half_val"),
    22: ("uint32", "uint32_val"),
    23: ("uint64", "uint64_val"),
}


def shape_of(message: Any) -> list[int] | None:
    """The lengths of a Shape, -1 where one is unknown; None where even their number is."""
    if message.unknown_rank:
        return None
    return [dimension.size for dimension in message.dim]


def described(message: Any) -> list[Any]:
    """[shape, name of the type as stored]; raises ValueError where it cannot have its values."""
    name, field = TYPES.get(message.dtype, ("", ""))
    if not name:
        raise ValueError(f"it has a tensor of type {message.dtype}, which is not read")
    shape = shape_of(message.tensor_shape)
    if shape is None or not is_plausible(shape):
        raise ValueError("it has a tensor of an impossible shape")
    count = math.prod(shape)
    size = count * stored_type(name).itemsize
    content = len(message.tensor_content)
    listed = len(getattr(message, field))
    if content and (listed or content != size):
        raise ValueError(
            f"it has a tensor of shape {shape} ({name}) with {content} bytes, expected {size}"
        )
    if listed > count:
        raise ValueError(f"it has a tensor of shape {shape} with {listed} values")
    return [shape, name]


def check_repeated(messages: Sequence[Any]) -> None:
    """Raises ValueError where tensors that repeat a value come to too much.

    A tensor of any size is a few bytes then.
    """
    total = 0
    for message in messages:
        name, field = TYPES[message.dtype]
        count = math.prod(shape_of(message.tensor_shape) or [])
        if not message.tensor_content and len(getattr(message, field)) < count:
            total += count * stored_type(name).itemsize
    if total > UNPACKED_BYTES:
        raise ValueError(
            f"it has tensors of {total:,} bytes that repeat one value, "
            f"expected at most {UNPACKED_BYTES:,} bytes of them"
        )


def stored_type(name: str) -> np.dtype:
    """The type of the bytes in tensor_content."""
    return np.dtype("<u2" if name == "bfloat16" else name).newbyteorder("<")


def values(message: Any) -> np.ndarray:
    """The values of a tensor that described() takes; halves of either kind become float32."""
    shape, name = described(message)
    dtype = stored_type(name)
    if message.tensor_content:
        array = np.frombuffer(message.tensor_content, dtype)
    else:
        array = listed_values(getattr(message, TYPES[message.dtype][1]), dtype, math.prod(shape))
    if name == "bfloat16":
        # it is the upper half of a float32
        array = (array.astype(np.uint32) << 16).view(np.float32)
    if name == "float16":
        array = array.astype(np.float32)
    return array.reshape(shape)


def listed_values(numbers: Sequence[Any], dtype: np.dtype, count: int) -> np.ndarray:
    """So many values, of which the last ones may not be in the list."""
    given = np.array(numbers, np.int64 if dtype.itemsize == 2 else dtype)
    if dtype.itemsize == 2:
        # of halves the lists have the bits
        given = (given & 0xFFFF).astype(np.uint16).view(dtype)
    array = np.zeros(count, dtype)
    array[: len(given)] = given
    if len(given):
        array[len(given) :] = given[-1]
    return array
