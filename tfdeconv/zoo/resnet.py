"""ResNet-50, -101 and -152 (He et al. 2016, table 1), by the layer names of Keras, whose strides are in a block's first 1 x 1."""

from __future__ import annotations

from dataclasses import dataclass

from ..network.graph import Builder, Network
from ..network.layers import RELU, Activation, Add, BatchNorm, Conv, Dense, GlobalAvgPool, MaxPool
from .variants import resolve_variant

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}  # in stages conv2 to conv5


@dataclass(frozen=True)
class Variant:
    """What the makers of ResNets do differently."""

    epsilon: float
    middle: bool = False  # whether a block's stride is in its 3 x 3
    bias: bool = True  # of the convolutions
    pool_pad: int = 1


VARIANTS = {
    "keras": Variant(1.001e-5),
    "torchvision": Variant(1e-5, middle=True, bias=False),
    "keras2015": Variant(1e-3),
    "keras2015-unpadded": Variant(1e-3, pool_pad=0),  # before Keras 2.2.1
}


def resnet(
    depth: int,
    channels: int = 3,
    classes: int = 1000,
    size: tuple[int, int] = (224, 224),
    variant: str = "",
) -> Network:
    """ResNet of that depth for inputs of size (height, width); `predictions` are the logits, before the softmax."""
    variant = resolve_variant(f"resnet{depth}", variant)
    net, maker = Builder(f"resnet{depth}", (*size, channels), variant), VARIANTS[variant]
    net.folded["conv1_pad"] = "conv1_conv"
    if maker.pool_pad:
        net.folded["pool1_pad"] = "pool1_pool"
    net.add("conv1_conv", Conv(64, 7, stride=2, pad=3, bias=maker.bias))
    net.add("conv1_bn", BatchNorm(maker.epsilon))
    net.add("conv1_relu", RELU)
    net.add("pool1_pool", MaxPool(3, 2, pad=maker.pool_pad))
    for stage, blocks in enumerate(BLOCKS[depth], 2):
        for block in range(1, blocks + 1):
            stride = 2 if stage > 2 and block == 1 else 1
            bottleneck(
                net, maker, f"conv{stage}_block{block}", 16 * 2**stage, stride, project=block == 1
            )
    net.add("avg_pool", GlobalAvgPool())
    net.add("predictions", Dense(classes))
    if variant != "keras":
        net.aliases |= (
            torchvision_names(depth) if variant == "torchvision" else names_of_2015(net, depth)
        )
    return net.network()


def bottleneck(
    net: Builder, maker: Variant, name: str, filters: int, stride: int, project: bool
) -> None:
    """A residual block (He et al. 2016, figure 5, right), its layers in the order in which Keras lists them."""
    entry = net.last
    first, middle = (1, stride) if maker.middle else (stride, 1)
    net.add(f"{name}_1_conv", Conv(filters, 1, stride=first, bias=maker.bias))
    net.add(f"{name}_1_bn", BatchNorm(maker.epsilon))
    net.add(f"{name}_1_relu", RELU)
    net.add(f"{name}_2_conv", Conv(filters, 3, stride=middle, pad=1, bias=maker.bias))
    net.add(f"{name}_2_bn", BatchNorm(maker.epsilon))
    relu = net.add(f"{name}_2_relu", RELU)
    shortcut = entry
    if project:
        shortcut = net.add(
            f"{name}_0_conv", Conv(4 * filters, 1, stride=stride, bias=maker.bias), entry
        )
    branch = net.add(f"{name}_3_conv", Conv(4 * filters, 1, bias=maker.bias), relu)
    if project:
        shortcut = net.add(f"{name}_0_bn", BatchNorm(maker.epsilon), shortcut)
    branch = net.add(f"{name}_3_bn", BatchNorm(maker.epsilon), branch)
    net.add(f"{name}_add", Add(), shortcut, branch)
    net.add(f"{name}_out", RELU)


def torchvision_names(depth: int) -> dict[str, str]:
    """Torchvision's modules by the names they have there; a block and a stage are their outputs."""
    found = {
        "conv1": "conv1_conv",
        "bn1": "conv1_bn",
        "relu": "conv1_relu",
        "maxpool": "pool1_pool",
    }
    for stage, blocks in enumerate(BLOCKS[depth], 1):
        for block in range(blocks):
            module, name = f"layer{stage}.{block}", f"conv{stage + 1}_block{block + 1}"
            found |= {
                f"{module}.{kind}{i}": f"{name}_{i}_{kind}"
                for i in (1, 2, 3)
                for kind in ("conv", "bn")
            }
            if not block:
                found |= {
                    f"{module}.downsample.0": f"{name}_0_conv",
                    f"{module}.downsample.1": f"{name}_0_bn",
                }
            found |= {module: f"{name}_out", f"layer{stage}": f"{name}_out"}
    return found | {"avgpool": "avg_pool", "fc": "predictions"}


def names_of_2015(net: Builder, depth: int) -> dict[str, str]:
    """The names of Keras's first ResNet50, of 2015 to 2018: those of the authors, numbers where they gave none."""
    found = {
        "conv1": "conv1_conv",
        "bn_conv1": "conv1_bn",
        "fc1000": "predictions",
        "max_pooling2d_1": "pool1_pool",
    }
    for stage, blocks in enumerate(BLOCKS[depth], 2):
        for block in range(blocks):
            old, name = f"{stage}{'abcdef'[block]}_branch", f"conv{stage}_block{block + 1}"
            for branch, i in ({"2a": 1, "2b": 2, "2c": 3} | ({} if block else {"1": 0})).items():
                found |= {
                    f"res{old}{branch}": f"{name}_{i}_conv",
                    f"bn{old}{branch}": f"{name}_{i}_bn",
                }
    for kind, old in ((Activation, "activation"), (Add, "add")):
        found |= {
            f"{old}_{i}": node.name
            for i, node in enumerate((n for n in net.nodes if isinstance(n.layer, kind)), 1)
        }
    return found
