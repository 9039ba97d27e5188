"""Parts of a program that run as they are: what stands under torch.no_grad() in the model's code.

They are put where they are called. Those that run under a condition stay arguments, and are not
understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...formats.exported_argument import Argument, Reference
from ...formats.exported_program import Operation, Program, Subgraph, Value

# operators that run a part of the program: its number among the arguments, its own behind it
RUNS = {"torch.ops.higher_order.wrap_with_set_grad_enabled": 1}


def inlined(program: Program) -> Program:
    """A program without such parts: their operations are among its own."""
    operations: list[Operation] = []
    values: dict[str, Value] = dict(program.values)
    for operation in program.operations:
        operations += operations_of(operation, values)
    return replace(program, operations=tuple(operations), values=values)


def operations_of(operation: Operation, values: dict[str, Value]) -> list[Operation]:
    """An operation, or those of the part that it runs; values: to which theirs are added."""
    arguments = list(operation.arguments.values())
    place = RUNS.get(operation.target, len(arguments))
    part = arguments[place] if place < len(arguments) else None
    if not isinstance(part, Subgraph):
        return [operation]
    given = arguments[place + 1 :]
    fits = len(given) == len(part.inputs) and len(operation.results) == len(part.outputs)
    names: dict[str, Argument] = dict(zip(part.inputs, given))
    for inner, outer in zip(part.outputs, operation.results):
        # what it returns as it was given has two names
        if inner in names or not inner:
            fits = False
        names[inner] = Reference(outer)
    if not fits or "" in part.inputs:
        return [operation]
    found: list[Operation] = []
    for inner_operation in part.operations:
        for result in inner_operation.results:
            names.setdefault(result, Reference(f"{operation.name}/{result}"))
        found += operations_of(renamed(inner_operation, names), values)
    for name, value in part.values.items():
        new = names.get(name)
        if isinstance(new, Reference):
            values.setdefault(new.name, value)
    return found


def renamed(operation: Operation, names: Mapping[str, Argument]) -> Operation:
    """An operation that reads and makes values by other names."""
    arguments = {}
    for name, argument in operation.arguments.items():
        arguments[name] = with_names(argument, names)
    results: list[str] = []
    for result in operation.results:
        new = names.get(result, Reference(result))
        results.append(new.name if isinstance(new, Reference) else result)
    return replace(operation, arguments=arguments, results=tuple(results))


def with_names(argument: Argument, names: Mapping[str, Argument]) -> Argument:
    if isinstance(argument, tuple):
        return tuple(with_names(item, names) for item in argument)
    if isinstance(argument, Reference):
        return names.get(argument.name, argument)
    return argument
