"""From a program of torch.export to the intermediate graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...formats.exported_archive import ExportedFile
from ...formats.exported_argument import Argument, references
from ...formats.exported_program import Program, Symbol
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Constant, Graph, GraphInput, Operation as Step
from . import naming, table
from .expressions import Expression, Expressions, reads, unwritten
from .local_response import local_responses
from .memory import Memory
from .operator_call import OperatorCall
from .subgraphs import inlined

# colours and how opaque they are
MOST_BANDS = 4
# what cannot be told of a value that is in the file
UNREAD = "its values have a type that is not read"


def graph_of(file: ExportedFile) -> Graph:
    """The graph of a program, with what its inputs take from the file."""
    program = inlined(file.program)
    constants: dict[str, Constant] = {}
    missing: dict[str, str] = {}
    for name, stored in program.stored.items():
        tensor = file.tensor(stored)
        if tensor is None:
            missing[name] = UNREAD
        else:
            constants[name] = Constant.of_tensor(stored.name, tensor)
    memory = Memory()
    known = set(program.stored)
    steps: list[Step] = []
    names = naming.layer_names(program.operations)
    aliases = aliases_of(program, names)
    expressions = expressions_of(program)
    inner = frozenset().union(*(each.inner for each in expressions.values()))
    for number, (operation, name) in enumerate(zip(program.operations, names)):
        expression = expressions.get(number)
        if expression:
            title = f"torch's {naming.operator_of(operation)}"
            outputs = operation.results[:1]
            step = Step(name, expression.kind, expression.inputs, outputs, title, aliases[name])
            steps.append(step)
        elif number not in inner:
            call = OperatorCall(
                operation, name, operation.arguments, program.values, constants, known
            )
            steps += steps_of(call, aliases[name], memory)
        if known.issuperset(reads(operation)):
            known.update(operation.results)
    outputs, changed = outputs_of(program, memory)
    inputs = inputs_of(program)
    return Graph(
        model_name(program),
        tuple(steps),
        inputs,
        outputs,
        constants,
        channel_axis=channel_axis_of(inputs),
        missing=missing | changed,
    )


def expressions_of(program: Program) -> dict[int, Expression]:
    """{number of an operation: what it is together with those before it}"""
    expressions = Expressions(program)
    return unwritten(program, local_responses(expressions))


def model_name(program: Program) -> str:
    """The class of the whole model."""
    for operation in program.operations:
        for module in operation.modules:
            if not module.path:
                return module.kind.rpartition(".")[2] or "model"
    return "model"


def inputs_of(program: Program) -> tuple[GraphInput, ...]:
    """The tensors that are given, with None for a size that the program leaves open."""
    inputs = []
    for name in program.inputs:
        value = program.values.get(name)
        if value is None:
            continue
        shape = tuple(None if isinstance(size, Symbol) else size for size in value.shape)
        inputs.append(GraphInput(name, shape))
    return tuple(inputs)


def channel_axis_of(inputs: Sequence[GraphInput]) -> int:
    """1, unless images come as they are in files, [n, height, width, 1, 3 or 4]."""
    for each in inputs:
        if len(each.shape) == 4:
            _, *extents, last = each.shape
            is_image = all(extent is None or extent > MOST_BANDS for extent in extents)
            return 3 if is_image and last in (1, 3, MOST_BANDS) else 1
    return 1


def outputs_of(program: Program, memory: Memory) -> tuple[tuple[str, ...], dict[str, str]]:
    """The tensors that it returns, as they are at its end, and why others are not there."""
    outputs: list[str] = []
    missing: dict[str, str] = {}
    for name in program.outputs:
        try:
            outputs.append(memory.latest(name))
        except NotUnderstood as error:
            missing[f"{name} (output)"] = str(error)
    return tuple(outputs), missing


def aliases_of(program: Program, names: list[str]) -> dict[str, tuple[str, ...]]:
    """By the name of each layer what else it is called: as in the program, and as a module."""
    aliases: dict[str, tuple[str, ...]] = {}
    for operation, name in zip(program.operations, names):
        aliases[name] = (operation.name,)
    for path, number in naming.last_operations(program.operations).items():
        aliases[names[number]] += (path,)
    return aliases


def steps_of(call: OperatorCall, aliases: tuple[str, ...], memory: Memory) -> list[Step]:
    """What an operation becomes in the graph: itself, and what it takes to say it."""
    operation = call.operation
    understood = False
    try:
        call.arguments = current_arguments(operation.arguments, memory)
        make = table.translation(operation.target)
        if make is None:
            raise NotUnderstood("this operator is not understood")
        made = make(call)
        call.refuse_unasked()
        understood = True
    except NotUnderstood as error:
        call.steps.clear()
        made = kinds.Unknown(str(error)), *references(tuple(call.arguments.values()))
    operator = table.operator_name(operation.target)
    memory.record(operation, operator, table.in_place(operation.target), understood)
    if made is not None:
        kind, *inputs = made
        outputs = tuple(result for result in operation.results if result)
        if not isinstance(kind, (kinds.Split, kinds.Unknown)):
            # what else there is, such as the places of maxima, is not made
            outputs = outputs[:1]
        call.steps.append(Step(call.name, kind, tuple(inputs), outputs, call.title, aliases))
    return call.steps


def current_arguments(arguments: Mapping[str, Argument], memory: Memory) -> dict[str, Argument]:
    """Arguments with the tensors whose values they have by now."""
    return {name: memory.current(argument) for name, argument in arguments.items()}
