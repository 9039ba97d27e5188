"""A model of TensorFlow Lite as a graph: its operations by the table, its tensors as constants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import UserError, printable
from ...formats.tflite.model import Model
from ..graph.operation import Constant, Graph, GraphInput, Operation
from .kernels import CHANNEL_AXIS
from .naming import LayerNames, scope_names, tensor_names
from .node import Node, constant_of
from .operators import operations_of

# operators that take maps, as TensorFlow Lite has them
OF_MAPS = (
    "AVERAGE_POOL_2D",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEPTH_TO_SPACE",
    "MAX_POOL_2D",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
    "SPACE_TO_DEPTH",
)
# what brings torch's images, [n, channels, height, width], into TensorFlow's order
FROM_TORCH = (0, 2, 3, 1)
TORCH_AXIS = 1


def graph_of(model: Model, name: str) -> Graph:
    """The graph of a model. name: of the network. Raises UserError for a quantised model."""
    refuse_quantized(model)
    names = tensor_names(model)
    constants: dict[str, Constant] = {}
    for key, tensor in zip(names, model.tensors):
        constant = constant_of(key, tensor)
        if constant is not None:
            constants[key] = constant
    layers = layer_names(model, names)
    scopes = scope_names(model, layers)
    operations: list[Operation] = []
    for operation, layer in zip(model.operations, layers):
        node = Node(operation, layer, model.tensors, names, tuple(scopes.get(layer, ())))
        operations += operations_of(node)
    inputs = []
    for number in model.inputs:
        inputs.append(GraphInput(names[number], tuple(model.tensors[number].shape)))
    outputs = [names[number] for number in model.outputs if number >= 0]
    return Graph(
        name, tuple(operations), tuple(inputs), tuple(outputs), constants, channel_axis(model)
    )


def layer_names(model: Model, names: Sequence[str]) -> list[str]:
    """The name of the layer that each operation becomes. names: of the tensors."""
    made = [names[number] for each in model.operations for number in each.outputs]
    short = LayerNames(made)
    layers = []
    for operation in model.operations:
        outputs = [names[number] for number in operation.outputs if number >= 0]
        output = outputs[0] if outputs else ""
        if is_constant(model, operation.inputs):
            # what is worked out from constants is no layer, and takes no name from one
            layers.append(f"{output}~constant")
        else:
            layers.append(short.name_of(output, printable(operation.type)))
    return layers


def is_constant(model: Model, inputs: Sequence[int]) -> bool:
    return all(number < 0 or model.tensors[number].values for number in inputs)


def refuse_quantized(model: Model) -> None:
    """Raises UserError for a model whose values stand for others."""
    for tensor in model.tensors:
        if tensor.is_quantized:
            raise UserError(
                f"it is quantised ({printable(tensor.name[:80])} is {tensor.dtype}), expected "
                f"floats; convert the model without quantisation "
                f"(no converter.optimizations), or give the SavedModel or Keras file it was made of"
            )
        if tensor.is_sparse:
            raise UserError(
                f"its weights {printable(tensor.name[:80])} are sparse; convert the model without "
                f"sparsity, or give the SavedModel or Keras file it was made of"
            )


def channel_axis(model: Model) -> int:
    """Which of the image's axes is the channels: TensorFlow's maps have them at 3.

    A model from torch takes its own order, and turns that before anything needs a map.
    """
    images = set(model.inputs)
    for operation in model.operations:
        if not images & set(operation.inputs):
            continue
        if operation.type == "TRANSPOSE":
            is_torch = constant_numbers(model, operation.inputs) == FROM_TORCH
            return TORCH_AXIS if is_torch else CHANNEL_AXIS
        if operation.type in OF_MAPS:
            break
        images.update(operation.outputs)
    return CHANNEL_AXIS


def constant_numbers(model: Model, inputs: Sequence[int]) -> tuple[int, ...] | None:
    """The numbers of an operation's second input."""
    if len(inputs) < 2 or inputs[1] < 0:
        return None
    values = model.tensors[inputs[1]].values
    if values is None or values.shape != (len(FROM_TORCH),):
        return None
    return tuple(int(number) for number in np.ravel(values.read()))
