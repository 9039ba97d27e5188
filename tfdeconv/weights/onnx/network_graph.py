"""A model of ONNX's as a graph: its operations by the table, its tensors as constants."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ...formats.lazy_tensor import Tensor
from ...formats.onnx.model import Attribute, Model, Operation as OnnxOperation, Value
from ...limits import MAX_NAME
from ...network.graph import INPUT
from ..graph.operation import Constant, Graph, GraphInput, Operation
from .kernels import CHANNEL_AXIS
from .node import Lengths, Node
from .operators import operations_of

# characters that layers within an operation add to its name: `/flattened`
SUFFIX = 20
# operators that take maps, as ONNX has them
OF_MAPS = (
    "AveragePool",
    "BatchNormalization",
    "Conv",
    "ConvTranspose",
    "DepthToSpace",
    "InstanceNormalization",
    "LRN",
    "MaxPool",
    "SpaceToDepth",
)
# the axis of the channels of TensorFlow's images
TENSORFLOW = -1
# attributes of Constant that are numbers, and numpy's type of each
NUMBERS = {
    "value_float": "float32",
    "value_floats": "float32",
    "value_int": "int64",
    "value_ints": "int64",
}


def graph_of(model: Model, name: str) -> Graph:
    """The graph of a model. name: of the network."""
    constants = {key: Constant.of_tensor(key, each) for key, each in model.initializers.items()}
    rest: list[OnnxOperation] = []
    for operation in model.operations:
        constant = constant_of(operation)
        if constant is None:
            rest.append(operation)
        else:
            constants[operation.outputs[0]] = constant
    names = LayerNames()
    lengths = known_lengths(model)
    operations: list[Operation] = []
    for operation in in_order(rest, constants, model.inputs):
        node = Node(operation, names.name_of(operation), constants, lengths)
        operations += operations_of(node)
    return Graph(
        name,
        tuple(operations),
        tuple(GraphInput(each.name, plain_shape(each)) for each in model.inputs),
        tuple(each.name for each in model.outputs),
        constants,
        channel_axis(model),
    )


def channel_axis(model: Model) -> int | None:
    """Which of the image's axes is the channels: ONNX's maps have them at 1.

    A model from TensorFlow takes its own order, and puts them there first. None where nothing shows
    it.
    """
    images = {each.name for each in model.inputs}
    for operation in model.operations:
        if not operation.inputs or operation.inputs[0] not in images:
            continue
        if operation.type == "Transpose":
            order = operation.attributes.get("perm")
            return TENSORFLOW if order == (0, 3, 1, 2) else None
        if operation.type in OF_MAPS:
            return CHANNEL_AXIS
        images.update(operation.outputs)
    return None


def constant_of(operation: OnnxOperation) -> Constant | None:
    """What a Constant is; None for other operators, and for a constant that is no numbers."""
    if operation.type != "Constant" or operation.domain or len(operation.attributes) != 1:
        return None
    ((name, value),) = operation.attributes.items()
    if len(operation.outputs) != 1:
        return None
    if name == "value" and isinstance(value, Tensor):
        return Constant.of_tensor(operation.outputs[0], value)
    if name in NUMBERS and is_numbers(value):
        return Constant.of_array(np.array(value, NUMBERS[name]))
    return None


def is_numbers(value: Attribute) -> bool:
    values = value if isinstance(value, tuple) else (value,)
    return all(isinstance(each, (int, float)) for each in values)


def in_order(
    operations: Sequence[OnnxOperation], constants: Iterable[str], inputs: Iterable[Value]
) -> list[OnnxOperation]:
    """The operations so that each follows what it reads; those of a circle come last, as they are.

    ONNX requires it, and not every exporter keeps to it.
    """
    makers: dict[str, int] = {}
    for number, operation in enumerate(operations):
        for name in operation.outputs:
            makers[name] = number
    waiting = [0] * len(operations)
    readers: dict[int, list[int]] = {}
    for number, operation in enumerate(operations):
        for maker in {makers[name] for name in operation.inputs if name and name in makers}:
            readers.setdefault(maker, []).append(number)
            waiting[number] += 1
    ready = [number for number, count in enumerate(waiting) if not count]
    found = []
    while ready:
        # the first in the file, so that a file in order stays as it is
        number = heapq.heappop(ready)
        found.append(number)
        for reader in readers.get(number, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heapq.heappush(ready, reader)
    rest = set(range(len(operations))) - set(found)
    return [operations[number] for number in (*found, *sorted(rest))]


def known_lengths(model: Model) -> Mapping[str, Lengths]:
    """What the file says of tensors' shapes."""
    said = {each.name: each for each in (*model.values.values(), *model.inputs)}
    return {name: plain_shape(each) for name, each in said.items() if each.shape is not None}


def plain_shape(value: Value) -> tuple[int | None, ...]:
    """Lengths; None for those that only have a name."""
    return tuple(each if isinstance(each, int) else None for each in value.shape or ())


class LayerNames:
    """A name for each layer: the operation's, or, where it has none of its own, its output's."""

    def __init__(self) -> None:
        self.taken = {INPUT}

    def name_of(self, operation: OnnxOperation) -> str:
        candidates = (operation.name, *operation.outputs, operation.type)
        for name in candidates:
            if name and len(name) <= MAX_NAME - SUFFIX and name not in self.taken:
                self.taken.add(name)
                return name
        # too long, or taken
        start = max(candidates, key=len)[: MAX_NAME // 2]
        number = len(self.taken)
        while f"{start}~{number}" in self.taken:
            number += 1
        self.taken.add(f"{start}~{number}")
        return f"{start}~{number}"
