"""What a network is called in pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfdeconv.figures.naming import network_title


@pytest.mark.parametrize(
    "network, weights, title",
    [
        ("sequential", "a/cats.keras", "cats"),
        ("model_12", "cats.weights.h5", "cats"),
        ("functional_3", "cats/config.json", "cats"),
        ("models", "cats.keras", "models"),
        ("resnet50", "cats.h5", "resnet50"),
    ],
)
def test_names_keras_made_up_are_files(network, weights, title):
    assert network_title(network, Path(weights)) == title
