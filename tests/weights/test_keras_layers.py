"""Layers and their options in a Keras model: each class that is understood equals Keras's."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from gradcheck import gap
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
from own_files import SHAPE, assert_equals_keras, chain, randomise

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.network.layers import Identity, Softmax
from tfdeconv.weights.keras.architecture import build
from tfdeconv.weights.load import load_weights

L = keras.layers
pytestmark = [
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

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
    "axes swapped and swapped back": [
        L.Conv2D(4, 1),
        L.Permute((2, 1, 3)),
        L.ReLU(),
        L.Permute((2, 1, 3)),
        L.Conv2D(2, (3, 2)),
    ],
    "channels shuffled": [
        L.Conv2D(6, 1),
        L.Reshape((13, 11, 2, 3)),
        L.Permute((1, 2, 4, 3)),
        L.Reshape((13, 11, 6)),
        L.Conv2D(2, 3),
    ],
    "cells in a row": [L.Reshape((143, 3)), L.Dense(4), L.Reshape((13, 11, 4)), L.ReLU()],
    "transposed at strides beyond the kernel": [
        L.Conv2DTranspose(4, 2, strides=(3, 4)),
        L.Conv2DTranspose(3, 2, strides=(3, 4), padding="same"),
    ],
    "transposed with an output padding": [
        L.Conv2DTranspose(4, 3, strides=2, output_padding=1),
        L.Conv2DTranspose(3, (3, 4), strides=2, output_padding=1, padding="same"),
    ],
    "enlarged": [L.UpSampling2D((2, 3), interpolation="bilinear"), L.Conv2D(2, 3)],
    "flattened by reshape": [L.Reshape((-1,)), L.Dense(3)],
}


@pytest.mark.parametrize("case", CASES)
def test_layers_equal_keras(case, tmp_path, rng):
    assert_equals_keras(chain(*CASES[case]), tmp_path, rng)


def test_dilated_transposes_equal_spread_kernels(tmp_path, rng):
    """TensorFlow has none on CPUs: Keras takes the kernel with zeros between its taps."""
    options = {"padding": "same", "name": "it"}
    dilated = chain(L.Conv2DTranspose(4, (3, 2), dilation_rate=(2, 3), **options))
    spread = chain(L.Conv2DTranspose(4, (5, 4), **options))
    randomise(dilated, rng)
    kernel, bias = dilated.get_weights()
    with_zeros = np.zeros((5, 4, 4, 3), np.float32)
    with_zeros[::2, ::3] = kernel
    spread.set_weights([with_zeros, bias])
    dilated.save(tmp_path / "model.keras")
    weights = load_weights(tmp_path / "model.keras")
    images = rng.standard_normal((2, *SHAPE)).astype(np.float32)
    found = Deconvnet(weights.network, weights, "it").activations(images)
    # float32, one layer
    assert gap(found, spread(images).numpy()) < 1e-5


@pytest.mark.parametrize("head", ["dense", "layer", "map"])
def test_sigmoid_of_an_output_is_its_logit(head, tmp_path, rng):
    x = keras.Input(SHAPE)
    y = L.Conv2D(2, 3, activation="sigmoid", name="gate")(x)
    if head == "map":
        model = keras.Model(x, L.Conv2D(2, 3, activation="sigmoid", name="out")(y))
    else:
        logit = L.Dense(2, name="logit")(L.Flatten()(y))
        y = L.Activation("sigmoid", name="out")(logit)
        if head == "dense":
            y = L.Dense(2, activation="sigmoid", name="out")(logit)
        model = keras.Model(x, y)
    model.save(tmp_path / "model.keras")
    images = rng.random((2, *SHAPE)).astype(np.float32)
    weights = load_weights(tmp_path / "model.keras")

    found = Deconvnet(weights.network, weights, "out").activations(images)

    # logit and sigmoid are of numbers around 0, where neither loses digits
    np.testing.assert_allclose(1 / (1 + np.exp(-found)), model.predict(images, verbose=0), 1e-5)
    assert any("out: its values are logits, those before its sigmoid" in n for n in weights.notes)
    assert not any("gate" in note for note in weights.notes)


def test_merges_equal_keras(tmp_path, rng):
    x = keras.Input(SHAPE)
    a = L.Conv2D(4, 3, padding="same", name="a")(x)
    b = L.Conv2D(4, 1, name="b")(x)
    squeezed = L.GlobalAveragePooling2D(keepdims=True, name="squeeze")(b)
    gate = L.Conv2D(4, 1, activation="sigmoid", name="gate")(squeezed)
    alone = L.Conv2D(1, 1, name="alone")(b)
    y = L.Multiply(name="gated")([a, gate])
    y = L.Add(name="sum")([y, b, alone])
    y = CustomScaleLayer(0.3, name="scaled")([y, b])
    y = L.Concatenate(name="cat")([y, a, x])
    y = (y * 0.5 + 3.0) / 4.0 - 1.0
    assert_equals_keras(keras.Model(x, L.Conv2D(3, 1, name="end")(y + y)), tmp_path, rng)


class Scale(L.Layer):
    """What Keras ports of Caffe's ResNets have behind each norm; Keras has no such layer."""

    def __init__(self, axis=-1, momentum=0.9, **more):
        super().__init__(**more)
        self.axis = axis
        self.momentum = momentum

    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[self.axis],), name="gamma")
        self.beta = self.add_weight(shape=(shape[self.axis],), name="beta")

    def call(self, x):
        return x * self.gamma + self.beta

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "momentum": self.momentum}


def test_caffes_scale_layers_equal_keras(tmp_path, rng):
    x = keras.Input(SHAPE)
    y = L.BatchNormalization(epsilon=1.1e-5)(L.Conv2D(4, 3, name="a", use_bias=False)(x))
    y = L.Activation("relu")(Scale(axis=3, name="scale_a")(y))
    assert_equals_keras(keras.Model(x, L.Conv2D(3, 1, name="end")(y)), tmp_path, rng)


@pytest.mark.parametrize(
    "layer, says",
    [
        (L.Conv2D(4, 3, activation="sparsemax"), "sparsemax"),
        (L.UpSampling2D(interpolation="bicubic"), "bicubic"),
        (L.Softmax(axis=1), "axis 1"),
        (L.Reshape((11, 13, 4)), "reshapes"),
        (L.BatchNormalization(axis=1), "axis"),
    ],
)
def test_options_that_are_not_understood(layer, says):
    named = type(layer).from_config(layer.get_config() | {"name": "it"})
    model = chain(L.Conv2D(4, 1, name="first"), named, L.ReLU(name="last"))
    network = build(json.loads(model.to_json())).network
    assert [node.name for node in network.nodes] == ["first"]
    assert says in network.missing["it"]
    assert network.missing["last"].startswith("it depends on it (")


def test_a_last_softmax_is_left_out():
    model = chain(L.Flatten(), L.Dense(3, name="d", activation="softmax"), L.Softmax(name="s"))
    network = build(json.loads(model.to_json())).network
    assert network.node("s").layer == Identity()
    # the other softmax reads it
    assert isinstance(network.node("d").layer, Softmax)
