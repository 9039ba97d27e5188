"""How a Keras model's photos were preprocessed, as far as its layers or its name say."""

from __future__ import annotations

from collections.abc import Callable

from ...data.preprocessing import Preprocessing, caffe, identity, tensorflow_style, torch
from ...network.graph import INPUT, Network
from ...network.layers import Affine, Channels, Concatenate, Identity, Resize, ZeroPad
from ..contents import PixelNote

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
# what people's own networks take most, beside what is assumed
OTHERS = (("over255", "from 0 to 1"), ("tf", "from -1 to 1"), ("none", "from 0 to 255"))
MAKERS: dict[str, Callable[[tuple[int, int], int], Preprocessing]] = {
    "none": identity,
    "tf": tensorflow_style,
    "torch": torch,
    "caffe": caffe,
}
# layers that only choose and order pixels
ARRANGE = (Identity, Channels, Concatenate, Resize, ZeroPad)
DESCRIPTIONS = {
    "none": "pixels from 0 to 255 as they are",
    "tf": "pixels from -1 to 1",
    "torch": "RGB minus the mean of ImageNet, divided by its deviation",
    "caffe": "BGR minus the mean of ImageNet",
}


def guess_preprocessing(network: Network) -> tuple[Preprocessing, str]:
    """What the network's layers or name point to, and a sentence that says what was assumed."""
    size = network.input_shape[:2]
    if scales_pixels(network):
        note = f"{DESCRIPTIONS['none']} go into the network, which scales them itself"
        return identity(size, network.channels), note
    kind = kind_by_name(network.name)
    if kind is None:
        kind = "none"
        why = "nothing in the file says what was used"
    else:
        why = f"as in Keras's own network of such a name, {network.name}"
    others = " or ".join(f"{name} ({meaning})" for name, meaning in OTHERS if name != kind)
    note = f"{DESCRIPTIONS[kind]} ({kind}) are assumed: {why}; change it with --preprocess {others}"
    return MAKERS[kind](size, network.channels), PixelNote(note)


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
