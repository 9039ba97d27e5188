"""ResNet-50, -101 and -152 (He et al. 2016, table 1), by Keras's layer names."""

from __future__ import annotations

from dataclasses import dataclass

from ..network.graph import Builder, Network
from ..network.layers import RELU, Activation, Add, BatchNorm, Conv, Dense, GlobalAvgPool, MaxPool
from .variants import resolve_variant

# {depth: blocks in each of the stages conv2 to conv5}
BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


@dataclass(frozen=True)
class Variant:
    """What the makers of ResNets do differently."""

    epsilon: float
    # whether a block's stride is in its 3 x 3 convolution, and not in its first 1 x 1
    stride_in_3x3: bool = False
    # whether the convolutions have biases
    bias: bool = True
    pool_pad: int = 1
    depths: tuple[int, ...] = tuple(BLOCKS)


# the first is what "" means
VARIANTS = {
    "keras": Variant(epsilon=1.001e-5),
    "torchvision": Variant(epsilon=1e-5, stride_in_3x3=True, bias=False),
    "keras2015": Variant(epsilon=1e-3, depths=(50,)),
    # before Keras 2.2.1
    "keras2015-unpadded": Variant(epsilon=1e-3, pool_pad=0, depths=(50,)),
}


def resnet_variants(depth: int) -> tuple[str, ...]:
    """The variants that there are of the ResNet of that depth, the usual one first."""
    return tuple(name for name, variant in VARIANTS.items() if depth in variant.depths)


def resnet(
    depth: int,
    channels: int = 3,
    classes: int = 1000,
    size: tuple[int, int] = (224, 224),
    variant: str = "",
) -> Network:
    """ResNet of depth 50, 101 or 152 for inputs of size (height, width).

    `predictions` are the logits, before the softmax.
    """
    variant = resolve_variant(f"resnet{depth}", variant, resnet_variants(depth))
    maker = VARIANTS[variant]
    net = Builder(f"resnet{depth}", (*size, channels), variant)
    net.folded["conv1_pad"] = "conv1_conv"
    if maker.pool_pad:
        net.folded["pool1_pad"] = "pool1_pool"
    net.add("conv1_conv", Conv(64, 7, stride=2, pad=3, bias=maker.bias))
    net.add("conv1_bn", BatchNorm(maker.epsilon))
    net.add("conv1_relu", RELU)
    net.add("pool1_pool", MaxPool(3, 2, pad=maker.pool_pad))
    for stage, blocks in enumerate(BLOCKS[depth], 2):
        filters = 16 * 2**stage
        for block in range(1, blocks + 1):
            first = block == 1
            stride = 2 if first and stage > 2 else 1
            bottleneck(net, maker, f"conv{stage}_block{block}", filters, stride, project=first)
    net.add("avg_pool", GlobalAvgPool())
    net.add("predictions", Dense(classes))
    if variant == "torchvision":
        net.aliases |= torchvision_names(depth)
    elif variant != "keras":
        net.aliases |= names_of_2015(net, depth)
    return net.network()


def bottleneck(
    net: Builder, maker: Variant, name: str, filters: int, stride: int, project: bool
) -> None:
    """A residual block (He et al. 2016, figure 5, right), in the order in which Keras lists it."""
    entry = net.last
    first_stride, middle_stride = (1, stride) if maker.stride_in_3x3 else (stride, 1)
    net.add(f"{name}_1_conv", Conv(filters, 1, stride=first_stride, bias=maker.bias))
    net.add(f"{name}_1_bn", BatchNorm(maker.epsilon))
    net.add(f"{name}_1_relu", RELU)
    net.add(f"{name}_2_conv", Conv(filters, 3, stride=middle_stride, pad=1, bias=maker.bias))
    net.add(f"{name}_2_bn", BatchNorm(maker.epsilon))
    relu = net.add(f"{name}_2_relu", RELU)
    shortcut = entry
    if project:
        projection = Conv(4 * filters, 1, stride=stride, bias=maker.bias)
        shortcut = net.add(f"{name}_0_conv", projection, entry)
    branch = net.add(f"{name}_3_conv", Conv(4 * filters, 1, bias=maker.bias), relu)
    if project:
        shortcut = net.add(f"{name}_0_bn", BatchNorm(maker.epsilon), shortcut)
    branch = net.add(f"{name}_3_bn", BatchNorm(maker.epsilon), branch)
    net.add(f"{name}_add", Add(), shortcut, branch)
    net.add(f"{name}_out", RELU)


def torchvision_names(depth: int) -> dict[str, str]:
    """{torchvision's module: layer}; the module of a block or of a stage is its output."""
    names = {
        "conv1": "conv1_conv",
        "bn1": "conv1_bn",
        "relu": "conv1_relu",
        "maxpool": "pool1_pool",
    }
    for stage, blocks in enumerate(BLOCKS[depth], 1):
        for block in range(blocks):
            module = f"layer{stage}.{block}"
            name = f"conv{stage + 1}_block{block + 1}"
            for i in (1, 2, 3):
                names[f"{module}.conv{i}"] = f"{name}_{i}_conv"
                names[f"{module}.bn{i}"] = f"{name}_{i}_bn"
            if block == 0:
                names[f"{module}.downsample.0"] = f"{name}_0_conv"
                names[f"{module}.downsample.1"] = f"{name}_0_bn"
            names[module] = f"{name}_out"
            names[f"layer{stage}"] = f"{name}_out"
    return names | {"avgpool": "avg_pool", "fc": "predictions"}


def names_of_2015(net: Builder, depth: int) -> dict[str, str]:
    """{name: layer} of Keras's first ResNet50, of 2015 to 2018.

    The names are those of the authors, with numbers where the authors gave none.
    """
    names = {
        "conv1": "conv1_conv",
        "bn_conv1": "conv1_bn",
        "fc1000": "predictions",
        "max_pooling2d_1": "pool1_pool",
    }
    for stage, blocks in enumerate(BLOCKS[depth], 2):
        for block in range(blocks):
            name = f"conv{stage}_block{block + 1}"
            branches = {"2a": 1, "2b": 2, "2c": 3}
            if block == 0:
                branches["1"] = 0
            for branch, i in branches.items():
                old = f"{stage}{'abcdef'[block]}_branch{branch}"
                names[f"res{old}"] = f"{name}_{i}_conv"
                names[f"bn{old}"] = f"{name}_{i}_bn"
    activations = [node.name for node in net.nodes if isinstance(node.layer, Activation)]
    sums = [node.name for node in net.nodes if isinstance(node.layer, Add)]
    for i, name in enumerate(activations, 1):
        names[f"activation_{i}"] = name
    for i, name in enumerate(sums, 1):
        names[f"add_{i}"] = name
    return names
