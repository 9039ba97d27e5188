"""TensorFlow's operations as a graph: by the table, its constants and variables as constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ....errors import printable
from ....formats.graph_def.nodes import TensorInfo
from ....formats.lazy_tensor import Tensor
from ....limits import MAX_MODEL_NAME
from ...graph.operation import Constant, Graph, GraphInput, Operation
from ...graph.recognition.constants import SmallConstants
from ..graphs.operations import Graph as TensorFlowGraph, Operation as TensorFlowOperation, Source
from .branches import with_branches
from .naming import layer_names
from .node import ONE, Node, tensor_name
from .table import PASSING, operations_of

# what they make depends on the size of the image alone
SHAPES = ("Rank", "Shape", "ShapeN", "Size")
# the axes of a map's channels
LAST, FIRST = -1, 1


def graph_of(graph: TensorFlowGraph, name: str) -> Graph:
    """The graph of operations. name: of the network, where no scope has one."""
    images = [info.name for info in graph.inputs]
    operations = with_branches(graph.operations)
    passed = passed_sources(operations, images)
    kept: list[TensorFlowOperation] = []
    constants = {ONE: Constant.of_array(np.array(1, np.float32))}
    for operation in operations.values():
        value = operation.attributes.get("value")
        if operation.op == "Const" and isinstance(value, Tensor):
            constants[operation.name] = Constant.of_tensor(operation.name, value)
        elif operation.name not in images and not is_passing(operation):
            kept.append(operation)
    model, names = layer_names(on_images(kept, passed, images))
    aliases = passed_names(passed)
    counts = output_counts(operations, passed)
    made: list[Operation] = []
    # axes and sizes that are computed are read as those that are not
    small = SmallConstants(constants)
    for operation in kept:
        own, *others = names.get(operation.name, (printable(operation.name),))
        sources = [passed.get(source, source) for source in operation.inputs]
        others += aliases.get(operation.name, [])
        node = Node(operation, own, others, sources, small.constants)
        for each in operations_of(node, counts.get(operation.name, 1)):
            if not small.computes(each):
                made.append(each)
    outputs = [tensor_name(passed.get(source, source)) for source in graph.outputs]
    inputs = tuple(GraphInput(info.name, lengths(info)) for info in graph.inputs)
    axis = channel_axis(kept, passed, images)
    title = printable(model)[:MAX_MODEL_NAME] or name
    return Graph(title, tuple(made), inputs, tuple(outputs), small.constants, axis)


def is_passing(operation: TensorFlowOperation) -> bool:
    return operation.op in PASSING and bool(operation.inputs)


def passed_sources(
    operations: Mapping[str, TensorFlowOperation], images: Sequence[str]
) -> dict[Source, Source]:
    """The outputs of operations that hand on their inputs: what each is in the end."""
    passed: dict[Source, Source] = {}
    for operation in operations.values():
        if is_passing(operation) and operation.name not in images:
            for number, source in enumerate(operation.inputs):
                passed[Source(operation.name, number)] = passed.get(source, source)
    return passed


def passed_names(passed: Mapping[Source, Source]) -> dict[str, list[str]]:
    """The names of operations that hand on the first output of another, by its name."""
    names: dict[str, list[str]] = {}
    for handed, source in passed.items():
        if source.number == handed.number == 0:
            names.setdefault(source.operation, []).append(handed.operation)
    return names


def output_counts(
    operations: Mapping[str, TensorFlowOperation], passed: Mapping[Source, Source]
) -> dict[str, int]:
    """How many outputs of each operation are read, those before them included."""
    counts: dict[str, int] = {}
    for operation in operations.values():
        for source in operation.inputs:
            name, number = passed.get(source, source)
            counts[name] = max(counts.get(name, 1), number + 1)
    return counts


def on_images(
    operations: Sequence[TensorFlowOperation],
    passed: Mapping[Source, Source],
    images: Sequence[str],
) -> list[TensorFlowOperation]:
    """The operations that depend on what is in the images, not on their size alone."""
    reached = set(images)
    found = []
    for operation in operations:
        sources = [passed.get(source, source).operation for source in operation.inputs]
        if operation.op not in SHAPES and not reached.isdisjoint(sources):
            reached.add(operation.name)
            found.append(operation)
    return found


def channel_axis(
    operations: Sequence[TensorFlowOperation],
    passed: Mapping[Source, Source],
    images: Sequence[str],
) -> int:
    """Which of the image's axes is the channels: the last, unless the first maps say another."""
    for operation in on_images(operations, passed, images):
        if operation.op == "Transpose":
            return LAST
        order = operation.attributes.get("data_format")
        if order is not None:
            return FIRST if order == "NCHW" else LAST
    return LAST


def lengths(info: TensorInfo) -> tuple[int | None, ...]:
    """The shape of an input; None for what may be any."""
    if info.shape is None:
        return (None,) * 4
    return tuple(None if length < 0 else length for length in info.shape)
