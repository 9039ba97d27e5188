"""Where a tensor stands in a network, as its name and the file's order show."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from .conventions import Convention
from .inventory import Inventory, Shape
from .naming import Keys

# numbers in a name: 2, 2a, 4b22
NUMBER = re.compile(r"\d+(?:[a-z]\d*)?(?![A-Za-z])")
# of the steps from layer to layer, the forward ones where a file's order is the network's; a sorted
# file has fewer, and the projections of residual blocks stand in different places
ORDERED = 0.85
# parameters of norms and biases; a mean and a deviation of pixels have other names
OF_LAYER = re.compile(r"(^|[./])(weight|bias|gamma|beta|(running|moving)_\w+|\d+)$")


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


def stray_test(
    used: Collection[str],
    prefix: str,
    convention: Convention,
    inventory: Inventory,
    places: Mapping[str, int],
) -> Callable[[str], bool]:
    """Says of a name left over whether it stands between the tensors used, or makes their input."""
    flat, shapes = convention.flat, inventory.shapes
    modules: set[str] = set()
    patterns: set[str] = set()
    for name in used:
        relative = name[len(prefix) :]
        modules.update(modules_around(relative, flat))
        patterns.add(pattern(relative))
    used_places = [places[name] for name in used if name in places]
    first, last = min(used_places, default=0), max(used_places, default=-1)
    kernels = [name for name in shapes if name in used and len(shapes[name]) == 4]
    # of the first kernel used
    input_channels = -1
    if kernels:
        input_channels = convention.shape(shapes[kernels[0]])[2]

    def makes_input(name: str) -> bool:
        shape = convention.shape(shapes[name])
        if not 0 <= places.get(name, -1) < first or shape[-1:] != (input_channels,):
            return False
        return len(shape) == 4 or (len(shape) == 1 and bool(OF_LAYER.search(name)))

    def stands_inside(name: str) -> bool:
        place = places.get(name, -1)
        if first < place < last:
            return True
        if not name.startswith(prefix):
            return False
        # means and deviations of pixels have such axes, too
        is_of_pixels = shapes[name] == (1, input_channels, 1, 1)
        is_anywhere = not places and is_kernel(shapes[name])
        if makes_input(name) or (is_anywhere and not is_of_pixels):
            return True
        relative = name[len(prefix) :]
        shares_module = not modules.isdisjoint(modules_around(relative, flat))
        return shares_module or pattern(relative) in patterns

    return stands_inside


def is_kernel(shape: Shape) -> bool:
    """Whether a tensor has the axes of a convolution."""
    return len(shape) in (3, 4)
