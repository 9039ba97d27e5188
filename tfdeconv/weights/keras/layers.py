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
from .convolutions import conv2d, conv2d_transpose, dense, depthwise_conv2d, separable_conv2d
from .entries import Entry
from .formulas import translate_formula
from .functions import translate_function
from .layouts import flatten, permute, with_channels_last
from .merges import concatenate, merge, scaled_sum
from .norms import (
    caffe_scale,
    group_normalization,
    layer_normalization,
    layer_scale,
    rms_normalization,
    unit_normalization,
)
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, Translation, only_input
from .resizing import center_crop, random_crop, resizing
from .scaling import batch_norm, normalization, rescaling
from .shapes import cropping, global_pool, pool, reshape, up_sampling, zero_padding

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
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHeight",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "AugMix",
    "RandAugment",
)


def noop(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    only_input(maps)
    return [Part(Identity())]


CLASSES: dict[str, Translation] = {
    "Conv2D": conv2d,
    "Conv2DTranspose": conv2d_transpose,
    "DepthwiseConv2D": depthwise_conv2d,
    "SeparableConv2D": separable_conv2d,
    "Dense": dense,
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization,
    # of TensorFlow Addons
    "Addons>GroupNormalization": group_normalization,
    "Addons>InstanceNormalization": group_normalization,
    "RMSNormalization": rms_normalization,
    "UnitNormalization": unit_normalization,
    "LayerScale": layer_scale,
    "Scale": caffe_scale,
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
    "UpSampling2D": up_sampling,
    "ZeroPadding2D": zero_padding,
    "Cropping2D": cropping,
    "Flatten": flatten,
    "Permute": permute,
    "Reshape": reshape,
    "Add": merge(Add()),
    "Subtract": merge(Subtract()),
    "Average": merge(Average()),
    "Maximum": merge(Maximum()),
    "Minimum": merge(Minimum()),
    "Multiply": merge(Multiply()),
    "CustomScaleLayer": scaled_sum,
    "Concatenate": concatenate,
    "Resizing": resizing,
    "CenterCrop": center_crop,
    "RandomCrop": random_crop,
    **dict.fromkeys(INFERENCE_NOOPS, noop),
}


def translate(entry: Entry, maps: Sequence[FeatureMap]) -> list[Part]:
    """The parts that a layer becomes.

    Raises NotUnderstood, and UserError for options that no Keras writes.
    """
    entry = with_channels_last(entry, maps)
    if entry.formula is not None:
        return translate_formula(entry.formula, maps)
    if entry.function:
        return translate_function(entry.function, maps)
    if entry.class_name not in CLASSES:
        raise NotUnderstood(f"its class is {entry.class_name}, which is not understood")
    if any(feature_map.plane for feature_map in maps):
        raise NotUnderstood("its input has no axis of channels")
    return CLASSES[entry.class_name](entry.options, maps)
