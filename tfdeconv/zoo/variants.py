"""Networks of one name that differ: whose they are, and the names that others than Keras give their layers."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import UserError, unknown
from ..network.graph import Network, Node
from ..network.layers import Conv, Dense, MaxPool

# the first is what "" means; none where there is but one
VARIANTS: dict[str, tuple[str, ...]] = {
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


def resolve_variant(name: str, variant: str) -> str:
    """The variant meant, "" where the network has but one; raises UserError for one that it has not."""
    known = VARIANTS[name]
    if not variant:
        return known[0] if known else ""
    if not known:
        raise UserError(f"{name} has one variant only: leave out {variant!r}")
    if variant not in known:
        raise unknown(f"{name} has no variant", variant, known)
    return variant


def wrong_variant(path: object, found: Network, asked: Network) -> UserError:
    """A file is for `found`, and its layers' names do not leave it open."""
    told, wanted = (
        f"{net.name} of variant {net.variant}" if net.variant else net.name
        for net in (found, asked)
    )
    return UserError(
        f'{path} holds {told}, not {wanted}: take NETWORKS["{found.name}"](variant="{found.variant}") or '
        f"network_in(path); scripts: --network {found.name} --variant {found.variant}"
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
