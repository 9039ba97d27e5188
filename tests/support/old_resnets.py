"""The ResNets of 2015 to 2018 as their makers' sources build them, and files with their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

BLOCKS = {"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3), "resnet152": (3, 8, 36, 3)}


def letters(stage: int, block: int) -> str:
    """Block 22 of a stage is w."""
    return chr(ord("a") + block)


def numbers(stage: int, block: int) -> str:
    """Block 22 of stages 3 and 4 is b22; the others have letters."""
    return f"b{block}" if block and stage in (3, 4) else letters(stage, block)


@dataclass(frozen=True)
class Source:
    """What a maker's source says."""

    epsilon: float
    bias: bool = False
    scale: bool = False
    conv1_same: bool = False
    # "valid" or "same", Keras's; an integer pads by as much first, and "end" behind the map only
    pool: str | int = "same"
    stride_last: bool = False
    block_name: Callable[[int, int], str] = numbers


# by the variant that each is for this program
SOURCES = {
    "caffe": Source(1e-5, pool="end"),
    "scale": Source(1.1e-5, scale=True, pool="valid"),
    "scale-same": Source(1.1e-5, scale=True),
    "scale-padded": Source(1.1e-5, scale=True, pool=1),
    "keras-resnet": Source(1e-5, conv1_same=True),
    "keras-resnet-0.1": Source(1e-5),
    "mask-rcnn": Source(1e-3, bias=True, block_name=letters),
    "keras2015": Source(1e-3, bias=True, pool=1, block_name=letters),
    "slim": Source(1e-5, stride_last=True),
}


def keras_model(
    source: Source, blocks: tuple[int, ...], size: tuple[int, int], classes: int | None = None
):
    """A Keras model of a maker's, by the authors' names: res3a is a block's output."""
    import keras
    from keras import layers

    class Scale(layers.Layer):
        """x * gamma + beta, as in cnn_finetune."""

        def build(self, shape):
            self.gamma = self.add_weight(shape=(shape[-1],), name="gamma")
            self.beta = self.add_weight(shape=(shape[-1],), name="beta")

        def call(self, x):
            return x * self.gamma + self.beta

    def convolution(x, filters, taps, name, rectify=True, stride=1, pad=0):
        kind = "" if name == "conv1" else "res"
        if isinstance(pad, int) and pad:
            label = "padding_conv1" if name == "conv1" else f"padding{name}"
            x = layers.ZeroPadding2D(pad, name=label)(x)
        x = layers.Conv2D(
            filters,
            taps,
            stride,
            padding="same" if pad == "same" else "valid",
            use_bias=source.bias,
            name=kind + name,
        )(x)
        norm = f"_{name}" if name == "conv1" else name
        x = layers.BatchNormalization(epsilon=source.epsilon, name=f"bn{norm}")(x)
        if source.scale:
            x = Scale(name=f"scale{norm}")(x)
        return layers.Activation("relu", name=f"{name}_relu")(x) if rectify else x

    keras.utils.clear_session()
    entry = keras.Input((*size, 3))
    x = convolution(entry, 64, 7, "conv1", stride=2, pad="same" if source.conv1_same else 3)
    # behind a rectifier zeros are as good as -inf
    if source.pool == "end":
        x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    elif isinstance(source.pool, int):
        x = layers.ZeroPadding2D(source.pool)(x)
    x = layers.MaxPooling2D(3, 2, "same" if source.pool == "same" else "valid", name="pool1")(x)
    for stage, count in enumerate(blocks, 2):
        filters = 16 * 2**stage
        for block in range(count):
            stride, middle = (2 if stage > 2 and not block else 1), 1
            if source.stride_last:
                stride, middle = 1, (2 if stage < 5 and block == count - 1 else 1)
            name = f"{stage}{source.block_name(stage, block)}"
            y = convolution(x, filters, 1, f"{name}_branch2a", stride=stride)
            y = convolution(y, filters, 3, f"{name}_branch2b", pad=1, stride=middle)
            y = convolution(y, 4 * filters, 1, f"{name}_branch2c", rectify=False)
            if not block:
                x = convolution(x, 4 * filters, 1, f"{name}_branch1", rectify=False, stride=stride)
            elif middle > 1:
                x = layers.MaxPooling2D(1, middle)(x)
            x = layers.Activation("relu", name=f"res{name}")(layers.Add()([x, y]))
    if classes:
        x = layers.GlobalAveragePooling2D(name="pool5")(x)
        x = layers.Dense(classes, name="fc1000")(x)
    return keras.Model(entry, x)


def fill(model, rng) -> None:
    """Random values that keep the signal's size; variances small enough for epsilons to matter."""
    for layer in model.layers:
        values = []
        for variable in layer.weights:
            value = rng.standard_normal(variable.shape).astype(np.float32)
            if variable.name == "kernel":
                value *= np.sqrt(2 / np.prod(variable.shape[:-1]))
            elif "variance" in variable.name:
                value = 0.01 + 0.1 * rng.random(variable.shape)
            elif variable.name == "gamma":
                # a branch adds little, or the sum would explode
                value = (0.1 if "branch2c" in layer.name else 0.5) * (0.5 + np.abs(value))
            else:
                value *= 0.2
            values.append(value)
        layer.set_weights(values)


def save_layers(path: Path, model, more: dict[str, list[np.ndarray]] | None = None) -> Path:
    """A model's weights alone as Keras 2 wrote them; more: {layer: variables} behind its own."""
    layers = {layer.name: layer.get_weights() for layer in model.layers} | (more or {})
    with h5py.File(path, "w") as file:
        names = [name.encode("utf-8") for name in layers]
        file.attrs["layer_names"] = names
        for name, values in layers.items():
            group = file.create_group(name)
            weights = [f"{name}/weight_{i}:0" for i in range(len(values))]
            group.attrs["weight_names"] = np.array(weights, "S")
            for weight, value in zip(weights, values):
                group[weight] = value
    return path
