"""Who made a file of a ResNet by its authors' names, and what that maker's networks are like."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ...data.preprocessing import Preprocessing, caffe, short_side
from ...network.base import Pad
from ...zoo.resnet import CEILED, VARIANTS

# Mask R-CNN's mean of its images, rgb: mrcnn/config.py, MEAN_PIXEL
MASK_RCNN_MEAN = (123.7, 116.8, 103.9)
CAFFE_PIXELS = "BGR less 103.939, 116.779, 123.68"
PADDED = {0: "not padded", "same": "padded as `same`", CEILED: "padded at its end, as Caffe does"}
# heads of detection models
DETECTION = ("mrcnn_", "rpn_", "fpn_")


@dataclass(frozen=True)
class Maker:
    """A maker of such files."""

    # of which variant in zoo.resnet its networks are
    variant: str
    # in words, as in "as NAME has it"
    name: str
    # variants that a user may have to choose instead
    others: tuple[str, ...] = ()
    pixels: str = CAFFE_PIXELS


@dataclass(frozen=True)
class Signs:
    """What a file shows of its maker."""

    depth: str
    has_bias: bool
    has_scale: bool
    is_keras: bool
    # names of all layers, those without parameters too
    names: Collection[str]

    @property
    def is_detection(self) -> bool:
        """Whether it has heads of a detection model."""
        return any(name.startswith(DETECTION) for name in self.names)


MAKERS = {
    "caffe": Maker("caffe", "Caffe"),
    "scale": Maker("scale", "cnn_finetune, Keras 1", ("scale-same", "scale-padded")),
    "keras-resnet": Maker("keras-resnet", "keras-resnet 0.2", ("keras-resnet-0.1",)),
    "keras-resnet-0.1": Maker("keras-resnet-0.1", "keras-resnet 0.1", ("keras-resnet",)),
    "mask-rcnn": Maker("mask-rcnn", "Mask R-CNN", (), "RGB less 123.7, 116.8, 103.9"),
    "keras2015": Maker("keras2015", "Keras since 2.2.1", ("keras2015-unpadded",)),
    "keras2015-unpadded": Maker("keras2015-unpadded", "Keras before 2.2.1", ("keras2015",)),
    "scale-same": Maker("scale-same", "cnn_finetune's successors", ("scale", "scale-padded")),
    "scale-padded": Maker("scale-padded", "cnn_finetune's successors", ("scale", "scale-same")),
}


def usual_variant(signs: Signs) -> str:
    """The variant of the maker to whom the signs point."""
    if signs.has_bias:
        is_first = signs.depth == "resnet50" and not signs.is_detection
        return "keras2015" if is_first else "mask-rcnn"
    if signs.has_scale:
        return "scale"
    if not signs.is_keras:
        return "caffe"
    return "keras-resnet-0.1" if "padding_conv1" in signs.names else "keras-resnet"


def variants_for(depth: str, has_bias: bool) -> list[str]:
    """The variants whose convolutions have biases, or none, as the file's."""
    fitting = []
    for variant in MAKERS:
        maker = VARIANTS[variant]
        if maker.bias == has_bias and depth in maker.networks:
            fitting.append(variant)
    return fitting


def assumptions(variant: str) -> str:
    """All that a file cannot tell, in a line."""
    maker, design = MAKERS[variant], VARIANTS[variant]
    biases = "with" if design.bias else "without"
    conv1, pool1 = padding(design.conv1_pad), padding(design.pool_pad)
    remedies = " or ".join(f"--variant {other}" for other in maker.others)
    return (
        f"assumed, as {maker.name} has it: convolutions {biases} biases, norms of epsilon "
        f"{design.epsilon:g}, a stage's stride in its first 1 x 1, conv1 {conv1}, pool1 {pool1}, "
        f"pixels {maker.pixels} (change them with --preprocess)"
        f"{remedies and f'; {remedies} for other files'}"
    )


def padding(pad: Pad) -> str:
    """A pad in words."""
    return PADDED.get(pad, f"padded by {pad}")


def pixels(variant: str, size: tuple[int, int], channels: int) -> Preprocessing:
    """How the maker's images become its networks' input."""
    if variant == "mask-rcnn" and channels == 3:
        return Preprocessing("rgb", size, short_side(size), MASK_RCNN_MEAN)
    return caffe(size, channels)
