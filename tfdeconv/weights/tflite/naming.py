"""Names of tensors and layers that a person can type.

The converter joins the names of all that it merged into one operator, and begins each with the
model's: `functional_1/conv1/Relu;functional_1/conv1/BiasAdd;functional_1/conv1/convolution1`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...errors import printable
from ...formats.tflite.model import Model
from ...limits import MAX_NAME, MAX_SCOPES_DEEP
from ...network.graph import INPUT

# characters that layers within an operation add to its name: `/flattened`
SUFFIX = 20
# what says nothing of a name's end: the number of an output, and of a model's signature
OUTPUT_NUMBER = re.compile(r":\d+$")
WHOLE_MODEL = re.compile(r"^(StatefulPartitionedCall|PartitionedCall|Identity)(_\d+)?$")
# what merged operators end in: the last of them is what the layer gives
PARTS = re.compile("[;]+")


def tensor_names(model: Model) -> list[str]:
    """A name for each tensor, unique: the file's, if need be with its number."""
    names: list[str] = []
    taken: set[str] = set()
    for number, tensor in enumerate(model.tensors):
        name = printable(tensor.name)[: MAX_NAME - SUFFIX] or f"tensor{number}"
        if name in taken:
            name = f"{name}~{number}"
        taken.add(name)
        names.append(name)
    return names


class LayerNames:
    """A short name for each layer."""

    def __init__(self, names: Sequence[str]) -> None:
        """names: of all tensors that operations make."""
        self.scope = common_scope([first_part(name) for name in names])
        self.taken = {INPUT}

    def name_of(self, tensor: str, operator: str) -> str:
        """The name of the layer that makes a tensor; one that tells nothing is its operator's."""
        name = first_part(tensor).removeprefix(self.scope)
        if WHOLE_MODEL.match(name) or not name:
            name = operator.lower()
        name = name[: MAX_NAME - 2 * SUFFIX]
        found, number = name, 1
        while found in self.taken:
            number += 1
            found = f"{name}~{number}"
        self.taken.add(found)
        return found


def scope_names(model: Model, layers: Sequence[str]) -> dict[str, list[str]]:
    """{a layer: the scopes whose one output it is}, such as conv1 for conv1/Relu.

    layers: the name of each operation's layer.
    """
    makers: dict[int, str] = {}
    for operation, layer in zip(model.operations, layers):
        makers |= dict.fromkeys(operation.outputs, layer)
    outputs: dict[str, set[str]] = {}
    for operation, reader in zip(model.operations, layers):
        inside = set(scopes_of(reader))
        for number in operation.inputs:
            add_output(outputs, makers.get(number, ""), inside)
    for number in model.outputs:
        add_output(outputs, makers.get(number, ""), set())
    found: dict[str, list[str]] = {}
    for scope, makers_of in outputs.items():
        if len(makers_of) == 1:
            found.setdefault(min(makers_of), []).append(scope)
    return found


def add_output(outputs: dict[str, set[str]], maker: str, inside: set[str]) -> None:
    """Notes that a layer is an output of its scopes, but for those that its reader is in, too."""
    for scope in scopes_of(maker):
        if scope not in inside:
            outputs.setdefault(scope, set()).add(maker)


def scopes_of(name: str) -> list[str]:
    parts = name.split("/", MAX_SCOPES_DEEP)[:-1]
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def first_part(name: str) -> str:
    """The first of the names that were joined, if one is within a scope, of those that are.

    JAX's operators have none (`max;jit(f)/conv1/conv`), and say nothing by themselves.
    """
    parts = [part for part in PARTS.split(name) if part]
    scoped = [part for part in parts if "/" in part] or parts
    return OUTPUT_NUMBER.sub("", scoped[0]) if scoped else ""


def common_scope(names: Sequence[str]) -> str:
    """The model's name with which all layers' names begin, "" without."""
    scopes = {name.partition("/")[0] for name in names if "/" in name}
    return f"{scopes.pop()}/" if len(scopes) == 1 else ""
