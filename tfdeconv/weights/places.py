"""Where a tensor stands in a network, as its name and the file's order show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from .inventory import Inventory
from .naming import Keys

# numbers in a name: 2, 2a, 4b22
NUMBER = re.compile(r"\d+(?:[a-z]\d*)?(?![A-Za-z])")
# of the steps from layer to layer, the forward ones where a file's order is the network's; a sorted
# file has fewer, and the projections of residual blocks stand in different places
ORDERED = 0.85


def names_used(keys: Keys, layers: Collection[str]) -> set[str]:
    """The names of these layers' tensors."""
    names: set[str] = set()
    for layer in layers:
        names.update(keys.get(layer, {}).values())
    return names


def positions(inventory: Inventory, keys: Keys, layers: Collection[str]) -> dict[str, int]:
    """Each name's place in the file; none where the file's order is not that of the layers."""
    owners: dict[str, int] = {}
    for number, layer in enumerate(layers):
        for key in keys.get(layer, {}).values():
            owners[key] = number
    steps = [owners[name] for name in inventory.shapes if name in owners]
    changes = [after > before for before, after in zip(steps, steps[1:]) if after != before]
    if sum(changes) < ORDERED * len(changes):
        return {}
    return {name: place for place, name in enumerate(inventory.shapes)}


def modules_around(name: str, flat: bool) -> Iterator[str]:
    """The modules that a parameter is in: of `layer1.0.conv1.weight` layer1, layer1.0, ...

    flat: names of layers that have a number are split at underscores, too.
    """
    for end in re.finditer(r"[./_]" if flat else r"[./]", name):
        module = name[: end.start()]
        if end.group() != "_" or re.search(r"\d", module):
            yield module


def pattern(name: str) -> str:
    """A name with any numbers: `layer#.#.conv#.weight`."""
    return NUMBER.sub("#", name)
