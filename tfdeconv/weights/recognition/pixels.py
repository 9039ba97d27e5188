"""How pixels become the input of a network whose file has tensors alone, by who named them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...data.preprocessing import MEAN_BGR, Preprocessing, caffe, short_side, torch
from ...network.graph import Network
from ..notes import PixelNote
from .conventions import Match

# variants whose pixels are Caffe's
CAFFE_PIXELS = ("caffe-torch", "detectron")
# TensorFlow Models, research/slim/preprocessing/vgg_preprocessing.py, rgb
SLIM_MEAN = (123.68, 116.78, 103.94)


def rgb_less(mean: tuple[float, ...], size: tuple[int, int]) -> Preprocessing:
    """RGB less a mean, rgb."""
    return Preprocessing("rgb", size, short_side(size), mean)


# by a convention's `preprocessing`: what it is for an input's size, and in words
PIXELS: dict[str, tuple[Callable[[tuple[int, int]], Preprocessing], str]] = {
    "caffe": (caffe, "Caffe's preprocessing (BGR less the mean of ImageNet)"),
    "first zoo": (
        caffe,
        "Caffe's preprocessing (BGR less the mean of ImageNet, --preprocess caffe): "
        "dense layers numbered 1, 4 and 6 are of VGGs converted from Caffe's",
    ),
    "torch": (torch, "torchvision's preprocessing (RGB, mean and standard deviation of ImageNet)"),
    "toronto": (
        partial(rgb_less, MEAN_BGR[::-1]),
        "the preprocessing of vgg16_weights.npz (RGB less 123.68, 116.779, 103.939)",
    ),
    "slim": (
        partial(rgb_less, SLIM_MEAN),
        "TF-Slim's preprocessing (RGB less 123.68, 116.78, 103.94)",
    ),
}


def assumed_preprocessing(network: Network, match: Match) -> tuple[Preprocessing, str]:
    """The maker's usual preprocessing, and the note that it is assumed."""
    size = network.input_shape[:2]
    if network.channels != 3:
        note = PixelNote("assumed: the bands go into the network as they are")
        return caffe(size, network.channels), note
    pixels = match.convention.preprocessing
    if network.variant in CAFFE_PIXELS:
        pixels = "caffe"
    make, words = PIXELS[pixels]
    return make(size), PixelNote(f"assumed: {words}")
