"""AlexNet as Caffe's bvlc_alexnet has it (Krizhevsky et al. 2012) and as torchvision has it, by Caffe's layer names."""

from __future__ import annotations

from ..network.graph import Builder, Network
from ..network.layers import LRN, RELU, Conv, Dense, Flatten, MaxPool
from .variants import resolve_variant, sequential

NORM = LRN(depth=5, k=1.0, alpha=1e-4 / 5, beta=0.75)  # Caffe divides alpha by the depth
SIZES = {"caffe": (227, 227), "torchvision": (224, 224)}


def alexnet(
    channels: int = 3, classes: int = 1000, size: tuple[int, int] | None = None, variant: str = ""
) -> Network:
    """AlexNet for inputs of size (height, width), the variant's own when left out; `fc8` are the logits, before the softmax."""
    variant = resolve_variant("alexnet", variant)
    net = Builder("alexnet", (*(size or SIZES[variant]), channels), variant)
    if variant == "caffe":
        two_halves(net)
    else:
        one_column(net)
    net.add("pool5", MaxPool(3, 2))
    net.add("flatten", Flatten())
    net.add("fc6", Dense(4096, activation=RELU))
    net.add("fc7", Dense(4096, activation=RELU))
    net.add("fc8", Dense(classes))
    if variant == "torchvision":  # whose average pool to 6 x 6 does nothing at 224 x 224
        net.aliases |= {**sequential(net.nodes, (1, 4, 6)), "avgpool": "pool5"}
    return net.network()


def two_halves(net: Builder) -> None:
    """The convolutions of Krizhevsky et al. 2012, with the groups that two GPUs made, pools behind the norms."""
    net.add("conv1", Conv(96, 11, stride=4, activation=RELU))
    net.add("norm1", NORM)
    net.add("pool1", MaxPool(3, 2))
    net.add("conv2", Conv(256, 5, pad=2, groups=2, activation=RELU))
    net.add("norm2", NORM)
    net.add("pool2", MaxPool(3, 2))
    net.add("conv3", Conv(384, 3, pad=1, activation=RELU))
    net.add("conv4", Conv(384, 3, pad=1, groups=2, activation=RELU))
    net.add("conv5", Conv(256, 3, pad=1, groups=2, activation=RELU))


def one_column(net: Builder) -> None:
    """Those of Krizhevsky 2014 ("One weird trick"), as torchvision has them: no groups, no norms."""
    net.add("conv1", Conv(64, 11, stride=4, pad=2, activation=RELU))
    net.add("pool1", MaxPool(3, 2))
    net.add("conv2", Conv(192, 5, pad=2, activation=RELU))
    net.add("pool2", MaxPool(3, 2))
    net.add("conv3", Conv(384, 3, pad=1, activation=RELU))
    net.add("conv4", Conv(256, 3, pad=1, activation=RELU))
    net.add("conv5", Conv(256, 3, pad=1, activation=RELU))
