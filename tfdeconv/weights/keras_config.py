"""A network from the JSON of a Keras model, without Keras: no code of the file's runs, and nothing in it is taken on trust."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data.preprocessing import Preprocessing, caffe, plain, scaled, torch
from ..errors import UserError
from ..formats.checked_json import told
from ..formats.hdf5 import Dataset, Group, dataset, subgroup
from ..network.base import Shape
from ..network.graph import INPUT, Network
from ..network.layers import Affine, Identity
from .contents import Contents
from .keras_graph import Entry, Model, model
from .keras_h5 import chunked
from .keras_options import LONG, WIDE
from .keras_walk import Gone, Place, Source, Walk

SIDE = 224                          # height and width of an input that leaves them open
GIVEN = 8                           # reasons told in an error
# as Keras's applications has it, by the beginning of a model's name; the first that fits
PREPROCESSINGS: dict[str, tuple[str, ...]] = {
    "none": ("efficientnet", "mobilenetv3", "mobilenet_v3", "convnext", "regnet", "resnetrs"),
    "tf": ("mobilenet", "inception", "xception", "nasnet", "resnet50v2", "resnet101v2", "resnet152v2"),
    "torch": ("densenet",),
    "caffe": ("vgg", "resnet50", "resnet101", "resnet152")}
MAKERS: dict[str, Callable[[tuple[int, int], int], Preprocessing]] = {"none": plain, "tf": scaled, "torch": torch, "caffe": caffe}
MEANING = {"none": "pixels from 0 to 255 as they are", "tf": "pixels from -1 to 1", "torch": "RGB less the mean of ImageNet, over "
           "its deviation", "caffe": "BGR less the mean of ImageNet"}


@dataclass(frozen=True)
class Architecture:
    """What a model's JSON says: the network, and by node and parameter where in the file the values are."""
    network: Network
    sources: Mapping[str, Mapping[str, Source]]
    notes: tuple[str, ...] = ()         # what was assumed


def build(config: Mapping[str, Any], name: str | None = None) -> Architecture:
    """The network that a model's JSON describes, under that name or its own; what is not understood is told in `missing`."""
    outer = model(config)
    shape, notes = input_shape(outer, config)
    walk = Walk(outer, shape)
    walk.model(outer, (), (), [INPUT, *(Gone(other, "the model's second input") for other in outer.inputs[1:])])
    nodes = walk.logits()
    if not nodes:
        first = [(layer, reason) for layer, reason in walk.missing.items() if not reason.startswith("it depends on")]
        reasons = [f"{layer}: {reason}" for layer, reason in first[:GIVEN]]
        raise UserError(f"no layer of the file's model is understood ({'; '.join(reasons) or 'it has none that does anything'})")
    name = name or outer.name
    if len(name) > 100 or not name.isprintable():
        raise UserError(f"the file's model is called {told(name)}, needs at most 100 printable characters")
    names = {node.name for node in nodes}
    aliases = {alias: node for alias, node in walk.aliases.items() if alias not in names and node in names}
    network = Network(name, shape, tuple(nodes), aliases=aliases, missing=walk.missing)
    return Architecture(network, {node: walk.sources[node] for node in walk.sources if node in names}, notes)


def input_shape(model: Model, config: Mapping[str, Any]) -> tuple[Shape, tuple[str, ...]]:
    """Of the first input, and what was assumed of it."""
    shape = told_shape(next(entry for entry in model.entries if entry.name == model.inputs[0]), model, config)
    if not isinstance(shape, list) or len(shape) != 4 or not all(
            n is None or type(n) is int and 1 <= n <= high for n, high in zip(shape[1:], (LONG, LONG, WIDE))):
        raise UserError(f"the file's model takes inputs of shape {told(shape)}, needs [null, height, width, channels]")
    _, height, width, channels = shape
    if channels is None:
        raise UserError(f"the file's model leaves the channels of its input open: its shape is {told(shape)}")
    notes = (f"the model leaves the size of its input open: {SIDE} is assumed",) if None in (height, width) else ()
    return (height or SIDE, width or SIDE, channels), notes


def told_shape(entry: Entry, model: Model, config: Any) -> Any:
    """What the input layer, the first layer behind it (in a Sequential), or the model itself says of the input's shape."""
    for options in [entry.options, *(other.options for other in model.entries[1:2])]:
        for key in ("batch_shape", "batch_input_shape"):
            if options.get(key) is not None:
                return options.get(key)
    inner = model.entries[1].model if len(model.entries) > 1 else None
    if inner:
        return told_shape(inner.entries[0], inner, {})
    body, built = config.get("config"), config.get("build_config")
    return (body.get("build_input_shape") if isinstance(body, dict) else None) or (
        built.get("input_shape") if isinstance(built, dict) else None)


def preprocessing(network: Network) -> tuple[Preprocessing, str]:
    """What the network wants as its input, by its name, and a sentence that says what was assumed."""
    size, name = network.input_shape[:2], network.name.lower()
    found = next((kind for kind, names in PREPROCESSINGS.items() if name.startswith(names)), None)
    pixels = {INPUT}                    # and what is still the same
    for node in network.nodes:
        pixels |= {node.name} if isinstance(node.layer, Identity) and pixels.issuperset(node.inputs) else set()
    if any(isinstance(node.layer, Affine) and pixels.issuperset(node.inputs) for node in network.nodes):
        return plain(size, network.channels), f"{MEANING['none']} go into the network, which scales them itself"
    kind = found or "none"
    why = f"as for Keras's own of such a name, {network.name}" if found else "nothing in the file says what was used"
    return MAKERS[kind](size, network.channels), f"{MEANING[kind]} ({kind}) are assumed: {why}; --preprocess says otherwise"


def contents_by(path: str | Path, architecture: Architecture, find: Callable[[Place], Sequence[Dataset]]) -> Contents:
    """What a file holds of a network, given what finds a layer's variables, in their order, by its place."""
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    stored: dict[str, Sequence[Dataset]] = {}
    for node, sources in architecture.sources.items():
        stored[node] = values = find(next(iter(sources.values())).place)
        shapes[node] = {}
        for name, source in sources.items():
            found = {values[i].shape for i in source.recipe.variables if i < len(values)}
            if source.recipe.shape is not None:
                shapes[node][name] = source.recipe.shape
            elif len(found) == 1 and max(source.recipe.variables) < len(values):
                shapes[node][name] = found.pop()
        if not shapes[node]:
            del shapes[node]
    used: Counter[Place] = Counter()        # how many of a layer's variables its nodes need
    for sources in architecture.sources.values():
        for source in sources.values():
            used[source.place] = max(used[source.place], *(i + 1 for i in source.recipe.variables), 0)
    for node in shapes:
        first = used[next(iter(architecture.sources[node].values())).place]
        shapes[node] |= {f"weight {i + 1}": values.shape for i, values in enumerate(stored[node]) if i >= first and values.shape}

    def read(node: str, name: str) -> np.ndarray:
        recipe = architecture.sources[node][name].recipe
        arrays = [stored[node][i].read() for i in recipe.variables]
        if recipe.make is None or any(array.dtype.kind != "f" for array in arrays):
            return arrays[0]
        with np.errstate(all="ignore"):         # what comes of odd values is told by whoever reads them
            return recipe.make(*(array.astype(np.float64) for array in arrays))

    wanted, assumed = preprocessing(architecture.network)
    return Contents(shapes, read, architecture.network.name, wanted, source=f"{Path(path).name} (Keras)",
                    notes=(*architecture.notes, assumed))


def contents_h5(path: str | Path, file: Group, architecture: Architecture) -> Contents:
    """A whole model's .h5: a group for each layer of the outer model, in which stand the variables of those within it too."""
    root = subgroup(file, "model_weights") if "model_weights" in file.children else file
    groups = {name: subgroup(root, name) for name in chunked(root, "layer_names") or []}
    weights = {name: chunked(group, "weight_names") or [] for name, group in groups.items()}

    def find(place: Place) -> list[Dataset]:
        if place.path[0] not in groups:
            return []
        group, names = groups[place.path[0]], weights[place.path[0]]
        return [dataset(group, name) for name in (names if len(place.path) == 1 else own(names, place.path))]

    return contents_by(path, architecture, find)


def own(names: Sequence[str], path: tuple[str, ...]) -> list[str]:
    """Those of a nested model's variables (model/layer/kernel, layer/kernel:0) that are a layer's, by its path."""
    owners = {name: name.rpartition("/")[0] for name in names}
    fitting = {owner for owner in owners.values() if f"/{owner}".endswith(f"/{path[-1]}")}

    def common(owner: str) -> tuple[int, int]:
        """How many of the path's names, from the last, the owner ends with; then the shorter one."""
        shared = [f"/{owner}".endswith("/" + "/".join(path[-n:])) for n in range(1, len(path) + 1)]
        return sum(shared), -len(owner)

    best = max(fitting, key=common, default=None)
    return [name for name in names if owners[name] == best]
