"""Is a file of a network? What is left over in it is evidence, as much as what fits.

The names and shapes of a file are compared with those of a network by a convention:

    fits       a parameter that is there and has its shape
    misfit     one that has another shape
    missing    one that is not there, below the last layer that is
    inside     a tensor left over between the layers used: in a module of theirs, named as they are,
               or among them in the file's order: then it is another network, or a deeper one; also
               a convolution that makes the network's input, or that may be anywhere
    around     a tensor left over elsewhere: other heads, other parts of a program

Layers with a height and width are the body; dense ones behind it are the head, which people change:
a head that does not fit is left out, and the body is read all the same. How a new network or a new
convention plugs in is said in conventions.py: nothing here knows any of them by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...network.graph import Network
from .conventions import Convention, Match, match
from .heads import head_layers, head_mismatch, in_head
from .inventory import Inventory, Shape, prefixes_of
from .places import names_used, positions, stray_test

# of the parameters below the last layer present, those that fit
MOST = 0.75
# of the tensors behind the prefix, and of all in the file: detection models have long heads
HALF = 0.5
FIFTH = 0.2
# heads of segmentation: the networks before them mostly have dilation for stride
SEGMENTATION = re.compile(
    r"(^|\.)(aux\w*|decode_head|aspp|ASPP|ppm|psp|convs|classifier)\.([\w.]*\.)?weight$"
)


@dataclass(frozen=True)
class Evidence:
    """What speaks for a file's being of a network, and what against it."""

    network: Network
    inventory: Inventory
    # without the layers of a head that does not fit
    match: Match
    fits: int
    misfits: tuple[str, ...]
    missing: int
    inside: tuple[str, ...]
    around: tuple[str, ...]
    # the dense layers' where they are of another head
    replaced: tuple[str, ...]
    # why the head is left out, "" where it is not
    head: str = ""

    @property
    def score(self) -> int:
        """How much more speaks for the network than against it."""
        return self.fits - len(self.misfits) - self.missing - len(self.inside)

    @property
    def is_recognised(self) -> bool:
        """Whether most of the part used is explained, and most of the network there."""
        against = len(self.inside) + len(self.misfits)
        behind = sum(name.startswith(self.match.prefix) for name in self.around)
        explains_module = self.fits >= HALF * (self.fits + against + behind)
        explains_file = self.fits >= FIFTH * (self.fits + against + len(self.around))
        is_there = self.fits >= MOST * (self.fits + self.missing)
        return self.begins and explains_module and explains_file and is_there

    @property
    def is_consistent(self) -> bool:
        """Whether nothing speaks against the network."""
        return self.is_recognised and not self.inside and not self.misfits

    @property
    def begins(self) -> bool:
        """Whether the first layer is there: without it nothing can be computed."""
        first = next(iter(self.network.parameters()), None)
        return first in self.match.keys

    @property
    def kernels(self) -> dict[str, Shape]:
        """The shapes of the kernels by layer, as this program lays them out."""
        kernels: dict[str, Shape] = {}
        for layer, keys in self.match.keys.items():
            if "kernel" in keys:
                shape = self.inventory.shapes[keys["kernel"]]
                kernels[layer] = self.match.convention.shape(shape)
        return kernels

    @property
    def convolutions(self) -> list[str]:
        """Kernels of convolutions that are left over around the part used."""
        left_over = (*self.around, *self.replaced)
        return [name for name in left_over if len(self.inventory.shapes[name]) == 4]

    @property
    def segmentation(self) -> list[str]:
        """Those of them that show a head of segmentation."""
        return [name for name in self.convolutions if SEGMENTATION.search(name)]


def examine(
    network: Network, conventions: Sequence[Convention], inventory: Inventory
) -> Evidence | None:
    """The evidence by the convention that fits best; None where the file has nothing of it."""
    best: Evidence | None = None
    for convention in conventions:
        if not convention.has_network(network):
            continue
        matching = match(convention, network, inventory)
        if not matching.count:
            continue
        evidence = weigh(network, matching, inventory)
        if best is None or evidence.score > best.score:
            best = evidence
    return best


def nearest(
    candidates: Sequence[Network],
    conventions: Sequence[Convention],
    inventory: Inventory,
    preferred: Network | None = None,
) -> Evidence | None:
    """The evidence for that network for which most speaks; None where nothing does for any.

    Of several the one with the name and variant preferred, then the convention's usual variant,
    then the one with fewest layers, then the first.
    """
    found: list[Evidence] = []
    for network in candidates:
        evidence = examine(network, conventions, inventory)
        if evidence is not None:
            found.append(evidence)

    def distance(evidence: Evidence) -> tuple[bool, int, bool, bool, bool, int]:
        network = evidence.network
        is_other = preferred is None or network.name != preferred.name
        is_variant = preferred is None or network.variant != preferred.variant
        is_unusual = evidence.match.convention.usual != network.variant
        layers = len(network.parameters())
        return not evidence.begins, -evidence.score, is_other, is_variant, is_unusual, layers

    return min(found, key=distance, default=None)


def weigh(network: Network, matching: Match, inventory: Inventory) -> Evidence:
    """The evidence that a file gives for and against a network, by one convention."""
    layers = network.parameters()
    body = layers.keys() - set(head_layers(network))
    fitting, misfits, missing = compare_shapes(network, matching, inventory)
    used = names_used(matching.keys, body)
    dense = names_used(matching.keys, layers.keys() - body)
    places = positions(inventory, matching.keys, layers)
    left = [name for name in inventory.shapes if name not in used and name not in dense]
    inside: list[str] = []
    around: list[str] = []
    alike = frozenset(matching.ambiguous_prefixes)
    stands_inside = stray_test(used, matching.prefix, matching.convention, inventory, places)
    for name in left:
        if stands_inside(name):
            inside.append(name)
        # the other of two networks that are alike is told by its prefix, and a number alone is a
        # counter or a score
        elif inventory.shapes[name] and alike.isdisjoint(prefixes_of(name)):
            around.append(name)
    reason = head_mismatch(network, matching, inventory, around, places)
    replaced = in_head(network, matching, around)
    if reason:
        replaced += sorted(dense)
        keys = {layer: keys for layer, keys in matching.keys.items() if layer in body}
        matching = replace(matching, keys=keys)
    else:
        fitting += len(dense)
    of_head = set(replaced)
    return Evidence(
        network,
        inventory,
        matching,
        fitting,
        tuple(misfits),
        missing,
        tuple(inside),
        tuple(name for name in around if name not in of_head),
        tuple(replaced),
        reason,
    )


def compare_shapes(
    network: Network, matching: Match, inventory: Inventory
) -> tuple[int, list[str], int]:
    """Of the body's parameters: how many fit, the names of those that do not, how many lack."""
    head = head_layers(network)
    fitting = absent = missing = 0
    misfits: list[str] = []
    # any number of channels may go into the network
    channels_are_free = True
    for layer, parameters in network.parameters().items():
        if layer in head:
            continue
        keys = matching.keys.get(layer, {})
        for parameter, needed in parameters.items():
            if parameter not in keys:
                absent += 1
                continue
            found = matching.convention.shape(inventory.shapes[keys[parameter]])
            if same_shape(found, needed, channels_are_free):
                fitting += 1
            else:
                misfits.append(keys[parameter])
        channels_are_free = False
        if keys:
            missing = absent
    return fitting, misfits, missing


def same_shape(found: Shape, needed: Shape, free_input: bool) -> bool:
    """Whether shapes agree; free_input: but for how many channels go in."""
    if free_input and len(found) == len(needed) > 1:
        return found[:-2] + found[-1:] == needed[:-2] + needed[-1:]
    return found == needed
