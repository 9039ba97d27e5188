"""Networks of one name that differ: whose they are, and the names that others than Keras give their layers."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import UserError, unknown
from ..network.graph import Network, Node
from ..network.layers import Conv, Dense, MaxPool

# the first is what "" means; none where there is but one
FLAVOURS: dict[str, tuple[str, ...]] = {
    "vgg16": (),
    "vgg19": (),
    "resnet50": ("keras", "torchvision", "keras2015", "keras2015-unpadded"),
    "resnet101": ("keras", "torchvision"),
    "resnet152": ("keras", "torchvision"),
    "alexnet": ("caffe", "torchvision"),
}
TITLES = {
    "vgg16": "a VGG16",
    "vgg19": "a VGG19",
    "resnet50": "a ResNet-50",
    "resnet101": "a ResNet-101",
    "resnet152": "a ResNet-152",
    "alexnet": "an AlexNet",
}


def chosen(name: str, flavour: str) -> str:
    """The flavour meant, "" where the network has but one; raises UserError for one that it has not."""
    known = FLAVOURS[name]
    if not flavour:
        return known[0] if known else ""
    if not known:
        raise UserError(f"{name} has one flavour only: leave out {flavour!r}")
    if flavour not in known:
        raise unknown(f"{name} has no flavour", flavour, known)
    return flavour


def another_flavour(path: object, found: Network, asked: Network) -> UserError:
    """A file is for `found`, and its layers' names do not leave it open."""
    told, wanted = (
        f"{net.name} of flavour {net.flavour}" if net.flavour else net.name
        for net in (found, asked)
    )
    return UserError(
        f'{path} holds {told}, not {wanted}: take NETWORKS["{found.name}"](flavour="{found.flavour}") or '
        f"network_in(path); scripts: --network {found.name} --flavour {found.flavour}"
    )


def sequential(nodes: Iterable[Node], dense: Iterable[int]) -> dict[str, str]:
    """Torchvision's names for layers in a row: places in `features`, and in `classifier` those of the dense ones.

    A rectifier has a place of its own there, behind the layer that it is part of here; the layer's own comes first.
    """
    found: dict[str, str] = {}
    place, places = 0, iter(dense)
    for node in nodes:
        if isinstance(node.layer, Conv | MaxPool):
            names = [f"features.{place}"] + [f"features.{place + 1}"] * isinstance(node.layer, Conv)
            place += len(names)
        elif isinstance(node.layer, Dense):
            number = next(places)
            names = [f"classifier.{number}"] + [f"classifier.{number + 1}"] * (
                node.layer.activation is not None
            )
        else:
            continue
        found |= dict.fromkeys(names, node.name)
    return found
