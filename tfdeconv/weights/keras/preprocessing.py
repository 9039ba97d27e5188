"""How a Keras model's photos were preprocessed, where its layers or its name tell."""

from __future__ import annotations

from collections.abc import Callable

from ...data.preprocessing import Preprocessing, caffe, identity, tensorflow_style, torch
from ...network.graph import INPUT, Network
from ...network.layers import Affine, Identity

# as Keras's applications has it, by the beginning of a model's name; the first that fits
PREPROCESSINGS: dict[str, tuple[str, ...]] = {
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
MAKERS: dict[str, Callable[[tuple[int, int], int], Preprocessing]] = {
    "none": identity,
    "tf": tensorflow_style,
    "torch": torch,
    "caffe": caffe,
}
MEANING = {
    "none": "pixels from 0 to 255 as they are",
    "tf": "pixels from -1 to 1",
    "torch": "RGB less the mean of ImageNet, over its deviation",
    "caffe": "BGR less the mean of ImageNet",
}


def preprocessing(network: Network) -> tuple[Preprocessing, str]:
    """What the network wants as its input, by its name, and a sentence that says what was assumed."""
    size, name = network.input_shape[:2], network.name.lower()
    found = next((kind for kind, names in PREPROCESSINGS.items() if name.startswith(names)), None)
    pixels = {INPUT}  # and what is still the same
    for node in network.nodes:
        pixels |= (
            {node.name}
            if isinstance(node.layer, Identity) and pixels.issuperset(node.inputs)
            else set()
        )
    if any(
        isinstance(node.layer, Affine) and pixels.issuperset(node.inputs) for node in network.nodes
    ):
        return identity(
            size, network.channels
        ), f"{MEANING['none']} go into the network, which scales them itself"
    kind = found or "none"
    why = (
        f"as for Keras's own of such a name, {network.name}"
        if found
        else "nothing in the file says what was used"
    )
    return MAKERS[kind](
        size, network.channels
    ), f"{MEANING[kind]} ({kind}) are assumed: {why}; --preprocess says otherwise"
