"""Which layers are available, which stand for `all`, and which are residual blocks."""

from __future__ import annotations

import pytest

from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder, Network, Residual
from tfdeconv.network.layers import (
    RELU,
    Activation,
    Add,
    Affine,
    BatchNorm,
    Conv,
    Dense,
    Flatten,
    MaxPool,
)
from tfdeconv.network.selection import available_layers, default_layers, first_and_last, last_map
from tfdeconv.zoo import NETWORKS, variants_of


def sums() -> Network:
    """Sums of two and of three inputs, with an activation, with two, and with none."""
    net = Builder("sums", (8, 8, 3))
    entry = net.add("entry", Conv(4, 3, pad=1))
    branch = net.add("branch", Conv(4, 3, pad=1))
    net.add("two", Add(), entry, branch)
    two = net.add("two_relu", RELU)
    net.add("three", Add(), entry, branch, two)
    three = net.add("three_relu", RELU)
    plain = net.add("plain", Add(), two, three)
    net.add("norm", BatchNorm(1e-3))
    net.add("forked", Add(), plain, "norm")
    net.add("forked_relu", RELU, "forked")
    net.add("forked_tanh", Activation("tanh"), "forked")
    net.add("pool", MaxPool(2, 2))
    return net.network()


def test_outputs_of_sums():
    assert sums().sum_outputs() == {
        "two": ["two_relu"],
        "three": ["three_relu"],
        "plain": ["plain"],
        "forked": ["forked_relu", "forked_tanh"],
    }


def test_default_layers_have_every_sums_output():
    network = sums()
    assert default_layers(network, network.parameters()) == [
        "entry",
        "branch",
        "two_relu",
        "three_relu",
        "plain",
        "forked_relu",
        "forked_tanh",
    ]


def test_residual_blocks_are_sums_of_two():
    assert sums().residuals() == {
        "two_relu": Residual("two_relu", "two", "entry", "branch"),
        "plain": Residual("plain", "plain", "two_relu", "three_relu"),
        "forked_tanh": Residual("forked_tanh", "forked", "plain", "norm"),
    }


@pytest.mark.parametrize("network", variants_of(), ids=lambda net: f"{net.name} {net.variant}")
def test_every_block_is_a_default_layer(network):
    layers = default_layers(network, network.parameters())
    assert network.residuals().keys() <= set(layers)


def test_layers_behind_missing_weights_are_not_available():
    network = sums()
    weights = {"entry": {}, "norm": {}}
    assert [node.name for node in available_layers(network, weights)] == ["entry"]
    assert default_layers(network, weights) == ["entry"]
    weights = {"entry": {}, "branch": {}}
    names = [node.name for node in available_layers(network, weights)]
    assert names[-1] == "plain" and len(names) == 7


def test_last_map_is_behind_a_kernel():
    net = Builder("late", (8, 8, 3))
    net.add("scaled", Affine())
    net.add("pool", MaxPool(2, 2))
    net.add("conv", Conv(4, 3))
    net.add("relu", RELU)
    net.add("flat", Flatten())
    net.add("dense", Dense(2))
    network = net.network()
    assert last_map(network, list(network.shapes())) == "relu"
    assert last_map(network, ["scaled", "conv"]) == "conv"
    # where no map is asked for, a vector serves
    assert last_map(network, ["pool", "flat", "dense"]) == "dense"
    with pytest.raises(UserError, match="late has no default layer.*-l: scaled, pool"):
        last_map(network, ["scaled", "pool"])


@pytest.mark.parametrize(
    "name, without, expected",
    [
        ("vgg16", ("fc1",), ("block1_conv1", "block5_pool")),
        ("vgg16", (), ("block1_conv1", "fc2")),
        ("vgg16_bn", (), ("block1_relu1", "fc2")),
        ("resnet50", (), ("conv1_relu", "avg_pool")),
        ("alexnet", (), ("conv1", "fc7")),
    ],
)
def test_first_and_last_layers_of_networks(name, without, expected):
    network = NETWORKS[name]()
    weights = {layer: {} for layer in network.parameters() if layer not in without}
    assert first_and_last(network, weights) == expected


def test_first_and_last_may_be_one():
    net = Builder("linear", (4, 4, 1))
    net.add("flatten", Flatten())
    net.add("classes", Dense(3))
    assert first_and_last(net.network(), {"classes": {}}) == ("classes",)
    with pytest.raises(UserError, match="there is no convolution or dense layer in it"):
        first_and_last(net.network(), {})
