"""ResNets by Keras's layer names: He et al. 2016, table 1, and torchvision's of other widths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..network.base import Pad
from ..network.graph import Builder, Network
from ..network.layers import RELU, Add, BatchNorm, Conv, Dense, GlobalAvgPool, MaxPool
from .resnet_names import authors_names, names_of_2015, slim_names, torchvision_names
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


Names = Callable[[Builder, tuple[int, ...]], dict[str, str]]
# Caffe's pools end behind the map where the last window would otherwise not fit
CEILED = ((0, 1), (0, 1))


@dataclass(frozen=True)
class Variant:
    """What the makers of ResNets do differently."""

    epsilon: float
    # whether a bottleneck's stride is in its 3 x 3 convolution, and not in its first 1 x 1
    stride_in_3x3: bool = False
    # whether a stage's stride is in its last block, whose shortcut takes every second cell
    stride_last: bool = False
    # whether conv4 and conv5 have dilation for stride, as in networks for segmentation
    dilated: bool = False
    # whether the convolutions have biases
    bias: bool = True
    conv1_pad: Pad = 3
    pool_pad: Pad = 1
    networks: tuple[str, ...] = CLASSIC
    # names(builder, blocks of each stage) -> {the maker's name: layer}
    names: Names | None = authors_names


# the first is what "" means
VARIANTS = {
    "keras": Variant(epsilon=1.001e-5, names=None),
    "torchvision": Variant(
        epsilon=1e-5,
        stride_in_3x3=True,
        bias=False,
        networks=tuple(DESIGNS),
        names=torchvision_names,
    ),
    # torchvision's segmentation.fcn and .deeplabv3: replace_stride_with_dilation
    "torchvision-dilated": Variant(
        epsilon=1e-5, stride_in_3x3=True, dilated=True, bias=False, names=torchvision_names
    ),
    # Caffe's weights by torch's names: github.com/ruotianluo/pytorch-resnet
    "caffe-torch": Variant(epsilon=1e-5, bias=False, pool_pad=CEILED, names=torchvision_names),
    # the same in detection models: github.com/facebookresearch/detectron2, mmdetection's "caffe"
    "detectron": Variant(epsilon=1e-5, bias=False, names=torchvision_names),
    "keras2015": Variant(epsilon=1e-3, networks=("resnet50",), names=names_of_2015),
    # before Keras 2.2.1
    "keras2015-unpadded": Variant(
        epsilon=1e-3, pool_pad=0, networks=("resnet50",), names=names_of_2015
    ),
    # the authors' own: github.com/KaimingHe/deep-residual-networks
    "caffe": Variant(epsilon=1e-5, bias=False, pool_pad=CEILED),
    # Keras 1, norms followed by Scale layers: github.com/flyyufelix/cnn_finetune, resnet_101.py
    "scale": Variant(epsilon=1.1e-5, bias=False, pool_pad=0),
    # the same, as others passed it on for Keras 2
    "scale-same": Variant(epsilon=1.1e-5, bias=False, pool_pad="same"),
    "scale-padded": Variant(epsilon=1.1e-5, bias=False, pool_pad=1),
    # github.com/broadinstitute/keras-resnet 0.2, and as it was up to 0.1
    "keras-resnet": Variant(epsilon=1e-5, bias=False, conv1_pad="same", pool_pad="same"),
    "keras-resnet-0.1": Variant(epsilon=1e-5, bias=False, pool_pad="same"),
    # github.com/matterport/Mask_RCNN, mrcnn/model.py
    "mask-rcnn": Variant(epsilon=1e-3, pool_pad="same"),
    # TensorFlow Models, research/slim/nets/resnet_v1.py
    "slim": Variant(
        epsilon=1e-5,
        stride_in_3x3=True,
        stride_last=True,
        bias=False,
        pool_pad="same",
        names=slim_names,
    ),
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
    net.add("conv1_conv", Conv(64, 7, stride=2, pad=maker.conv1_pad, bias=maker.bias))
    net.add("conv1_bn", BatchNorm(maker.epsilon))
    net.add("conv1_relu", RELU)
    net.add("pool1_pool", MaxPool(3, 2, pad=maker.pool_pad))
    channels = 64
    for stage, blocks in enumerate(design.blocks, 2):
        filters = 16 * 2**stage
        for block in range(1, blocks + 1):
            stride = block_stride(maker, stage, block, blocks)
            dilation = block_dilation(maker, stage, block)
            convolutions = block_convolutions(design, maker, filters, stride, dilation)
            shortcut: Conv | MaxPool | None = None
            if channels != convolutions[-1].filters or (stride > 1 and not maker.stride_last):
                channels = convolutions[-1].filters
                shortcut = Conv(channels, 1, stride=stride, bias=maker.bias)
            elif stride > 1:
                shortcut = MaxPool(1, stride)
            residual_block(net, maker, f"conv{stage}_block{block}", convolutions, shortcut)
    net.add("avg_pool", GlobalAvgPool())
    net.add("predictions", Dense(classes))
    if maker.names:
        net.aliases |= maker.names(net, design.blocks)
    return net.network()


def block_stride(maker: Variant, stage: int, block: int, blocks: int) -> int:
    """The stride of a block, counted from 1, of so many in its stage, 2 to 5."""
    if maker.stride_last:
        return 2 if stage < 5 and block == blocks else 1
    if maker.dilated and stage > 3:
        return 1
    return 2 if stage > 2 and block == 1 else 1


def block_dilation(maker: Variant, stage: int, block: int) -> int:
    """The dilation of a block, counted from 1; the first of a stage has that of the one before."""
    if not maker.dilated or stage < 4:
        return 1
    dilation = 2 ** (stage - 3)
    return dilation // 2 if block == 1 else dilation


def block_convolutions(
    design: Design, maker: Variant, filters: int, stride: int, dilation: int
) -> list[Conv]:
    """The convolutions of a residual block's branch (He et al. 2016, figure 5).

    filters: those of the stage, 64 in conv2. dilation: of a bottleneck's 3 x 3 convolution.
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
        Conv(
            width,
            3,
            stride=middle,
            pad=dilation,
            dilation=dilation,
            groups=design.groups,
            bias=maker.bias,
        ),
        Conv(filters * design.expansion, 1, bias=maker.bias),
    ]


def residual_block(
    net: Builder,
    maker: Variant,
    name: str,
    convolutions: list[Conv],
    shortcut: Conv | MaxPool | None,
) -> None:
    """A residual block in the order in which Keras lists it; no shortcut: the input is added."""
    skip = net.last
    for i, convolution in enumerate(convolutions[:-1], 1):
        net.add(f"{name}_{i}_conv", convolution)
        net.add(f"{name}_{i}_bn", BatchNorm(maker.epsilon))
        net.add(f"{name}_{i}_relu", RELU)
    relu = net.last
    last = len(convolutions)
    if isinstance(shortcut, Conv):
        skip = net.add(f"{name}_0_conv", shortcut, skip)
    elif shortcut:
        skip = net.add(f"{name}_0_pool", shortcut, skip)
    branch = net.add(f"{name}_{last}_conv", convolutions[-1], relu)
    if isinstance(shortcut, Conv):
        skip = net.add(f"{name}_0_bn", BatchNorm(maker.epsilon), skip)
    branch = net.add(f"{name}_{last}_bn", BatchNorm(maker.epsilon), branch)
    net.add(f"{name}_add", Add(), skip, branch)
    net.add(f"{name}_out", RELU)
