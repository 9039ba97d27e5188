"""The table of all classes of layers that are understood in a Keras model's JSON."""

from __future__ import annotations

from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .activations import RECTIFIERS, add_activation, add_rectifier, prelu, softmax
from .convolutions import conv2d, conv2d_transpose, dense, depthwise_conv2d, separable_conv2d
from .entries import Entry
from .formulas import add_formula
from .functions import add_function
from .layer_operations import LayerOperations
from .layer_variables import BATCH_NORMS
from .merges import concatenate, merge, scaled_sum
from .norms import (
    batch_norm,
    caffe_scale,
    group_normalization,
    layer_normalization,
    layer_scale,
    normalization,
    rescaling,
    rms_normalization,
    unit_normalization,
)
from .resizing import center_crop, random_crop, resizing, up_sampling
from .shapes import (
    Translation,
    cropping,
    flatten,
    global_pool,
    permute,
    pool,
    reshape,
    zero_padding,
)

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


def idle(layer: LayerOperations) -> None:
    layer.add(kinds.Idle(), layer.x)


CLASSES: dict[str, Translation] = {
    "Conv2D": conv2d,
    "Conv2DTranspose": conv2d_transpose,
    "DepthwiseConv2D": depthwise_conv2d,
    "SeparableConv2D": separable_conv2d,
    "Dense": dense,
    **dict.fromkeys(BATCH_NORMS, batch_norm),
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
    "Activation": add_activation,
    "Softmax": softmax,
    "PReLU": prelu,
    **{name: add_rectifier(name) for name in RECTIFIERS},
    "MaxPooling2D": pool("max"),
    "AveragePooling2D": pool("mean"),
    "GlobalAveragePooling2D": global_pool("mean"),
    "GlobalMaxPooling2D": global_pool("max"),
    "UpSampling2D": up_sampling,
    "ZeroPadding2D": zero_padding,
    "Cropping2D": cropping,
    "Flatten": flatten,
    "Permute": permute,
    "Reshape": reshape,
    "Add": merge("add"),
    "Subtract": merge("subtract"),
    "Average": merge("average"),
    "Maximum": merge("maximum"),
    "Minimum": merge("minimum"),
    "Multiply": merge("multiply"),
    "CustomScaleLayer": scaled_sum,
    "Concatenate": concatenate,
    "Resizing": resizing,
    "CenterCrop": center_crop,
    "RandomCrop": random_crop,
    **dict.fromkeys(INFERENCE_NOOPS, idle),
}


def add_layer(entry: Entry, layer: LayerOperations) -> None:
    """Adds the operations that a layer becomes.

    Raises NotUnderstood, and UserError for options that no Keras writes.
    """
    if entry.reason:
        raise NotUnderstood(entry.reason)
    if entry.formula is not None:
        add_formula(layer, entry.formula)
    elif entry.function:
        add_function(layer, entry.function)
    elif entry.class_name in CLASSES:
        CLASSES[entry.class_name](layer)
    else:
        raise NotUnderstood(f"its class is {entry.class_name}, which is not understood")
