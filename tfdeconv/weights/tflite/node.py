"""One operation of a model of TensorFlow Lite, with what its translation asks of it.

An option that no translation asks for has an effect that nobody here knows: check_all_read()
refuses it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...formats.tflite import model
from ...limits import MAX_FEW_VALUES
from ...network.base import Pad
from ...network.layers import RELU, Activation
from ...network.spans import Pair
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Constant, Operation

# what is applied to what an operator makes, by its number in the schema
FUSED: dict[int, Activation | None] = {
    0: None,
    1: RELU,
    2: Activation("clip", floor=-1.0, ceiling=1.0),
    3: replace(RELU, ceiling=6.0),
    4: Activation("tanh"),
}
Lengths = Sequence[int | None]


class Node:
    """An operation. Asking for an option that is not there raises NotUnderstood."""

    def __init__(
        self,
        operation: model.Operation,
        name: str,
        tensors: Sequence[model.Tensor],
        names: Sequence[str],
        aliases: tuple[str, ...] = (),
    ) -> None:
        """name: of the layer; aliases: others of it. names: of all tensors."""
        self.operation = operation
        self.name = name
        self.tensors = tensors
        self.names = names
        self.aliases = aliases
        self.unread = set(operation.options)

    @property
    def title(self) -> str:
        return f"TensorFlow Lite's {self.operation.type}"

    # options

    def option(self, name: str, default: Any = None) -> Any:
        self.unread.discard(name)
        value = self.operation.options.get(name, default)
        if value is None:
            raise NotUnderstood(f"its {name} is missing")
        if isinstance(value, model.Unread):
            raise NotUnderstood(f"its {name} is {value.title}, which is not understood")
        return value

    def number(self, name: str) -> float:
        value = float(self.option(name))
        if not math.isfinite(value):
            raise NotUnderstood(f"its {name} is {value}, which is not understood")
        return value

    def skip(self, *names: str) -> None:
        """Options that say nothing about the output."""
        self.unread.difference_update(names)

    def require(self, name: str, expected: Any) -> None:
        value = self.option(name, expected)
        if value != expected:
            raise NotUnderstood(f"its {name} is {value}, which is not understood")

    def pair(self, row: str, column: str) -> Pair:
        """Two whole numbers, at least 1."""
        found = self.option(row), self.option(column)
        if min(found) < 1:
            raise NotUnderstood(
                f"its {row} and {column} are {found[0]} and {found[1]}, which are not understood"
            )
        return found

    def pad(self) -> Pad:
        match self.option("padding"):
            case 0:
                return "same"
            case 1:
                return 0
        raise NotUnderstood(f"its padding is {self.option('padding')}, which is not understood")

    def activation(self) -> Activation | None:
        """What is applied to the output."""
        number = self.option("fused_activation_function", 0)
        if number not in FUSED:
            raise NotUnderstood(
                f"its fused activation function is {number}, which is not understood"
            )
        return FUSED[number]

    def check_all_read(self) -> None:
        if self.unread:
            names = ", ".join(sorted(self.unread))[:80]
            raise NotUnderstood(f"its {names} is not understood")

    # tensors

    def tensor(self, position: int) -> model.Tensor | None:
        """An input; None where it is left out."""
        if position < len(self.operation.inputs) and self.operation.inputs[position] >= 0:
            return self.tensors[self.operation.inputs[position]]
        return None

    def input(self, position: int) -> str:
        """The name of an input; "" where it is left out."""
        if self.tensor(position) is None:
            return ""
        return self.names[self.operation.inputs[position]]

    @property
    def inputs(self) -> list[str]:
        return [self.input(position) for position in range(len(self.operation.inputs))]

    @property
    def outputs(self) -> list[str]:
        return [self.names[number] if number >= 0 else "" for number in self.operation.outputs]

    def few_numbers(self, position: int) -> np.ndarray | None:
        """The numbers of an input that is a small constant of the file; None for any other."""
        tensor = self.tensor(position)
        if tensor is None or tensor.values is None:
            return None
        if math.prod(tensor.values.shape) > MAX_FEW_VALUES:
            return None
        return tensor.values.read()

    def integers(self, position: int) -> tuple[int, ...]:
        """The whole numbers of an input, which must be a constant."""
        numbers = self.few_numbers(position)
        if numbers is None or numbers.dtype.kind not in "iu":
            raise NotUnderstood(f"its input {position} is not a constant list of integers")
        return tuple(int(number) for number in np.ravel(numbers))

    def integer(self, position: int) -> int:
        numbers = self.integers(position)
        if len(numbers) != 1:
            raise NotUnderstood(f"its input {position} has {len(numbers)} numbers")
        return numbers[0]

    def lengths(self, position: int) -> Lengths:
        """The shape of an input, as the file says it."""
        tensor = self.tensor(position)
        if tensor is None:
            raise NotUnderstood(f"its input {position} is missing")
        return tensor.shape

    # what becomes of it

    def operation_of(
        self,
        kind: Kind,
        inputs: Sequence[str] | None = None,
        outputs: Sequence[str] | None = None,
        suffix: str = "",
    ) -> Operation:
        """An operation of the graph; what is left out is as in the file's."""
        found = self.inputs if inputs is None else inputs
        made = self.outputs if outputs is None else outputs
        aliases = () if suffix else self.aliases
        return Operation(self.name + suffix, kind, tuple(found), tuple(made), self.title, aliases)

    def chain(self, *kinds: Kind, inputs: Sequence[str] | None = None) -> list[Operation]:
        """Operations one after the other, of which the last makes the output.

        The first has these inputs, or all; what lies between them has names of its own.
        """
        found = self.inputs if inputs is None else inputs
        operations = []
        for number, kind in enumerate(kinds[:-1], 1):
            between = f"{self.name}/{number}"
            operations.append(self.operation_of(kind, found, [between], f"/{number}"))
            found = [between]
        return [*operations, self.operation_of(kinds[-1], found)]


def constant_of(name: str, tensor: model.Tensor) -> Constant | None:
    """The constant that a tensor is; None for others."""
    return Constant.of_tensor(name, tensor.values) if tensor.values else None


# what an operator is: of the same inputs and outputs where it is a Kind; raises NotUnderstood
Translation = Callable[[Node], "Kind | Sequence[Operation]"]
