"""Layers that bring maps to a size of their own in a Keras model's JSON: Resizing and crops."""

from __future__ import annotations

from collections.abc import Sequence

from ...formats.checked_json import shown
from ...limits import MAX_RESIZED
from ...network.layers import Identity, Resize
from .entries import MODELS, Model
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, only_map_shape

# classes of layers that resize their input, whatever its size
RESIZERS = ("Resizing", "CenterCrop", "RandomCrop")
# of a Resizing: other interpolations are not Keras's to the last digit
INTERPOLATIONS = ("bilinear", "nearest")
# those that may stand before: they leave the size as it is
BEFORE_RESIZERS = ("InputLayer", "Rescaling", "Normalization", *MODELS)


def resizing(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    fit = "fill" if options.flag("crop_to_aspect_ratio", False) else "stretch"
    interpolation = options.string("interpolation", "bilinear").lower()
    if interpolation not in INTERPOLATIONS:
        raise NotUnderstood(f"its interpolation is {shown(interpolation)}, which {REMEDY}")
    for key in ("pad_to_aspect_ratio", "antialias"):
        if options.flag(key, False):
            raise NotUnderstood(f"its {key} is true, which {REMEDY}")
    return resized(options, maps, interpolation, fit)


# what to do about a Resizing that is not understood
REMEDY = (
    "is not understood: save the model without its Resizing (keras.Sequential(model.layers[1:])), "
    "and say with --resize how images come to its size"
)


def resize(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """`image.resize` of Keras or TensorFlow."""
    height, width = options.pair("size")
    if options.flag("preserve_aspect_ratio", False):
        raise NotUnderstood(f"it is {options.layer} that keeps the proportions")
    values = {**options.values, "height": height, "width": width}
    return resizing(Options(options.layer, values), maps)


def center_crop(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    return resized(options, maps, "bilinear", "crop")


def random_crop(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """After training, Keras 2's resizes; Keras 3's does nothing."""
    if options.keras2:
        return resized(options, maps, "bilinear", "fill")
    return [Part(Identity())]


def resized(
    options: Options, maps: Sequence[FeatureMap], interpolation: str, fit: str
) -> list[Part]:
    only_map_shape(options, maps)
    height = options.integer("height", MAX_RESIZED)
    width = options.integer("width", MAX_RESIZED)
    return [Part(Resize(height, width, interpolation, fit))]


def size_of_resizing(model: Model) -> tuple[int, int] | None:
    """The size to which a model brings its images before all else; None where it does not."""
    for entry in model.all_entries():
        if entry.class_name in RESIZERS:
            height = entry.options.integer("height", MAX_RESIZED)
            return height, entry.options.integer("width", MAX_RESIZED)
        if entry.class_name not in BEFORE_RESIZERS and not entry.class_name.startswith("Random"):
            return None
    return None
