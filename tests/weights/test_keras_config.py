"""A person's network layer by layer: small models saved by Keras and read without it, and JSON that no Keras wrote."""

from __future__ import annotations

import copy
import json
import time

import h5py
import keras
import numpy as np
import pytest
from gradcheck import gap
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
from own_files import logits, randomise, read

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.formats.checked_json import parsed
from tfdeconv.network.layers import Conv, Identity, Softmax
from tfdeconv.weights.detect import open_hdf5
from tfdeconv.weights.keras import preprocessing, v3
from tfdeconv.weights.keras.architecture import build
from tfdeconv.weights.load import layers_to_read
from tfdeconv.zoo import NETWORKS

L = keras.layers
pytestmark = [
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
SHAPE = (13, 11, 3)


def chain(*layers, shape=SHAPE, name="small"):
    return keras.Sequential([keras.Input(shape), *layers], name=name)


def assert_equals_keras(model, tmp_path, rng, missing=(), target=None, channels=None):
    """Saved both ways and read, every layer that is understood gives what Keras gives."""
    randomise(model, rng)
    # Keras fails to save some of its random layers to .h5 (it copies their configuration with a module in it)
    random = any("Random" in type(layer).__name__ for layer in model.layers)
    paths = [tmp_path / "model.keras", tmp_path / "model.h5"][: 1 if random else 2]
    for path in paths:
        model.save(path)
    logits(model)
    x = 2 * rng.standard_normal((2, *model.input_shape[1:])).astype(np.float32)
    for path in paths:
        architecture, weights = read(path)
        assert set(architecture.network.missing) == set(missing)
        names = [
            layer.name for layer in model.layers if layer.name in architecture.network.shapes()
        ]
        for name in [target] if target else names[-2:]:
            expected = keras.Model(model.inputs[0], model.get_layer(name).output)(
                x, training=False
            ).numpy()
            found = Deconvnet(architecture.network, weights, name).activations(x)
            assert found.shape == expected.shape
            assert gap(found, expected) < 1e-5  # float32, a few layers
    return architecture.network


CONV = {"kernel_size": (3, 2), "name": "it"}
CASES = {
    "conv same stride": [L.Conv2D(4, strides=(2, 1), padding="same", activation="relu", **CONV)],
    "conv dilated": [
        L.Conv2D(4, dilation_rate=(2, 3), use_bias=False, activation="leaky_relu", **CONV)
    ],
    "conv grouped": [L.Conv2D(6, 1), L.Conv2D(4, groups=2, activation="swish", **CONV)],
    "depthwise": [
        L.DepthwiseConv2D(depth_multiplier=2, padding="same", activation="relu6", **CONV)
    ],
    "depthwise stride, no bias": [L.DepthwiseConv2D((3, 2), strides=2, use_bias=False)],
    "separable": [
        L.SeparableConv2D(
            5, depth_multiplier=2, strides=2, padding="same", activation="gelu", **CONV
        )
    ],
    "separable without bias": [L.SeparableConv2D(5, use_bias=False, **CONV)],
    "norm": [
        L.BatchNormalization(epsilon=1e-2, scale=False, name="a"),
        L.BatchNormalization(center=False, axis=3),
    ],
    "relus": [L.ReLU(6.0, negative_slope=0.1), L.LeakyReLU(0.2), L.ReLU()],
    "elu and softplus": [L.ELU(), L.Activation("softplus"), L.Activation("elu")],
    "smooth": [
        L.Activation(kind)
        for kind in ("tanh", "sigmoid", "hard_sigmoid", "hard_swish", "hard_silu", "gelu", "linear")
    ],
    "activation layers within": [
        L.Conv2D(3, 1, activation=L.LeakyReLU(negative_slope=0.4)),
        L.Conv2D(3, 1, activation=L.ReLU(1.5)),
    ],
    "pools": [
        L.MaxPooling2D(3, 2, padding="same"),
        L.AveragePooling2D((2, 3), 1, padding="same"),
        L.AveragePooling2D(2),
        L.MaxPooling2D((1, 2)),
    ],
    "pads": [
        L.ZeroPadding2D(((1, 2), (0, 3))),
        L.Cropping2D((1, 2)),
        L.ZeroPadding2D(2),
        L.Cropping2D(((0, 1), (2, 0))),
    ],
    "head": [
        L.Conv2D(5, 3),
        L.Flatten(),
        L.Dense(6, activation="tanh"),
        L.BatchNormalization(),
        L.Dropout(0.5),
        L.Dense(4, activation="softmax"),
    ],
    "squeezed": [
        L.GlobalAveragePooling2D(keepdims=True),
        L.Dense(5, activation="relu"),
        L.Reshape((5,)),
        L.Reshape((1, 1, -1)),
        L.Conv2D(4, 1),
        L.Flatten(),
        L.Softmax(),
    ],
    "largest": [L.GlobalMaxPooling2D(), L.Dense(3, use_bias=False)],
    "softmax amid": [
        L.Conv2D(4, 1, activation="softmax", name="a"),
        L.Softmax(name="b"),
        L.Conv2D(3, 1),
    ],
    "idle": [
        L.ActivityRegularization(1),
        L.Dropout(0.1),
        L.SpatialDropout2D(0.1),
        L.GaussianNoise(1),
        L.GaussianDropout(0.1),
        L.AlphaDropout(0.1),
        L.RandomFlip(),
        L.RandomRotation(0.1),
        L.RandomZoom(0.1),
        L.RandomTranslation(0.1, 0.1),
        L.RandomContrast(0.1),
        L.RandomBrightness(0.1),
        L.Conv2D(2, 3),
    ],
    "rescaling": [L.Rescaling(1 / 50, offset=-1), L.Rescaling([1.0, 2.0, 3.0], [0.5, 0.0, 1.0])],
    "normalization": [
        L.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 0.0, 1.0]),
        L.Normalization(mean=0.5, variance=4.0),
        L.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 1.0], invert=True),
    ],
    "normalization by variables": [L.Normalization(), L.Conv2D(2, 3)],
    "flattened by reshape": [L.Reshape((-1,)), L.Dense(3)],
}


@pytest.mark.parametrize("case", CASES)
def test_layers_equal_keras(case, tmp_path, rng):
    assert_equals_keras(chain(*CASES[case]), tmp_path, rng)


def test_merges_equal_keras(tmp_path, rng):
    x = keras.Input(SHAPE)
    a, b = L.Conv2D(4, 3, padding="same", name="a")(x), L.Conv2D(4, 1, name="b")(x)
    gate = L.Conv2D(4, 1, activation="sigmoid", name="gate")(
        L.GlobalAveragePooling2D(keepdims=True, name="squeeze")(b)
    )
    alone = L.Conv2D(1, 1, name="alone")(b)
    y = L.Multiply(name="gated")([a, gate])
    y = L.Add(name="sum")([y, b, alone])
    y = CustomScaleLayer(0.3, name="scaled")([y, b])
    y = L.Concatenate(name="cat")([y, a, x])
    y = (y * 0.5 + 3.0) / 4.0 - 1.0
    assert_equals_keras(keras.Model(x, L.Conv2D(3, 1, name="end")(y + y)), tmp_path, rng)


def test_models_within_models(tmp_path, rng):
    """Names are kept unless they collide; a model's own name is its last layer's."""
    given = keras.Input(SHAPE)
    inner = keras.Model(
        given, L.Add(name="sum")([L.Conv2D(3, 1, name="one")(given), given]), name="inner"
    )
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
    assert network.node("row").name == "outer/row/two" and network.node("inner").name == "sum"
    assert network.node("outer").name == "five" and network.name == "whole"


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


def test_what_is_not_understood_is_left_out_and_told(tmp_path, rng):
    x, other = keras.Input(SHAPE), keras.Input((8, 8, 3), name="other")
    a = L.Conv2D(4, 1, name="a")(x)
    attention = L.LayerNormalization(name="layer_norm")(a)
    shared = L.Conv2D(4, 1, name="shared")
    side = shared(L.Conv2D(4, 1, name="side")(a))
    both = L.Add(name="both")([attention, shared(side)])
    second = L.Conv2D(4, 1, name="second")(other)
    wide = L.Conv2D(4, 3, strides=2, name="fine")(a)
    model = keras.Model([x, other], [both, second, L.Conv2D(2, 1, name="beyond")(both), wide])
    randomise(model, rng)
    for path in (tmp_path / "model.keras", tmp_path / "model.h5"):
        model.save(path)
        architecture, weights = read(path)
        assert {node.name for node in architecture.network.nodes} == {"a", "side", "fine"}
        missing = architecture.network.missing
        assert missing["layer_norm"] == "its class is LayerNormalization, which is not understood"
        assert missing["shared"] == "it is called 2 times"
        assert (
            missing["both"]
            == missing["beyond"]
            == "it depends on layer_norm (LayerNormalization), which cannot be had"
        )
        assert "second" in missing
        x = rng.standard_normal((1, *SHAPE)).astype(np.float32)
        part = keras.Model(model.inputs[0], model.get_layer("fine").output)
        assert gap(Deconvnet(architecture.network, weights, "fine").activations(x), part(x)) < 1e-5
        with pytest.raises(UserError, match="'both' is not available: it depends on layer_norm"):
            architecture.network.node("both")


@pytest.mark.parametrize(
    "layer, says",
    [
        (L.Conv2D(4, 3, data_format="channels_first"), "channels first"),
        (L.Conv2D(4, 3, activation="mish"), "mish"),
        (L.ReLU(threshold=1.0), "threshold"),
        (L.ELU(0.5), "alpha"),
        (L.UpSampling2D(), "UpSampling2D"),
        (L.Dense(4), "not flat"),
        (L.Reshape((11, 13, 4)), "makes"),
        (L.BatchNormalization(axis=1), "axis"),
        (L.Conv2DTranspose(4, 3), "Conv2DTranspose"),
    ],
)
def test_options_that_are_not_understood(tmp_path, layer, says):
    model = chain(
        L.Conv2D(4, 1, name="first"),
        type(layer).from_config(layer.get_config() | {"name": "it"}),
        L.ReLU(name="last"),
    )
    network = build(json.loads(model.to_json())).network
    assert [node.name for node in network.nodes] == ["first"]
    assert says in network.missing["it"] and network.missing["last"].startswith(
        "it depends on it ("
    )


def test_a_last_softmax_is_left_out():
    model = chain(L.Flatten(), L.Dense(3, name="d", activation="softmax"), L.Softmax(name="s"))
    nodes = {node.name: node.layer for node in build(json.loads(model.to_json())).network.nodes}
    assert nodes["s"] == Identity() and isinstance(nodes["d"], Softmax)


def test_open_sizes():
    network, notes = (lambda found: (found.network, found.notes))(
        build(json.loads(chain(L.Conv2D(2, 3), shape=(None, None, 5)).to_json()))
    )
    assert network.input_shape == (224, 224, 5) and "224" in notes[0]


# Keras 2's JSON


def old(*layers):
    """A Functional of Keras 2: (class, config, inputs)."""
    rows = [
        {
            "class_name": "InputLayer",
            "name": "input_1",
            "inbound_nodes": [],
            "config": {
                "batch_input_shape": [None, 13, 11, 3],
                "dtype": "float32",
                "name": "input_1",
            },
        }
    ]
    for kind, config, *inputs in layers:
        name = config["name"]
        rows.append(
            {
                "class_name": kind,
                "name": name,
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


def conv(name: str, *inputs: str, **more):
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


def test_keras_2(tmp_path):
    config = old(
        conv("a", "input_1"),
        ("LeakyReLU", {"name": "leaky", "alpha": 0.1}, "a"),
        ("Add", {"name": "add"}, "a", "leaky"),
        ("Activation", {"name": "hard", "activation": "hard_sigmoid"}, "add"),
    )
    architecture = build(config)
    assert [(node.name, node.inputs) for node in architecture.network.nodes] == [
        ("a", ("input",)),
        ("leaky", ("a",)),
        ("add", ("a", "leaky")),
    ]
    assert (
        architecture.network.node("leaky").layer.slope == 0.1
        and "Keras 2" in architecture.network.missing["hard"]
    )
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        group = file.create_group("model_weights/a")
        file["model_weights"].attrs["layer_names"] = [b"input_1", b"a"]
        file.create_group("model_weights/input_1").attrs["weight_names"] = []
        group.attrs["weight_names"] = [b"a/kernel:0", b"a/bias:0"]
        group["a/kernel:0"], group["a/bias:0"] = np.ones((3, 3, 3, 4), "f4"), np.full(4, 2, "f4")
    _, weights = read(tmp_path / "old.h5")
    assert weights["a"]["bias"].numpy().tolist() == [2] * 4


def test_a_sequential_of_keras_2_without_an_input_layer():
    kind, config = conv("a")
    first = {
        "class_name": kind,
        "config": config | {"trainable": True, "batch_input_shape": [None, 8, 9, 2]},
    }
    for body in ([first], {"name": "s", "layers": [first]}):
        network = build({"class_name": "Sequential", "config": body}).network
        assert network.input_shape == (8, 9, 2) and isinstance(network.node("a").layer, Conv)


# JSON that no Keras wrote


def spoiled(change):
    config = old(conv("a", "input_1"), conv("b", "a"), ("Add", {"name": "add"}, "a", "b"))
    change(config["config"]["layers"])
    return config


DEEP: dict = {"class_name": "Sequential", "config": {"name": "s", "layers": []}}
for _ in range(200):
    DEEP = {"class_name": "Sequential", "config": {"name": "s", "layers": [DEEP]}}


def option(key, value):
    def change(layers):
        layers[1]["config"].update({key: value})

    return change


@pytest.mark.parametrize(
    "change, says",
    [
        *(
            (option("filters", value), "filters")
            for value in (None, 0, -1, 1.5, True, "4", [4], 10**5000, 1 << 40)
        ),
        *(
            (option("kernel_size", value), "kernel_size")
            for value in (None, [3], [3, 0], [3, "3"], {"a": 1}, [1 << 30, 3])
        ),
        *((option("strides", value), "strides") for value in ([0, 1], [-1, 1], 1.0)),
        (option("groups", 2), "groups"),
        (option("use_bias", "yes"), "use_bias"),
        (option("padding", 3), "padding"),
        (lambda layers: layers[1].update(config=3), "config"),
        (lambda layers: layers[1].pop("class_name"), "class_name"),
        (lambda layers: layers[1].update(class_name=["Conv2D"]), "class_name"),
        (lambda layers: layers[1].update(name="x\ny"), "called"),
        (lambda layers: layers[1].update(name="x" * 300), "called"),
        (lambda layers: layers[2].update(name="a"), "two layers"),
        (lambda layers: layers[1].update(inbound_nodes=[[["b", 0, 0, {}]]]), "circle"),
        (lambda layers: layers[1].update(inbound_nodes=[[["z", 0, 0, {}]]]), "has not"),
        (lambda layers: layers[1].update(inbound_nodes=[[["input_1", 0, 7, {}]]]), "output 7"),
        (lambda layers: layers[1].update(inbound_nodes=[[[3, 0, 0]]]), "input"),
        (lambda layers: layers[1].update(inbound_nodes=3), "inbound"),
        (lambda layers: layers[1].update(inbound_nodes=[{"args": 3}]), "args"),
        (lambda layers: layers.append(None), "JSON object"),
        (
            lambda layers: layers[0]["config"].update(batch_input_shape=[None, 8, 8, None]),
            "channels",
        ),
        (
            lambda layers: layers[0]["config"].update(batch_input_shape=[None, 1 << 60, 8, 3]),
            "shape",
        ),
        (lambda layers: layers[0]["config"].update(batch_input_shape=[None, 8]), "shape"),
        (lambda layers: layers[0].update(class_name="Conv2D"), "."),
        (lambda layers: layers.clear(), "no layers"),
        (lambda layers: layers.append(DEEP | {"name": "deep", "inbound_nodes": []}), "nested"),
        (lambda layers: layers.extend([layers[1]] * 6000), "more than"),
    ],
    ids=lambda part: getattr(part, "__name__", str(part)),
)
def test_json_that_cannot_be(change, says):
    with pytest.raises(UserError, match=says) as error:
        build(spoiled(change))
    assert len(str(error.value)) < 500 and str(error.value).isprintable()


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"class_name": "MyModel", "config": {}},
        {"class_name": "Functional", "config": []},
        {"class_name": "Functional", "config": {"layers": {}}},
    ],
)
def test_no_model(config):
    with pytest.raises(UserError, match="."):
        build(config)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{" * 9, '{"a":' * 200_000, "[" * 10_000_000, "9" * 10_000, '"\ud800"'],
    ids=lambda text: text[:5],
)
def test_no_json(text):
    with pytest.raises(ValueError, match="description"):
        parsed(text)


def test_random_damage_is_one_error_at_most():
    """Values swapped for others all over a model's JSON: it is read, or refused in one line; nothing else comes."""
    dice = np.random.default_rng(3)
    base = keras.Sequential(
        [keras.Input(SHAPE), L.Conv2D(4, 3), L.BatchNormalization()], name="inner"
    )
    x = keras.Input(SHAPE)
    y = L.Reshape((-1,))(
        L.GlobalAveragePooling2D()(L.Concatenate()([base(x), L.SeparableConv2D(2, 3)(x)]))
    )
    text = json.loads(keras.Model(x, L.Dense(3)(L.Rescaling(2.0)(y))).to_json())
    strange = [
        None,
        True,
        0,
        -1,
        1 << 70,
        1.5,
        float("nan"),
        float("inf"),
        "",
        "x",
        [],
        [[]],
        {},
        {"class_name": "Functional"},
        [1, 2, 3],
        "Sequential",
        "Dense",
        "linear",
    ]
    refused = 0
    begin = time.monotonic()
    for _ in range(1500):
        config = copy.deepcopy(text)
        for _ in range(dice.integers(1, 4)):
            place, key = config, None
            while True:
                keys = list(place) if isinstance(place, dict) else list(range(len(place)))
                if not keys:
                    break
                key = keys[dice.integers(len(keys))]
                if isinstance(place[key], dict | list) and dice.random() < 0.93:
                    place = place[key]
                else:
                    place[key] = copy.deepcopy(strange[dice.integers(len(strange))])
                    break
        try:
            network = build(config).network
            network.parameters(), network.vectors
        except UserError as error:
            refused += 1
            assert str(error).isprintable() and len(str(error)) < 700
    assert 100 < refused < 1450 and time.monotonic() - begin < 60


# `.keras` and `.weights.h5`


def test_an_archive_leaves_nothing_behind(tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    path = tmp_path / "model.keras"
    chain(L.Conv2D(2, 3)).save(path)
    read(path)
    assert not list((tmp_path / "tmp").iterdir())
    data = path.read_bytes()
    for end in range(0, len(data), len(data) // 40):
        path.write_bytes(data[:end])
        try:
            assert not v3.is_archive(path)
        except UserError as error:
            assert str(path) in str(error)
    for at in range(0, len(data), len(data) // 100):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        try:
            v3.is_archive(path) and read(path)
        except UserError as error:
            assert "\n" not in str(error)
        except AssertionError:  # it reads as other layers than there are
            pass
    assert not list((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize(
    "name, maker, top", [("vgg16", "VGG16", False), ("resnet50", "ResNet50", True)]
)
def test_weights_of_the_built_in_networks_alone(tmp_path, rng, name, maker, top):
    keras.utils.clear_session()
    model = getattr(keras.applications, maker)(
        weights=None, include_top=top, input_shape=(64, 64, 3), **({"classes": 5} if top else {})
    )
    randomise(model, rng)
    path = tmp_path / "w.weights.h5"
    model.save_weights(path)
    with open_hdf5(path) as file:
        assert v3.recognises(file)
        network = v3.network(path, file)
        assert network.name == name
        contents = v3.contents_of(path, file, network)
        for node in layers_to_read(path, network, None, contents):
            for found, expected in zip(
                network.parameters()[node], model.get_layer(node).get_weights()
            ):
                np.testing.assert_array_equal(contents.read(node, found), expected)
        with pytest.raises(UserError, match="model.save"):
            v3.network(path, file, "resnet101")
        with pytest.raises(UserError, match="model.save"):
            v3.contents_of(path, file, NETWORKS["vgg19"]())


def test_an_older_layout_is_read_by_order(tmp_path, rng):
    """TensorFlow 2.12 to 2.15 number layers with gaps."""
    model = chain(*(L.Conv2D(2, 1, name=f"c{i}") for i in range(12)))
    randomise(model, rng)
    path = tmp_path / "w.weights.h5"
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        old = file.create_group("_layer_checkpoint_dependencies")
        for i in range(12):
            group = file[f"layers/conv2d{f'_{i}' if i else ''}"]
            old.copy(group, f"conv2d_{2 * i}" if i else "conv2d")
        del file["layers"]
    architecture = build(json.loads(model.to_json()))
    with open_hdf5(path) as file:
        contents = v3.contents(path, file, architecture)
        for i in range(12):
            np.testing.assert_array_equal(
                contents.read(f"c{i}", "kernel"), model.get_layer(f"c{i}").get_weights()[0]
            )


def test_weights_of_another_network_alone_are_refused(tmp_path):
    path = tmp_path / "w.weights.h5"
    chain(L.Conv2D(2, 3), L.Conv2D(2, 3)).save_weights(path)
    with open_hdf5(path) as file, pytest.raises(UserError, match="model.save"):
        v3.network(path, file)


@pytest.mark.parametrize(
    "name, order, first",
    [
        ("mobilenet_1.00_224", "rgb", 127.5),
        ("mobilenetv3small", "rgb", 0),
        ("densenet121", "rgb", 123.675),
        ("resnet50", "bgr", 103.939),
        ("resnet50v2", "rgb", 127.5),
        ("vgg16", "bgr", 103.939),
        ("efficientnetb0", "rgb", 0),
        ("mine", "rgb", 0),
    ],
)
def test_preprocessing_by_name(name, order, first):
    found, told = preprocessing.preprocessing(build(old(conv("a", "input_1")), name).network)
    assert (
        found.order == order
        and (found.mean or (0,))[0] == pytest.approx(first)
        and "--preprocess" in told
    )
