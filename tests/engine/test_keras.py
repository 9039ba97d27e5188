"""Against Keras: the same values forward, and the rules by independent autodiff of its models.

Everything in float64 (in float32 a few signs of a hundred layers flip by rounding, and gradients
with them), but for the way through a weight file, which is float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from gradcheck import gap
from helpers import arrays
from keras.src.legacy.saving import legacy_h5_format
from uncompiled import uncompiled

from tfdeconv import load_weights
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.zoo import NETWORKS

MAKERS = {
    "vgg16": keras.applications.VGG16,
    "vgg19": keras.applications.VGG19,
    "resnet50": keras.applications.ResNet50,
    "resnet101": keras.applications.ResNet101,
    "resnet152": keras.applications.ResNet152,
}


def build(name: str, size: tuple[int, int], top: bool, dtype: str, rng):
    """A Keras model with random kernels, biases and statistics.

    Its softmax and the zeros around its first pool are taken off.
    """
    keras.utils.clear_session()
    keras.config.set_floatx(dtype)
    try:
        model = MAKERS[name](
            weights=None, include_top=top, input_shape=(*size, 3), **({"classes": 7} if top else {})
        )
    finally:
        keras.config.set_floatx("float32")
    for layer in model.layers:
        values = []
        for variable in layer.weights:
            value = rng.standard_normal(variable.shape)
            if variable.name == "kernel":
                value *= np.sqrt(2 / np.prod(variable.shape[:-1]))
            elif "variance" in variable.name:
                value = 0.5 + rng.random(variable.shape)
            elif (
                variable.name == "gamma"
            ):  # a residual branch adds little, or the sum would explode
                value = (0.3 if layer.name.endswith("_3_bn") else 1) * (
                    0.5 + rng.random(variable.shape)
                )
            else:
                value *= 0.2
            values.append(value)
        layer.set_weights(values)
    if top:
        model.get_layer("predictions").activation = keras.activations.linear
    if "resnet" in name:
        # Keras pads the pool with zeros: the same values, but ties of zeros may point outside the
        # map, which deconvnet shows
        model.get_layer("pool1_pad").call = lambda x: tf.pad(
            x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=tf.constant(-np.inf, x.dtype)
        )
    return model


def weights_of(model, network) -> dict:
    """The model's weights by layer and parameter, by order."""
    return {
        name: dict(zip(shapes, map(tf.constant, model.get_layer(name).get_weights())))
        for name, shapes in network.parameters().items()
        if name in {layer.name for layer in model.layers}
    }


@dataclass
class Rule:
    """The one that a model's derivative is at the moment."""

    name: str = "gradient"


def rectifier(rule: Rule):
    """A ReLU whose derivative is the rule, written down again from the papers."""

    @tf.custom_gradient
    def relu(x):
        def back(signal):
            positive = tf.where(signal > 0, signal, tf.zeros_like(signal))
            return {
                "gradient": tf.where(x > 0, signal, tf.zeros_like(signal)),
                "deconvnet": positive,
                "guided": tf.where(x > 0, positive, tf.zeros_like(signal)),
            }[rule.name]

        return tf.where(x > 0, x, tf.zeros_like(x)), back

    return relu


def with_rule(model, rule: Rule) -> None:
    """Gives the ReLUs of a Keras model the rule's derivative."""
    relu = rectifier(rule)
    for layer in model.layers:
        if (
            getattr(layer, "activation", None) is not None
            and layer.name != "predictions"
            and "relu" in str(layer.get_config())
        ):
            layer.activation = relu


@pytest.mark.parametrize("name", MAKERS)
def test_names_and_order_are_keras(name):
    """Those of model.summary(), on which weight files of Keras 3 rely; paddings are folded."""
    keras.utils.clear_session()
    network = NETWORKS[name]()
    model = MAKERS[name](weights=None, include_top=False, input_shape=(224, 224, 3))
    listed = [layer.name for layer in model.layers[1:]]
    kept = [layer for layer in listed if layer not in network.folded]
    assert [node.name for node in network.nodes][: len(kept)] == kept
    assert set(network.folded) <= set(listed)
    shapes = network.shapes(224, 224)
    for layer in model.layers[1:]:
        assert layer.name in network.folded or tuple(layer.output.shape[1:]) == shapes[layer.name]


@pytest.mark.parametrize(
    "name, size, top, targets",
    [
        (
            "vgg16",
            (64, 64),
            True,
            ("block1_conv1", "block3_pool", "block5_conv3", "flatten", "fc1", "predictions"),
        ),
        ("vgg16", (48, 83), False, ("block2_conv2", "block5_pool")),
        (
            "resnet50",
            (64, 64),
            True,
            (
                "conv1_conv",
                "pool1_pool",
                "conv2_block1_0_bn",
                "conv4_block6_out",
                "avg_pool",
                "predictions",
            ),
        ),
        ("resnet50", (75, 61), False, ("conv1_relu", "conv3_block4_add", "conv5_block3_out")),
        (
            "resnet101",
            (67, 90),
            False,
            ("conv2_block3_2_relu", "conv4_block23_out", "conv5_block3_3_bn"),
        ),
    ],
)
def test_forward_equals_keras_through_a_weight_file(tmp_path, rng, name, size, top, targets):
    model = build(name, size, top, "float32", rng)
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    network = NETWORKS[name](size=size, **({"classes": 7} if top else {}))
    weights = load_weights(tmp_path / "keras.h5", network)
    x = 2 * rng.standard_normal((2, *size, 3)).astype(np.float32)
    expected = keras.Model(model.input, [model.get_layer(each).output for each in targets])(x)
    maps = arrays(Deconvnet(network, weights, targets[-1], inner=targets[:-1]).forward(x))
    for target, values in zip(targets, expected):
        # float32 through up to a hundred layers: up to 7e-6 was measured
        assert gap(maps[target].reshape(values.shape), values) < 1e-4
    # alone, where more batch norms are folded; XLA takes seconds for as many layers
    for jit in (False, True)[: 1 + top]:
        deconvnet = Deconvnet(network, weights, targets[-1], jit=jit)
        assert gap(deconvnet.activations(x), expected[-1]) < 1e-4


@pytest.mark.parametrize(
    "name, size, top, targets",
    [
        ("vgg16", (32, 32), True, ("block2_pool", "block5_conv2", "fc2", "predictions")),
        ("vgg19", (35, 49), False, ("block4_pool",)),
        (
            "resnet50",
            (64, 64),
            True,
            ("conv1_bn", "conv2_block1_out", "conv3_block4_add", "predictions"),
        ),
        ("resnet101", (67, 45), False, ("conv5_block3_out",)),
        ("resnet152", (64, 67), False, ("conv3_block8_out",)),
    ],
)
def test_rules_equal_autodiff_through_keras(rng, name, size, top, targets):
    """Gradient by tf.GradientTape, the others by tf.custom_gradient.

    In both modes; of the deeper networks, whose layers are the same, in one.
    """
    model = build(name, size, top, "float64", rng)
    network = NETWORKS[name](size=size, **({"classes": 7} if top else {}))
    weights = weights_of(model, network)
    x = 2 * rng.standard_normal((2, *size, 3))
    rule = Rule()
    with_rule(model, rule)
    images = tf.constant(x)
    for target in targets:
        part = keras.Model(model.input, model.get_layer(target).output)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(images)
            y = part(images)
        activations = uncompiled(network, weights, target).activations(x)
        # float64: 1e-15 a layer, up to 6e-15 was measured
        assert gap(activations, y) < 1e-12
        maps = activations if activations.ndim == 4 else activations[:, None, None]
        channel = int(maps.max((0, 1, 2)).argmax())
        for rule.name in ("gradient", "deconvnet", "guided"):
            deconvnet = uncompiled(network, weights, target, rule.name)
            one = deconvnet.project(x, [channel], "max")
            strongest, everything = np.zeros_like(maps), np.zeros_like(maps)
            everything[..., channel] = maps[..., channel]
            for image in range(2):
                unit = (
                    image,
                    *np.unravel_index(maps[image, ..., channel].argmax(), maps.shape[1:3]),
                    channel,
                )
                strongest[unit] = maps[unit]
                assert tuple(one.positions[image, 0]) == unit[1:3]
            compared = [(one, strongest)]
            if top:
                compared.append((deconvnet.project(x, [channel], "all"), everything))
            for projection, seed in compared:
                sent = tf.constant(seed.reshape(activations.shape))
                expected = tape.gradient(y, images, sent).numpy()
                assert np.abs(expected).max() > 0
                assert gap(projection.pixels[:, 0], expected) < 1e-10


def test_real_weights_forward_equal_keras(rng):
    """VGG16 on the committed weights and the sample photo."""
    from pathlib import Path

    from tfdeconv.data import images

    root = Path(__file__).parents[2]
    network = NETWORKS["vgg16"]()
    weights = load_weights(root / "weights" / "vgg16.h5", network)
    x = images.read([root / "tests" / "data" / "chelsea.jpg"], weights.preprocessing)
    model = build("vgg16", (224, 224), False, "float32", rng)
    for layer in weights:
        model.get_layer(layer).set_weights([weights[layer]["kernel"], weights[layer]["bias"]])
    targets = ["block1_conv2", "block3_conv3", "block5_conv3"]
    expected = keras.Model(model.input, [model.get_layer(each).output for each in targets])(x)
    maps = arrays(Deconvnet(network, weights, targets[-1], inner=targets[:-1]).forward(x))
    for target, values in zip(targets, expected):
        # float32, 13 layers
        assert gap(maps[target], values) < 1e-5
