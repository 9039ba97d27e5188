"""Where all of a network passes through one map, and what is behind it."""

from __future__ import annotations

import pytest
from helpers import EXAMPLES, example

from tfdeconv import NETWORKS
from tfdeconv.network.cuts import (
    FARTHEST,
    is_linear,
    is_piecewise_linear,
    map_before,
    part_behind,
    without_rectifier,
)
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


LAYERS = {"stem", "left", "right", "inner", "out", "last"}


@pytest.mark.parametrize(
    ("target", "before", "layers"),
    [
        ("stem", None, ()),
        ("left", "stem_relu", ("stem",)),
        ("right", "stem_relu", ("stem",)),
        ("inner", "mixed", ("left", "right")),
        # around the last convolution goes the concatenation
        ("sum", "mixed", ("left", "right")),
        ("last", "out", ("out",)),
    ],
)
def test_map_before_has_all_that_arrives(target, before, layers):
    found = map_before(branches(), target, LAYERS)
    assert found == ((before, layers) if before else None)


def test_layers_that_were_not_scanned_are_passed():
    assert map_before(branches(), "inner", {"stem", "mixed"}) == ("mixed", ("mixed",))
    # one branch alone has only a part of what arrives
    assert map_before(branches(), "inner", {"stem", "left"}) == ("stem_relu", ("stem",))
    assert map_before(branches(), "stem_bn", {"stem"}) == ("stem", ("stem",))
    assert map_before(branches(), "inner", {"left"}) is None


def test_blocks_of_a_resnet_follow_each_other():
    network = NETWORKS["resnet50"]()
    layers = [node.name for node in network.nodes if isinstance(node.layer, KERNELS)]
    layers += network.residuals()
    before = {layer: map_before(network, layer, set(layers)) for layer in layers}
    names = {layer: found and found.name for layer, found in before.items()}
    assert names["conv3_block2_out"] == names["conv3_block2_1_conv"] == "conv3_block1_out"
    assert names["conv3_block2_3_conv"] == "conv3_block2_2_relu"
    # the projection of the shortcut goes around the branch
    assert names["conv3_block1_out"] == names["conv3_block1_0_conv"] == "conv2_block3_out"
    assert before["conv2_block1_1_conv"].layers == ("conv1_conv",)
    assert all(len(found.layers) == 1 for found in before.values() if found)
    assert [layer for layer, found in before.items() if not found] == ["conv1_conv"]


def test_dense_blocks_have_all_layers_before():
    net = Builder("dense", (8, 8, 3))
    last = net.add("conv0", Conv(4, 3, pad=1, activation=RELU))
    last = net.add("pool", MaxPool(2, 2))
    for i in "123":
        net.add(f"norm{i}", BatchNorm(1e-3), last)
        net.add(f"relu{i}", RELU)
        grown = net.add(f"conv{i}", Conv(2, 3, pad=1))
        last = net.add(f"concat{i}", Concatenate(), last, grown)
    found = map_before(net.network(), "conv3", {f"conv{i}" for i in "0123"})
    assert found == ("relu3", ("conv0", "conv1", "conv2"))


def test_layers_far_below_are_not_before():
    net = Builder("long", (8, 8, 3))
    for i in range(FARTHEST + 3):
        net.add(f"conv{i}", Conv(2, 3, pad=1))
    network = net.network()
    assert map_before(network, f"conv{FARTHEST + 1}", {"conv0"}) == ("conv0", ("conv0",))
    assert map_before(network, f"conv{FARTHEST + 2}", {"conv0"}) is None


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
    assert map_before(net.network(), "fc", {"conv"}) == ("pool", ("conv",))
    net.add("pooled", GlobalAvgPool(), "pool")
    net.add("other", Dense(2))
    assert map_before(net.network(), "other", {"conv", "fc"}) == ("pooled", ("conv",))


def test_convolution_without_its_relu_is_linear():
    network = branches()
    inner = part_behind(network, "mixed", "inner")
    assert not is_linear(inner) and is_linear(without_rectifier(inner))
    assert without_rectifier(inner).parameters() == inner.parameters()
    block = part_behind(network, "mixed", "out")
    assert without_rectifier(block) is block and not is_linear(block)
    assert is_linear(part_behind(network, "out", "last"))
    assert not is_linear(part_behind(network, "stem", "left"))
