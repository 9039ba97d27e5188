"""Files of tensors by the names of other programs: .npy and .npz, .pth and .pt, .safetensors.

Whose names they are, and which key each parameter has, is found by recognition/.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..formats import pickled, safetensors
from ..formats.lazy_tensor import Tensors
from ..formats.torch_file import EXPORT_LINE
from ..network.base import Shape
from ..network.graph import INPUT, Network
from ..network.layers import Dense
from ..zoo import NETWORKS
from ..zoo.variants import TITLES
from .contents import WeightFile, infer_network
from .recognition import verdict
from .recognition.conventions import CONVENTIONS
from .recognition.evidence import Evidence
from .recognition.inventory import TRAINING_STATE, Inventory, take_inventory
from .recognition.pixels import assumed_preprocessing
from .recognition.verdict import Family, check_network, find_network, undilated_part

SHOWN = 3  # tensors that an error lists


def unknown_network(path: str | Path, inventory: Inventory) -> UserError:
    """The error for a file of tensors that are of no network that this program knows."""
    families = dict.fromkeys(re.split(r"-?\d", TITLES[name])[0] for name in NETWORKS)
    known = ", ".join(name.partition(" ")[2] for name in families)
    count = len(inventory.shapes)
    first = ", ".join(inventory.shown(name) for name in list(inventory.shapes)[:SHOWN])
    return UserError(
        f"{path} is of none of the networks that this program knows ({known}): "
        f"it has {count} tensors, {first or 'none of them weights'}, ...; "
        f"for a network of your own give a whole model of Keras's (.keras, .h5), or of torch's: "
        f"{EXPORT_LINE}"
    )


FAMILY = Family(CONVENTIONS, tuple(NETWORKS), unknown_network)


def open_tensors(path: str | Path) -> Tensors | None:
    """The tensors of a file of torch's, numpy's or safetensors; None if it is none of them.

    Raises UserError for a damaged one.
    """
    if not Path(path).is_file() or not Path(path).stat().st_size:
        return None
    if pickled.recognises(path):
        return pickled.tensors(path)
    if safetensors.recognises(path):
        return safetensors.tensors(path)
    return None


def network(
    path: str | Path,
    tensors: Tensors,
    name: str | None,
    variant: str | None = None,
    family: Family = FAMILY,
) -> Network:
    """The network of that name and variant, or the one whose layers the file has.

    With the channels, classes and size of input that the shapes show. Raises UserError for a file
    of another network.
    """
    evidence = find_network(path, family, inventory_of(path, tensors), name, variant)
    inferred = infer_network(evidence.network.name, evidence.kernels, evidence.network.variant)
    if evidence.segmentation and not variant:
        return undilated_part(inferred, evidence)
    return inferred


def inventory_of(path: str | Path, tensors: Tensors) -> Inventory:
    """A file's tensors without what training left.

    Raises UserError where the weights are inside objects.
    """
    inventory = take_inventory({name: tensor.shape for name, tensor in tensors.items()})
    has_kernels = any(len(shape) > 1 for shape in inventory.shapes.values())
    if tensors.objects and not has_kernels:
        reason = pickled.no_plain_tensors(tensors.objects)
        raise UserError(f"cannot read weights from {path}: {reason}")
    return inventory


def contents(
    path: str | Path, tensors: Tensors, network: Network, family: Family = FAMILY
) -> WeightFile:
    """What a file has of a network, by this program's names and layout of kernels.

    Raises UserError where it has nothing of it, and for networks that only resemble it.
    """
    evidence = check_network(path, family, inventory_of(path, tensors), whole_network(network))
    match, sources = evidence.match, evidence.inventory.sources
    maps = flattened_maps(network)
    layers = network.parameters().keys() & match.keys.keys()
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for layer, keys in match.keys.items():
        if layer in layers:
            shapes[layer] = {
                name: match.convention.shape(evidence.inventory.shapes[key])
                for name, key in keys.items()
            }

    def read(layer: str, name: str) -> np.ndarray:
        array = tensors[sources[match.keys[layer][name]]].read()
        if match.convention.channels_first:
            array = to_hwio(array, maps.get(layer))
        return np.ascontiguousarray(array)

    not_tensors = [key for key in tensors.ignored if not TRAINING_STATE.search(key)]
    left_over = [sources[key] for key in (*evidence.replaced, *evidence.around)]
    preprocessing, assumption = assumed_preprocessing(network, match)
    return WeightFile(
        shapes,
        read,
        network.name,
        preprocessing,
        source=f"{Path(path).name} ({match.convention.maker})",
        ignored=(*not_tensors, *left_over),
        notes=(*recognition_notes(network, evidence), assumption),
        other_head=evidence.head,
    )


def whole_network(network: Network) -> Network:
    """The built-in network of which this is a part (verdict.undilated_part), or itself."""
    if network.name not in NETWORKS or not network.missing:
        return network
    whole = NETWORKS[network.name](
        channels=network.channels, size=network.input_shape[:2], variant=network.variant
    )
    is_part = whole.nodes[: len(network.nodes)] == network.nodes
    return whole if is_part else network


def flattened_maps(network: Network) -> dict[str, Shape]:
    """{dense layer: (height, width, channels)} of the maps whose flattened values it reads."""
    shapes = {INPUT: network.input_shape} | network.shapes()
    maps = {}
    for node in network.nodes:
        if isinstance(node.layer, Dense) and node.inputs[0] == "flatten":
            maps[node.name] = shapes[network.node("flatten").inputs[0]]
    return maps


def to_hwio(array: np.ndarray, flattened: Shape | None) -> np.ndarray:
    """A parameter with channels first in this program's layout.

    [out, in, h, w] -> [h, w, in, out] and [out, in] -> [in, out]; where the rows, [in], are values
    of a flattened map (h, w, channels), their order goes from channels, h, w to h, w, channels.
    """
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    if array.ndim != 2:
        return array
    into = array.shape[1]
    if flattened is None:
        return array.T
    height, width, channels = flattened
    if height * width * channels != into:
        return array.T
    return array.reshape(-1, channels, height, width).transpose(2, 3, 1, 0).reshape(into, -1)


def recognition_notes(network: Network, evidence: Evidence) -> list[str]:
    """How a file was recognised, and what was assumed of it."""
    maker = evidence.match.convention.maker
    title = TITLES.get(network.name, network.name)
    note = f"tensors named as {maker} names those of {title}"
    prefix = prefix_in_file(evidence)
    if prefix:
        note += f", behind {prefix!r}"
    return [note, *verdict.notes(evidence)]


def prefix_in_file(evidence: Evidence) -> str:
    """The prefix of the tensors used, with the wrappers that the file has in it."""
    prefix = evidence.match.prefix
    for keys in evidence.match.keys.values():
        for key in keys.values():
            source = evidence.inventory.sources[key]
            if prefix and source.endswith(key[len(prefix) :]):
                return source.removesuffix(key[len(prefix) :])
    return prefix
