"""Convolutions with a dilation, as TensorFlow 1 wrote them.

SpaceToBatchND takes every second row and column, in four images instead of one; a convolution
without dilation runs over each, and BatchToSpaceND puts them together. The pads and crops of both
come to pads of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..graphs.operations import Operation

SPREAD, GATHERED = "SpaceToBatchND", "BatchToSpaceND"
CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")


def with_dilations(operations: Mapping[str, Operation]) -> dict[str, Operation]:
    """The operations, of which convolutions between the two have the dilation themselves."""
    made = dict(operations)
    for operation in operations.values():
        if operation.op == GATHERED:
            dilated = dilated_convolution(operations, operation)
            if dilated:
                made[operation.name] = dilated
    return made


def dilated_convolution(
    operations: Mapping[str, Operation], gathered: Operation
) -> Operation | None:
    """The convolution that ends with this operation; None where it is no such."""
    chain = [gathered]
    for _ in range(2):
        if len(chain[-1].inputs) < 2:
            return None
        chain.append(operations[chain[-1].inputs[0].operation])
    _, convolution, spread = chain
    if convolution.op not in CONVOLUTIONS or spread.op != SPREAD or len(spread.inputs) != 3:
        return None
    if len(gathered.inputs) != 3 or not is_plain(convolution):
        return None
    block, pads = (numbers(operations, spread, place) for place in (1, 2))
    same_block, crops = (numbers(operations, gathered, place) for place in (1, 2))
    if block is None or pads is None or same_block is None or crops is None:
        return None
    if block.shape != (2,) or (block != same_block).any():
        return None
    if pads.shape != (2, 2) or crops.shape != (2, 2) or (pads < crops).any():
        return None
    (top, bottom), (left, right) = (pads - crops).tolist()
    rows, columns = block.tolist()
    attributes = {
        **convolution.attributes,
        "padding": "EXPLICIT",
        "explicit_paddings": (0, 0, top, bottom, left, right, 0, 0),
        "dilations": (1, rows, columns, 1),
    }
    inputs = (spread.inputs[0], convolution.inputs[1])
    return replace(gathered, op=convolution.op, inputs=inputs, attributes=attributes)


def is_plain(convolution: Operation) -> bool:
    """Whether it has neither pads, nor a stride, nor a dilation, nor its channels first."""
    attributes = convolution.attributes
    ones = (1, 1, 1, 1)
    return (
        attributes.get("padding") == "VALID"
        and attributes.get("data_format", "NHWC") == "NHWC"
        and attributes.get("strides", ones) == ones
        and attributes.get("dilations", ones) in (ones, ())
    )


def numbers(
    operations: Mapping[str, Operation], operation: Operation, place: int
) -> np.ndarray | None:
    """The small constant that an input is; None for any other."""
    constant = operations[operation.inputs[place].operation]
    value = constant.attributes.get("value")
    if constant.op != "Const" or value is None or np.prod(value.shape) > 4:
        return None
    return value.read().astype(np.int64)
