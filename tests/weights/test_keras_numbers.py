"""Numbers that numpy has and JSON or HDF5 have not: scalars in options, and bfloat16."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from own_files import chain, keras2_model, read_model

from tfdeconv.weights.keras.architecture import build

L = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def test_numbers_of_numpys_in_options():
    model = keras2_model(
        ("ReLU", {"name": "relu", "max_value": ndarray(6.0), "threshold": ndarray(0.0)}, "input_1"),
        ("MaxPooling2D", {"name": "pool", "pool_size": [ndarray(2), ndarray(2)]}, "relu"),
    )
    network = build(model).network
    assert network.node("relu").layer.ceiling == 6
    assert network.shapes()["pool"] == (6, 5, 3)


def ndarray(value: float) -> dict:
    return {"type": "ndarray", "value": value}


@pytest.mark.parametrize("file_name", ["model.keras", "model.h5"])
def test_bfloat16_is_read(tmp_path, file_name):
    model = chain(L.Conv2D(2, 3, name="conv", dtype="bfloat16"))
    model.save(tmp_path / file_name)
    _, weights = read_model(tmp_path / file_name)
    kernel, bias = model.get_weights()
    np.testing.assert_array_equal(weights["conv"]["kernel"], kernel.astype(np.float32))
    np.testing.assert_array_equal(weights["conv"]["bias"], bias.astype(np.float32))
