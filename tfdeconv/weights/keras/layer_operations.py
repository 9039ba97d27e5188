"""What a layer of Keras's becomes: one operation of the graph, or several one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...formats.checked_json import shown
from ...limits import MAX_NUMBER
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Constant, Operation
from .function_calls import Operand
from .options import Options
from .sources import Variable, VariablePath

# between the parts of a tensor's name, which no layer's name has
SEPARATOR = "\n"


@dataclass(frozen=True)
class LayerOperations:
    """One call of a layer, and the operations and constants that it comes to.

    name: of the layer, and of its last operation. title: what Keras calls it. inputs: the tensors
    that it is called with. path: of its variables.
    """

    name: str
    title: str
    options: Options
    inputs: tuple[str, ...]
    path: VariablePath
    operations: list[Operation] = field(default_factory=list)
    constants: dict[str, Constant] = field(default_factory=dict)

    @property
    def x(self) -> str:
        """The input of a layer that takes one."""
        if len(self.inputs) != 1:
            raise NotUnderstood(f"it has {len(self.inputs)} inputs, expected one")
        return self.inputs[0]

    def add(self, kind: Kind, *inputs: str, suffix: str = "", outputs: int = 1) -> str:
        """Adds an operation, and returns its first output; the suffix counts unless it is last."""
        number = len(self.operations)
        tensors = []
        for output in range(outputs):
            tensors.append(SEPARATOR.join((self.name, str(number), str(output))))
        self.operations.append(
            Operation(self.name + suffix, kind, inputs, tuple(tensors), self.title, layer=self.name)
        )
        return tensors[0]

    def finished(self) -> list[Operation]:
        """The operations, of which the last has the layer's name."""
        *parts, last = self.operations
        return [*parts, replace(last, name=self.name)]

    def variable(self, position: int, shape: tuple[int, ...] | None = None) -> str:
        """A variable of the layer's as a tensor."""
        tensor = SEPARATOR.join((*self.path.names, f"variable {position}"))
        self.constants[tensor] = Variable.at(self.path, position, shape)
        return tensor

    def variables(self, *present: bool) -> list[str]:
        """The layer's variables in their order; "" for those that it has not."""
        tensors: list[str] = []
        for each in present:
            count = len(tensors) - tensors.count("")
            tensors.append(self.variable(count) if each else "")
        return tensors

    def constant(self, values: Any) -> str:
        """Numbers of the description's as a tensor."""
        try:
            array = np.array(values)
        except ValueError:
            array = np.array(None)
        if array.dtype.kind not in "iuf" or not np.all(np.abs(array) <= MAX_NUMBER):
            raise NotUnderstood(f"its constant is {shown(values)}, which is not understood")
        if array.dtype.kind != "f":
            array = array.astype(np.float64)
        tensor = SEPARATOR.join((self.name, f"constant {len(self.constants)}"))
        self.constants[tensor] = Constant.of_array(array)
        return tensor

    # of functions

    def operand(self, key: str) -> str:
        """An argument that is a tensor or numbers."""
        value = self.options.get(key)
        if isinstance(value, Operand):
            return self.inputs[value.position]
        return self.constant(value)

    def operands(self, key: str) -> Sequence[str]:
        """An argument that is a list of tensors."""
        value = self.options.get(key)
        operands = value if isinstance(value, list) else [value]
        tensors: list[str] = []
        for operand in operands:
            if not isinstance(operand, Operand):
                raise NotUnderstood("its inputs are not all tensors")
            tensors.append(self.inputs[operand.position])
        return tensors
