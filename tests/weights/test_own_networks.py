"""Keras's own applications as a person's network: saved by Keras, read without it; forward and rules equal Keras's autodiff."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from gradcheck import gap
from own_files import logits, randomise, read
from test_passes import corners_and_borders, walk

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.network.layers import SMOOTH

# name: size, top, layers for the values, layers for the rules
NETWORKS = {
    "MobileNet": (
        (96, 96),
        True,
        ("conv1_relu", "conv_dw_6_bn", "predictions"),
        ("conv_pw_6_relu", "predictions"),
    ),
    "DenseNet121": (
        (75, 61),
        False,
        ("conv1_relu", "conv3_block3_concat", "relu"),
        ("conv3_block3_concat",),
    ),
    "InceptionV3": ((75, 91), False, ("activation_3", "mixed4", "mixed10"), ("mixed4",)),
    "Xception": (
        (107, 91),
        False,
        ("block2_sepconv1", "block6_sepconv2_act", "block14_sepconv2_act"),
        ("block5_sepconv2_bn",),
    ),
    "EfficientNetB0": (
        (96, 107),
        True,
        ("normalization", "block3a_se_excite", "predictions"),
        ("block4a_expand_activation",),
    ),
}
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def make(name: str, dtype: str):
    size, top, *_ = NETWORKS[name]
    keras.utils.clear_session()
    keras.config.set_floatx(dtype)
    try:
        return getattr(keras.applications, name)(
            weights=None, include_top=top, input_shape=(*size, 3), **({"classes": 7} if top else {})
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
    return (255 if name.startswith("Eff") else 2) * rng.standard_normal((2, *NETWORKS[name][0], 3))


def by_rule(function, kind: str, rule: str):
    """An activation whose derivative is the rule's, written down again."""

    @tf.custom_gradient
    def activation(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        slope = tape.gradient(y, x)

        def back(signal):
            if rule != "gradient" and SMOOTH.get(kind, True):
                signal = tf.maximum(signal, tf.zeros_like(signal))
            return signal if rule == "deconvnet" and kind not in SMOOTH else signal * slope

        return y, back

    return activation


def with_rule(model, rule: str) -> None:
    """Gives a Keras model's activations the rule's derivatives, and pads the pools as this program does: with -inf."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.ReLU):
            ceiling = layer.max_value
            layer.call = by_rule(
                lambda x, ceiling=ceiling: tf.minimum(tf.nn.relu(x), ceiling or np.inf),
                "relu",
                rule,
            )
        elif getattr(layer, "activation", None) not in (None, keras.activations.linear):
            kind = keras.activations.serialize(layer.activation)
            layer.activation = by_rule(getattr(keras.activations, kind), kind, rule)
        elif isinstance(layer, keras.layers.MaxPooling2D):
            before = layer.input._keras_history.operation
            if isinstance(before, keras.layers.ZeroPadding2D):
                before.call = lambda x, pads=before.padding: tf.pad(
                    x, [[0, 0], *pads, [0, 0]], constant_values=tf.constant(-np.inf, x.dtype)
                )


def test_forward_equals_keras(saved, tmp_path, rng):
    name, model, path = saved
    model.save(tmp_path / "model.h5")
    last = model.layers[-1]
    kept = getattr(last, "activation", None)
    logits(model)
    x = pixels(name, rng).astype(np.float32)
    parts = [
        keras.Model(model.input, model.get_layer(target).output)(x).numpy()
        for target in NETWORKS[name][2]
    ]
    last.activation = kept
    for file in (path, tmp_path / "model.h5"):
        architecture, weights = read(file)
        assert not architecture.network.missing and architecture.network.name == model.name
        listed = {layer.name for layer in model.layers[1:]}
        assert listed <= {node.name for node in architecture.network.nodes}
        shapes = architecture.network.shapes()
        for target, expected in zip(NETWORKS[name][2], parts):
            assert (1, 1, *expected.shape[1:])[-3:] == shapes[target]
            # float32 through up to two hundred layers: 3e-6 measured
            assert (
                gap(Deconvnet(architecture.network, weights, target).activations(x), expected)
                < 1e-4
            )


def test_rules_equal_autodiff_through_keras(saved, rng):
    name, model, path = saved
    architecture, weights = read(path, np.float64)
    x = pixels(name, rng)[:1]
    for rule in ("gradient", "deconvnet", "guided"):
        wide = make(name, "float64")
        wide.set_weights(model.get_weights())
        for layer in wide.layers:
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()
        logits(wide)
        with_rule(wide, rule)
        for target in NETWORKS[name][3]:
            deconvnet = Deconvnet(architecture.network, weights, target, rule)
            activations = deconvnet.activations(x)
            maps = activations if activations.ndim == 4 else activations[:, None, None]
            channel = int(maps.max((0, 1, 2)).argmax())
            projection = deconvnet.project(x, [channel], "max")
            part = keras.Model(wide.input, wide.get_layer(target).output)
            given = tf.constant(x)
            with tf.GradientTape() as tape:
                tape.watch(given)
                y = part(given)
            # float64, 1e-15 a layer
            assert gap(activations, y) < 1e-11
            seed = np.zeros_like(maps)
            unit = (0, *np.unravel_index(maps[0, ..., channel].argmax(), maps.shape[1:3]), channel)
            seed[unit] = maps[unit]
            expected = tape.gradient(y, given, tf.constant(seed.reshape(activations.shape))).numpy()
            assert np.abs(expected).max() > 0
            assert gap(projection.pixels[:, 0], expected) < 1e-9, (target, rule)


@pytest.mark.parametrize(
    "saved, target",
    [("MobileNet", "conv_pw_3_relu"), ("EfficientNetB0", "block2b_project_bn")],
    indirect=["saved"],
)
def test_windows_equal_whole_maps(saved, target, rng):
    _, _, path = saved
    architecture, weights = read(path, np.float64)
    x = rng.standard_normal((2, 75, 83, 3))
    units = corners_and_borders(*architecture.network.shapes(75, 83)[target])[:6]
    for rule in ("deconvnet", "guided"):
        deconvnet = Deconvnet(architecture.network, weights, target, rule)
        whole = walk(deconvnet, x, units, windowed=False)
        assert gap(walk(deconvnet, x, units, windowed=True), whole) < 1e-12
        assert np.abs(whole).max() > 0
