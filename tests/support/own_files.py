"""What the tests of a user's own networks share: models saved by Keras, read back without it."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from tfdeconv.formats.checked_json import parsed
from tfdeconv.weights.detect import open_hdf5
from tfdeconv.weights.keras import architecture, archive, legacy_h5, v3
from tfdeconv.weights.keras.architecture import Architecture
from tfdeconv.weights.load import layers_to_read


def read(path, dtype=np.float32) -> tuple[Architecture, dict]:
    """The architecture in a `.keras` or `.h5` file, and its tensors by node and parameter."""
    if archive.is_archive(path):
        with archive.open_archive(path, open_hdf5) as (config, file):
            model = architecture.build(config)
            weights = v3.model_contents(path, file, model)
            return model, tensors(path, model, weights, dtype)
    with open_hdf5(path) as file:
        model = architecture.build(parsed(file.attrs["model_config"]))
        weights = legacy_h5.model_contents(path, file, model)
        return model, tensors(path, model, weights, dtype)


def tensors(path, architecture, weights, dtype) -> dict:
    """The tensors of a file, which has the parameters of all layers that need any."""
    if weights.shapes:
        layers = layers_to_read(path, architecture.network, None, weights)
        assert layers == list(weights.shapes)
    values: dict = {}
    for node, shapes in weights.shapes.items():
        values[node] = {name: tf.constant(weights.read(node, name), dtype) for name in shapes}
    return values


def randomise(model, rng) -> None:
    """Random kernels, biases and statistics that matter, and keep values of about the same size."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.Model) or not layer.weights:
            continue
        values = []
        for variable in layer.weights:
            value = rng.standard_normal(variable.shape)
            if "kernel" in variable.name:
                axes = variable.shape[:-2] if "depthwise" in variable.path else variable.shape[:-1]
                value *= np.sqrt(2 / np.prod(axes))
            elif "variance" in variable.name or variable.name == "gamma":
                value = 0.5 + rng.random(variable.shape)
            elif variable.name in ("count", "seed_generator_state"):
                value = variable.numpy()
            else:
                value *= 0.2
            values.append(value)
        layer.set_weights(values)
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def logits(model) -> None:
    """Takes the softmax off the last layer."""
    if isinstance(model.layers[-1], keras.layers.Softmax):
        model.layers[-1].call = lambda x, mask=None: x
    if "softmax" in str(getattr(model.layers[-1], "activation", "")):
        model.layers[-1].activation = keras.activations.linear
