"""Grad-CAM is the papers' formula, with derivatives by Keras and by TensorFlow's own tape."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from gradcheck import gap
from helpers import random_weights

from tfdeconv import Deconvnet, load_weights
from tfdeconv.engine import grad_cam, passes
from tfdeconv.engine.grad_cam import GradCam
from tfdeconv.engine.projection import paste
from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import (
    RELU,
    Activation,
    Add,
    BatchNorm,
    Concatenate,
    Conv,
    ConvTranspose,
    Dense,
    DepthwiseConv,
    GlobalAvgPool,
    GroupNorm,
    MaxPool,
    Multiply,
    Resize,
)

# float32, a dozen layers: 2e-6 was measured; of a wrong cell, rule or mean 1e-2 and more
NEAR = 1e-5


@pytest.fixture(autouse=True)
def uncompiled(uncompiled_in_any_folder):
    """These networks run once; compiled, they do in tests/cli/test_cam.py."""


def rectified(x):
    """A ReLU with the guided derivative, written down again from Springenberg et al. 2015."""

    @tf.custom_gradient
    def relu(x):
        return tf.nn.relu(x), lambda s: tf.where((x > 0) & (s > 0), s, tf.zeros_like(s))

    return relu(x)


def with_a_head(layers, relu) -> keras.Model:
    """Branches that meet, a gate, a global pool and classes."""
    x = image = layers.Input((29, 23, 3))
    x = layers.Conv2D(6, 3, padding="same", activation=relu, name="stem")(x)
    one = layers.Conv2D(5, 3, strides=2, padding="same", name="one")(x)
    two = layers.MaxPooling2D(3, 2, padding="same", name="two")(x)
    x = layers.Concatenate(name="both")([one, two])
    x = layers.Activation(relu, name="rectified")(x)
    branch = layers.Conv2D(11, 3, padding="same", activation=relu, name="branch")(x)
    x = layers.Add(name="sum")([x, branch])
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Dense(11, activation="sigmoid")(gate)
    x = layers.Multiply(name="gated")([x, gate])
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(5, name="classes")(x))


def like_vgg(layers, relu) -> keras.Model:
    """Blocks of convolutions and pools, and dense layers behind them."""
    x = image = layers.Input((32, 32, 3))
    for block, channels in enumerate((4, 6, 8), 1):
        for i in (1, 2):
            name = f"block{block}_conv{i}"
            x = layers.Conv2D(channels, 3, padding="same", activation=relu, name=name)(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(20, activation=relu, name="fc1")(x)
    return keras.Model(image, layers.Dense(7, name="classes")(x))


# a model, a target, inner layers
KERAS = [
    (with_a_head, "classes", ("one", "gated")),
    (like_vgg, "classes", ("block2_conv1", "block3_pool")),
    (like_vgg, "block3_conv2", ("block1_pool",)),
]


def signal_by_keras(model, x, target: str, place) -> np.ndarray:
    """What the model's rule brings to the pixels of a value of the target, times that value."""
    part = keras.Model(model.input, model.get_layer(target).output)
    image = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = part(image)[place]
    return np.abs(value) * tape.gradient(value, image)[0].numpy()


def heat_by_keras(model, x, target: str, layer: str, place) -> np.ndarray:
    """The heat map of section 3, at the image's size."""
    part = keras.Model(model.input, [model.get_layer(name).output for name in (layer, target)])
    with tf.GradientTape() as tape:
        maps, y = part(x)
        value = y[place]
    alpha = tf.reduce_mean(tape.gradient(value, maps), (0, 1, 2))
    heat = tf.nn.relu(tf.reduce_sum(maps * alpha, -1, keepdims=True))
    return tf.image.resize(heat, x.shape[1:3])[0, ..., 0].numpy()


@pytest.mark.parametrize("make, target, inner", KERAS)
def test_heat_is_autodiff_through_keras(tmp_path, rng, make, target, inner):
    keras.utils.set_random_seed(1)
    model = make(keras.layers, "relu")
    for variable in model.trainable_variables:
        if variable.name == "bias":
            variable.assign(0.1 * rng.standard_normal(variable.shape))
    model.save(tmp_path / "model.keras")
    guided = make(keras.layers, rectified)
    guided.set_weights(model.get_weights())
    weights = load_weights(tmp_path / "model.keras")
    x = rng.standard_normal((1, *model.input.shape[1:])).astype(np.float32)
    # the second, so that it is told from the first
    found = Deconvnet(weights.network, weights, target).project(x, top=2)
    place = (0, *found.positions[0, 1], found.channels[0, 1])
    if len(model.get_layer(target).output.shape) == 2:
        place = (0, found.channels[0, 1])
    signal = signal_by_keras(guided, x, target, place)
    for layer in inner:
        maps = GradCam(weights.network, weights, target, layer).of(found)
        heat = heat_by_keras(model, x, target, layer, place)
        assert heat.any()
        assert gap(maps.enlarged(0, 1, x.shape[1:3]), heat) < NEAR
        product = paste(maps.guided[0, 1], found.boxes[0, 1], (0, 0, *x.shape[1:3]))
        assert gap(product, signal * heat[..., None]) < NEAR


def mixed() -> Network:
    """Convolutions of all kinds, norms, a gate, sums and concatenations, with maps enlarged."""
    net = Builder("mixed", (17, 14, 3))
    net.add("stem", Conv(6, 3, stride=2, pad="same", bias=False))
    net.add("norm", BatchNorm(1e-3))
    stem = net.add("relu", RELU)
    net.add("depth", DepthwiseConv(3, pad=1, activation=Activation(ceiling=6.0)))
    net.add("groups", GroupNorm(2, 0.1))
    out = net.add("sum", Add(), "groups", stem)
    net.add("squeezed", GlobalAvgPool(keep=True))
    net.add("excited", Dense(6, activation=Activation("sigmoid")))
    out = net.add("gated", Multiply(), out, "excited")
    net.add("pooled", MaxPool(3, 2, pad=1))
    net.add("deep", Conv(5, 3, pad=1, activation=Activation("silu")))
    net.add("up", ConvTranspose(4, 2, 2, ((0, 1), (0, 1))))
    net.add("resized", Resize(9, 7), out)
    net.add("both", Concatenate(), "up", "resized")
    net.add("target", Conv(7, 3, pad=1, activation=RELU))
    return net.network()


def by_tape(network: Network, weights, x, target: str, layer: str, value) -> np.ndarray:
    """The heat map at the layer's size, by TensorFlow's tape over whole maps; value: of target."""
    nodes = network.at(*x.shape[1:3]).up_to(target)
    parameters = {node.name: weights.get(node.name, {}) for node in nodes}
    image = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(image)
        ends = (layer, target)
        (maps, y), _ = passes.forward_maps(nodes, parameters, image, None, ends)
        found = value(y[0])
    alpha = tape.gradient(found, maps).numpy().mean((0, 1, 2))
    return np.maximum((maps.numpy()[0] * alpha).sum(-1), 0)


@pytest.fixture(scope="module")
def mixed_case():
    """mixed(), its weights, two images, and the guided projections of units at the border."""
    rng = np.random.default_rng(2)
    network = mixed()
    weights = random_weights(network, rng)
    x = rng.standard_normal((2, 17, 14, 3))
    projection = Deconvnet(network, weights, "target", "guided").project(x, top=3, at=(0, 6))
    return network, weights, x, projection


# of mixed(): maps through which all goes, and those of branches
@pytest.mark.parametrize("layer", ["groups", "gated", "deep"])
def test_heat_is_the_tapes_at_every_layer(mixed_case, layer):
    network, weights, x, projection = mixed_case
    maps = GradCam(network, weights, "target", layer).of(projection)
    for image, unit in np.ndindex(projection.channels.shape):
        place = (0, 6, int(projection.channels[image, unit]))
        one = x[image : image + 1]
        expected = by_tape(network, weights, one, "target", layer, lambda y: y[place])
        # float64: 1e-15 a layer
        np.testing.assert_allclose(maps.values[image, unit], expected, atol=1e-12)
    assert maps.values.any()


def small() -> Network:
    """Three convolutions, the inner of which is not rectified."""
    net = Builder("small", (9, 8, 2))
    net.add("inner", Conv(4, 3, pad=1))
    net.add("middle", Conv(5, 3, activation=RELU))
    net.add("target", Conv(3, 3, pad=1, activation=RELU))
    return net.network()


@pytest.mark.parametrize("interior", [False, True])
def test_a_whole_maps_value_is_its_sum(rng, interior):
    network = small()
    weights = random_weights(network, rng)
    x = rng.standard_normal((1, 9, 8, 2))
    deconvnet = Deconvnet(network, weights, "target")
    projection = deconvnet.project(x, [1], mode="all", interior=interior)
    maps = GradCam(network, weights, "target", "inner").of(projection)
    # of the map of 7 x 6, less two paddings of one cell
    inside = slice(2, -2) if interior else slice(None)
    expected = by_tape(
        network, weights, x, "target", "inner", lambda y: tf.reduce_sum(y[inside, inside, 1])
    )
    assert expected.any()
    np.testing.assert_allclose(maps.values[0, 0], expected, atol=1e-12)


def test_nothing_is_hot_for_a_dead_unit(rng):
    network = small()
    weights = random_weights(network, rng)
    weights["target"]["bias"] -= 100.0
    projection = Deconvnet(network, weights, "target").project(rng.random((1, 9, 8, 2)))
    maps = GradCam(network, weights, "target", "inner").of(projection)
    assert projection.dead.all() and not maps.values.any() and not maps.guided.any()


@pytest.mark.parametrize(
    "target, layer, says",
    [
        ("gated", "gated", "that is the target itself; these layers below gated would do: sum, gr"),
        ("gated", "both", "gated does not depend on it"),
        ("gated", "squeezed", "its map is a single cell"),
        ("stem", "stem", "there is no map below stem"),
        ("gated", "sun", "gated at 'sun'. Did you mean 'sum'"),
    ],
)
def test_layers_that_will_not_do_are_told(rng, target, layer, says):
    with pytest.raises(UserError, match=says):
        GradCam(mixed(), random_weights(mixed(), rng), target, layer)


def test_maps_of_one_cell_are_told(rng):
    weights = random_weights(small(), rng)
    projection = Deconvnet(small(), weights, "target").project(np.ones((1, 3, 3, 2)))
    with pytest.raises(UserError, match="a single cell for an image of 3 x 3"):
        GradCam(small(), weights, "target", "middle").of(projection)
    with pytest.raises(UserError, match="needs the images"):
        GradCam(small(), weights, "target", "inner").of(replace(projection, origin=None))


def test_planted_errors_are_found(rng, monkeypatch):
    monkeypatch.setattr(grad_cam, "GRADIENT", grad_cam.GUIDED)
    with pytest.raises(AssertionError):
        test_a_whole_maps_value_is_its_sum(rng, interior=False)
