"""AlexNet (Krizhevsky et al. 2012) as Caffe's bvlc_alexnet has it, by Caffe's layer names."""
from __future__ import annotations

from ..layers import LRN, RELU, Conv, Dense, Flatten, MaxPool
from ..network import Builder, Network

NORM = LRN(depth=5, k=1.0, alpha=1e-4 / 5, beta=0.75)           # Caffe divides alpha by the depth


def alexnet(channels: int = 3, classes: int = 1000, size: tuple[int, int] = (227, 227)) -> Network:
    """AlexNet for inputs of size (height, width); `fc8` are the logits, before the softmax."""
    net = Builder("alexnet", (*size, channels))
    net.add("conv1", Conv(96, 11, stride=4, activation=RELU))
    net.add("norm1", NORM)
    net.add("pool1", MaxPool(3, 2))
    net.add("conv2", Conv(256, 5, pad=2, groups=2, activation=RELU))
    net.add("norm2", NORM)
    net.add("pool2", MaxPool(3, 2))
    net.add("conv3", Conv(384, 3, pad=1, activation=RELU))
    net.add("conv4", Conv(384, 3, pad=1, groups=2, activation=RELU))
    net.add("conv5", Conv(256, 3, pad=1, groups=2, activation=RELU))
    net.add("pool5", MaxPool(3, 2))
    net.add("flatten", Flatten())
    net.add("fc6", Dense(4096, activation=RELU))
    net.add("fc7", Dense(4096, activation=RELU))
    net.add("fc8", Dense(classes))
    return net.network()
