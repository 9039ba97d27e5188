"""What pixels a network takes that scales them itself, before all else.

Scaling by constants tells what goes in: who divides by 255 is given 0 to 255, and who subtracts
0.485 is given 0 to 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...data.preprocessing import MEAN_BGR, Preprocessing, identity, over255
from ...network.base import INPUT
from ...network.layers import Affine, Identity, Resize, ZeroPad
from .translation import Translated

# layers that leave pixels as they are
ARRANGE = (Identity, Resize, ZeroPad)
# Means above this one are of pixels to 255; below it, factors from this one on are of pixels to 1,
# and those below the last one of pixels to 255. Between them are those that turn one norm of pixels
# into another, as torchvision's Inception does.
UNIT_MEAN, UNIT_SCALE, BYTE_SCALE = 1.5, 0.5, 0.05


def scaled_inside(translated: Translated) -> tuple[Preprocessing, str] | None:
    """The pixels that go into a network which scales them, and a sentence about it.

    None where it does not, or the numbers do not show what goes in.
    """
    network = translated.network
    found = first_scaling(translated)
    if found is None:
        return None
    scale, shift = found
    if not np.isfinite(scale).all() or not scale.all():
        return None
    means = -shift / scale
    size = network.input_shape[:2]
    if abs(means).max() <= UNIT_MEAN and abs(scale).min() >= UNIT_SCALE:
        note = "pixels from 0 to 1 go into the network, which scales them itself"
        return over255(size, network.channels), note
    if abs(means).max() <= UNIT_MEAN and abs(scale).max() >= BYTE_SCALE:
        return None
    bytes_of_pixels = identity(size, network.channels)
    order = ""
    if network.channels == 3 and np.allclose(means, MEAN_BGR, atol=0.5):
        bytes_of_pixels, order = replace(bytes_of_pixels, order="bgr"), ", in the order BGR,"
    note = f"pixels from 0 to 255{order} go into the network, which scales them itself"
    return bytes_of_pixels, note


def first_scaling(translated: Translated) -> tuple[np.ndarray, np.ndarray] | None:
    """Scale and shift of the pixels' channels in the layers before all others; None without."""
    network = translated.network
    shapes = network.shapes() | {INPUT: network.input_shape}
    # nodes whose output is the pixels, scaled: (scale, shift), one number a channel
    pixels = {INPUT: (np.ones(network.channels), np.zeros(network.channels))}
    scaled = None
    for node in network.nodes:
        if len(node.inputs) != 1 or node.inputs[0] not in pixels:
            continue
        scale, shift = pixels[node.inputs[0]]
        if isinstance(node.layer, ARRANGE):
            pixels[node.name] = scale, shift
        if isinstance(node.layer, Affine) and shapes[node.name][2] == network.channels:
            numbers = {key: each.read() for key, each in translated.parameters[node.name].items()}
            factor, offset = numbers.get("scale", np.ones(1)), numbers.get("shift", np.zeros(1))
            # otherwise each cell has numbers of its own
            if factor.ndim == offset.ndim == 1:
                scaled = scale * factor, shift * factor + offset
                pixels[node.name] = scaled
    return scaled
