"""Layers and models that are called several times, and models of several inputs and GPUs."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from gradcheck import gap
from own_files import SHAPE, chain, keras2_conv, keras2_model, randomise

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.weights.keras.architecture import build
from tfdeconv.weights.load import as_tensors, read_weights

L = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def model_of_shared_layers() -> tuple[keras.Model, list]:
    """A model whose rectifier, norm, and a model within it are called twice, and its outputs."""
    x = keras.Input(SHAPE)
    act, norm = L.ReLU(name="act"), L.BatchNormalization(name="norm")
    inner = keras.Sequential([L.Conv2D(3, 3, padding="same", name="conv"), act], name="inner")
    outputs = [norm(L.Conv2D(3, 1, name="first")(x))]
    outputs.append(inner(outputs[-1]))
    outputs.append(norm(outputs[-1]))
    outputs.append(inner(outputs[-1]))
    outputs.append(L.GlobalAveragePooling2D(name="pool")(act(outputs[-1])))
    return keras.Model(x, outputs), outputs


# inner's act is an object of its own in the file, and the outer one has another call
NODES = ("norm", "inner/act", "norm#1", "inner/act#1", "pool")


@pytest.mark.parametrize("file_name", ["model.keras", "model.h5"])
def test_each_call_has_the_same_weights(tmp_path, rng, file_name):
    model, _ = model_of_shared_layers()
    randomise(model, rng)
    model.save(tmp_path / file_name)
    arrays = read_weights(tmp_path / file_name, dtype="float32")
    assert arrays["norm"] is arrays["norm#1"]
    weights = as_tensors(arrays)
    assert weights["conv"]["kernel"] is weights["conv#1"]["kernel"]
    assert weights.network.node("inner#1").name == "inner/act#1"
    x = rng.standard_normal((1, *SHAPE)).astype(np.float32)
    for name, expected in zip(NODES, model(x), strict=True):
        activations = Deconvnet(weights.network, weights, name).activations(x)
        # float32, a few layers
        assert gap(activations, expected.numpy()) < 1e-5, name


@pytest.mark.parametrize("first", [0, 1, 5])
def test_calls_may_be_numbered_from_anywhere(first):
    """A model's calls begin at 0 or 1; a layer's too, where others are no part of the model."""
    config = keras2_model(keras2_conv("a", "input_1"), keras2_conv("b", "a"), keras2_conv("c", "a"))
    _, a, b, c = config["config"]["layers"]
    a["inbound_nodes"] = [[["input_1", 0, 0, {}]], [["b", 0, 0, {}]]]
    b["inbound_nodes"] = [[["a", first, 0, {}]]]
    c["inbound_nodes"] = [[["a", first + 1, 0, {}]]]
    a["config"]["filters"] = b["config"]["filters"] = 3
    inputs = {node.name: node.inputs for node in build(config).network.nodes}
    assert inputs == {"a": ("input",), "b": ("a",), "a#1": ("b",), "c": ("a#1",)}
    c["inbound_nodes"] = [[["a", first + 7, 0, {}], ["a", first + 8, 0, {}]]]
    with pytest.raises(UserError, match="reads call .* of a, which is called 2 times"):
        build(config)


def test_images_go_to_the_input_for_images():
    vector, image = keras.Input((5,), name="vector"), keras.Input(SHAPE, name="image")
    pooled = L.GlobalAveragePooling2D(name="pool")(L.Conv2D(2, 3, name="conv")(image))
    both = L.Concatenate(name="both")([vector, pooled])
    architecture = build(json.loads(keras.Model([vector, image], both).to_json()))
    network = architecture.network
    assert [node.name for node in network.nodes] == ["conv", "pool"]
    reason = "the model has several inputs, vector, image; images go to image alone"
    assert reason in network.missing["both"]
    assert f"assumed: {reason}" in architecture.notes


def model_for_two_gpus(axis: int) -> dict:
    """What multi_gpu_model makes of a model."""
    inner = chain(L.Conv2D(3, 1, name="a"), L.Conv2D(3, 1, name="b"), name="net")
    inner_config = json.loads(inner.to_json())
    slices = []
    for name in ("slice_0", "slice_1"):
        slices.append(("Lambda", {"name": name, "function": ["4wEAAAAA", None, None]}, "input_1"))
    config = keras2_model(*slices, ("Concatenate", {"name": "join", "axis": axis}, "slice_0"))
    join = config["config"]["layers"].pop()
    join["inbound_nodes"] = [[["net", 1, 0, {}], ["net", 2, 0, {}]]]
    inner_config["inbound_nodes"] = [[["slice_0", 0, 0, {}]], [["slice_1", 0, 0, {}]]]
    config["config"]["layers"] += [inner_config | {"name": "net"}, join]
    return config


def test_several_gpus_share_the_model_within():
    architecture = build(model_for_two_gpus(axis=0))
    assert [node.name for node in architecture.network.nodes] == ["a", "b"]
    assert architecture.network.name == "net"
    assert architecture.parameters["a"]["kernel"].constants[0].path.names == ("net", "a")
    assert any("multi_gpu_model" in note for note in architecture.notes)
    with pytest.raises(UserError, match="slice_0"):
        build(model_for_two_gpus(axis=3))


def test_shapes_of_inputs_in_odd_places():
    """In a second input layer, in the shape that a model or layer was built for."""
    first, conv = L.Rescaling(2.0, name="r"), L.Conv2D(3, 1, name="c")
    config = json.loads(keras.Sequential([first, keras.Input(SHAPE), conv]).to_json())
    layers = config["config"]["layers"]
    conv_layer = next(layer for layer in layers if layer["class_name"] == "Conv2D")
    shape = [None, *SHAPE]
    row = {"class_name": "InputLayer", "config": {"name": "i", "batch_input_shape": shape}}
    tuple_of = {"class_name": "__tuple__", "items": shape}
    rescaling = {"class_name": "Rescaling", "config": {"name": "r", "scale": 2, "trainable": True}}
    conv_layer.pop("build_config", None)
    for body in (
        {"layers": [row, rescaling, row | {"config": {"name": "again"}}, conv_layer]},
        {"layers": [rescaling, conv_layer], "build_input_shape": tuple_of},
        {"layers": [rescaling | {"build_config": {"input_shape": shape}}, conv_layer]},
    ):
        network = build({"class_name": "Sequential", "config": {"name": "s"} | body}).network
        assert network.input_shape == SHAPE
        assert [node.name for node in network.nodes] == ["r", "c"]
    with pytest.raises(UserError, match="input has the shape None"):
        build({"class_name": "Sequential", "config": {"layers": [rescaling, conv_layer]}})
