"""Keras 3's own files: `.weights.h5`, in whose groups layers go by class and number, and the `.keras` zip around one."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...formats.checked_json import JSON, parsed
from ...formats.hdf5 import Dataset, Group, inside
from ...formats.lazy_tensor import mapped, reading
from ...formats.zip_archive import member, members
from ...network.graph import Network
from ...network.layers import BatchNorm, Conv, Dense, DepthwiseConv
from ...zoo import NETWORKS, VARIANTS
from ..contents import WeightFile, infer_network
from .architecture import Architecture
from .nodes import Place
from .variables import contents_by

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
LISTS = (
    "layers",
    "_layer_checkpoint_dependencies",
)  # the second by the Keras of TensorFlow 2.12 to 2.15
CLASSES = {
    Conv: "conv2d",
    DepthwiseConv: "depthwise_conv2d",
    BatchNorm: "batch_normalization",
    Dense: "dense",
}
REMEDY = 'it does not name its layers: save the whole model (model.save("model.keras")) and give that file, or its full .h5'


def is_archive(path: str | Path) -> bool:
    """Whether a file is a zip with a model's description and its weights. Raises UserError for a damaged zip."""
    if not Path(path).is_file() or not Path(path).stat().st_size:
        return False
    with reading(path):
        return bytes(mapped(path)[:4]) == b"PK\3\4" and {CONFIG, WEIGHTS} <= members(path).keys()


@contextmanager
def archive(
    path: str | Path, opened: Callable[[Path], AbstractContextManager[Group]]
) -> Iterator[tuple[dict[str, Any], Group]]:
    """A `.keras` file's description and weights, which are unpacked into a directory of their own for as long as they are read."""
    with tempfile.TemporaryDirectory(prefix="tfdeconv-") as directory:
        place = Path(directory) / WEIGHTS
        with reading(path):
            data, found = mapped(path), members(path)
            if missing := [name for name in (CONFIG, WEIGHTS) if name not in found]:
                raise ValueError(f"it is a zip without {missing[0]}: no model of Keras 3's")
            if found[CONFIG].file_size > JSON:
                raise ValueError(
                    f"its description of the model has {found[CONFIG].file_size:,} bytes, at most {JSON:,} are read"
                )
            config = parsed(bytes(member(data, found[CONFIG])))
            place.write_bytes(member(data, found[WEIGHTS]))
        try:
            with opened(place) as file:
                with suppress(OSError):  # Windows keeps what is open until the end
                    place.unlink()  # now it goes with us, however we end
                yield config, file
        except UserError as error:
            raise UserError(str(error).replace(str(place), str(path))) from None


def recognises(file: Group) -> bool:
    """Whether an HDF5 file is laid out as Keras 3's weights are."""
    return (
        any(isinstance(file.children.get(name), Group) for name in LISTS)
        and "layer_names" not in file.attrs
    )


def contents(path: str | Path, file: Group, architecture: Architecture) -> WeightFile:
    """The parameters by the places that a model's description gives them."""
    return contents_by(path, architecture, lambda place: find(path, file, place))


def find(path: str | Path, file: Group, place: Place) -> list[Dataset]:
    """The variables of the layer at a place; none where the file has no such group."""
    group = file
    for snake, number in place.steps:
        child = inside(group, f"{LISTS[0]}/{snake}_{number}".removesuffix("_0"))
        child = child or numbered(group, snake).get(number)
        if not isinstance(child, Group):
            return []
        group = child
    values = variables(group)
    name = subgroup_of(group, "vars").attrs.get("name") if values else None
    if name is not None and name != place.path[-1]:
        raise UserError(
            f"{path} does not fit its own description: what should be layer {place.path[-1]} is called "
            f"{ascii(name)[:80]}"
        )
    return values


def numbered(group: Group, snake: str) -> dict[int, Group]:
    """The layers of a class in a model's group, by their number; only their order counts where each second one is left out."""
    for kind in LISTS:
        layers = inside(group, kind)
        if isinstance(layers, Group):
            pattern = re.compile(re.escape(snake) + r"(?:_(\d{1,6}))?")
            found = {
                int(match[1] or 0): child
                for name, child in layers.children.items()
                if (match := pattern.fullmatch(name)) and isinstance(child, Group)
            }
            return (
                found
                if kind == LISTS[0]
                else dict(enumerate(found[number] for number in sorted(found)))
            )
    return {}


def subgroup_of(group: Group, name: str) -> Group:
    found = inside(group, name)
    return found if isinstance(found, Group) else Group(group.file, f"{group.name}/{name}", {}, {})


def variables(group: Group) -> list[Dataset]:
    """A layer's variables in their order: 0, 1, ..."""
    inner = subgroup_of(group, "vars")
    found: list[Dataset] = []
    while str(len(found)) in inner.children:
        value = inside(inner, str(len(found)))
        if not isinstance(value, Dataset):
            break
        found.append(value)
    return found


def network(
    path: str | Path, file: Group, name: str | None = None, variant: str | None = None
) -> Network:
    """The built-in network (of that name) whose layers have exactly these shapes, in this order; dense ones may be left out."""
    for candidate in (
        [name] if name else [name for name in NETWORKS if not variant or variant in VARIANTS[name]]
    ):
        found = fitting(file, candidate, variant or "")
        if found is not None:
            return found
    which = f"not {name}" if name else "none of the built-in networks"
    raise UserError(f"{path} is of Keras 3 and holds {which}; {REMEDY}")


def stored(file: Group) -> dict[str, list[list[Dataset]]]:
    """The variables of each class's layers, by number; a class whose layers are not all there counts as far as it goes."""
    found: dict[str, list[list[Dataset]]] = {}
    for snake in CLASSES.values():
        groups = numbered(file, snake)
        found[snake] = [
            values for number in sorted(groups) if (values := variables(groups[number]))
        ]
    return found


def placed(file: Group, network: Network) -> dict[str, list[Dataset]] | None:
    """Each layer's variables, if the file has as many layers of each class as the network (dense ones: or none)."""
    layers: dict[str, list[str]] = {snake: [] for snake in CLASSES.values()}
    for node in network.nodes:
        if type(node.layer) in CLASSES:
            layers[CLASSES[type(node.layer)]].append(node.name)
    there = stored(file)
    if any(
        len(there[snake]) not in ((len(names), 0) if snake == "dense" else (len(names),))
        for snake, names in layers.items()
    ):
        return None
    return {
        name: values for snake, names in layers.items() for name, values in zip(names, there[snake])
    }


def fitting(file: Group, name: str, variant: str) -> Network | None:
    """The network of that name with the file's channels, classes and size, if it has the file's shapes."""
    there = placed(file, NETWORKS[name](variant=variant))
    if not there:
        return None
    found = infer_network(
        name, {layer: values[0].shape for layer, values in there.items()}, variant
    )
    return found if shapes(found, there) is not None else None


def shapes(
    network: Network, there: dict[str, list[Dataset]]
) -> dict[str, dict[str, tuple[int, ...]]] | None:
    """The file's shapes by layer and parameter, if they are the network's."""
    needed = network.parameters()
    found = {
        layer: dict(zip(needed[layer], (value.shape for value in values)))
        for layer, values in there.items()
    }
    return (
        found
        if all(
            found[layer] == needed[layer] and len(there[layer]) == len(needed[layer])
            for layer in found
        )
        else None
    )


def contents_of(path: str | Path, file: Group, network: Network) -> WeightFile:
    """The parameters of a built-in network, by class and order."""
    there = placed(file, network)
    found = shapes(network, there) if there else None
    if not there or found is None:
        raise UserError(
            f"{path} is of Keras 3 and does not have the layers of {network.name}; {REMEDY}"
        )
    datasets = {layer: dict(zip(found[layer], values)) for layer, values in there.items()}
    order: Sequence[str] = [layer for layer in network.parameters() if layer in found]

    def read(layer: str, name: str) -> np.ndarray:
        return datasets[layer][name].read()

    note = f"recognised as {network.name} by the shapes of its layers in their order"
    return WeightFile(
        {layer: found[layer] for layer in order},
        read,
        network.name,
        source=f"{Path(path).name} (Keras 3)",
        notes=(note,),
    )
