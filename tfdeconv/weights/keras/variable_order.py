"""In which order a model within a model has its variables in an `.h5` file of Keras's.

All of them lie in one group, and Keras takes them by their order alone: first what is trained, of
all layers in their order, then what is not (moving means, frozen layers). Their names are those
that the layers had when they were built, so they say little:

    layers    conv_1 (frozen), norm, conv_2
    order     norm/gamma norm/beta conv_2/kernel conv_2/bias
              conv_1/kernel conv_1/bias norm/moving_mean norm/moving_variance

Sources: trainable_weights and non_trainable_weights in keras/src/layers/layer.py and in
tf_keras/src/engine/training.py, called by _legacy_weights in their legacy formats.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...errors import UserError
from .entries import Entry, Model
from .layer_variables import VARIABLES, LayerVariables

# the names of the models around a layer from the outside in, and its own
LayerPath = tuple[str, ...]
# names that are compared with the file's; others are of an older Keras, or of layers renamed
KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")
ROLES = (*KERNELS, "bias", "gamma", "beta", "moving_mean", "moving_variance", "mean", "variance")


class Variable(NamedTuple):
    """A variable of a layer: its name, and its position among those of the layer."""

    layer: LayerPath
    position: int
    role: str


@dataclass(frozen=True)
class FileVariable:
    """A variable in a file: its name there, and its shape."""

    name: str
    shape: tuple[int, ...]


class VariableOrder:
    """The variables of a model within a model, in the order in which a file has them.

    needed: how many variables the layers that are understood take at the least. file: the model's
    variables in the file. keras3: a Keras of that version wrote it. loaded: the order in which
    Keras loads them, otherwise that in which it saves them. They differ for models that are frozen
    as a whole and have layers that are not: then Keras reads its own files wrongly.
    """

    def __init__(
        self,
        needed: Mapping[LayerPath, int],
        file: Sequence[FileVariable],
        keras3: bool,
        loaded: bool = True,
    ) -> None:
        self.needed = needed
        self.file = file
        self.keras3 = keras3
        self.loaded = loaded
        # variables of layers of unknown kinds: their names are all there is to go by
        self.by_name: dict[LayerPath, list[str]] = {}

    def variables(self, model: Model, path: LayerPath) -> list[Variable]:
        """All variables of a model that is a layer of the outermost one."""
        trained, fixed = self.split(model, path, frozen=self.keras3 and not model.trainable)
        return trained + fixed

    def split(
        self, model: Model, path: LayerPath, frozen: bool
    ) -> tuple[list[Variable], list[Variable]]:
        """What is trained, and what is not."""
        trained: list[Variable] = []
        fixed: list[Variable] = []
        # Keras 3's Functional freezes its layers when it is loaded, a Sequential does not
        freezes = self.keras3 and self.loaded and not model.sequential
        frozen = frozen or (freezes and not model.trainable)
        for entry in model.layers:
            entry_path = (*path, entry.name)
            if entry.model:
                parts = self.split(entry.model, entry_path, frozen)
            else:
                parts = self.split_layer(entry, entry_path, frozen)
            trained += parts[0]
            fixed += parts[1]
        if not self.keras3 and not self.loaded and not model.trainable:
            return [], trained + fixed
        return trained, fixed

    def split_layer(
        self, entry: Entry, path: LayerPath, frozen: bool
    ) -> tuple[list[Variable], list[Variable]]:
        roles = self.layer_variables(entry, path)
        names = (*roles.trained, *roles.fixed)
        variables = [Variable(path, position, role) for position, role in enumerate(names)]
        if frozen or entry.options.get("trainable", True) is False:
            return [], variables
        count = len(roles.trained)
        return variables[:count], variables[count:]

    def layer_variables(self, entry: Entry, path: LayerPath) -> LayerVariables:
        if entry.class_name in VARIABLES and not entry.operation:
            return VARIABLES[entry.class_name](entry.options)
        if path in self.needed:
            return LayerVariables(("",) * self.needed[path])
        names = [file.name for file in self.file if entry.name in file.name.split("/")[:-1]]
        if names:
            self.by_name[path] = names
        return LayerVariables(())


def nested_variables(
    source: str,
    entry: Entry,
    file: Sequence[FileVariable],
    shapes: Mapping[tuple[LayerPath, int], tuple[int, ...]],
    needed: Mapping[LayerPath, int],
    keras3: bool,
) -> dict[LayerPath, list[str]]:
    """The names in the file of each layer's variables, of the layers of a model within a model.

    shapes: of the variables of layers that are understood, by layer and position.
    Raises UserError where the file has other variables than the model's description asks for.
    """
    model = entry.model
    assert model
    problem = ""
    best: dict[LayerPath, list[str]] | None = None
    for loaded in (True, False):
        order = VariableOrder(needed, file, keras3, loaded)
        variables = order.variables(model, (entry.name,))
        claimed = {name for names in order.by_name.values() for name in names}
        rest = [variable for variable in file if variable.name not in claimed]
        difference = first_mismatch(variables, rest, shapes)
        if difference:
            problem = problem or difference
            continue
        layers = dict(order.by_name)
        for variable, in_file in zip(variables, rest):
            layers.setdefault(variable.layer, []).append(in_file.name)
        if best is None or count_named(layers) > count_named(best):
            best = layers
    if best is None:
        raise UserError(
            f"{source}: the weights of the inner model {entry.name} do not fit its description: "
            f"{problem}"
        )
    return best


def count_named(layers: Mapping[LayerPath, Sequence[str]]) -> int:
    """How many variables bear the name of the layer that gets them."""
    count = 0
    for layer, names in layers.items():
        count += sum(layer[-1] in name.split("/")[:-1] for name in names)
    return count


def first_mismatch(
    expected: Sequence[Variable],
    file: Sequence[FileVariable],
    shapes: Mapping[tuple[LayerPath, int], tuple[int, ...]],
) -> str:
    """What in a file differs from what is expected, or ""."""
    for variable, in_file in zip(expected, file):
        needed = shapes.get((variable.layer, variable.position))
        name = f"{'/'.join(variable.layer[1:])}/{variable.role or variable.position}"
        if needed is not None and needed != in_file.shape:
            return f"found {in_file.name} {list(in_file.shape)}, expected {name} {list(needed)}"
        if not has_role(in_file.name, variable.role):
            return f"found {in_file.name}, expected {name}"
    if len(expected) != len(file):
        return f"found {len(file)} variables, expected {len(expected)}"
    return ""


def has_role(name: str, role: str) -> bool:
    """Whether a variable's name in a file may be that of one with this role."""
    in_file = re.sub(r"(_\d+)?(:\d+)?$", "", name.rpartition("/")[2])
    if in_file not in ROLES or role not in ROLES:
        return True
    return in_file == role or (in_file in KERNELS and role in KERNELS)
