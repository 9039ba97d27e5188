"""Layers that bring maps to a size of their own in a Keras model's JSON: Resizing and crops."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from ...formats.checked_json import shown
from ...limits import MAX_RESIZED
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .entries import MODELS, Model
from .layer_operations import LayerOperations
from .options import Options

# classes of layers that resize their input, whatever its size
RESIZERS = ("Resizing", "CenterCrop", "RandomCrop")
# of a Resizing: other interpolations are not Keras's to the last digit
INTERPOLATIONS: dict[str, Literal["bilinear", "nearest"]] = {
    "bilinear": "bilinear",
    "nearest": "nearest",
}
ROUNDING = "round_prefer_ceil"
Fit = Literal["stretch", "fill", "crop"]
# those that may stand before: they leave the size as it is
BEFORE_RESIZERS = ("InputLayer", "Rescaling", "Normalization", *MODELS)


def resizing(layer: LayerOperations) -> None:
    options = layer.options
    fit: Fit = "fill" if options.flag("crop_to_aspect_ratio", False) else "stretch"
    interpolation = options.string("interpolation", "bilinear").lower()
    for key in ("pad_to_aspect_ratio", "antialias"):
        if options.flag(key, False):
            raise NotUnderstood(f"its {key} is true, which {REMEDY}")
    add_resized(layer, interpolation, fit)


# what to do about a Resizing that is not understood
REMEDY = (
    "is not understood: save the model without its Resizing (keras.Sequential(model.layers[1:])), "
    "and say with --resize how images come to its size"
)


def resize(layer: LayerOperations) -> None:
    """`image.resize` of Keras or TensorFlow."""
    options = layer.options
    height, width = options.pair("size")
    if options.flag("preserve_aspect_ratio", False):
        raise NotUnderstood("it keeps the aspect ratio, which is not understood")
    values = {**options.values, "height": height, "width": width}
    resizing(replace(layer, options=Options(options.layer, values)))


def center_crop(layer: LayerOperations) -> None:
    add_resized(layer, "bilinear", "crop")


def random_crop(layer: LayerOperations) -> None:
    """After training, Keras 2's resizes; Keras 3's does nothing."""
    if layer.options.keras2:
        add_resized(layer, "bilinear", "fill")
    else:
        layer.add(kinds.Idle(), layer.x)


def add_resized(layer: LayerOperations, interpolation: str, fit: Fit) -> None:
    options = layer.options
    height = options.integer("height", MAX_RESIZED)
    width = options.integer("width", MAX_RESIZED)
    if interpolation not in INTERPOLATIONS:
        raise NotUnderstood(f"its interpolation is {shown(interpolation)}, which {REMEDY}")
    kind = kinds.Resizing(
        options.channel_axis,
        INTERPOLATIONS[interpolation],
        rounding=ROUNDING,
        sizes=(height, width),
        fit=fit,
    )
    layer.add(kind, layer.x)


def up_sampling(layer: LayerOperations) -> None:
    options = layer.options
    interpolation = options.string("interpolation", "nearest").lower()
    if interpolation not in INTERPOLATIONS:
        raise NotUnderstood(f"its interpolation is {shown(interpolation)}, which is not understood")
    kind = kinds.Resizing(
        options.channel_axis,
        INTERPOLATIONS[interpolation],
        rounding=ROUNDING,
        scales=options.pair("size", 2),
    )
    layer.add(kind, layer.x)


def size_of_resizing(model: Model) -> tuple[int, int] | None:
    """The size to which a model brings its images before all else; None where it does not."""
    for entry in model.all_entries():
        if entry.class_name in RESIZERS:
            height = entry.options.integer("height", MAX_RESIZED)
            return height, entry.options.integer("width", MAX_RESIZED)
        if entry.class_name not in BEFORE_RESIZERS and not entry.class_name.startswith("Random"):
            return None
    return None
