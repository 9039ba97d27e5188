"""The preprocessing that a Keras model's name points to."""

from __future__ import annotations

import pytest
from own_files import keras2_conv, keras2_model

from tfdeconv.weights.keras.architecture import build
from tfdeconv.weights.keras.preprocessing import guess_preprocessing


@pytest.mark.parametrize(
    "name, order, first",
    [
        ("mobilenet_1.00_224", "rgb", 127.5),
        ("mobilenetv3small", "rgb", 0),
        ("densenet121", "rgb", 123.675),
        ("resnet50", "bgr", 103.939),
        ("resnet50v2", "rgb", 127.5),
        ("vgg16", "bgr", 103.939),
        ("efficientnetb0", "rgb", 0),
        ("mine", "rgb", 0),
    ],
)
def test_preprocessing_by_name(name, order, first):
    network = build(keras2_model(keras2_conv("a", "input_1")), name).network
    preprocessing, note = guess_preprocessing(network)
    mean = preprocessing.mean or (0,)
    assert preprocessing.order == order
    assert mean[0] == pytest.approx(first)
    assert "--preprocess" in note
