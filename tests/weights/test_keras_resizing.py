"""Keras models that bring their images to a size, and layers that are idle after training."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from gradcheck import gap
from own_files import chain, keras2_conv, keras2_model, read_model

from tfdeconv.engine.passes import forward_maps
from tfdeconv.network.layers import Identity, Resize
from tfdeconv.weights.keras.architecture import build

L = keras.layers
LAYERS = {
    "resizing": L.Resizing(8, 6),
    "nearest": L.Resizing(19, 8, interpolation="nearest"),
    "filled": L.Resizing(8, 6, crop_to_aspect_ratio=True),
    "crop": L.CenterCrop(8, 6),
    "crop of a small image": L.CenterCrop(16, 8),
    "random crop": L.RandomCrop(8, 6),
}


@pytest.mark.parametrize("case", LAYERS)
def test_resizing_equals_keras(case, tmp_path, rng):
    """At a size that is not the usual one; Keras's crop at random is idle after training."""
    model = chain(LAYERS[case], L.Rescaling(1 / 255), L.Conv2D(2, 3), shape=(None, None, 3))
    model.save(tmp_path / "model.keras")
    architecture, weights = read_model(tmp_path / "model.keras")
    image = rng.integers(0, 256, (1, 13, 11, 3)).astype(np.float32)
    network = architecture.network.at(13, 11)
    parameters = {node.name: weights.get(node.name, {}) for node in network.nodes}
    last = (network.nodes[-1].name,)
    (found,), _ = forward_maps(network.nodes, parameters, tf.constant(image), None, last)
    # float32: TensorFlow rounds the places between pixels
    assert gap(found, model(image, training=False)) < 1e-5


def test_an_open_size_is_that_of_the_resizing():
    augment = keras.Sequential([L.RandomFlip(), L.Resizing(8, 6)])
    architecture = build(
        json.loads(chain(augment, L.Conv2D(2, 3), shape=(None, None, 3)).to_json())
    )
    assert architecture.network.input_shape == (8, 6, 3)
    assert "8 x 6 is assumed" in architecture.notes[0]


def test_a_resizing_not_understood_names_the_remedy():
    model = chain(L.Conv2D(2, 3), L.Resizing(8, 6, interpolation="bicubic", name="it"))
    reason = build(json.loads(model.to_json())).network.missing["it"]
    assert "bicubic" in reason and "without its Resizing" in reason and "--resize" in reason


def test_random_crops_of_keras_2_resize():
    model = keras2_model(
        ("RandomCrop", {"name": "crop", "height": 8, "width": 6}, "input_1"),
        keras2_conv("conv", "crop"),
    )
    assert build(model).network.node("crop").layer == Resize(8, 6, fit="fill")


def test_augmentations_are_idle():
    names = ("Erasing", "Hue", "Saturation", "Sharpness", "Grayscale", "Invert", "GaussianBlur")
    rows = []
    before = "input_1"
    for name in names:
        rows.append((f"Random{name}", {"name": name}, before))
        before = name
    network = build(keras2_model(*rows)).network
    assert {node.layer for node in network.nodes} == {Identity()}
