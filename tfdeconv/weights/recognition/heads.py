"""The dense layers behind a network's maps, which people change for their own classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...network.graph import INPUT, Network
from ...network.layers import Flatten
from .conventions import Match
from .inventory import Inventory, Shape
from .places import modules_around, names_used


def head_layers(network: Network) -> list[str]:
    """The layers with parameters behind the maps; none where the network has no maps."""
    layers = network.parameters()
    head = [layer for layer in layers if layer in network.vectors]
    if len(head) == len(layers):
        return []
    return head


def in_head(network: Network, matching: Match, names: Sequence[str]) -> list[str]:
    """Those of the tensors left over that are in the modules of the dense layers."""
    flat = matching.convention.flat
    modules: set[str] = set()
    for key in names_used(matching.convention.keys(network), head_layers(network)):
        modules.update(modules_around(key, flat))
    found: list[str] = []
    for name in names:
        relative = name.removeprefix(matching.prefix)
        if not modules.isdisjoint(modules_around(relative, flat)):
            found.append(name)
    return found


def head_mismatch(
    network: Network,
    matching: Match,
    inventory: Inventory,
    around: Sequence[str],
    places: Mapping[str, int],
) -> str:
    """Why a file's dense layers are not the network's; "" where they are, or where it has none.

    The number of classes and the size of the input may be others. around: the tensors left over;
    places: where each tensor stands in the file, if that shows the order of the layers.
    """
    head = head_layers(network)
    parameters = network.parameters()
    for layer in head:
        for parameter, key in matching.keys.get(layer, {}).items():
            found = matching.convention.shape(inventory.shapes[key])
            needed = parameters[layer][parameter]
            if not fits(network, layer, found, needed, is_last=layer == head[-1]):
                return f"{inventory.shown(key)} does not fit {network.name}'s {layer}"
    strange = in_head(network, matching, around)
    dense = names_used(matching.keys, head)
    body = names_used(matching.keys, matching.keys.keys() - set(head))
    start = max((places[name] for name in body if name in places), default=0)
    end = max((places[name] for name in dense if name in places), default=-1)
    strange += [name for name in around if start < places.get(name, -1) < end]
    if strange:
        return f"{network.name} has no place for {inventory.shown(strange[0])}"
    return ""


def fits(network: Network, layer: str, found: Shape, needed: Shape, is_last: bool) -> bool:
    """Whether a dense layer's parameter has its shape, but for classes and the size of the map."""
    if len(found) != len(needed):
        return False
    if not is_last and found[-1] != needed[-1]:
        return False
    channels = flattened_channels(network, layer)
    if channels and len(found) == 2:
        return found[0] > 0 and found[0] % channels == 0
    return found[:-1] == needed[:-1]


def flattened_channels(network: Network, layer: str) -> int | None:
    """The channels of the map whose flattened values a layer reads; None where it reads others."""
    shapes = {INPUT: network.input_shape} | network.shapes()
    by_name = {node.name: node for node in network.nodes}
    entry = by_name.get(by_name[layer].inputs[0])
    if entry is None or not isinstance(entry.layer, Flatten):
        return None
    return shapes[entry.inputs[0]][2]
