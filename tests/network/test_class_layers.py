"""Which layers have a value for each class."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tfdeconv.network.classes import class_layer
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import (
    RELU,
    Activation,
    Conv,
    Dense,
    Flatten,
    GlobalAvgPool,
    Identity,
    Softmax,
)
from tfdeconv.network.serialization import from_json, to_json

SIGMOID = Activation("sigmoid")
# {network: (its layers by name, {layer of classes: (what makes probabilities, whether assumed)})}
NETWORKS = {
    "a dense layer": ({"fc": Dense(3)}, {"fc": ("softmax", True)}),
    "and its softmax": ({"fc": Dense(3), "p": Softmax()}, {"fc": ("softmax", False)}),
    "one sigmoid": ({"fc": Dense(1), "p": SIGMOID}, {"fc": ("sigmoid", False)}),
    "several sigmoids": ({"fc": Dense(3), "p": SIGMOID}, {"fc": ("sigmoid", False)}),
    "a number": ({"fc": Dense(1)}, {}),
    "a rectified layer": ({"fc": Dense(3, activation=RELU)}, {}),
    "probabilities": ({"fc": Dense(3, activation=SIGMOID)}, {}),
    "a layer behind": ({"fc1": Dense(3), "fc2": Dense(2)}, {"fc2": ("softmax", True)}),
    "dropout behind": (
        {"fc": Dense(3), "drop": Identity()},
        {"fc": ("softmax", True), "drop": ("softmax", True)},
    ),
    "means of maps": ({"conv": Conv(3, 1), "pool": GlobalAvgPool()}, {"pool": ("softmax", True)}),
    "means of rectified maps": ({"conv": Conv(3, 1, activation=RELU), "p": GlobalAvgPool()}, {}),
    "an image alone": ({"flat": Flatten()}, {}),
    "maps": ({"conv": Conv(3, 1), "p": Softmax()}, {}),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_of_classes(name):
    layers, expected = NETWORKS[name]
    builder = Builder("net", (4, 4, 3))
    for layer, spec in layers.items():
        if isinstance(spec, Dense) and not builder.nodes:
            builder.add("flatten", Flatten())
        builder.add(layer, spec)
    network = builder.network()
    found = {}
    for layer in network.shapes():
        classes = class_layer(network, layer)
        if classes:
            found[layer] = (classes.probability, classes.assumed)
    assert found == expected


def test_names_make_an_output_one_of_classes():
    """SqueezeNet's: means of rectified maps; a layer within the network stays one of features."""
    builder = Builder("net", (4, 4, 3))
    builder.add("conv", Conv(5, 1, activation=RELU))
    builder.add("pool", GlobalAvgPool())
    builder.add("drop", Identity())
    network = builder.network()
    assert class_layer(network, "pool") is None
    assert class_layer(network, "pool", has_names=True).count == 5
    assert class_layer(network, "conv", has_names=True) is None


def test_what_a_file_left_out_is_kept():
    builder = Builder("net", (1, 1, 3))
    builder.add("fc", Dense(4))
    network = replace(builder.network(), probabilities={"fc": "sigmoid"})
    assert class_layer(network, "fc").probability == "sigmoid"
    assert from_json(to_json(network)) == network
