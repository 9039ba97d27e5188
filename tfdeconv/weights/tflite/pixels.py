"""What goes into a model of TensorFlow Lite: what its metadata say of it."""

from __future__ import annotations

from ...data.preprocessing import Preprocessing, identity, over255
from ...formats.tflite.model import Model, Normalization
from ...network.graph import Network

BYTES = "pixels from 0 to 255 go into the network, as bytes"


def told_preprocessing(model: Model, network: Network) -> tuple[Preprocessing, str] | None:
    """What a model's images go through, and a sentence that says so; None where it does not say."""
    size, channels = network.input_shape[:2], network.channels
    if model.inputs and model.tensors[model.inputs[0]].dtype == "uint8":
        return identity(size, channels), BYTES
    if model.normalization is None:
        return None
    return normalized(model.normalization, size, channels)


def normalized(
    said: Normalization, size: tuple[int, int], channels: int
) -> tuple[Preprocessing, str] | None:
    """What metadata say: a number, or one for each channel; None where they do not fit."""
    numbers = {len(said.mean), len(said.deviation)}
    if not numbers <= {1, channels}:
        return None
    mean = said.mean * (channels // len(said.mean))
    scale = said.deviation * (channels // len(said.deviation))
    if min(scale) <= 0:
        return None
    order = over255(size, channels)
    found = Preprocessing(order.order, size, order.resize, mean, scale)
    shown = ", ".join(f"{number:g}" for number in said.mean)
    divisor = ", ".join(f"{number:g}" for number in said.deviation)
    return found, f"pixels less {shown}, over {divisor}, go into the network, as its metadata say"
