"""One operation, with what its translation asks of it: attributes and constants.

An attribute that no translation asks for has an effect that nobody here knows: check_all_read()
refuses it. Types of tensors and their numbers say nothing that the tensors do not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ....errors import printable
from ....formats.graph_def.attributes import Type, Unread
from ....limits import MAX_ARGUMENTS
from ....network.base import Pad
from ....network.spans import Pair
from ...graph.kinds import Kind
from ...graph.not_understood import NotUnderstood
from ...graph.operation import Constant, Operation
from ..graphs.operations import Operation as TensorFlowOperation, Source

# characters of a word in messages
SHOWN = 80
# values of a constant that is read as the numbers of an attribute
FEW = 64
# how many inputs or outputs there are, and how a device computes them
IDLE = ("N", "use_cudnn_on_gpu", "grad_a", "grad_b", "grad_x", "grad_y", "use_cudnn")
ONES = (1, 1, 1, 1)
# a constant that every graph has: the number 1
ONE = "the number 1"


def tensor_name(source: Source) -> str:
    """What a graph calls an output: `split`, `split:1`."""
    if source.number:
        return f"{source.operation}:{source.number}"
    return source.operation


class Node:
    """An operation. Asking for an attribute of another type raises NotUnderstood."""

    def __init__(
        self,
        operation: TensorFlowOperation,
        name: str,
        aliases: Sequence[str],
        inputs: Sequence[Source],
        constants: Mapping[str, Constant],
    ) -> None:
        """name: of the layer. inputs: what the operation takes. constants: by tensors' names."""
        self.operation = operation
        self.name = name
        self.aliases = tuple(aliases)
        self.inputs = tuple(map(tensor_name, inputs))
        self.constants = constants
        self.unread = set()
        for key, value in operation.attributes.items():
            if key not in IDLE and not is_type(value):
                self.unread.add(key)

    # attributes

    def attribute(self, name: str, kinds: type | tuple[type, ...], default: Any) -> Any:
        """An attribute of one of these types; raises NotUnderstood for one of another."""
        self.unread.discard(name)
        value = self.operation.attributes.get(name, default)
        if isinstance(value, Unread) or not isinstance(value, kinds):
            raise NotUnderstood(f"its {name} is of the wrong type")
        return value

    def whole(self, name: str, default: int) -> int:
        return self.attribute(name, int, default)

    def flag(self, name: str, default: bool = False) -> bool:
        return self.attribute(name, bool, default)

    def number(self, name: str, default: float) -> float:
        value = float(self.attribute(name, (float, int), default))
        if not math.isfinite(value):
            raise NotUnderstood(f"its {name} is {value}, which is not understood")
        return value

    def word(self, name: str, default: str) -> str:
        return printable(self.attribute(name, str, default))[:SHOWN]

    def wholes(self, name: str, default: Sequence[int] = ()) -> tuple[int, ...]:
        values = self.attribute(name, tuple, tuple(default))
        if not all(isinstance(value, int) for value in values):
            raise NotUnderstood(f"its {name} are not integers")
        return values

    def count(self, name: str) -> int:
        """How many outputs there are."""
        value = self.whole(name, 1)
        if not 1 <= value <= MAX_ARGUMENTS:
            raise NotUnderstood(f"its {name} is {value}, expected 1 to {MAX_ARGUMENTS}")
        return value

    def dtype(self, name: str) -> str:
        return str(self.attribute(name, Type, Type("float32")))

    def skip(self, *names: str) -> None:
        """Attributes that say nothing about the output."""
        self.unread.difference_update(names)

    def check_all_read(self) -> None:
        if self.unread:
            names = printable(", ".join(sorted(self.unread)))[:SHOWN]
            raise NotUnderstood(f"its attribute {names} is not understood")

    # attributes of maps

    def channel_axis(self) -> int:
        """Which axis of a map is the channels."""
        axes = {"NHWC": 3, "NCHW": 1}
        order = self.word("data_format", "NHWC")
        if order not in axes:
            raise NotUnderstood(f"its data_format is {order}, which is not understood")
        return axes[order]

    def pair(self, name: str) -> Pair:
        """The numbers for rows and columns of a list for all four axes, with 1 for the others."""
        return self.rows_and_columns(name, self.wholes(name, ONES) or ONES)

    def rows_and_columns(self, name: str, values: Sequence[int]) -> Pair:
        channel_axis = self.channel_axis()
        if len(values) != 4 or values[0] != 1 or values[channel_axis] != 1:
            raise NotUnderstood(f"its {name} is {list(values)[:8]}, expected 1 for all but a map")
        rows, columns = (values[axis] for axis in range(1, 4) if axis != channel_axis)
        return rows, columns

    def pad(self) -> Pad:
        said = self.word("padding", "")
        pads = self.wholes("explicit_paddings")
        if said == "SAME":
            return "same"
        if said == "VALID":
            return 0
        if said != "EXPLICIT" or len(pads) != 8:
            raise NotUnderstood(f"its padding is {said}, which is not understood")
        befores, afters = pads[::2], pads[1::2]
        channel_axis = self.channel_axis()
        places = [axis for axis in range(1, 4) if axis != channel_axis]
        if any((befores[0], afters[0], befores[channel_axis], afters[channel_axis])):
            raise NotUnderstood(f"its padding is {list(pads)}, which is not understood")
        top_bottom, left_right = ((befores[axis], afters[axis]) for axis in places)
        return top_bottom, left_right

    # inputs

    def take(self, least: int, most: int | None = None) -> tuple[str, ...]:
        """The inputs, of which there must be so many."""
        if not least <= len(self.inputs) <= (most or least):
            raise NotUnderstood(f"it has {len(self.inputs)} inputs, expected {least}")
        return self.inputs

    def constant(self, position: int) -> np.ndarray | None:
        """The numbers of an input that is a small constant; None for any other."""
        if not 0 <= position < len(self.inputs):
            return None
        constant = self.constants.get(self.inputs[position])
        if constant is None or constant.shape is None or math.prod(constant.shape) > FEW:
            return None
        return constant.read()

    def numbers(self, position: int) -> tuple[int, ...]:
        """The whole numbers of an input that must be a small constant."""
        values = self.constant(position)
        if values is None or values.dtype.kind not in "iu" or values.ndim > 1:
            raise NotUnderstood(f"its input {position} is not a constant list of integers")
        return tuple(int(value) for value in np.ravel(values))

    def axis(self, position: int) -> int:
        """The one whole number of an input."""
        values = self.numbers(position)
        if len(values) != 1:
            raise NotUnderstood(f"its input {position} is {list(values)}, expected one axis")
        return values[0]

    # what becomes of it

    @property
    def title(self) -> str:
        return f"TensorFlow's {printable(self.operation.op)[:SHOWN]}"

    def operation_of(
        self,
        kind: Kind,
        inputs: Sequence[str] | None = None,
        output: str | None = None,
        count: int = 1,
    ) -> Operation:
        """An operation of the graph: the whole one, or the part of it that makes `output`."""
        outputs = [output or ""]
        if output is None:
            own = self.operation.name
            outputs = [tensor_name(Source(own, number)) for number in range(count)]
        return Operation(
            self.name if output is None else output,
            kind,
            tuple(self.inputs if inputs is None else inputs),
            tuple(outputs),
            self.title,
            self.aliases if output is None else (),
        )

    def part(self, name: str) -> str:
        """A name for a tensor within the operation."""
        # in no name of TensorFlow's is a tilde
        return f"{self.name}~{name}"

    def chain(self, *kinds: Kind, inputs: Sequence[str] | None = None) -> list[Operation]:
        """Operations one after the other, the first of which has the inputs."""
        operations = []
        taken = self.inputs if inputs is None else tuple(inputs)
        for number, kind in enumerate(kinds, 1):
            output = None if number == len(kinds) else self.part(str(number))
            operations.append(self.operation_of(kind, taken, output))
            taken = operations[-1].outputs
        return operations


def is_type(value: Any) -> bool:
    """Whether an attribute is the type of a tensor, or those of several."""
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(each, Type) for each in value)
    return isinstance(value, Type)
