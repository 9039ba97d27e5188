"""AlexNet (Krizhevsky et al. 2012) as Caffe and as torchvision have it, by Caffe's layer names."""

from __future__ import annotations

from ..network.base import Layer
from ..network.graph import Builder, Network
from ..network.layers import LRN, RELU, Conv, Dense, Flatten, MaxPool
from .variants import resolve_variant, sequential_names

# {variant: (height, width) it was trained on}; the first is what "" means
SIZES = {"caffe": (227, 227), "torchvision": (224, 224), "caffenet": (227, 227)}
# Caffe divides alpha by the depth
NORM = LRN(depth=5, k=1.0, alpha=1e-4 / 5, beta=0.75)

FEATURES: dict[str, dict[str, Layer]] = {
    # bvlc_alexnet: Krizhevsky et al. 2012 with the norms before the pools; groups: two GPUs
    "caffe": {
        "conv1": Conv(96, 11, stride=4, activation=RELU),
        "norm1": NORM,
        "pool1": MaxPool(3, 2),
        "conv2": Conv(256, 5, pad=2, groups=2, activation=RELU),
        "norm2": NORM,
        "pool2": MaxPool(3, 2),
        "conv3": Conv(384, 3, pad=1, activation=RELU),
        "conv4": Conv(384, 3, pad=1, groups=2, activation=RELU),
        "conv5": Conv(256, 3, pad=1, groups=2, activation=RELU),
        "pool5": MaxPool(3, 2),
    },
    # bvlc_reference_caffenet, of which are many others: the pools before the norms
    "caffenet": {
        "conv1": Conv(96, 11, stride=4, activation=RELU),
        "pool1": MaxPool(3, 2),
        "norm1": NORM,
        "conv2": Conv(256, 5, pad=2, groups=2, activation=RELU),
        "pool2": MaxPool(3, 2),
        "norm2": NORM,
        "conv3": Conv(384, 3, pad=1, activation=RELU),
        "conv4": Conv(384, 3, pad=1, groups=2, activation=RELU),
        "conv5": Conv(256, 3, pad=1, groups=2, activation=RELU),
        "pool5": MaxPool(3, 2),
    },
    # Krizhevsky 2014 ("One weird trick"): one column, no norms
    "torchvision": {
        "conv1": Conv(64, 11, stride=4, pad=2, activation=RELU),
        "pool1": MaxPool(3, 2),
        "conv2": Conv(192, 5, pad=2, activation=RELU),
        "pool2": MaxPool(3, 2),
        "conv3": Conv(384, 3, pad=1, activation=RELU),
        "conv4": Conv(256, 3, pad=1, activation=RELU),
        "conv5": Conv(256, 3, pad=1, activation=RELU),
        "pool5": MaxPool(3, 2),
    },
}
# the numbers that torchvision's `classifier` gives fc6, fc7 and fc8
TORCHVISION_DENSE = (1, 4, 6)


def alexnet(
    channels: int = 3, classes: int = 1000, size: tuple[int, int] | None = None, variant: str = ""
) -> Network:
    """AlexNet for inputs of size (height, width), the variant's own when left out.

    `fc8` are the logits, before the softmax.
    """
    variant = resolve_variant("alexnet", variant, tuple(SIZES))
    net = Builder("alexnet", (*(size or SIZES[variant]), channels), variant)
    for name, layer in FEATURES[variant].items():
        net.add(name, layer)
    net.add("flatten", Flatten())
    net.add("fc6", Dense(4096, activation=RELU))
    net.add("fc7", Dense(4096, activation=RELU))
    net.add("fc8", Dense(classes))
    if variant == "torchvision":
        net.aliases |= sequential_names(net.nodes, TORCHVISION_DENSE)
        # its average pool to 6 x 6 does nothing at 224 x 224
        net.aliases["avgpool"] = "pool5"
    return net.network()
