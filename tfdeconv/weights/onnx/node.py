"""One operation of an ONNX model, with what its translation asks of it: attributes and constants.

An attribute that no translation asks for has an effect that nobody here knows: check_all_read()
refuses it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...formats.lazy_tensor import Tensor
from ...formats.onnx.model import Operation as OnnxOperation, Unread
from ...limits import MAX_FEW_VALUES
from ...network.spans import Pads, Pair
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Constant, Operation

# what is known of a tensor's lengths beforehand; None for those of any length
Lengths = Sequence[int | None]


class Node:
    """An operation. Asking for an attribute of another type raises NotUnderstood."""

    def __init__(
        self,
        operation: OnnxOperation,
        name: str,
        constants: Mapping[str, Constant],
        lengths: Mapping[str, Lengths],
    ) -> None:
        """name: of the layer. constants, lengths: of the model's tensors, by name."""
        self.operation = operation
        self.name = name
        self.constants = constants
        self.lengths = lengths
        self.unread = set(operation.attributes)

    @property
    def version(self) -> int:
        """Of ONNX's operators: many of them changed what they do."""
        return self.operation.version

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.operation.inputs

    # attributes

    def attribute(self, name: str, kinds: type | tuple[type, ...], default: Any) -> Any:
        """An attribute of one of these types; raises NotUnderstood for one of another."""
        self.unread.discard(name)
        if name not in self.operation.attributes:
            return default
        value = self.operation.attributes[name]
        if isinstance(value, Unread):
            raise NotUnderstood(f"its {name} is {value.title}, which is not understood")
        if not isinstance(value, kinds):
            raise NotUnderstood(f"its {name} is of the wrong type")
        return value

    def has(self, name: str) -> bool:
        return name in self.operation.attributes

    def whole(self, name: str, default: int) -> int:
        return self.attribute(name, int, default)

    def required(self, name: str) -> int:
        """A whole number that must be there."""
        if not self.has(name):
            raise NotUnderstood(f"its {name} is missing")
        return self.whole(name, 0)

    def flag(self, name: str, default: bool = False) -> bool:
        return bool(self.whole(name, int(default)))

    def number(self, name: str, default: float) -> float:
        value = float(self.attribute(name, (float, int), default))
        if not math.isfinite(value):
            raise NotUnderstood(f"its {name} is {value}, which is not understood")
        return value

    def word(self, name: str, default: str) -> str:
        value = self.attribute(name, str, default)
        if not value.isprintable():
            raise NotUnderstood(f"its {name} is {ascii(value[:40])}, which is not understood")
        return value

    def wholes(self, name: str) -> tuple[int, ...] | None:
        """A list of whole numbers; None where it is left out."""
        values = self.attribute(name, tuple, None)
        if values is not None and not all(isinstance(value, int) for value in values):
            raise NotUnderstood(f"its {name} are not integers")
        return values

    def numbers(self, name: str) -> tuple[float, ...] | None:
        values = self.attribute(name, tuple, None)
        if values is not None and not all(isinstance(value, (int, float)) for value in values):
            raise NotUnderstood(f"its {name} are not numbers")
        return values

    def pair(self, name: str, default: Pair | None = None) -> Pair:
        """A whole number for rows and one for columns."""
        values = self.wholes(name)
        if values is None:
            values = default
        if values is None:
            raise NotUnderstood(f"its {name} is missing")
        if len(values) != 2:
            raise NotUnderstood(f"its {name} has {len(values)} numbers, for maps it has 2")
        return values[0], values[1]

    def pads(self, name: str = "pads") -> Pads:
        """ONNX has the beginnings of all axes first, and then the ends."""
        values = self.wholes(name)
        if values is None:
            return (0, 0), (0, 0)
        if len(values) != 4:
            raise NotUnderstood(f"its {name} has {len(values)} numbers, for maps it has 4")
        top, left, bottom, right = values
        return (top, bottom), (left, right)

    def tensor(self, name: str) -> Tensor | None:
        return self.attribute(name, Tensor, None)

    def skip(self, *names: str) -> None:
        """Attributes that say nothing about the output."""
        self.unread.difference_update(names)

    def require(self, name: str, *allowed: Any) -> None:
        """Raises NotUnderstood unless an attribute is one of these values, or left out."""
        value = self.attribute(name, (int, float, str, tuple), allowed[0])
        if value not in allowed:
            raise NotUnderstood(f"its {name} is {ascii(value)[:40]}, which is not understood")

    def check_all_read(self) -> None:
        if self.unread:
            names = ", ".join(sorted(self.unread))[:80]
            raise NotUnderstood(f"its attribute {names} is not understood")

    # inputs

    def input(self, position: int) -> str:
        """The name of an input; "" where it is left out."""
        if position < len(self.inputs):
            return self.inputs[position]
        return ""

    def few_numbers(self, position: int) -> np.ndarray | None:
        """The numbers of an input that is a small constant of the file; None for any other."""
        constant = self.constants.get(self.input(position))
        if constant is None or constant.shape is None:
            return None
        if math.prod(constant.shape) > MAX_FEW_VALUES:
            return None
        return constant.read()

    def known_lengths(self, position: int) -> Lengths | None:
        """The shape of an input, as far as the file says it."""
        return self.lengths.get(self.input(position))

    # what becomes of it

    def operation_of(
        self,
        kind: Kind,
        inputs: Sequence[str] | None = None,
        outputs: Sequence[str] | None = None,
        suffix: str = "",
    ) -> Operation:
        """An operation of the graph; what is left out is as in ONNX's."""
        own = self.operation
        return Operation(
            self.name + suffix,
            kind,
            tuple(own.inputs if inputs is None else inputs),
            tuple(own.outputs if outputs is None else outputs),
            self.title,
            (own.name,) if own.name and not suffix else (),
        )

    def chain(self, *kinds: Kind) -> list[Operation]:
        """Operations one after the other, of which the last makes the output.

        The first has all inputs; what lies between them has names of its own.
        """
        operations = []
        inputs: Sequence[str] = self.inputs
        for number, kind in enumerate(kinds, 1):
            if number == len(kinds):
                operations.append(self.operation_of(kind, inputs))
                break
            between = f"{self.name}/{number}"
            operations.append(self.operation_of(kind, inputs, [between], f"/{number}"))
            inputs = [between]
        return operations

    @property
    def title(self) -> str:
        own = self.operation
        maker = own.domain or "ONNX"
        return f"{maker}'s {own.type}"
