"""Keras models that put channels first: the same network as the one that puts them last."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from gradcheck import gap
from own_files import SHAPE, assert_equals_keras, chain, randomise

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.network.layers import Flatten
from tfdeconv.weights.keras.architecture import build
from tfdeconv.weights.load import load_weights

L = keras.layers
HEIGHT, WIDTH, CHANNELS = SHAPE
FIRST = (CHANNELS, HEIGHT, WIDTH)


def model_in(layout: str) -> keras.Model:
    """A network with all kinds of layers that a layout matters for."""
    first = layout == "channels_first"
    options = {"data_format": layout}
    axis = 1 if first else 3
    x = keras.Input(FIRST if first else SHAPE)
    y = L.Conv2D(4, 3, padding="same", name="conv", **options)(x)
    gate = L.GlobalAveragePooling2D(name="pool", **options)(y)
    gate = L.Reshape((4, 1, 1) if first else (1, 1, 4), name="map")(gate)
    gate = L.Conv2D(4, 1, activation="sigmoid", name="gate", **options)(gate)
    y = L.Concatenate(axis=axis, name="join")([L.Multiply(name="gated")([y, gate]), y])
    y = L.BatchNormalization(axis=axis, name="norm")(y)
    y = L.ZeroPadding2D(((1, 0), (2, 1)), name="pad", **options)(y)
    y = L.SeparableConv2D(5, 3, strides=2, name="separable", **options)(y)
    y = L.MaxPooling2D(2, name="max", **options)(y)
    y = L.Flatten(name="flat", **options)(y)
    return keras.Model(x, L.Dense(3, name="out")(y))


def test_channels_first_are_the_same_network(tmp_path, rng):
    first, last = model_in("channels_first"), model_in("channels_last")
    randomise(last, rng)
    first.set_weights(last.get_weights())
    first.save(tmp_path / "first.keras")
    weights = load_weights(tmp_path / "first.keras")
    network = weights.network
    assert network.input_shape == SHAPE and not network.missing
    x = rng.standard_normal((1, *SHAPE)).astype(np.float32)
    names = ("join", "max", "out")
    outputs = [last.get_layer(name).output for name in names]
    for name, expected in zip(names, keras.Model(last.input, outputs)(x), strict=True):
        # float32, a few layers
        assert gap(Deconvnet(network, weights, name).activations(x), expected.numpy()) < 1e-5


def described(*layers, shape=FIRST) -> dict:
    return json.loads(chain(*layers, shape=shape).to_json())


def conv(name="conv"):
    return L.Conv2D(4, 3, name=name, data_format="channels_first")


def test_flatten_keeps_the_order_of_axes():
    """Without a data_format of its own it does not put channels last; nor does a Reshape."""
    rows, columns = HEIGHT - 2, WIDTH - 2
    moved = L.Flatten(name="flat", data_format="channels_first")
    for layer, channels_first in (
        (L.Flatten(name="flat"), True),
        (L.Reshape((4 * rows * columns,), name="flat"), True),
        (moved, False),
    ):
        network = build(described(conv(), layer)).network
        assert network.node("flat").layer == Flatten(channels_first=channels_first)
    x = np.arange(2 * 3 * 4).reshape(1, 2, 3, 4)
    expected = x.transpose(0, 3, 1, 2).reshape(1, -1)
    net = build(described(L.Permute((3, 1, 2), name="p"), L.Flatten(name="f"), shape=(2, 3, 4)))
    np.testing.assert_array_equal(Deconvnet(net.network, {}, "f").activations(x), expected)


def test_permute_moves_channels_to_an_end():
    to_first, to_last = L.Permute((3, 1, 2), name="p"), L.Permute((2, 3, 1), name="q")
    network = build(described(to_first, conv(), to_last, L.Conv2D(2, 1), shape=SHAPE)).network
    assert network.input_shape == SHAPE and not network.missing
    swapped = L.Permute((1, 3, 2), name="swapped")
    network = build(described(conv(), swapped, conv(name="behind"))).network
    assert "its input has rows, columns and channels mixed" in network.missing["behind"]


def test_layers_know_channels_by_their_axis(tmp_path, rng):
    """Between two layers that move them; Keras has no convolutions with channels first on CPUs."""
    layers = [L.PReLU(), L.PReLU(shared_axes=[3]), L.BatchNormalization(axis=1)]
    model = chain(L.Permute((3, 1, 2)), *layers, L.Permute((2, 3, 1)), L.Conv2D(2, 3))
    assert_equals_keras(model, tmp_path, rng)


@pytest.mark.parametrize(
    "layer, says",
    [
        (L.BatchNormalization(name="odd"), "axis -1 is not the channels, which are axis 1"),
        (L.Dense(3, name="odd"), "axis 3 is not the channels"),
        (L.Concatenate(axis=2, name="odd"), "axis 2 is not the channels"),
    ],
)
def test_layers_along_other_axes_are_left_out(layer, says):
    x = keras.Input(FIRST)
    y = conv()(x)
    y = layer([y, y]) if isinstance(layer, L.Concatenate) else layer(y)
    assert says in build(json.loads(keras.Model(x, y).to_json())).network.missing["odd"]


def test_mixed_layouts_are_one_line():
    with pytest.raises(UserError, match="mixes channels first and last: layer pool"):
        build(described(conv(), L.MaxPooling2D(name="pool")))
    old = described(conv(), L.MaxPooling2D(name="pool"))
    for layer in old["config"]["layers"][1:]:
        del layer["config"]["data_format"]
        # Keras 1's word
        layer["config"]["dim_ordering"] = "th"
    assert build(old).network.input_shape == SHAPE
