"""ResNets by Keras's layer names: He et al. 2016, table 1, and torchvision's of other widths."""

from __future__ import annotations

from dataclasses import dataclass

from ..network.graph import Builder, Network
from ..network.layers import RELU, Activation, Add, BatchNorm, Conv, Dense, GlobalAvgPool, MaxPool
from .variants import resolve_variant


@dataclass(frozen=True)
class Design:
    """What tells the ResNets of one maker apart."""

    # in each of the stages conv2 to conv5
    blocks: tuple[int, ...]
    # whether a block is 1 x 1, 3 x 3, 1 x 1 (a bottleneck), and not 3 x 3, 3 x 3
    bottleneck: bool = True
    # of a bottleneck's 3 x 3 convolution (Xie et al. 2017), and the width of each in conv2
    groups: int = 1
    group_width: int = 64

    @property
    def expansion(self) -> int:
        """Filters of a block's last convolution, as a multiple of the stage's."""
        return 4 if self.bottleneck else 1


DESIGNS = {
    "resnet18": Design((2, 2, 2, 2), bottleneck=False),
    "resnet34": Design((3, 4, 6, 3), bottleneck=False),
    "resnet50": Design((3, 4, 6, 3)),
    "resnet101": Design((3, 4, 23, 3)),
    "resnet152": Design((3, 8, 36, 3)),
    # Xie et al. 2017
    "resnext50_32x4d": Design((3, 4, 6, 3), groups=32, group_width=4),
    "resnext101_32x8d": Design((3, 4, 23, 3), groups=32, group_width=8),
    "resnext101_64x4d": Design((3, 4, 23, 3), groups=64, group_width=4),
    # Zagoruyko & Komodakis 2016: the 3 x 3 convolutions twice as wide
    "wide_resnet50_2": Design((3, 4, 6, 3), group_width=128),
    "wide_resnet101_2": Design((3, 4, 23, 3), group_width=128),
}
# those that others than torchvision have
CLASSIC = ("resnet50", "resnet101", "resnet152")


@dataclass(frozen=True)
class Variant:
    """What the makers of ResNets do differently."""

    epsilon: float
    # whether a bottleneck's stride is in its 3 x 3 convolution, and not in its first 1 x 1
    stride_in_3x3: bool = False
    # whether the convolutions have biases
    bias: bool = True
    pool_pad: int = 1
    networks: tuple[str, ...] = CLASSIC


# the first is what "" means
VARIANTS = {
    "keras": Variant(epsilon=1.001e-5),
    "torchvision": Variant(epsilon=1e-5, stride_in_3x3=True, bias=False, networks=tuple(DESIGNS)),
    "keras2015": Variant(epsilon=1e-3, networks=("resnet50",)),
    # before Keras 2.2.1
    "keras2015-unpadded": Variant(epsilon=1e-3, pool_pad=0, networks=("resnet50",)),
}


def resnet_variants(name: str) -> tuple[str, ...]:
    """The variants that there are of the ResNet of that name, the usual one first."""
    return tuple(variant for variant, maker in VARIANTS.items() if name in maker.networks)


def resnet(
    name: str,
    channels: int = 3,
    classes: int = 1000,
    size: tuple[int, int] = (224, 224),
    variant: str = "",
) -> Network:
    """The ResNet of that name, one of DESIGNS, for inputs of size (height, width).

    `predictions` are the logits, before the softmax.
    """
    variant = resolve_variant(name, variant, resnet_variants(name))
    maker = VARIANTS[variant]
    design = DESIGNS[name]
    net = Builder(name, (*size, channels), variant)
    net.folded["conv1_pad"] = "conv1_conv"
    if maker.pool_pad:
        net.folded["pool1_pad"] = "pool1_pool"
    net.add("conv1_conv", Conv(64, 7, stride=2, pad=3, bias=maker.bias))
    net.add("conv1_bn", BatchNorm(maker.epsilon))
    net.add("conv1_relu", RELU)
    net.add("pool1_pool", MaxPool(3, 2, pad=maker.pool_pad))
    channels = 64
    for stage, blocks in enumerate(design.blocks, 2):
        filters = 16 * 2**stage
        for block in range(1, blocks + 1):
            stride = 2 if block == 1 and stage > 2 else 1
            convolutions = block_convolutions(design, maker, filters, stride)
            projection = None
            if stride > 1 or channels != convolutions[-1].filters:
                channels = convolutions[-1].filters
                projection = Conv(channels, 1, stride=stride, bias=maker.bias)
            residual_block(net, maker, f"conv{stage}_block{block}", convolutions, projection)
    net.add("avg_pool", GlobalAvgPool())
    net.add("predictions", Dense(classes))
    if variant == "torchvision":
        net.aliases |= torchvision_names(net, design)
    elif variant != "keras":
        net.aliases |= names_of_2015(net, design)
    return net.network()


def block_convolutions(design: Design, maker: Variant, filters: int, stride: int) -> list[Conv]:
    """The convolutions of a residual block's branch (He et al. 2016, figure 5).

    filters: those of the stage, 64 in conv2.
    """
    if not design.bottleneck:
        return [
            Conv(filters, 3, stride=stride, pad=1, bias=maker.bias),
            Conv(filters, 3, pad=1, bias=maker.bias),
        ]
    width = filters * design.group_width // 64 * design.groups
    first, middle = (1, stride) if maker.stride_in_3x3 else (stride, 1)
    return [
        Conv(width, 1, stride=first, bias=maker.bias),
        Conv(width, 3, stride=middle, pad=1, groups=design.groups, bias=maker.bias),
        Conv(filters * design.expansion, 1, bias=maker.bias),
    ]


def residual_block(
    net: Builder, maker: Variant, name: str, convolutions: list[Conv], projection: Conv | None
) -> None:
    """A residual block in the order in which Keras lists it; no projection: the input is added."""
    shortcut = net.last
    for i, convolution in enumerate(convolutions[:-1], 1):
        net.add(f"{name}_{i}_conv", convolution)
        net.add(f"{name}_{i}_bn", BatchNorm(maker.epsilon))
        net.add(f"{name}_{i}_relu", RELU)
    relu = net.last
    last = len(convolutions)
    if projection:
        shortcut = net.add(f"{name}_0_conv", projection, shortcut)
    branch = net.add(f"{name}_{last}_conv", convolutions[-1], relu)
    if projection:
        shortcut = net.add(f"{name}_0_bn", BatchNorm(maker.epsilon), shortcut)
    branch = net.add(f"{name}_{last}_bn", BatchNorm(maker.epsilon), branch)
    net.add(f"{name}_add", Add(), shortcut, branch)
    net.add(f"{name}_out", RELU)


def torchvision_names(net: Builder, design: Design) -> dict[str, str]:
    """{torchvision's module: layer}; the module of a block or of a stage is its output."""
    names = {
        "conv1": "conv1_conv",
        "bn1": "conv1_bn",
        "relu": "conv1_relu",
        "maxpool": "pool1_pool",
    }
    layers = {node.name for node in net.nodes}
    # of a block's branch
    convolutions = range(1, 4 if design.bottleneck else 3)
    for stage, blocks in enumerate(design.blocks, 1):
        for block in range(blocks):
            module = f"layer{stage}.{block}"
            name = f"conv{stage + 1}_block{block + 1}"
            for i in convolutions:
                names[f"{module}.conv{i}"] = f"{name}_{i}_conv"
                names[f"{module}.bn{i}"] = f"{name}_{i}_bn"
            if f"{name}_0_conv" in layers:
                names[f"{module}.downsample.0"] = f"{name}_0_conv"
                names[f"{module}.downsample.1"] = f"{name}_0_bn"
            names[module] = f"{name}_out"
            names[f"layer{stage}"] = f"{name}_out"
    return names | {"avgpool": "avg_pool", "fc": "predictions"}


def names_of_2015(net: Builder, design: Design) -> dict[str, str]:
    """{name: layer} of Keras's first ResNet50, of 2015 to 2018.

    The names are those of the authors, with numbers where the authors gave none.
    """
    names = {
        "conv1": "conv1_conv",
        "bn_conv1": "conv1_bn",
        "fc1000": "predictions",
        "max_pooling2d_1": "pool1_pool",
    }
    for stage, blocks in enumerate(design.blocks, 2):
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
