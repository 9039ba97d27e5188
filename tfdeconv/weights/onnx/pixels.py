"""What is assumed of the pixels that go into an ONNX model, where the model does not show it."""

from __future__ import annotations

from ...data.preprocessing import Preprocessing, identity
from ...formats.onnx.model import Model
from ...network.graph import Network
from ..graph.assumption import assumed

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
    return assumed(kind, network)
