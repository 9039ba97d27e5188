"""Networks of one name that differ, and the names that torchvision gives layers in a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..errors import UserError, unknown
from ..network.graph import Network, Node
from ..network.layers import Activation, BatchNorm, Conv, Dense, MaxPool

TITLES = {
    "vgg11": "a VGG11",
    "vgg13": "a VGG13",
    "vgg16": "a VGG16",
    "vgg19": "a VGG19",
    "vgg11_bn": "a VGG11 with batch norms",
    "vgg13_bn": "a VGG13 with batch norms",
    "vgg16_bn": "a VGG16 with batch norms",
    "vgg19_bn": "a VGG19 with batch norms",
    "resnet18": "a ResNet-18",
    "resnet34": "a ResNet-34",
    "resnet50": "a ResNet-50",
    "resnet101": "a ResNet-101",
    "resnet152": "a ResNet-152",
    "resnext50_32x4d": "a ResNeXt-50 32x4d",
    "resnext101_32x8d": "a ResNeXt-101 32x8d",
    "resnext101_64x4d": "a ResNeXt-101 64x4d",
    "wide_resnet50_2": "a Wide ResNet-50-2",
    "wide_resnet101_2": "a Wide ResNet-101-2",
    "alexnet": "an AlexNet",
}


def resolve_variant(name: str, variant: str, known: Sequence[str]) -> str:
    """The variant meant: the first one known for "", and "" where the network has but one.

    Raises UserError for a variant that the network does not have.
    """
    if not variant:
        return known[0] if known else ""
    if not known:
        raise UserError(f"{name} has one variant only: leave out {variant!r}")
    if variant not in known:
        raise unknown(f"{name} has no variant", variant, known)
    return variant


def wrong_variant(path: object, found: Network, expected: Network) -> UserError:
    """The error for a file whose layer names say that it is for `found`."""
    argument = option = ""
    if found.variant:
        argument = f'variant="{found.variant}"'
        option = f" --variant {found.variant}"
    titles = title(found), title(expected)
    if found.variant == expected.variant:
        titles = found.name, expected.name
    return UserError(
        f"{path} holds {titles[0]}, not {titles[1]}: "
        f'take NETWORKS["{found.name}"]({argument}) or network_in(path); '
        f"scripts: --network {found.name}{option}"
    )


def title(network: Network) -> str:
    if not network.variant:
        return network.name
    return f"{network.name} of variant {network.variant}"


def sequential_names(nodes: Iterable[Node], dense: Sequence[int]) -> dict[str, str]:
    """{torchvision's name: layer} of layers in a row: `features.N`; `classifier.N` if dense.

    dense: the numbers N of the dense layers. A rectifier that is part of the layer before it here
    has a number of its own there; both names lead to the layer, whose own comes first.
    """
    names: dict[str, str] = {}
    feature = 0
    dense_numbers = iter(dense)
    for node in nodes:
        match node.layer:
            case Conv(activation=Activation()):
                names[f"features.{feature}"] = node.name
                names[f"features.{feature + 1}"] = node.name
                feature += 2
            case Conv() | BatchNorm() | Activation() | MaxPool():
                names[f"features.{feature}"] = node.name
                feature += 1
            case Dense(activation=activation):
                number = next(dense_numbers)
                names[f"classifier.{number}"] = node.name
                if activation is not None:
                    names[f"classifier.{number + 1}"] = node.name
    return names
