"""The layers of a Keras model's JSON and how they are joined, in the styles of Keras 2 and 3, as plain frozen objects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ...errors import UserError
from ...formats.checked_json import shown
from .options import HUGE, Options

MODELS = ("Functional", "Model", "Sequential")
LAYERS, DEPTH = (
    5000,
    8,
)  # layers of a model, those of the models in it included; models within models
NAME = 200  # characters


@dataclass(frozen=True)
class Tensor:
    """An output of a layer, by its place among that layer's outputs."""

    layer: str
    output: int


@dataclass(frozen=True)
class Entry:
    """A layer, or a model that is one.

    step: its class in Keras 3's spelling and how many of that class stand before it in its model, which name its group in a
    file; None for what has none. reason: why the way it is called is not understood, "" if it is.
    """

    name: str
    kind: str
    options: Options
    inputs: tuple[Tensor | float, ...] = ()
    step: tuple[str, int] | None = None
    operation: bool = False
    reason: str = ""
    model: Model | None = None


@dataclass(frozen=True)
class Model:
    """Layers in an order in which each follows its inputs."""

    name: str
    entries: tuple[Entry, ...]
    inputs: tuple[str, ...]
    outputs: tuple[Tensor, ...]

    def walk(self) -> Iterator[Entry]:
        """All layers, those of models within it too."""
        for entry in self.entries:
            yield entry
            if entry.model:
                yield from entry.model.walk()


def model(written: Any, depth: int = 0, left: list[int] | None = None) -> Model:
    """A model as its JSON describes it; raises UserError for what no Keras writes."""
    left = left or [LAYERS]
    kind = written.get("class_name") if isinstance(written, dict) else None
    body = written.get("config") if isinstance(written, dict) else None
    body = (
        {"layers": body} if isinstance(body, list) else body
    )  # a Sequential of Keras 2.2 and before
    if kind not in MODELS or not isinstance(body, dict) or not isinstance(body.get("layers"), list):
        raise UserError(
            f"the file's model is of class {shown(kind)}, needs one whose layers are listed (Functional or Sequential): "
            f"a model in Python code of its own cannot be read"
        )
    left[0] -= len(body["layers"])
    if depth > DEPTH or left[0] < 0:
        raise UserError(
            f"the file's model has more than {LAYERS:,} layers, or models nested more than {DEPTH} deep"
        )
    name = body.get("name", kind.lower())
    check(name)
    found, counts = [], Counter[str]()
    old = any(
        "batch_input_shape" in layer["config"]
        for layer in body["layers"]
        if isinstance(layer, dict) and isinstance(layer.get("config"), dict)
    )
    for layer in body["layers"]:
        entry = read(layer, old, kind == "Sequential", depth, left)
        snake = snaked(entry.kind)
        if not entry.operation and not (kind == "Sequential" and entry.kind == "InputLayer"):
            entry = replace(entry, step=(snake, counts[snake]))
            counts[snake] += 1
        found.append(entry)
    twice = [name for name, count in Counter(entry.name for entry in found).items() if count > 1]
    if twice or not found:
        raise UserError(
            f"the file's model {name} has {f'two layers of the name {twice[0]}' if twice else 'no layers'}"
        )
    return row(name, found) if kind == "Sequential" else graph(name, body, found)


def read(layer: Any, old: bool, sequential: bool, depth: int, left: list[int]) -> Entry:
    """One layer of the list."""
    if not isinstance(layer, dict) or not isinstance(layer.get("class_name"), str):
        raise UserError(
            f"a layer of the file's model is {shown(layer)}, needs a JSON object with a class_name"
        )
    kind, values, module = layer["class_name"], layer.get("config"), layer.get("module")
    inner = model(layer, depth + 1, left) if kind in MODELS else None
    values = values if isinstance(values, dict) else {} if inner else values
    name = (
        layer.get("name")
        or (values.get("name") if isinstance(values, dict) else None)
        or (inner.name if inner else None)
    )
    check(name)
    check(kind)
    options = Options(str(name), values, old)
    operation = re.match("keras[.](src[.])?ops", str(module)) is not None or (
        module is None and not inner and kind != "InputLayer" and "trainable" not in options.values
    )  # which every layer has
    foreign = module is not None and not re.match("(tensorflow[.]|tf_)?keras([.]|$)", str(module))
    entry = Entry(
        options.layer,
        kind,
        options,
        operation=operation,
        model=inner,
        reason=f"its class is {kind}, which is not understood" if foreign else "",
    )
    return (
        entry if sequential or kind == "InputLayer" else joined(entry, layer.get("inbound_nodes"))
    )


def check(name: Any) -> None:
    """Raises UserError for what is no name."""
    if not isinstance(name, str) or not 0 < len(name) <= NAME or not name.isprintable():
        raise UserError(
            f"the file's model has a layer or class called {shown(name)}, needs 1 to {NAME} printable characters"
        )


def snaked(kind: str) -> str:
    """A class's name as Keras 3 has it in files: SeparableConv2D is separable_conv2d."""
    kind = re.sub(r"\W+", "", kind.rsplit(">", 1)[-1])
    kind = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub("([a-z])([A-Z])", r"\1_\2", kind).lower()


def joined(entry: Entry, calls: Any) -> Entry:
    """A layer with the inputs of its one call."""
    if not isinstance(calls, list) or not calls:
        raise UserError(
            f"layer {entry.name}: its inbound_nodes are {shown(calls)}, needs a list of one call"
        )
    if len(calls) > 1:
        return replace(entry, reason=entry.reason or f"it is called {len(calls)} times")
    call = calls[0]
    if isinstance(call, dict):
        args, named = call.get("args"), call.get("kwargs", {})
        if not isinstance(args, list) or not isinstance(named, dict):
            raise UserError(f"layer {entry.name}: its call is {shown(call)}, needs args and kwargs")
        loud = {key: value for key, value in named.items() if not quiet(entry.kind, key, value)}
        odd = [value for key, value in loud.items() if key != "inputs"]
        found = [*sources(entry.name, args), *sources(entry.name, list(loud.values()))]
    else:
        rows = [call] if isinstance(call, list) and call and isinstance(call[0], str) else call
        if not isinstance(rows, list) or not all(
            isinstance(one, list) and len(one) in (3, 4) for one in rows
        ):
            raise UserError(
                f"layer {entry.name}: its call is {shown(call)}, needs a list of inputs"
            )
        found = [reference(entry.name, one[:3]) for one in rows]
        named = {
            key: value
            for one in rows
            if len(one) == 4 and isinstance(one[3], dict)
            for key, value in one[3].items()
        }
        odd = [value for key, value in named.items() if not quiet(entry.kind, key, value)]
    known = tuple(value for value in found if value is not None)
    if odd or len(known) < len(found) or not any(isinstance(value, Tensor) for value in known):
        return replace(
            entry,
            inputs=known,
            reason=entry.reason or "it is called in a way that is not understood",
        )
    return replace(entry, inputs=known)


def quiet(kind: str, key: str, value: Any) -> bool:
    """Whether an argument of a call changes nothing once the training is over; Keras writes training=true for RandomFlip itself."""
    if key == "training":
        return value in (None, False) or value is True and kind.startswith("Random")
    return value is None or isinstance(value, list) and value == [None] * len(value)


def sources(name: str, values: list[Any], depth: int = 0) -> Iterator[Tensor | float | None]:
    """What a call in the style of Keras 3 is given: tensors with their histories, numbers, None for anything else."""
    for value in values:
        if isinstance(value, list) and depth < 2:
            yield from sources(name, value, depth + 1)
        elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            config = value.get("config")
            yield reference(name, config.get("keras_history") if isinstance(config, dict) else None)
        elif value is not None and value is not False:
            yield float(value) if type(value) in (int, float) and abs(value) <= HUGE else None


def reference(name: str, value: Any) -> Tensor:
    """[layer, call, output]; which call it is matters only for layers that are called more than once."""
    match value:
        case [str() as layer, int(), int() as output]:
            return Tensor(layer, output)
    raise UserError(
        f"layer {name}: one of its inputs is {shown(value)}, needs a layer's name and two numbers"
    )


def row(name: str, entries: list[Entry]) -> Model:
    """A Sequential: each layer reads the one before."""
    if entries[0].kind != "InputLayer":
        first = "input"
        while any(entry.name == first for entry in entries):
            first += "_"
        entries = [Entry(first, "InputLayer", entries[0].options), *entries]
    found = [
        entries[0],
        *(
            replace(entry, inputs=(Tensor(before.name, 0),))
            for before, entry in zip(entries, entries[1:])
        ),
    ]
    return Model(name, tuple(found), (entries[0].name,), (Tensor(entries[-1].name, 0),))


def graph(name: str, body: Mapping[str, Any], entries: list[Entry]) -> Model:
    """A Functional: each layer reads those that it names."""
    by_name = {entry.name: entry for entry in entries}
    reads = {
        entry.name: [source.layer for source in entry.inputs if isinstance(source, Tensor)]
        for entry in entries
    }
    outputs = ends(name, body, "output_layers")
    for reader, sources in [*reads.items(), (name, [output.layer for output in outputs])]:
        for source in sources:
            if source not in by_name:
                raise UserError(
                    f"layer {reader}: it reads {shown(source)}, which the file's model has not"
                )
    place = {entry: i for i, entry in enumerate(by_name)}
    ordered = all(
        place[source] < place[reader] for reader, sources in reads.items() for source in sources
    )
    try:
        order = list(by_name) if ordered else list(TopologicalSorter(reads).static_order())
    except CycleError as error:
        raise UserError(
            f"the file's model {name} goes round in a circle: {', '.join(error.args[1][:5])}"
        ) from None
    inputs = tuple(found.layer for found in ends(name, body, "input_layers"))
    if set(inputs) != {entry.name for entry in entries if entry.kind == "InputLayer"}:
        raise UserError(
            f"the file's model {name}: its input_layers are not its layers of class InputLayer"
        )
    return Model(name, tuple(by_name[entry] for entry in order), inputs, outputs)


def ends(name: str, body: Mapping[str, Any], key: str) -> tuple[Tensor, ...]:
    """input_layers or output_layers: [name, 0, 0], or a list or an object of such."""
    value = body.get(key)
    value = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(value, list) or not value:
        raise UserError(
            f"the file's model {name}: its {key} are {shown(value)}, needs a list of layers"
        )
    return tuple(reference(name, one) for one in ([value] if isinstance(value[0], str) else value))
