"""Activations, merges and norms of a Keras model: values and derivatives equal Keras's.

In float64, through a file: Keras's automatic differentiation is the reference.
"""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from gradcheck import gap
from own_files import SHAPE, chain, keras2_conv, keras2_model, randomise, read_model

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.network.layers import Activation, BatchNorm
from tfdeconv.weights.keras.architecture import build

L = keras.layers
NAMES = [
    *("elu", "selu", "celu", "silu", "swish", "mish", "gelu", "softplus", "squareplus"),
    *("sparse_plus", "sparse_sigmoid", "sigmoid", "hard_sigmoid", "log_sigmoid", "tanh"),
    *("hard_tanh", "softsign", "exponential", "tanh_shrink", "hard_shrink", "soft_shrink"),
    *("hard_swish", "log_softmax", "softmax", "relu6", "leaky_relu", "linear"),
]


def functions(x):
    """Every name of an activation, and every class, beside one another."""
    x = L.Conv2D(4, 3)(x)
    classes = [
        L.ELU(0.5),
        L.ReLU(threshold=0.4),
        L.ReLU(0.9, 0.1, threshold=0.3),
        L.LeakyReLU(0.2),
        L.PReLU(),
        L.PReLU(shared_axes=[1, 2]),
        L.PReLU(shared_axes=[1, 2, 3]),
        *map(L.Activation, NAMES),
    ]
    return L.Concatenate()([layer(x) for layer in classes])


def merges(x):
    a, b, c = (L.Conv2D(4, 3)(x) for _ in range(3))
    cell = L.GlobalAveragePooling2D(keepdims=True)(c)
    merged = [
        L.Maximum()([a, b, c]),
        L.Minimum()([a, cell]),
        L.Average()([a, b, c]),
        L.Subtract()([a, b]),
        L.Subtract()([cell, b]),
        L.Multiply()([a, b, c]),
    ]
    return L.Concatenate()(merged)


def norms(x):
    x = L.Conv2D(4, 3)(x)
    layers = [
        L.LayerNormalization(),
        L.LayerNormalization(axis=[1, 2, 3], epsilon=0.1),
        L.LayerNormalization(scale=False),
        L.GroupNormalization(2),
        L.GroupNormalization(-1, center=False, axis=3),
        L.RMSNormalization(),
        L.UnitNormalization(),
    ]
    return L.Concatenate()([layer(x) for layer in layers])


def dense_layers(x):
    """On a map, and norms and activations of vectors."""
    x = L.Dense(6, activation="log_softmax")(x)
    x = L.Dense(4, activation="mish", use_bias=False)(x)
    x = L.PReLU()(L.Dense(6)(L.Flatten()(x)))
    x = L.LayerNormalization()(x)
    x = L.Dense(4)(L.GroupNormalization(3)(x))
    return L.UnitNormalization()(L.PReLU(shared_axes=[1])(x))


def decoder(x):
    """Larger maps from smaller ones."""
    a = L.Conv2D(4, 3, strides=2, padding="same")(L.ZeroPadding2D(((1, 0), (0, 1)))(x))
    larger = [
        L.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu")(a),
        L.Conv2DTranspose(2, (2, 4), strides=2, padding="same")(a),
        L.Conv2DTranspose(2, 2, strides=2, use_bias=False)(a),
        L.UpSampling2D()(a),
    ]
    b = L.Conv2D(4, 3, strides=2)(L.Concatenate()(larger))
    return L.UpSampling2D((2, 3))(L.Conv2DTranspose(3, (3, 4), strides=(1, 2))(b))


@pytest.fixture
def float64():
    keras.utils.clear_session()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("layers", [functions, merges, norms, dense_layers, decoder])
def test_values_and_derivatives_equal_keras(layers, tmp_path, rng):
    x = keras.Input(SHAPE)
    # all channels meet in each of the last layer's
    y = layers(x)
    end = L.Dense(2) if len(y.shape) == 2 else L.Conv2D(2, 3)
    model = keras.Model(x, end(y))
    randomise(model, rng)
    model.save(tmp_path / "model.keras")
    architecture, weights = read_model(tmp_path / "model.keras", np.float64)
    network = architecture.network
    assert not network.missing
    images = rng.standard_normal((2, *SHAPE))
    with tf.GradientTape() as tape:
        inputs = tf.constant(images)
        tape.watch(inputs)
        expected = model(inputs, training=False)
        half_square = tf.reduce_sum(expected[..., 1] ** 2) / 2
    deconvnet = Deconvnet(network, weights, network.nodes[-1].name, "gradient")
    # float64, but Keras has some slopes in float32
    assert gap(deconvnet.activations(images), expected) < 1e-7
    projection = deconvnet.project(images, [1], "all").pixels[:, 0]
    if deconvnet.of_classes:
        # of a logit what raises it comes back, whatever its sign
        projection *= np.sign(expected.numpy()[:, None, None, 1:])
    assert gap(projection, tape.gradient(half_square, inputs)) < 1e-6


def test_classes_of_older_kerases():
    model = keras2_model(("ThresholdedReLU", {"name": "t", "theta": 0.7}, "input_1"))
    assert build(model).network.node("t").layer == Activation(threshold=0.7)
    norm = keras2_model(("BatchNormalizationV1", {"name": "n", "axis": [3]}, "input_1"))
    assert build(norm).network.node("n").layer == BatchNorm(1e-3)
    # built later: no layer says what its input is, as Keras 3 always does
    class_name, config = keras2_conv("c", activation="hard_sigmoid")
    conv = {"class_name": class_name, "config": config | {"trainable": True}}
    body = {"name": "s", "layers": [conv], "build_input_shape": [None, 8, 9, 2]}
    network = build({"class_name": "Sequential", "config": body}).network
    assert network.node("c").layer.activation.constant == 0.2


@pytest.mark.parametrize(
    "layer, says",
    [
        (L.LayerNormalization(axis=[1, 2]), "it scales groups of channels by cell"),
        (L.GroupNormalization(2, axis=1), "axis 1 is not the channels"),
        (L.UnitNormalization(axis=(1, 2, 3)), "axis"),
        (L.Activation("sparsemax"), "sparsemax"),
        (L.Activation("glu"), "glu"),
    ],
)
def test_norms_and_activations_not_understood(layer, says):
    named = type(layer).from_config(layer.get_config() | {"name": "it"})
    config = json.loads(chain(L.Conv2D(4, 1, name="first")).to_json())
    # not added to the model: Keras itself refuses some
    config["config"]["layers"].append(keras.saving.serialize_keras_object(named))
    network = build(config).network
    assert [node.name for node in network.nodes] == ["first"]
    assert says in network.missing["it"]
