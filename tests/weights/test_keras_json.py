"""The JSON of Keras models: Keras 2's, and JSON that no Keras wrote."""

from __future__ import annotations

import copy
import json
import time

import h5py
import keras
import numpy as np
import pytest
from own_files import SHAPE, keras2_conv, keras2_model, read_model

from tfdeconv.errors import UserError
from tfdeconv.formats.checked_json import parse_object
from tfdeconv.network.layers import Conv
from tfdeconv.weights.keras.architecture import build

L = keras.layers


def test_keras_2_model(tmp_path):
    config = keras2_model(
        keras2_conv("a", "input_1"),
        ("LeakyReLU", {"name": "leaky", "alpha": 0.1}, "a"),
        ("Add", {"name": "add"}, "a", "leaky"),
        ("Activation", {"name": "hard", "activation": "hard_sigmoid"}, "add"),
    )
    network = build(config).network
    assert [(node.name, node.inputs) for node in network.nodes] == [
        ("a", ("input",)),
        ("leaky", ("a",)),
        ("add", ("a", "leaky")),
        ("hard", ("add",)),
    ]
    assert network.node("leaky").layer.slope == 0.1
    # since Keras 3 a sixth
    assert network.node("hard").layer.constant == 0.2


def test_keras_2_file(tmp_path):
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(keras2_model(keras2_conv("a", "input_1")))
        group = file.create_group("model_weights/a")
        file["model_weights"].attrs["layer_names"] = [b"input_1", b"a"]
        file.create_group("model_weights/input_1").attrs["weight_names"] = []
        group.attrs["weight_names"] = [b"a/kernel:0", b"a/bias:0"]
        group["a/kernel:0"] = np.ones((3, 3, 3, 4), "f4")
        group["a/bias:0"] = np.full(4, 2, "f4")
    _, weights = read_model(tmp_path / "old.h5")
    assert weights["a"]["bias"].numpy().tolist() == [2] * 4


def test_keras_2_sequential_without_an_input_layer():
    class_name, config = keras2_conv("a")
    first_config = config | {"trainable": True, "batch_input_shape": [None, 8, 9, 2]}
    first = {"class_name": class_name, "config": first_config}
    for body in ([first], {"name": "s", "layers": [first]}):
        network = build({"class_name": "Sequential", "config": body}).network
        assert network.input_shape == (8, 9, 2)
        assert isinstance(network.node("a").layer, Conv)


# JSON that no Keras wrote


def spoiled(change) -> dict:
    """A model of two convolutions, a and b, and their sum, whose list of layers was changed."""
    config = keras2_model(
        keras2_conv("a", "input_1"), keras2_conv("b", "a"), ("Add", {"name": "add"}, "a", "b")
    )
    change(config["config"]["layers"])
    return config


def nested(depth: int) -> dict:
    """Sequentials within Sequentials."""
    model: dict = {"class_name": "Sequential", "config": {"name": "s", "layers": []}}
    for _ in range(depth):
        model = {"class_name": "Sequential", "config": {"name": "s", "layers": [model]}}
    return model


def option(key, value):
    """A change of an option of the first convolution."""

    def change(layers):
        layers[1]["config"][key] = value

    return change


def field(key, value):
    """A change of the first convolution beside its options."""

    def change(layers):
        layers[1][key] = value

    return change


def reads(*row):
    """A change of what the first convolution reads."""
    return field("inbound_nodes", [[[*row]]])


def input_shape(*shape):
    """A change of the input's shape."""

    def change(layers):
        layers[0]["config"]["batch_input_shape"] = list(shape)

    return change


NO_COUNT = (None, 0, -1, 1.5, True, "4", [4], 10**5000, 1 << 40)
NO_PAIR = (None, [3], [3, 0], [3, "3"], {"a": 1}, [1 << 30, 3])
NO_STRIDES = ([0, 1], [-1, 1], 1.0)
# what is changed, and what the error names
SPOILED = [
    *((option("filters", value), "filters") for value in NO_COUNT),
    *((option("kernel_size", value), "kernel_size") for value in NO_PAIR),
    *((option("strides", value), "strides") for value in NO_STRIDES),
    (option("groups", 2), "groups"),
    (option("use_bias", "yes"), "use_bias"),
    (option("padding", 3), "padding"),
    (field("config", 3), "config"),
    (lambda layers: layers[1].pop("class_name"), "class_name"),
    (field("class_name", ["Conv2D"]), "class_name"),
    (field("name", "x\ny"), "called"),
    (field("name", "x" * 300), "called"),
    (field("name", "b"), "two layers"),
    (reads("b", 0, 0, {}), "circle"),
    (reads("z", 0, 0, {}), "is not a layer of the model"),
    (reads("input_1", 0, 7, {}), "output 7"),
    (reads(3, 0, 0), "input"),
    (field("inbound_nodes", 3), "inbound"),
    (field("inbound_nodes", [{"args": 3}]), "args"),
    (lambda layers: layers.append(None), "JSON object"),
    (input_shape(None, 8, 8, None), "channels"),
    (input_shape(None, 1 << 60, 8, 3), "shape"),
    (input_shape(None, 8), "shape"),
    (lambda layers: layers[0].update(class_name="Conv2D"), "."),
    (lambda layers: layers.clear(), "no layers"),
    (lambda layers: layers.append(nested(200) | {"inbound_nodes": []}), "nested"),
    (lambda layers: layers.extend([layers[1]] * 6000), "more than"),
]


@pytest.mark.parametrize("change, says", SPOILED)
def test_spoiled_json_is_refused_in_one_line(change, says):
    with pytest.raises(UserError, match=says) as error:
        build(spoiled(change))
    message = str(error.value)
    assert len(message) < 500 and message.isprintable()


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"class_name": "MyModel", "config": {}},
        {"class_name": "Functional", "config": []},
        {"class_name": "Functional", "config": {"layers": {}}},
    ],
)
def test_json_that_is_not_a_model(config):
    with pytest.raises(UserError, match="."):
        build(config)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{" * 9,
        '{"a":' * 200_000,
        "[" * 10_000_000,
        "9" * 10_000,
        '"\ud800"',
        "[{}" + ",{}" * (1 << 20),
    ],
    ids=lambda text: text[:5],
)
def test_text_that_is_not_json(text):
    with pytest.raises(ValueError, match="description"):
        parse_object(text)


STRANGE = (
    *(None, True, 0, -1, 1 << 70, 1.5, float("nan"), float("inf"), "", "x", [], [[]], {}),
    *({"class_name": "Functional"}, [1, 2, 3], "Sequential", "Dense", "linear"),
)


def damage(config, dice) -> None:
    """Swaps a value somewhere in a model's JSON for a strange one."""
    container = config
    while container:
        keys = list(container) if isinstance(container, dict) else range(len(container))
        key = keys[dice.integers(len(keys))]
        if isinstance(container[key], dict | list) and dice.random() < 0.93:
            container = container[key]
        else:
            container[key] = copy.deepcopy(STRANGE[dice.integers(len(STRANGE))])
            return


def model_of_many_kinds() -> dict:
    """The JSON of a model with a model in it, a merge, a Reshape, a Rescaling."""
    inner = [keras.Input(SHAPE), L.Conv2D(4, 3), L.BatchNormalization()]
    x = keras.Input(SHAPE)
    y = L.Concatenate()([keras.Sequential(inner, name="inner")(x), L.SeparableConv2D(2, 3)(x)])
    y = L.Reshape((-1,))(L.GlobalAveragePooling2D()(y))
    return json.loads(keras.Model(x, L.Dense(3)(L.Rescaling(2.0)(y))).to_json())


def test_random_damage_is_one_error_at_most():
    """A model is read, or refused in one line; no other exception comes, and it takes no time."""
    dice = np.random.default_rng(3)
    model = model_of_many_kinds()
    refused = 0
    begin = time.monotonic()
    for _ in range(1500):
        config = copy.deepcopy(model)
        for _ in range(dice.integers(1, 4)):
            damage(config, dice)
        try:
            network = build(config).network
            network.parameters(), network.vectors
        except UserError as error:
            refused += 1
            assert str(error).isprintable() and len(str(error)) < 700
    assert 100 < refused < 1450
    assert time.monotonic() - begin < 60
