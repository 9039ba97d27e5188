"""What layers are called: as a person would type it, and as the file has it.

Keras's layer `conv` in the model `net` is a scope of operations: `net/conv/Conv2D`, `.../BiasAdd`,
`.../Relu`. The last of them is the layer's output, and called `conv`; the others keep their names
within the model. Calls of functions and the model's scope are left out, and so is the number that
Keras 3 puts behind all of its scopes when it saves a model: `net_1/conv_1/convolution`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ....errors import printable
from ....limits import MAX_NAME
from ....network.graph import INPUT
from ..graphs.operations import Operation

CALL = re.compile(r"(Stateful)?PartitionedCall(_\d+)?")
NUMBER = re.compile(r".+_\d+")
# of these a scope has one, unless it holds layers itself
LAYERS = re.compile(r"(Depthwise)?[Cc]onv2[dD]\w*|(Batch)?MatMul\w*|FusedBatchNorm\w*|\w*Pool\w*")
# characters that layers within an operation add to its name: `/flattened`
SUFFIX = 20

Path = tuple[str, ...]


def layer_names(operations: Sequence[Operation]) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The model's name, and the names of each operation, the layer's own first, by the file's.

    operations: those that depend on the image, in order. The model's name is "" where no scope
    holds them all.
    """
    paths = {operation.name: path_of(operation.name) for operation in operations}
    model = model_scope(paths)
    numbered = without_model(paths)
    short = without_numbers(numbered, model)
    if short != numbered:
        model = model.rpartition("_")[0]
    # an operation may be called as a scope is
    taken_paths = set(short.values())
    exits: dict[Path, str] = {}
    for operation in operations:
        for scope in scopes(short[operation.name]):
            if scope not in taken_paths:
                exits[scope] = operation.name
    containers = scopes_of_layers(operations, short)
    names: dict[str, tuple[str, ...]] = {}
    taken = {INPUT}
    for operation in operations:
        name, path = operation.name, short[operation.name]
        own = [scope for scope in scopes(path) if exits.get(scope) == name]
        first = [scope for scope in own if scope not in containers]
        candidates = [*first, path, *own]
        if numbered[name] != path:
            candidates.append(numbered[name])
        texts = [*map("/".join, candidates), name]
        free = [text for text in texts if is_name(text) and text not in taken]
        layer = free[0] if free else f"{printable(texts[0])[: MAX_NAME // 2]}~{len(taken)}"
        taken.add(layer)
        names[name] = (layer, *[text for text in dict.fromkeys(texts) if text != layer])
    return model, names


def is_name(text: str) -> bool:
    """Whether a layer can be called so."""
    return 0 < len(text) <= MAX_NAME - SUFFIX and text.isprintable()


def path_of(name: str) -> Path:
    """The scopes and the name of an operation, without calls of functions."""
    parts = name.split("/")
    kept = tuple(part for part in parts[:-1] if part and not CALL.fullmatch(part))
    return (*kept, parts[-1])


def scopes(path: Path) -> list[Path]:
    """The scopes that an operation is in, the outermost first."""
    return [path[:length] for length in range(1, len(path))]


def model_scope(paths: Mapping[str, Path]) -> str:
    """The scope that all operations are in; "" where there is none."""
    first = {path[0] if len(path) > 1 else "" for path in paths.values()}
    return first.pop() if len(first) == 1 else ""


def without_model(paths: Mapping[str, Path]) -> dict[str, Path]:
    """Paths without the scope that all of them begin with."""
    if not model_scope(paths):
        return dict(paths)
    return {name: path[1:] for name, path in paths.items()}


def without_numbers(paths: Mapping[str, Path], model: str) -> dict[str, Path]:
    """Paths without the numbers at the ends of their outermost scopes.

    They stay unless the model's scope and all of these have one, and differ without it.
    """
    outermost = {path[0] for path in paths.values() if len(path) > 1}
    shorter = {scope.rpartition("_")[0] for scope in outermost}
    numbered = all(map(NUMBER.fullmatch, (model, *outermost)))
    if not numbered or len(shorter) < len(outermost):
        return dict(paths)
    return {name: without_endings(path) for name, path in paths.items()}


def without_endings(path: Path) -> Path:
    """A path of whose scopes the first ones lose their numbers, as far as they have such."""
    kept = list(path)
    for number, scope in enumerate(path[:-1]):
        if not NUMBER.fullmatch(scope):
            break
        kept[number] = scope.rpartition("_")[0]
    return tuple(kept)


def scopes_of_layers(operations: Sequence[Operation], paths: Mapping[str, Path]) -> set[Path]:
    """The scopes that hold several layers, which are none themselves."""
    inner: dict[Path, set[str]] = {}
    for operation in operations:
        path = paths[operation.name]
        if LAYERS.fullmatch(operation.op):
            for scope in scopes(path)[:-1]:
                inner.setdefault(scope, set()).add(path[len(scope)])
    return {scope for scope, names in inner.items() if len(names) > 1}
