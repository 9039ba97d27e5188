"""Functions of tensors in a Keras model: what is understood equals Keras's, the rest is named."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from gradcheck import gap
from keras import ops
from own_files import SHAPE, keras2_conv, keras2_model, read_model

from tfdeconv.engine.passes import forward_maps
from tfdeconv.network.layers import DepthToSpace
from tfdeconv.weights.keras.architecture import build
from tfdeconv.weights.keras.preprocessing import scales_pixels

L = keras.layers
ACTIVATIONS = keras.activations

# of a map of 4 channels
FUNCTIONS = {
    "relu": ops.relu,
    "relu6": lambda x: ACTIVATIONS.relu(x, max_value=6, negative_slope=0.1),
    "leaky": ops.leaky_relu,
    "sigmoid": ACTIVATIONS.sigmoid,
    "gelu": ops.gelu,
    "exact gelu": ACTIVATIONS.gelu,
    "elu": ops.elu,
    "hard silu": ops.hard_silu,
    "abs": ops.abs,
    "square": ops.square,
    "cube": lambda x: x**3,
    "negative": lambda x: -x,
    "one less": lambda x: 1 - x,
    "over two": lambda x: x / 2.0,
    "by channel": lambda x: ops.multiply(np.array([1.0, 2.0, 3.0, 4.0], "float32"), x),
    "by channel, with axes": lambda x: x - np.full((1, 1, 1, 4), 0.5, "float32"),
    "floor": lambda x: ops.maximum(x, 0.0),
    "floor below": lambda x: ops.maximum(-0.1, x),
    "ceiling": lambda x: ops.minimum(x, 0.2),
    "clip": lambda x: ops.clip(x, -0.1, 0.3),
    "gate": lambda x: x * ops.sigmoid(x),
    "difference": lambda x: ops.subtract(x2=x * 2, x1=x),
    "larger": lambda x: ops.maximum(x, -x),
    "mean": lambda x: ops.mean(x, axis=(1, 2)),
    "kept mean": lambda x: ops.mean(x, axis=(-3, -2), keepdims=True),
    "largest": lambda x: ops.max(x, axis=[1, 2], keepdims=True),
    "mean of channels": lambda x: ops.mean(x, axis=-1, keepdims=True),
    "excited": lambda x: x * ops.mean(x, axis=(1, 2))[:, None, None, :],
    "squeezed": lambda x: ops.squeeze(ops.max(x, axis=(1, 2), keepdims=True), (1, 2)),
    "rows": lambda x: x[:, 1:-2, ::2],
    "channels": lambda x: x[..., 1::2],
    "cell": lambda x: ops.mean(x, axis=(1, 2), keepdims=True)[:, 0, 0, :],
    "grey": lambda x: (0.3 * x[..., 0] + 0.6 * x[..., 1] + 0.1 * x[..., -1])[..., None],
    "reversed": lambda x: ops.flip(x, axis=-1),
    "stacked": lambda x: ops.stack([x[..., 2], x[..., 0]], axis=-1),
    "side by side": lambda x: ops.concatenate([x, 2 * x], axis=3),
    "flat": lambda x: ops.reshape(x, (-1, 13 * 11 * 4)),
    "padded": lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1), (0, 0))),
    "mirrored": lambda x: ops.pad(x, ((0, 0), (1, 2), (2, 1), (0, 0)), "reflect"),
    "average": lambda x: ops.average_pool(x, 2, strides=1, padding="same"),
    "pool": lambda x: ops.max_pool(x, (2, 3)),
    "unit": lambda x: ops.normalize(x, axis=-1),
    "cast": lambda x: ops.cast(x, "float32"),
    "root": lambda x: ops.sigmoid(x) ** 0.5,
    "logarithm": lambda x: ops.log(ops.rsqrt(ops.sqrt(ops.sigmoid(x)))),
    "swapped and back": lambda x: ops.transpose(ops.transpose(x, (0, 3, 2, 1)) * 2, (0, 3, 2, 1)),
    "inverse": lambda x: 2 / ops.sigmoid(x),
    "quotient": lambda x: x / ops.sigmoid(x),
    "by column": lambda x: x[..., 0] * np.arange(11, dtype="float32"),
    "by cell": lambda x: x + np.arange(143, dtype="float32").reshape(13, 11, 1),
    "second half": lambda x: ops.split(x, 2, axis=-1)[1],
}


def outputs(network, weights, x) -> dict[str, np.ndarray]:
    """The maps of all nodes."""
    layers = [node.name for node in network.nodes]
    parameters = {name: weights.get(name, {}) for name in layers}
    nodes = network.at(*x.shape[1:3]).nodes
    maps, _ = forward_maps(nodes, parameters, tf.constant(x), None, layers)
    return {name: values.numpy() for name, values in zip(layers, maps)}


def test_functions_equal_keras(tmp_path, rng):
    """All in one model, each on the same convolution."""
    x = keras.Input(SHAPE)
    features = L.Conv2D(4, 1, name="features")(x)
    ends = []
    for case, function in FUNCTIONS.items():
        # behind it a layer, or a last sigmoid would be left out
        ends.append(L.Activation("linear", name=f"end of {case}")(function(features)))
    model = keras.Model(x, ends)
    model.save(tmp_path / "model.keras")
    architecture, weights = read_model(tmp_path / "model.keras")
    assert not architecture.network.missing
    image = rng.standard_normal((2, *SHAPE)).astype(np.float32)
    maps = outputs(architecture.network, weights, image)
    for case, expected in zip(FUNCTIONS, model(image)):
        found = maps[f"end of {case}"].reshape(expected.shape)
        # float32, one or two operations
        assert gap(found, expected) < 1e-5, case


@pytest.mark.parametrize(
    "function, says",
    [
        (lambda x: ops.exp(ops.sin(x)), "keras.ops.sin"),
        (lambda x: ops.mean(x, axis=1), "keras.ops.mean: it takes the mean over axes"),
        (lambda x: 2**x, "keras.ops.power"),
        (lambda x: x[:, 2:5], "keras.ops.get_item"),
        (lambda x: x[:, 3], "keras.ops.get_item"),
        (lambda x: ops.reshape(x, (-1, 4)), "keras.ops.reshape"),
        (lambda x: ops.stack([x, x], axis=1), "keras.ops.stack"),
        (lambda x: ops.concatenate([x, x], axis=1), "keras.ops.concatenate"),
        (lambda x: ops.pad(x, 1), "keras.ops.pad"),
        (lambda x: ops.split(x, [1, 3], axis=-1)[1], "keras.ops.split"),
        (lambda x: x + np.ones((13, 1, 11, 1), "float32"), "keras.ops.add"),
        (lambda x: ops.maximum(x, np.arange(4, dtype="float32")), "keras.ops.maximum"),
    ],
)
def test_functions_that_are_not_understood(function, says):
    x = keras.Input(SHAPE)
    y = function(L.Conv2D(4, 1, name="first")(x))
    model = keras.Model(x, L.Activation("linear", name="last")(y))
    network = build(json.loads(model.to_json())).network
    assert "first" in {node.name for node in network.nodes}
    assert says in " ".join(network.missing.values())
    assert network.missing["last"].startswith("it depends on ")


def test_the_head_of_vgg_in_keras_3(tmp_path, rng):
    """Planes of the colours, stacked the other way round, and a constant with all axes."""
    x = keras.Input(SHAPE)
    y = keras.applications.vgg16.preprocess_input(x)
    model = keras.Model(x, L.Conv2D(4, 3, name="first")(y))
    model.save(tmp_path / "model.h5")
    architecture, weights = read_model(tmp_path / "model.h5")
    assert scales_pixels(architecture.network)
    image = rng.integers(0, 256, (1, *SHAPE)).astype(np.float32)
    maps = outputs(architecture.network, weights, image)
    assert gap(maps["first"], model(image)) < 1e-5


# functions of TensorFlow's, which Keras 2 writes


def tf_lambda(name: str, function: str, source: str, **arguments) -> dict:
    row = [source, 0, 0, {**arguments, "name": None}]
    if not source:
        row = ["_CONSTANT_VALUE", -1, 1.0, arguments]
    return {
        "class_name": "TFOpLambda",
        "name": name,
        "config": {"name": name, "trainable": True, "dtype": "float32", "function": function},
        "inbound_nodes": [row],
    }


def tf_slice(name: str, source: str, *key) -> dict:
    row = tf_lambda(name, "__operators__.getitem", source, slice_spec=list(key))
    return row | {"class_name": "SlicingOpLambda"}


def tf_node(name: str, op: str, source: str, constants: dict, attributes: dict) -> dict:
    node = {"name": op, "op": op, "input": [source, "y"], "attr": attributes}
    return {
        "class_name": "TensorFlowOpLayer",
        "name": name,
        "config": {
            "name": name,
            "trainable": True,
            "dtype": "float32",
            "node_def": json.dumps(node),
            "constants": constants,
        },
        "inbound_nodes": [[[source, 0, 0, {}]]],
    }


BACKWARDS = {"start": None, "stop": None, "step": -1}
BGR = [-103.939, -116.779, -123.68]
MASKS = {"begin_mask": "2", "end_mask": "2", "ellipsis_mask": "1"}
HEADS = {
    "tf": [
        tf_lambda("a", "math.truediv", "input_1", y=127.5),
        tf_lambda("b", "math.subtract", "a", y=1.0),
    ],
    "tf, of nodes": [
        tf_node("a", "RealDiv", "input_1", {"1": 127.5}, {"T": {"type": "DT_FLOAT"}}),
        tf_node("b", "Sub", "a", {"1": 1.0}, {"T": {"type": "DT_FLOAT"}}),
    ],
    "caffe": [
        tf_slice("a", "input_1", {"class_name": "__ellipsis__"}, BACKWARDS),
        tf_lambda("b", "nn.bias_add", "a", bias=BGR, data_format="NHWC"),
    ],
    "caffe, of nodes": [
        tf_node(
            "a",
            "StridedSlice",
            "input_1",
            {"1": [0, 0], "2": [0, 0], "3": [1, -1]},
            {key: {"i": value} for key, value in MASKS.items()},
        ),
        tf_node("b", "BiasAdd", "a", {"1": BGR}, {"data_format": {"s": "TkhXQw=="}}),
    ],
    "from one": [tf_lambda("b", "math.subtract", "", y=["input_1", 0, 0])],
}
EXPECTED = {
    "tf": lambda x: x / 127.5 - 1,
    "caffe": lambda x: x[..., ::-1] + np.array(BGR),
    "from one": lambda x: 1 - x,
}


@pytest.mark.parametrize("head", HEADS)
def test_functions_of_tensorflow(head, rng):
    model = keras2_model(keras2_conv("c", "b"))
    model["config"]["layers"][1:1] = HEADS[head]
    architecture = build(model)
    network = architecture.network
    assert not network.missing
    assert scales_pixels(network)
    weights = {}
    for node, parameters in architecture.parameters.items():
        if node != "c":
            weights[node] = {name: each.read() for name, each in parameters.items()}
    image = rng.integers(0, 256, (1, *SHAPE)).astype(np.float32)
    nodes = [node for node in network.nodes if node.name != "c"]
    parameters = {node.name: weights.get(node.name, {}) for node in nodes}
    (found,), _ = forward_maps(nodes, parameters, tf.constant(image), None, ("b",))
    assert gap(found.numpy(), EXPECTED[head.partition(",")[0]](image)) < 1e-6


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_blocks_of_cells_of_channels(layout):
    model = keras2_model(
        keras2_conv("a", "input_1"), keras2_conv("b", "input_1"), keras2_conv("c", "b")
    )
    blocks = tf_lambda("b", "nn.depth_to_space", "a", block_size=2, data_format=layout)
    model["config"]["layers"][2] = blocks
    network = build(model).network
    if layout == "NHWC":
        assert network.node("b").layer == DepthToSpace(2)
        assert network.shapes()["b"] == (26, 22, 1)
    else:
        assert "its input has rows, columns and channels mixed" in network.missing["b"]


def test_a_function_of_tensorflow_that_is_not_understood():
    model = keras2_model(keras2_conv("c", "b"))
    model["config"]["layers"][1:1] = [tf_lambda("b", "math.cumsum", "input_1", axis=1)]
    model["config"]["layers"].insert(
        1, keras2_model(keras2_conv("d", "input_1"))["config"]["layers"][1]
    )
    network = build(model).network
    assert network.missing["b"] == "it calls tf.math.cumsum, which is not understood"
    depends = "it depends on b (it calls tf.math.cumsum, which is not understood), "
    assert network.missing["c"].startswith(depends)
