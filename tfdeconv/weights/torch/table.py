"""The table of all of ATen's operators that are read, by name; NAME.OVERLOAD goes before NAME."""

from __future__ import annotations

from collections.abc import Callable

from . import activations, arithmetic, kernels, norms, numbers, pieces, places, pools, statistics
from .operator_call import Made, OperatorCall

ROOMS = (kernels, norms, statistics, activations, arithmetic, pools, places, pieces, numbers)
OPERATORS: dict[str, Callable[[OperatorCall], Made]] = {}
for room in ROOMS:
    OPERATORS.update(room.TABLE)
ATEN = "torch.ops.aten."


def in_place(target: str) -> bool:
    """Whether an operator writes to its first argument: relu_."""
    name = target.removeprefix(ATEN).split(".")[0]
    return target.startswith(ATEN) and name.endswith("_") and not name.endswith("__")


def operator_name(target: str) -> str:
    """An operator's name without its overload: conv2d, and relu of relu_."""
    if not target.startswith(ATEN):
        return target
    name = target.removeprefix(ATEN).split(".")[0]
    return name.removesuffix("_") if in_place(target) else name


def translation(target: str) -> Callable[[OperatorCall], Made] | None:
    """What makes an operation of the graph of an operator; None where it is not known."""
    name = operator_name(target)
    overload = target.rpartition(".")[2]
    return OPERATORS.get(f"{name}.{overload}") or OPERATORS.get(name)
