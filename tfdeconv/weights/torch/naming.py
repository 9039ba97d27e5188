"""What layers are called: as torch's users name the modules, `layer1.0.conv1`.

An operation of a module of torch's own is called as that module is, the last of several; another
has the name of its operator behind the path of the module that calls it, `layer1.0.add`, as in
torchvision's feature extraction. A second one of a name is `layer1.0.relu_1`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...formats.exported_program import Module, Operation

# modules that do what they say, and do not call others
OWN_MODULE = re.compile(r"torch\.nn\.modules\.(?!container|module)\w+\.\w+")


def operator_of(operation: Operation) -> str:
    """An operator without its namespace and overload: conv2d of torch.ops.aten.conv2d.default."""
    if operation.target.startswith("torch.ops."):
        # torch, ops, the namespace, the name
        return "".join(operation.target.split(".")[3:4])
    return operation.target.rpartition(".")[2]


def own_module(operation: Operation) -> Module | None:
    """The module of torch's own that an operation is of."""
    if operation.modules and OWN_MODULE.fullmatch(operation.modules[-1].kind):
        return operation.modules[-1]
    return None


def layer_names(operations: Sequence[Operation]) -> list[str]:
    """A name for each operation, all different."""
    names: list[str] = []
    taken: dict[str, int] = {}
    used: set[str] = set()
    for number, operation in enumerate(operations):
        wanted = wanted_name(operation, operations[number + 1 : number + 2])
        name = wanted
        while name in used:
            taken[wanted] = taken.get(wanted, 0) + 1
            name = f"{wanted}_{taken[wanted]}"
        used.add(name)
        names.append(name)
    return names


def wanted_name(operation: Operation, following: Sequence[Operation]) -> str:
    module = own_module(operation)
    if module and not (following and own_module(following[0]) == module):
        return module.path or operation.name
    path = operation.modules[-1].path if operation.modules else ""
    operator = operator_of(operation).strip("_") or operation.name
    return f"{path}.{operator}" if path else operator


def last_operations(operations: Sequence[Operation]) -> dict[str, int]:
    """{path of a module that calls others: its last operation}, as far as it is called once."""
    last: dict[str, int] = {}
    calls: dict[str, str] = {}
    for number, operation in enumerate(operations):
        for module in operation.modules:
            if module.path and calls.setdefault(module.path, module.call) == module.call:
                last[module.path] = number
    return last
