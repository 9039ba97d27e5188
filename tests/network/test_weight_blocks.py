"""Which layers' weights are made random together, and where a target's own rectifier is."""

from __future__ import annotations

from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import (
    RELU,
    Activation,
    Add,
    Affine,
    BatchNorm,
    Concatenate,
    Conv,
    MaxPool,
)
from tfdeconv.network.rectified import before_rectifier
from tfdeconv.network.weight_blocks import WeightBlock, weight_blocks
from tfdeconv.zoo import NETWORKS


def forked():
    """Prepared pixels, a convolution, a residual block, and a module of two branches."""
    net = Builder("forked", (16, 16, 3))
    net.add("prepare", Affine())
    net.add("stem", Conv(4, 3, pad=1))
    net.add("norm", BatchNorm(1e-3))
    net.add("relu", RELU)
    net.add("branch1", Conv(4, 3, pad=1, activation=RELU))
    net.add("branch2", Conv(4, 3, pad=1))
    net.add("sum", Add(), "branch2", "relu")
    net.add("out", RELU)
    net.add("left", Conv(2, 1), "out")
    net.add("right", Conv(2, 3, pad=1), "out")
    net.add("joined", Concatenate(), "left", "right")
    net.add("last", Conv(5, 3, activation=RELU))
    return net.network()


def test_blocks_lie_between_single_maps():
    assert weight_blocks(forked(), "last") == [
        WeightBlock("stem", ("stem", "norm")),
        WeightBlock("out", ("branch1", "branch2")),
        WeightBlock("joined", ("left", "right")),
        WeightBlock("last", ("last",)),
    ]


def test_each_kernel_is_a_block_by_layer():
    blocks = weight_blocks(forked(), "joined", "layer")

    assert [block.name for block in blocks] == ["stem", "branch1", "branch2", "left", "right"]
    assert blocks[0].layers == ("stem", "norm")


def test_a_target_within_a_block_needs_less():
    names = [block.name for block in weight_blocks(forked(), "branch2")]

    assert names == ["stem", "branch1", "branch2"]


def test_a_resnet_has_its_residual_blocks():
    blocks = weight_blocks(NETWORKS["resnet50"](), "conv3_block2_out")

    assert [block.name for block in blocks] == [
        "conv1_conv",
        "conv2_block1_out",
        "conv2_block2_out",
        "conv2_block3_out",
        "conv3_block1_out",
        "conv3_block2_out",
    ]
    assert len(blocks[1].layers) == 8


def test_what_comes_before_a_rectifier():
    network = forked()

    assert before_rectifier(network, "last").nodes[-1].layer == Conv(5, 3)
    assert before_rectifier(network, "out").nodes[-1].name == "sum"
    assert before_rectifier(network, "relu").nodes[-1].name == "norm"
    # neither has one of its own
    assert before_rectifier(network, "sum").nodes == network.up_to("sum")
    assert before_rectifier(network, "joined").nodes == network.up_to("joined")


def test_other_functions_are_no_rectifiers():
    net = Builder("others", (8, 8, 3))
    net.add("first", RELU)
    net.add("conv", Conv(2, 3, activation=Activation("sigmoid")))
    net.add("pool", MaxPool(2, 2))
    network = net.network()

    for name in ("first", "conv", "pool"):
        assert before_rectifier(network, name).nodes == network.up_to(name)
