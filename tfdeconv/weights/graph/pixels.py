"""What pixels a network takes that scales them itself, before all else.

Scaling by constants tells what goes in: who divides by 255 is given 0 to 255, and who subtracts
0.485 is given 0 to 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...data.preprocessing import MEAN, MEAN_BGR, Preprocessing
from ...network.base import INPUT, Node
from ...network.layers import Affine, BatchNorm, Channels, Identity, Resize, ZeroPad
from .assumption import MAKERS
from .translation import Translated

# layers that leave pixels as they are
ARRANGE = (Identity, Resize, ZeroPad)
# Means above this one are of pixels to 255.
UNIT_MEAN = 1.5
# Below it, factors from the first one on are of pixels to 1, and those below the second of pixels
# to 255. Between them are those that turn one norm of pixels into another, as torchvision's
# Inception does.
UNIT_SCALE, BYTE_SCALE = 0.5, 0.05
# The mean of pixels to 1 is at least so far from both ends.
MARGIN = 0.05

Scaling = tuple[np.ndarray, np.ndarray]
RANGES = {
    "over255": "pixels from 0 to 1",
    "tf": "pixels from -1 to 1",
    "none": "pixels from 0 to 255",
}


def scaled_inside(translated: Translated) -> tuple[Preprocessing, str] | None:
    """The pixels that go into a network which scales them, and a sentence about it.

    None where it does not, or the numbers do not show what goes in.
    """
    network = translated.network
    with np.errstate(all="ignore"):
        found = first_scaling(translated)
    if found is None:
        return None
    scale, shift = found
    if not np.isfinite(scale).all() or not scale.all() or not np.isfinite(shift).all():
        return None
    means = -shift / scale
    kind = pixels_by(means, abs(scale))
    if kind is None:
        return None
    preprocessing = MAKERS[kind](network.input_shape[:2], network.channels)
    order = ""
    if network.channels == 3 and is_of_blue_first(means):
        preprocessing, order = replace(preprocessing, order="bgr"), ", in the order BGR,"
    return preprocessing, f"{RANGES[kind]}{order} go into the network, which scales them itself"


def pixels_by(means: np.ndarray, factors: np.ndarray) -> str | None:
    """Which pixels have these means before they are multiplied; None where that does not show."""
    if abs(means).max() > UNIT_MEAN or factors.max() < BYTE_SCALE:
        return "none"
    if np.allclose(means, -1, atol=MARGIN):
        return "tf"
    if factors.min() >= UNIT_SCALE and MARGIN <= means.min() <= means.max() <= 1 - MARGIN:
        return "over255"
    return None


def is_of_blue_first(means: np.ndarray) -> bool:
    """Whether means are ImageNet's, of blue, green and red."""
    unit = MEAN[::-1]
    return np.allclose(means, MEAN_BGR, atol=0.5) or np.allclose(means, unit, atol=0.002)


def first_scaling(translated: Translated) -> Scaling | None:
    """Scale and shift of the image's channels in the layers before all others; None without."""
    network = translated.network
    # nodes whose output is the pixels, scaled: (scale, shift), one number a channel, and whether
    # the channels are the other way round
    pixels = {INPUT: (np.ones(network.channels), np.zeros(network.channels))}
    reversed_nodes: set[str] = set()
    scaled = None
    for node in network.nodes:
        if len(node.inputs) != 1 or node.inputs[0] not in pixels:
            continue
        scale, shift = pixels[node.inputs[0]]
        turned = node.inputs[0] in reversed_nodes
        if node.layer == Channels(network.channels - 1, network.channels, -1):
            turned = not turned
        elif not isinstance(node.layer, ARRANGE):
            own = scaling_of(translated, node)
            if own is None:
                continue
            factor, offset = (each[::-1] if turned else each for each in own)
            scale, shift = scale * factor, shift * factor + offset
            scaled = scale, shift
        pixels[node.name] = scale, shift
        if turned:
            reversed_nodes.add(node.name)
    return scaled


def scaling_of(translated: Translated, node: Node) -> Scaling | None:
    """What a layer multiplies each channel by, and what it adds; None for others."""
    parameters = translated.parameters.get(node.name, {})
    channels = translated.network.channels
    numbers: dict[str, np.ndarray] = {}
    if isinstance(node.layer, Affine | BatchNorm):
        for key, parameter in parameters.items():
            numbers[key] = parameter.read().astype(np.float64)
    if isinstance(node.layer, BatchNorm):
        factor = numbers.get("gamma", 1.0) / np.sqrt(numbers["variance"] + node.layer.epsilon)
        offset = numbers.get("beta", 0.0) - numbers["mean"] * factor
    elif isinstance(node.layer, Affine):
        factor, offset = numbers.get("scale", np.ones(1)), numbers.get("shift", np.zeros(1))
    else:
        return None
    # otherwise each cell has numbers of its own
    if np.ndim(factor) != 1 or np.ndim(offset) != 1:
        return None
    return np.broadcast_to(factor, (channels,)), np.broadcast_to(offset, (channels,))
