"""Keras models as networks: models within models, names, and layers that are left out."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from gradcheck import gap
from own_files import SHAPE, assert_equals_keras, chain, randomise, read_model

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.weights.keras.architecture import build

L = keras.layers
pytestmark = [
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_models_within_models(tmp_path, rng):
    """Names are kept unless they collide; a model's own name is its last layer's."""
    inner_input = keras.Input(SHAPE)
    one = L.Conv2D(3, 1, name="one")(inner_input)
    inner = keras.Model(inner_input, L.Add(name="sum")([one, inner_input]), name="inner")
    row = keras.Sequential(
        [L.Conv2D(4, 3, name="one"), L.BatchNormalization(name="norm"), L.Conv2D(4, 1, name="two")],
        name="row",
    )
    row.trainable = False
    outer = keras.Sequential(
        [L.Conv2D(4, 1, name="two"), row, L.Conv2D(5, 1, name="five")], name="outer"
    )
    x = keras.Input(SHAPE)
    y = L.Conv2D(3, 1, name="zero", activation="relu")(inner(x))
    y = L.GlobalAveragePooling2D(name="pool")(outer(y))
    model = keras.Model(x, L.Dense(3, name="end", activation="softmax")(y), name="whole")
    network = assert_equals_keras(model, tmp_path, rng)
    assert [node.name for node in network.nodes] == [
        "inner/one",
        "sum",
        "zero",
        "outer/two",
        "outer/row/one",
        "norm",
        "outer/row/two",
        "five",
        "pool",
        "end",
    ]
    assert network.node("row").name == "outer/row/two"
    assert network.node("inner").name == "sum"
    assert network.node("outer").name == "five"
    assert network.name == "whole"


def test_an_application_within_a_sequential(tmp_path, rng):
    base = keras.applications.MobileNet(weights=None, include_top=False, input_shape=(64, 64, 3))
    model = chain(
        L.Rescaling(1 / 127.5, -1),
        base,
        L.GlobalAveragePooling2D(),
        L.Dense(3, activation="softmax"),
        shape=(64, 64, 3),
    )
    network = assert_equals_keras(model, tmp_path, rng)
    assert network.node("conv_dw_3_bn")


def with_layers_not_understood():
    """A model of two inputs with layers along the rows."""
    x = keras.Input(SHAPE)
    other = keras.Input((8, 8, 3), name="other")
    a = L.Conv2D(4, 1, name="a")(x)
    along_rows = L.Softmax(axis=1, name="along_rows")(a)
    side = L.Conv2D(4, 1, name="side")(a)
    both = L.Concatenate(axis=1, name="both")([along_rows, L.Softmax(axis=1)(side)])
    second = L.Conv2D(4, 1, name="second")(other)
    fine = L.Conv2D(4, 3, strides=2, name="fine")(a)
    return keras.Model([x, other], [both, second, L.Conv2D(2, 1, name="beyond")(both), fine])


@pytest.mark.parametrize("file_name", ["model.keras", "model.h5"])
def test_what_is_not_understood_is_left_out(tmp_path, rng, file_name):
    model = with_layers_not_understood()
    randomise(model, rng)
    model.save(tmp_path / file_name)
    architecture, weights = read_model(tmp_path / file_name)
    network = architecture.network
    missing = network.missing
    depends = (
        "it depends on along_rows (Softmax: its axis 1 is not the channels, which are axis 3), "
        "which is not available"
    )

    assert {node.name for node in network.nodes} == {"a", "side", "fine"}
    assert missing["both"] == missing["beyond"] == depends
    assert "other (the model has several inputs, input_layer" in missing["second"]
    with pytest.raises(UserError, match="'both' .*: it depends on along_rows"):
        network.node("both")

    x = rng.standard_normal((1, *SHAPE)).astype(np.float32)
    expected = keras.Model(model.inputs[0], model.get_layer("fine").output)(x)
    assert gap(Deconvnet(network, weights, "fine").activations(x), expected) < 1e-5


def test_a_nested_model_with_too_few_inputs():
    first = keras.Input(SHAPE)
    second = keras.Input(SHAPE)
    inner = keras.Model([first, second], L.Add()([first, second]), name="inner")
    x = keras.Input(SHAPE)
    a = L.Conv2D(3, 1, name="a")(x)
    config = json.loads(keras.Model(x, inner([a, x])).to_json())
    call = config["config"]["layers"][-1]["inbound_nodes"][0]
    call["args"] = [call["args"][0][:1]]
    missing = build(config).network.missing
    assert missing["inner"] == "it has 2 inputs and is called with 1"


def test_open_sizes():
    model = chain(L.Conv2D(2, 3), shape=(None, None, 5))
    architecture = build(json.loads(model.to_json()))
    assert architecture.network.input_shape == (224, 224, 5)
    assert "224" in architecture.notes[0]
