"""The table of all classes of layers that are understood in a Keras model's JSON."""

from __future__ import annotations

from collections.abc import Sequence

from ...network.layers import (
    Add,
    Average,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    Identity,
    Maximum,
    MaxPool,
    Minimum,
    Multiply,
    Subtract,
)
from .activations import RECTIFIERS, activation, prelu, rectifier, softmax
from .convolutions import conv2d, dense, depthwise_conv2d, separable_conv2d
from .entries import Entry
from .merges import concatenate, merge, scaled_sum
from .norms import (
    group_normalization,
    layer_normalization,
    layer_scale,
    rms_normalization,
    unit_normalization,
)
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, Translation, only_input
from .scaling import arithmetic, batch_norm, normalization, rescaling
from .shapes import cropping, flatten, global_pool, pool, reshape, zero_padding

# layers that do nothing once the training is over
INFERENCE_NOOPS = (
    "Identity",
    "Dropout",
    "SpatialDropout2D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ActivityRegularization",
    # of ConvNeXt, and of the package efficientnet
    "StochasticDepth",
    "FixedDropout",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomContrast",
    "RandomBrightness",
)


def noop(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    only_input(maps)
    return [Part(Identity())]


CLASSES: dict[str, Translation] = {
    "Conv2D": conv2d,
    "DepthwiseConv2D": depthwise_conv2d,
    "SeparableConv2D": separable_conv2d,
    "Dense": dense,
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization,
    "RMSNormalization": rms_normalization,
    "UnitNormalization": unit_normalization,
    "LayerScale": layer_scale,
    "Rescaling": rescaling,
    "Normalization": normalization,
    "Activation": activation,
    "Softmax": softmax,
    "PReLU": prelu,
    **{name: rectifier(name) for name in RECTIFIERS},
    "MaxPooling2D": pool(MaxPool),
    "AveragePooling2D": pool(AvgPool),
    "GlobalAveragePooling2D": global_pool(GlobalAvgPool),
    "GlobalMaxPooling2D": global_pool(GlobalMaxPool),
    "ZeroPadding2D": zero_padding,
    "Cropping2D": cropping,
    "Flatten": flatten,
    "Reshape": reshape,
    "Add": merge(Add()),
    "Subtract": merge(Subtract()),
    "Average": merge(Average()),
    "Maximum": merge(Maximum()),
    "Minimum": merge(Minimum()),
    "Multiply": merge(Multiply()),
    "CustomScaleLayer": scaled_sum,
    "Concatenate": concatenate,
    **dict.fromkeys(INFERENCE_NOOPS, noop),
}
# functions of Keras's (`x + y`) that do what the layers of their names do
OPERATIONS = ("Add", "Multiply")


def translate(entry: Entry, maps: Sequence[FeatureMap]) -> list[Part]:
    """The parts that a layer becomes.

    Raises NotUnderstood, and UserError for options that no Keras writes.
    """
    has_number = len(entry.tensors) < len(entry.inputs)
    if has_number or (entry.operation and len(maps) == 1):
        return arithmetic(entry.class_name, entry.inputs, maps[0].shape[2])
    if entry.class_name not in CLASSES or (entry.operation and entry.class_name not in OPERATIONS):
        raise NotUnderstood(f"its class is {entry.class_name}, which is not understood")
    return CLASSES[entry.class_name](entry.options, maps)
