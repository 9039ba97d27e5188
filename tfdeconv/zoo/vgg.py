"""VGGs (Simonyan & Zisserman 2015, table 1, columns A, B, D and E), by Keras's layer names.

With batch norms, as torchvision has them, or without.
"""

from __future__ import annotations

from ..network.graph import Builder, Network
from ..network.layers import RELU, BatchNorm, Conv, Dense, Flatten, MaxPool
from .variants import resolve_variant, sequential_names

# of each block: the filters of its convolutions, and how many there are
FILTERS = (64, 128, 256, 512, 512)
CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
# torchvision's
EPSILON = 1e-5
# the numbers that torchvision's `classifier` gives fc1, fc2 and predictions
TORCHVISION_DENSE = (0, 3, 6)


def vgg(
    depth: int,
    channels: int = 3,
    classes: int = 1000,
    size: tuple[int, int] = (224, 224),
    variant: str = "",
    norms: bool = False,
) -> Network:
    """VGG of depth 11, 13, 16 or 19 for inputs of size (height, width).

    norms: whether a batch norm stands between each convolution and its rectifier, which then is a
    layer of its own. `predictions` are the logits, before the softmax.
    """
    name = f"vgg{depth}"
    if norms:
        name += "_bn"
    net = Builder(name, (*size, channels), resolve_variant(name, variant, ()))
    for block, (filters, convolutions) in enumerate(zip(FILTERS, CONVOLUTIONS[depth]), 1):
        for i in range(1, convolutions + 1):
            if norms:
                net.add(f"block{block}_conv{i}", Conv(filters, 3, pad=1))
                net.add(f"block{block}_bn{i}", BatchNorm(EPSILON))
                net.add(f"block{block}_relu{i}", RELU)
            else:
                net.add(f"block{block}_conv{i}", Conv(filters, 3, pad=1, activation=RELU))
        net.add(f"block{block}_pool", MaxPool(2, 2))
    net.add("flatten", Flatten())
    net.add("fc1", Dense(4096, activation=RELU))
    net.add("fc2", Dense(4096, activation=RELU))
    net.add("predictions", Dense(classes))
    net.aliases |= sequential_names(net.nodes, TORCHVISION_DENSE)
    net.aliases["avgpool"] = "block5_pool"
    return net.network()
