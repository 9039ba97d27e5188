"""Layers of a Keras model that are told to do always what they do in training."""

from __future__ import annotations

import json

import keras

from tfdeconv.weights.keras.architecture import build

L = keras.layers


def trained_always(layer):
    """A model in which a layer is called with training=True."""
    x = keras.Input((13, 11, 3))
    y = layer(L.Conv2D(2, 3, name="before")(x), training=True)
    return json.loads(keras.Model(x, L.Conv2D(2, 3, name="behind")(y)).to_json())


def test_dropout_in_training_is_taken_as_idle():
    inner = keras.Sequential([L.Conv2D(2, 1), L.SpatialDropout2D(0.5)], name="it")
    for layer in (L.Dropout(0.5, name="it"), L.GaussianNoise(0.1, name="it"), inner):
        architecture = build(trained_always(layer))
        assert not architecture.network.missing
        assert architecture.notes[-1].startswith("it is called with training=true: ")
        assert "assumed to be idle" in architecture.notes[-1]


def test_norms_in_training_are_not_understood():
    inner = keras.Sequential([L.BatchNormalization()], name="it")
    for layer in (L.BatchNormalization(name="it"), inner):
        missing = build(trained_always(layer)).network.missing
        assert "it is called with training=true: " in missing["it"]
        assert "(BatchNormalization: it is called with training=true" in missing["behind"]
