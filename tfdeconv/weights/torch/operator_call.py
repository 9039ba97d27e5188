"""One operation of a program, as the tables see it: arguments by name, and what is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...formats.exported_argument import Argument, Reference, Setting, references
from ...formats.exported_program import Operation, Symbol, Value
from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Constant, Operation as Step
from .naming import operator_of

# arguments that change no value: where a tensor is and how it lies there, how it is computed, how
# statistics would be updated in training
HARMLESS = {
    "cudnn_enable",
    "cudnn_enabled",
    "device",
    "half_to_float",
    "layout",
    "memory_format",
    "momentum",
    "non_blocking",
    "pin_memory",
}
STRIDED = Setting("layout", "strided")
FLOATS = ("float16", "bfloat16", "float32", "float64")
SHOWN = 60  # characters of an argument

# what a table's function makes of a call: the kind of its operation and the tensors that it takes;
# None for nothing
Made = tuple[Any, ...] | None


@dataclass
class OperatorCall:
    """An operation of a program.

    name: of the layer that it becomes. arguments: in which names of tensors are the current ones.
    values: what is known of the program's tensors. steps, constants: what was made so far.
    """

    operation: Operation
    name: str
    arguments: Mapping[str, Argument]
    values: Mapping[str, Value]
    constants: dict[str, Constant]
    # the tensors that are worked out from constants alone
    known: set[str]
    steps: list[Step] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    @property
    def title(self) -> str:
        """What messages call it."""
        if not self.operation.target.startswith("torch.ops.aten."):
            return self.operation.target
        return f"torch's {operator_of(self.operation).removesuffix('_')}"

    # arguments

    def argument(self, name: str, default: Argument = None) -> Argument:
        self.asked.add(name)
        return self.arguments.get(name, default)

    def has(self, name: str) -> bool:
        """Whether an argument is there and not None."""
        return self.arguments.get(name) is not None

    def plain(self, name: str, default: Argument = None) -> Any:
        """A number, a text, a list of such, or None."""
        value = self.argument(name, default)
        items = value if isinstance(value, tuple) else (value,)
        if any(isinstance(item, (Reference, Setting, tuple)) for item in items):
            raise NotUnderstood(f"its {name} is {shown(value)}, which is not understood")
        return value

    def of_type(self, name: str, types: type | tuple[type, ...], default: Any) -> Any:
        value = self.plain(name, default)
        if not isinstance(value, types):
            raise NotUnderstood(f"its {name} is {shown(value)}, which is not understood")
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        return self.of_type(name, int, default)

    def number(self, name: str, default: float | None = None) -> float:
        value = self.of_type(name, (int, float), default)
        if not np.isfinite(value):
            raise NotUnderstood(f"its {name} is {value}, which is not understood")
        return float(value)

    def flag(self, name: str, default: bool = False) -> bool:
        return self.of_type(name, bool, default)

    def text(self, name: str, default: str | None = None) -> str:
        return self.of_type(name, str, default)

    def integers(self, name: str, default: Any = None) -> tuple[int, ...]:
        """A list of whole numbers, or one."""
        value = self.plain(name, default)
        items = value if isinstance(value, tuple) else (value,)
        if not all(type(item) is int for item in items):
            raise NotUnderstood(f"its {name} is {shown(value)}, which is not understood")
        return items

    def pair(self, name: str, default: Any = None) -> tuple[int, int]:
        """A whole number for rows and one for columns."""
        numbers = self.integers(name, default)
        if len(numbers) == 1:
            numbers *= 2
        if len(numbers) != 2:
            raise NotUnderstood(f"its {name} is {list(numbers)}, expected rows and columns")
        return numbers[0], numbers[1]

    def allow(self, name: str, *values: Argument) -> None:
        """Raises NotUnderstood where an argument is none of these; None always is."""
        value = self.argument(name)
        if value is not None and value not in values:
            raise NotUnderstood(f"its {name} is {shown(value)}, which is not understood")

    def floating(self, name: str = "dtype") -> None:
        """Raises NotUnderstood where an argument asks for another type than a float."""
        self.allow(name, *(Setting("dtype", each) for each in FLOATS))

    def ignore(self, *names: str) -> None:
        """Says that arguments change no value here."""
        self.asked.update(names)

    # tensors

    def tensor(self, name: str) -> str:
        """The tensor that an argument is, or the constant that is made of a number."""
        value = self.argument(name)
        if value is None:
            raise NotUnderstood(f"its {name} is missing")
        return self.tensor_of(name, value)

    def tensor_of(self, name: str, value: Argument) -> str:
        if isinstance(value, Reference):
            return value.name
        if isinstance(value, (bool, int, float)):
            return self.constant(value)
        raise NotUnderstood(f"its {name} is {shown(value)}, which is not understood")

    def optional(self, name: str) -> str:
        """The same; "" where the argument is left out."""
        return self.tensor(name) if self.has(name) else self.nothing(name)

    def nothing(self, name: str) -> str:
        self.asked.add(name)
        return ""

    def tensors(self, name: str) -> list[str]:
        value = self.argument(name)
        if not isinstance(value, tuple):
            raise NotUnderstood(f"its {name} is {shown(value)}, which is not understood")
        return [self.tensor_of(name, item) for item in value]

    def is_constant(self, name: str) -> bool:
        """Whether an argument is worked out from what is in the file."""
        return all(each in self.known for each in references(self.arguments.get(name)))

    def sizes(self, name: str) -> tuple[tuple[int, ...] | None, str]:
        """A list of numbers as it is, or the tensor that is made of those computed."""
        value = self.argument(name)
        items = value if isinstance(value, tuple) else (value,)
        if all(type(item) is int for item in items):
            return items, ""
        parts = []
        for item in items:
            parts.append(self.step(kinds.Unsqueeze((0,)), self.tensor_of(name, item)))
        return None, self.step(kinds.Joined(0), *parts)

    def shape(self, name: str) -> tuple[int | None, ...]:
        """The shape of a tensor in the program; None for a size that it leaves open."""
        self.asked.add(name)
        value = self.arguments.get(name)
        return self.shape_of(value.name if isinstance(value, Reference) else "")

    def shape_of(self, tensor: str) -> tuple[int | None, ...]:
        value = self.values.get(tensor)
        if value is None:
            raise NotUnderstood("the shape of its input is not known")
        return tuple(None if isinstance(size, Symbol) else size for size in value.shape)

    def result_shapes(self) -> list[tuple[int | None, ...]]:
        return [self.shape_of(result) for result in self.operation.results]

    def dtype(self, name: str) -> str:
        """The type of a tensor or a number."""
        value = self.arguments.get(name)
        if isinstance(value, Reference):
            known = self.values.get(value.name)
            # of the values of a program only tensors are listed: others are whole numbers
            return known.dtype if known else "int64"
        return "float64" if isinstance(value, float) else "int64"

    # what is made

    def constant(self, values: Any) -> str:
        """A tensor of numbers that are not in the file."""
        name = f"{self.operation.name}/constant_{len(self.constants)}"
        self.constants[name] = Constant.of_array(np.asarray(values))
        return name

    def step(self, kind: Kind, *inputs: str) -> str:
        """An operation before this one; the tensor that it makes."""
        suffix = f"/{len(self.steps)}"
        output = f"{self.operation.name}{suffix}"
        step = Step(self.name + suffix, kind, inputs, (output,), self.title)
        self.steps.append(step)
        return output

    def emit(self, kind: Kind, inputs: Sequence[str], results: Sequence[str], suffix: str) -> None:
        """An operation that makes some of the results."""
        step = Step(self.name + suffix, kind, tuple(inputs), tuple(results), self.title)
        self.steps.append(step)

    def refuse_unasked(self) -> None:
        """Raises NotUnderstood where there is an argument that nobody has looked at."""
        layout = self.arguments.get("layout")
        if layout not in (None, STRIDED):
            raise NotUnderstood(f"its layout is {shown(layout)}, which is not understood")
        for name, value in self.arguments.items():
            if name not in self.asked | HARMLESS and value is not None:
                raise NotUnderstood(f"its {name} is {shown(value)}, which is not understood")


def shown(value: Argument) -> str:
    """An argument in words."""
    if isinstance(value, Reference):
        return f"computed ({value.name})"
    if isinstance(value, Setting):
        return f"{value.kind} {value.value}".rstrip()
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
