"""ResNet-50, -101 and -152 (He et al. 2016, table 1), by the layer names of Keras: stride in a block's first 1 x 1."""
from __future__ import annotations

from ..layers import RELU, Add, BatchNorm, Conv, Dense, GlobalAvgPool, MaxPool
from ..network import Builder, Network

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}     # in stages conv2 to conv5
EPSILON = 1.001e-5


def resnet(depth: int, channels: int = 3, classes: int = 1000, size: tuple[int, int] = (224, 224)) -> Network:
    """ResNet of that depth for inputs of size (height, width); `predictions` are the logits, before the softmax."""
    net = Builder(f"resnet{depth}", (*size, channels))
    net.folded |= {"conv1_pad": "conv1_conv", "pool1_pad": "pool1_pool"}
    net.add("conv1_conv", Conv(64, 7, stride=2, pad=3))
    net.add("conv1_bn", BatchNorm(EPSILON))
    net.add("conv1_relu", RELU)
    net.add("pool1_pool", MaxPool(3, 2, pad=1))
    for stage, blocks in enumerate(BLOCKS[depth], 2):
        for block in range(1, blocks + 1):
            stride = 2 if stage > 2 and block == 1 else 1
            bottleneck(net, f"conv{stage}_block{block}", 16 * 2 ** stage, stride, project=block == 1)
    net.add("avg_pool", GlobalAvgPool())
    net.add("predictions", Dense(classes))
    return net.network()


def bottleneck(net: Builder, name: str, filters: int, stride: int, project: bool) -> None:
    """A residual block (He et al. 2016, figure 5, right), its layers in the order in which Keras lists them."""
    entry = net.last
    net.add(f"{name}_1_conv", Conv(filters, 1, stride=stride))
    net.add(f"{name}_1_bn", BatchNorm(EPSILON))
    net.add(f"{name}_1_relu", RELU)
    net.add(f"{name}_2_conv", Conv(filters, 3, pad=1))
    net.add(f"{name}_2_bn", BatchNorm(EPSILON))
    relu = net.add(f"{name}_2_relu", RELU)
    shortcut = entry
    if project:
        shortcut = net.add(f"{name}_0_conv", Conv(4 * filters, 1, stride=stride), entry)
    branch = net.add(f"{name}_3_conv", Conv(4 * filters, 1), relu)
    if project:
        shortcut = net.add(f"{name}_0_bn", BatchNorm(EPSILON), shortcut)
    branch = net.add(f"{name}_3_bn", BatchNorm(EPSILON), branch)
    net.add(f"{name}_add", Add(), shortcut, branch)
    net.add(f"{name}_out", RELU)
