"""Keras's applications as a user's own networks: saved by Keras, read without it.

Forward passes equal Keras's, and projections its automatic differentiation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from gradcheck import gap
from helpers import arrays
from own_files import randomise, read_model, remove_softmax
from whole_maps import corners_and_borders, send_back

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.network.layers import SMOOTH


class Case(NamedTuple):
    """How an application is made, the layers whose values are compared, those for the rules."""

    size: tuple[int, int]
    top: bool
    layers: tuple[str, ...]
    rule_layers: tuple[str, ...]


NETWORKS = {
    "MobileNet": Case(
        size=(96, 96),
        top=True,
        layers=("conv1_relu", "conv_dw_6_bn", "predictions"),
        rule_layers=("conv_pw_6_relu", "predictions"),
    ),
    "DenseNet121": Case(
        size=(75, 61),
        top=False,
        layers=("conv1_relu", "conv3_block3_concat", "relu"),
        rule_layers=("conv3_block3_concat",),
    ),
    "InceptionV3": Case(
        size=(75, 91),
        top=False,
        layers=("activation_3", "mixed4", "mixed10"),
        rule_layers=("mixed4",),
    ),
    "Xception": Case(
        size=(107, 91),
        top=False,
        layers=("block2_sepconv1", "block6_sepconv2_act", "block14_sepconv2_act"),
        rule_layers=("block5_sepconv2_bn",),
    ),
    "EfficientNetB0": Case(
        size=(96, 107),
        top=True,
        layers=("normalization", "block3a_se_excite", "predictions"),
        rule_layers=("block4a_expand_activation",),
    ),
}
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def make(name: str, dtype: str):
    """An application of Keras's with random weights, of 7 classes if it has a top."""
    case = NETWORKS[name]
    options = {"classes": 7} if case.top else {}
    keras.utils.clear_session()
    keras.config.set_floatx(dtype)
    try:
        return getattr(keras.applications, name)(
            weights=None, include_top=case.top, input_shape=(*case.size, 3), **options
        )
    finally:
        keras.config.set_floatx("float32")


@pytest.fixture(scope="module", params=NETWORKS)
def saved(request, tmp_path_factory):
    """A network's name, its Keras model with random weights, and the path of its `.keras` file."""
    model = make(request.param, "float32")
    randomise(model, np.random.default_rng(20141106))
    path = tmp_path_factory.mktemp("own") / "model.keras"
    model.save(path)
    return request.param, model, path


def pixels(name: str, rng) -> np.ndarray:
    """Two images as the network wants them; EfficientNet scales its own."""
    scale = 255 if name.startswith("Eff") else 2
    return scale * rng.standard_normal((2, *NETWORKS[name].size, 3))


@dataclass
class Rule:
    """The one that a model's derivative is at the moment."""

    name: str = "gradient"


def by_rule(function, kind: str, rule: Rule):
    """An activation whose derivative is the rule's, written down again."""

    @tf.custom_gradient
    def activation(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        slope = tape.gradient(y, x)

        def back(signal):
            if rule.name != "gradient" and SMOOTH.get(kind, True):
                signal = tf.maximum(signal, tf.zeros_like(signal))
            return signal if rule.name == "deconvnet" and kind not in SMOOTH else signal * slope

        return y, back

    return activation


def with_rule(model, rule: Rule) -> None:
    """Gives a Keras model's activations the rule's derivatives, and pads max pools with -inf."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.ReLU):
            layer.call = by_rule(clipped_relu(layer.max_value), "relu", rule)
        elif getattr(layer, "activation", None) not in (None, keras.activations.linear):
            kind = keras.activations.serialize(layer.activation)
            layer.activation = by_rule(getattr(keras.activations, kind), kind, rule)
        elif isinstance(layer, keras.layers.MaxPooling2D):
            before = layer.input._keras_history.operation
            if isinstance(before, keras.layers.ZeroPadding2D):
                before.call = infinity_padding(before.padding)


def clipped_relu(ceiling):
    def relu(x):
        return tf.minimum(tf.nn.relu(x), ceiling or np.inf)

    return relu


def infinity_padding(pads):
    def pad(x):
        infinity = tf.constant(-np.inf, x.dtype)
        return tf.pad(x, [[0, 0], *pads, [0, 0]], constant_values=infinity)

    return pad


def test_forward_equals_keras(saved, tmp_path, rng):
    name, model, path = saved
    model.save(tmp_path / "model.h5")
    layers = NETWORKS[name].layers
    x = pixels(name, rng).astype(np.float32)
    # the model is others' as well: its last activation is put back
    last = model.layers[-1]
    activation = getattr(last, "activation", None)
    remove_softmax(model)
    values = [keras.Model(model.input, model.get_layer(layer).output)(x) for layer in layers]
    last.activation = activation
    architecture, weights = read_model(path)
    network = architecture.network
    assert not network.missing and network.name == model.name
    listed = {layer.name for layer in model.layers[1:]}
    assert listed <= {node.name for node in network.nodes}
    shapes = network.shapes()
    maps = arrays(Deconvnet(network, weights, layers[-1], inner=layers[:-1]).forward(x))
    for layer, expected in zip(layers, values):
        assert (1, 1, *expected.shape[1:])[-3:] == shapes[layer]
        # float32 through up to two hundred layers: 3e-6 measured
        assert gap(maps[layer].reshape(expected.shape), expected.numpy()) < 1e-4
    # the other file says the same of the network, and holds the same numbers
    architecture, others = read_model(tmp_path / "model.h5")
    assert architecture.network == network and others.keys() == weights.keys()
    for layer, parameters in weights.items():
        assert others[layer].keys() == parameters.keys()
        for parameter, values in parameters.items():
            np.testing.assert_array_equal(others[layer][parameter], values)


def model_with_rule(name: str, weights: list[np.ndarray], rule: Rule):
    """The application in float64 with these weights, whose derivative is the rule's."""
    model = make(name, "float64")
    model.set_weights(weights)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    remove_softmax(model)
    with_rule(model, rule)
    return model


def test_rules_equal_autodiff_through_keras(saved, rng):
    name, model, path = saved
    architecture, weights = read_model(path, np.float64)
    x = pixels(name, rng)[:1]
    rule = Rule()
    wide = model_with_rule(name, model.get_weights(), rule)
    for target in NETWORKS[name].rule_layers:
        part = keras.Model(wide.input, wide.get_layer(target).output)
        image = tf.constant(x)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(image)
            y = part(image)
        for rule.name in ("gradient", "deconvnet", "guided"):
            deconvnet = Deconvnet(architecture.network, weights, target, rule.name)
            # float64, 1e-15 a layer
            maps = deconvnet.forward(x).map_of(target)
            assert gap(maps.reshape(y.shape), y) < 1e-11
            channel = int(maps.max((0, 1, 2)).argmax())
            unit = (0, *np.unravel_index(maps[0, ..., channel].argmax(), maps.shape[1:3]), channel)
            seed = np.zeros_like(maps)
            seed[unit] = maps[unit]
            expected = tape.gradient(y, image, tf.constant(seed.reshape(y.shape))).numpy()
            assert np.abs(expected).max() > 0
            projection = deconvnet.project(x, [channel], "max")
            assert gap(projection.pixels[:, 0], expected) < 1e-9, (target, rule.name)


@pytest.mark.parametrize(
    "saved, target",
    [("MobileNet", "conv_pw_3_relu"), ("EfficientNetB0", "block2b_project_bn")],
    indirect=["saved"],
)
def test_windows_equal_whole_maps(saved, target, rng):
    _, _, path = saved
    architecture, weights = read_model(path, np.float64)
    x = rng.standard_normal((2, 75, 83, 3))
    units = corners_and_borders(*architecture.network.shapes(75, 83)[target])[:6]
    for rule in ("deconvnet", "guided"):
        deconvnet = Deconvnet(architecture.network, weights, target, rule)
        whole = send_back(deconvnet, x, units, windowed=False)
        assert gap(send_back(deconvnet, x, units, windowed=True), whole) < 1e-12
        assert np.abs(whole).max() > 0
