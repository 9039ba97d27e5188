"""The layers in the list of a Keras model's JSON, one by one: names, classes, groups."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_NAME
from .calls import Call, Tensor
from .function_calls import FunctionCall
from .names import snake_case
from .options import Options

MODELS = ("Functional", "Model", "Sequential")


class GroupName(NamedTuple):
    """A layer's group in Keras 3's files: its class, and how many of that class come before it."""

    class_name: str
    number: int


@dataclass(frozen=True)
class Entry:
    """A layer, or a model that is used as one.

    group: None for what has no group in a file. operation: a function of Keras 3's (`x + y`), not a
    layer. function: what it calls, of such a function and of TensorFlow's. formula: the functions
    that a Lambda applies, as the user says. reason: why the class or the call is not understood, ""
    if they are. note: what was assumed of the call. model: the layers of a model.

    inputs: of one call. call, call_count: which one, and of how many. further_calls: those behind
    the first, in a model's list of layers.
    """

    name: str
    class_name: str
    options: Options
    inputs: tuple[Tensor, ...] = ()
    group: GroupName | None = None
    operation: bool = False
    function: FunctionCall | None = None
    formula: tuple[FunctionCall, ...] | None = None
    reason: str = ""
    note: str = ""
    model: Model | None = None
    call: int = 0
    call_count: int = 1
    further_calls: tuple[Call, ...] = ()

    @property
    def is_input(self) -> bool:
        return self.class_name == "InputLayer"

    @property
    def title(self) -> str:
        """Its class, or what it calls, for messages."""
        return self.function.title if self.function else self.class_name


@dataclass(frozen=True)
class Model:
    """Calls of layers in an order in which each follows its inputs.

    layers: the layers in the file's order, each once. trainable: False where the model is frozen as
    a whole.
    """

    name: str
    entries: tuple[Entry, ...]
    inputs: tuple[str, ...]
    outputs: tuple[Tensor, ...]
    layers: tuple[Entry, ...]
    sequential: bool
    trainable: bool

    def all_entries(self) -> Iterator[Entry]:
        """All layers, those of models within it too."""
        for entry in self.layers:
            yield entry
            if entry.model:
                yield from entry.model.all_entries()


def name_in_config(config: Any) -> Any:
    """The name in a layer's config, None where there is none."""
    if not isinstance(config, dict):
        return None
    return config.get("name")


def is_keras3_input(layer: Any) -> bool:
    """Whether a layer says what its input is as Keras 3 does, in every model with a known input."""
    if not isinstance(layer, dict) or not isinstance(layer.get("config"), dict):
        return False
    return "batch_shape" in layer["config"]


def is_operation(module: Any, class_name: str, options: Options) -> bool:
    """Whether an entry is a function of Keras's, not a layer."""
    if module is not None:
        return re.match("keras[.](src[.])?(ops|activations)", str(module)) is not None
    if class_name == "InputLayer" or class_name in MODELS:
        return False
    if options.keras2 or class_name.startswith("SpatialDropout"):
        return False
    # every layer says whether it is trainable, but for those that are Dropout over maps
    return "trainable" not in options.values


def is_foreign(module: Any) -> bool:
    """Whether a class is not Keras's own."""
    if module is None:
        return False
    return re.match("(tensorflow[.]|tf_)?keras([.]|$)", str(module)) is None


def check_name(name: Any) -> None:
    """Raises UserError for what cannot be a name."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise UserError(
            f"the model has a layer or class called {shown(name)}, "
            f"expected 1 to {MAX_NAME} printable characters"
        )


def check_unique(model: str, entries: Sequence[Entry]) -> None:
    """Raises UserError for a model without layers or with two of one name."""
    if not entries:
        raise UserError(f"the model {model} has no layers")
    names: set[str] = set()
    for entry in entries:
        if entry.name in names:
            raise UserError(f"the model {model} has two layers called {entry.name}")
        names.add(entry.name)


def with_groups(entries: Sequence[Entry], count_inputs: bool) -> list[Entry]:
    """The entries with the names of their groups; count_inputs: input layers have groups, too."""
    counts = Counter[str]()
    grouped: list[Entry] = []
    for entry in entries:
        if not entry.operation and (count_inputs or not entry.is_input):
            class_name = snake_case(entry.class_name)
            entry = replace(entry, group=GroupName(class_name, counts[class_name]))
            counts[class_name] += 1
        grouped.append(entry)
    return grouped
