"""Which value of the checkpoint each variable of a SavedModel gets.

A SavedModel has a node that restores it, in TensorFlow 1 and 2 alike: with all that it waits for it
reads tensors by name out of the checkpoint (RestoreV2) and assigns them to variables. So that is
followed, and nothing is guessed by names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np

from ....formats.graph_def.nodes import GraphNodes, Node
from ....formats.lazy_tensor import Tensor, Tensors
from .inlining import Inlining
from .operations import Operation, Source

RESOURCES = ("VarHandleOp",)
REFERENCES = ("VariableV2", "Variable")
ASSIGNMENTS = ("Assign", "AssignVariableOp")
PASSING = ("Identity",)
RESTORE = "RestoreV2"
# operations that take a resource and leave it as it is
READS = (
    "DisableCopyOnRead",
    "Identity",
    "ReadVariableOp",
    "StatelessCase",
    "StatelessIf",
    "StatelessWhile",
    "VarIsInitializedOp",
    "VariableShape",
)
# any operation can take a reference; these change it, or hand it on
WRITES = re.compile("(Assign|Apply|SparseApply|Scatter|CountUpTo|StridedSliceAssign|Ref)")
# of a part of a tensor: the lengths of the whole, then `first,length` or `-` for each axis
PART = re.compile(r"(\d+ )+((\d{1,15},\d{1,15}|-)(:|$))+")


def identity(operation: Operation | Node) -> str:
    """What tells one variable from another: the name that programs share it by, or its own."""
    return str(operation.attributes.get("shared_name") or operation.name)


def variables_of(operations: Mapping[str, Operation]) -> dict[Source, str]:
    """The variables among operations."""
    variables = {}
    for operation in operations.values():
        if operation.op in RESOURCES or operation.op in REFERENCES:
            variables[Source(operation.name, 0)] = identity(operation)
    return variables


def changed(operations: Mapping[str, Operation]) -> set[str]:
    """The variables that operations may change when they run."""
    variables = variables_of(operations)
    found = set()
    for operation in operations.values():
        for source in operation.inputs:
            if source not in variables:
                continue
            if operations[source.operation].op in REFERENCES:
                writes = bool(WRITES.match(operation.op))
            else:
                writes = operation.op not in READS
            if writes:
                found.add(variables[source])
    return found


def restored(graph: GraphNodes, tensors: Tensors) -> dict[str, Tensor]:
    """The values of the variables that are restored from a checkpoint; tensors: what it has."""
    if not graph.restore:
        return {}
    inlined = Inlining(graph, [graph.restore])
    operations = inlined.operations
    variables = variables_of(operations)
    filename = graph.filename.partition(":")[0]
    values: dict[str, Tensor] = {}
    twice: set[str] = set()
    for operation in operations.values():
        if operation.op not in ASSIGNMENTS or len(operation.inputs) != 2:
            continue
        variable, value = operation.inputs
        tensor = restored_tensor(operations, value, filename, tensors)
        if variable not in variables or tensor is None:
            continue
        if variables[variable] in values:
            twice.add(variables[variable])
        values[variables[variable]] = tensor
    return {name: tensor for name, tensor in values.items() if name not in twice}


def restored_tensor(
    operations: Mapping[str, Operation], source: Source, filename: str, tensors: Tensors
) -> Tensor | None:
    """The tensor of the checkpoint that an output is; None where it is anything else."""
    operation = operations.get(source.operation)
    while operation and operation.op in PASSING and len(operation.inputs) == 1:
        source = operation.inputs[0]
        operation = operations.get(source.operation)
    if not operation or operation.op != RESTORE or len(operation.inputs) != 3:
        return None
    prefix, names, parts = operation.inputs
    if prefix.operation != filename:
        return None
    name = text_at(operations, names, source.number)
    part = text_at(operations, parts, source.number)
    if name is None or name not in tensors or part is None:
        return None
    return part_of(tensors[name], part)


def text_at(operations: Mapping[str, Operation], source: Source, number: int) -> str | None:
    """A text of a constant list of texts."""
    operation = operations.get(source.operation)
    texts = operation.attributes.get("value") if operation and operation.op == "Const" else None
    if not isinstance(texts, tuple) or number >= len(texts):
        return None
    return str(texts[number])


def part_of(tensor: Tensor, part: str) -> Tensor | None:
    """A part of a tensor, "" for the whole; None where the text describes none."""
    if not part:
        return tensor
    if not PART.fullmatch(part):
        return None
    *lengths, ranges = part.split(" ")
    bounds = ranges.split(":")
    if tuple(map(int, lengths)) != tensor.shape or len(bounds) != len(tensor.shape):
        return None
    slices = []
    shape = []
    for length, bound in zip(tensor.shape, bounds):
        first, size = (0, length) if bound == "-" else map(int, bound.split(","))
        if first + size > length:
            return None
        slices.append(slice(first, first + size))
        shape.append(size)
    return Tensor(tuple(shape), tensor.dtype, partial(read_part, tensor, tuple(slices)))


def read_part(tensor: Tensor, part: tuple[slice, ...]) -> np.ndarray:
    return np.ascontiguousarray(tensor.read()[part])


def with_values(
    operations: Iterable[Operation], values: Mapping[str, Tensor]
) -> dict[str, Operation]:
    """Operations, of which the variables that have a value are constants."""
    made = {}
    for operation in operations:
        value = None
        if operation.op in RESOURCES or operation.op in REFERENCES:
            value = values.get(identity(operation))
        if value is not None:
            operation = Operation(operation.name, "Const", (), {"value": value})
        made[operation.name] = operation
    return made
