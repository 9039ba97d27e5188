"""What the tests of a user's own networks share: models saved by Keras, read back without it."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from gradcheck import gap

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.formats.checked_json import parse_object
from tfdeconv.network.graph import Network
from tfdeconv.weights.detect import open_hdf5
from tfdeconv.weights.keras import architecture, archive, legacy_model, v3_model
from tfdeconv.weights.keras.architecture import Architecture
from tfdeconv.weights.requirements import layers_to_read

# height, width and channels of the small models: prime, so that swapped axes show
SHAPE = (13, 11, 3)


def read_model(path, dtype=np.float32) -> tuple[Architecture, dict]:
    """The architecture in a `.keras` or `.h5` file, and its tensors by node and parameter."""
    if archive.is_archive(path):
        with archive.open_archive(path, open_hdf5) as (config, file):
            model = architecture.build(config)
            weights = v3_model.model_contents(path, file, model)
            return model, tensors(path, model, weights, dtype)
    with open_hdf5(path) as file:
        model = architecture.build(parse_object(file.attrs["model_config"]))
        weights = legacy_model.model_contents(path, file, model)
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


def remove_softmax(model) -> None:
    """Takes the softmax off the last layer."""
    if isinstance(model.layers[-1], keras.layers.Softmax):
        model.layers[-1].call = lambda x, mask=None: x
    if "softmax" in str(getattr(model.layers[-1], "activation", "")):
        model.layers[-1].activation = keras.activations.linear


def chain(*layers, shape=SHAPE, name="small"):
    """A Sequential of these layers."""
    return keras.Sequential([keras.Input(shape), *layers], name=name)


def assert_equals_keras(model, tmp_path, rng) -> Network:
    """Saved both ways and read back, all layers are understood and the last two equal Keras's."""
    randomise(model, rng)
    paths = [tmp_path / "model.keras"]
    # Keras fails to save some random layers to .h5: it copies a configuration with a module in it
    if not any("Random" in type(layer).__name__ for layer in model.layers):
        paths.append(tmp_path / "model.h5")
    for path in paths:
        model.save(path)
    remove_softmax(model)
    x = 2 * rng.standard_normal((2, *model.input_shape[1:])).astype(np.float32)
    for path in paths:
        architecture, weights = read_model(path)
        network = architecture.network
        assert not network.missing, network.missing
        shapes = network.shapes()
        names = [layer.name for layer in model.layers if layer.name in shapes]
        for name in names[-2:]:
            part = keras.Model(model.inputs[0], model.get_layer(name).output)
            expected = part(x, training=False).numpy()
            activations = Deconvnet(network, weights, name).activations(x)
            assert activations.shape == expected.shape
            # float32, a few layers
            assert gap(activations, expected) < 1e-5
    return network


# models as Keras 2's JSON has them


def keras2_model(*layers) -> dict:
    """A Functional of Keras 2 with an input and these layers: (class, config, *input names)."""
    input_config = {"batch_input_shape": [None, *SHAPE], "dtype": "float32", "name": "input_1"}
    rows = [
        {"class_name": "InputLayer", "name": "input_1", "inbound_nodes": [], "config": input_config}
    ]
    for class_name, config, *inputs in layers:
        rows.append(
            {
                "class_name": class_name,
                "name": config["name"],
                "config": {"trainable": True, "dtype": "float32", **config},
                "inbound_nodes": [[[source, 0, 0, {}] for source in inputs]],
            }
        )
    return {
        "class_name": "Functional",
        "config": {
            "name": "model_1",
            "layers": rows,
            "input_layers": [["input_1", 0, 0]],
            "output_layers": [[rows[-1]["name"], 0, 0]],
        },
        "keras_version": "2.9.0",
        "backend": "tensorflow",
    }


def keras2_conv(name: str, *inputs: str, **more) -> tuple:
    """A convolution for keras2_model."""
    return (
        "Conv2D",
        {
            "name": name,
            "filters": 4,
            "kernel_size": [3, 3],
            "strides": [1, 1],
            "padding": "same",
            "groups": 1,
            "data_format": "channels_last",
            "dilation_rate": [1, 1],
            "activation": "relu",
            "use_bias": True,
            **more,
        },
        *inputs,
    )
