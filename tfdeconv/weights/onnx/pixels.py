"""What is assumed of the pixels that go into an ONNX model, where the model does not show it."""

from __future__ import annotations

from collections.abc import Callable

from ...data.preprocessing import Preprocessing, identity, over255, tensorflow_style, torch_v2
from ...formats.onnx.model import Model
from ...network.graph import Network
from ..contents import PixelNote

Maker = Callable[[tuple[int, int], int], Preprocessing]
MAKERS: dict[str, tuple[Maker, str]] = {
    "torch-v2": (torch_v2, "RGB minus the mean of ImageNet, divided by its deviation"),
    "tf": (tensorflow_style, "pixels from -1 to 1"),
    "over255": (over255, "pixels from 0 to 1"),
    "none": (identity, "pixels from 0 to 255 as they are"),
}
# what networks take that come from TensorFlow, by the program that wrote the file; those of torch,
# MXNet and PaddlePaddle take what torchvision's do
PRODUCERS = {"tf2onnx": "tf", "keras2onnx": "tf"}


def assumed_preprocessing(model: Model, network: Network) -> tuple[Preprocessing, str]:
    """What a model's images are taken to go through, and a sentence that says so."""
    size, channels = network.input_shape[:2], network.channels
    if any(each.dtype == "uint8" for each in model.inputs):
        return identity(size, channels), "pixels from 0 to 255 go into the network, as bytes"
    kind = PRODUCERS.get(model.producer, "torch-v2")
    if channels == 1:
        kind = "over255"
    elif channels != 3:
        kind = "none"
    maker, meaning = MAKERS[kind]
    others = []
    for name, (_, said) in MAKERS.items():
        if name != kind and (channels == 3 or name != "torch-v2"):
            others.append(f"{name} ({said})")
    note = (
        f"{meaning} ({kind}) are assumed: nothing in the file says what was used; "
        f"change it with --preprocess {' or '.join(others)}"
    )
    return maker(size, channels), PixelNote(note)
