"""Where all of a network passes through one map, and what is behind it."""

from __future__ import annotations

import pytest
from helpers import EXAMPLES, example

from tfdeconv import NETWORKS
from tfdeconv.network.cuts import end_of_features, is_piecewise_linear, layer_before, part_behind
from tfdeconv.network.graph import INPUT, Builder, Network
from tfdeconv.network.layers import (
    RELU,
    Activation,
    Add,
    BatchNorm,
    Concatenate,
    Conv,
    Dense,
    Flatten,
    GlobalAvgPool,
    MaxPool,
)
from tfdeconv.network.selection import KERNELS


def branches() -> Network:
    """Two branches and their concatenation, then a sum with what went around a branch."""
    net = Builder("branches", (8, 8, 3))
    stem = net.add("stem", Conv(4, 3, pad=1, bias=False))
    net.add("stem_bn", BatchNorm(1e-3))
    stem = net.add("stem_relu", RELU)
    left = net.add("left", Conv(4, 1, activation=RELU))
    right = net.add("right", Conv(2, 3, pad=1, activation=RELU), stem)
    mixed = net.add("mixed", Concatenate(), left, right)
    net.add("inner", Conv(6, 3, pad=1, activation=RELU))
    net.add("sum", Add(), mixed, "inner")
    net.add("out", RELU)
    net.add("last", Conv(2, 1))
    return net.network()


@pytest.mark.parametrize(
    ("target", "before"),
    [
        ("stem", None),
        ("left", "stem"),
        ("right", "stem"),
        # each branch alone has only a part of it
        ("inner", "stem"),
        ("sum", "stem"),
        ("last", "out"),
    ],
)
def test_layer_before_has_all_that_arrives(target, before):
    layers = {"stem", "left", "right", "inner", "out", "last"}
    assert layer_before(branches(), target, layers) == before


def test_concatenation_is_before_its_readers():
    assert layer_before(branches(), "inner", {"stem", "mixed"}) == "mixed"
    assert layer_before(branches(), "out", {"stem", "inner", "mixed"}) == "mixed"


def test_blocks_of_a_resnet_follow_each_other():
    network = NETWORKS["resnet50"]()
    layers = [node.name for node in network.nodes if isinstance(node.layer, KERNELS)]
    layers += network.residuals()
    before = {layer: layer_before(network, layer, set(layers)) for layer in layers}
    assert before["conv3_block2_out"] == before["conv3_block2_1_conv"] == "conv3_block1_out"
    assert before["conv3_block2_3_conv"] == "conv3_block2_2_conv"
    # the projection of the shortcut goes around the branch
    assert before["conv3_block1_out"] == before["conv3_block1_0_conv"] == "conv2_block3_out"


def test_features_end_behind_norm_and_activation():
    assert end_of_features(branches(), "stem", "left") == "stem_relu"
    assert end_of_features(branches(), "stem", "stem_relu") == "stem_bn"
    assert end_of_features(branches(), "mixed", "out") == "mixed"
    assert end_of_features(branches(), "sum", "last") == "out"


def test_part_behind_a_map_reads_it():
    network = branches()
    part = part_behind(network, "mixed", "out")
    assert [node.name for node in part.nodes] == ["inner", "sum", "out"]
    assert part.nodes[1].inputs == (INPUT, "inner")
    assert part.input_shape == network.shapes()["mixed"]
    assert part.shapes()["out"] == network.shapes()["out"]


def test_what_is_linear_by_pieces():
    curved = {
        *("sigmoid", "silu", "selu", "glu", "softmax", "log softmax", "lrn", "lrn, an even window"),
        *("layer norm", "group norm", "group norm by cell", "rms norm", "unit norm"),
        # gated by a sigmoid
        *("multiply", "divide", "gate", "shift", "minimum of a cell"),
    }
    assert {name for name in EXAMPLES if not is_piecewise_linear(example(name))} == curved


def test_head_follows_the_last_map():
    net = Builder("head", (4, 4, 3))
    net.add("conv", Conv(4, 3, pad=1, activation=Activation(ceiling=6.0)))
    net.add("pool", MaxPool(2, 2))
    net.add("flatten", Flatten())
    net.add("fc", Dense(5))
    assert layer_before(net.network(), "fc", {"conv"}) == "conv"
    net.add("pooled", GlobalAvgPool(), "pool")
    net.add("other", Dense(2))
    assert layer_before(net.network(), "other", {"conv", "fc"}) == "conv"
