"""How a Keras model's photos were preprocessed, as far as its layers or its name say."""

from __future__ import annotations

from ...data.preprocessing import Preprocessing, identity
from ...network.graph import INPUT, Network
from ...network.layers import Affine, Channels, Concatenate, Identity, Resize, ZeroPad
from ..graph.assumption import MEANINGS, assumed

# what Keras's applications use, by the beginning of a model's name; the first that fits counts
NAMES: dict[str, tuple[str, ...]] = {
    "none": ("efficientnet", "mobilenetv3", "mobilenet_v3", "convnext", "regnet", "resnetrs"),
    "tf": (
        "mobilenet",
        "inception",
        "xception",
        "nasnet",
        "resnet50v2",
        "resnet101v2",
        "resnet152v2",
    ),
    "torch": ("densenet",),
    "caffe": ("vgg", "resnet50", "resnet101", "resnet152"),
}
# layers that only choose and order pixels
ARRANGE = (Identity, Channels, Concatenate, Resize, ZeroPad)


def guess_preprocessing(network: Network) -> tuple[Preprocessing, str]:
    """What the network's layers or name point to, and a sentence that says what was assumed."""
    if scales_pixels(network):
        note = f"{MEANINGS['none']} go into the network, which scales them itself"
        return identity(network.input_shape[:2], network.channels), note
    kind = kind_by_name(network.name)
    if kind is None:
        return assumed("none", network)
    return assumed(kind, network, f"as in Keras's own network of such a name, {network.name}")


def scales_pixels(network: Network) -> bool:
    """Whether the network itself scales and shifts the pixels before all else.

    Weights for a mixture of the colours are not such: what goes in is as unknown as before.
    """
    shapes = network.shapes() | {INPUT: network.input_shape}
    # the input, and layers that have its values still
    pixels = {INPUT}
    for node in network.nodes:
        if not pixels.issuperset(node.inputs):
            continue
        if isinstance(node.layer, Affine) and shapes[node.inputs[0]][2] == network.channels:
            return True
        if isinstance(node.layer, ARRANGE):
            pixels.add(node.name)
    return False


def kind_by_name(name: str) -> str | None:
    """What Keras's own network of such a name uses, None for other names."""
    for kind, beginnings in NAMES.items():
        if name.lower().startswith(beginnings):
            return kind
    return None
