"""Whole networks: windows against whole maps, everything against the slow replica in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import reference
import tensorflow as tf
from gradcheck import gap
from helpers import DIFFERENTIATED, EXAMPLES, example, random_weights
from uncompiled import uncompiled
from whole_maps import corners_and_borders, send_back

from tfdeconv.engine import dispatch, passes
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.parameters import parameters_of, with_parameters
from tfdeconv.engine.rules import RULES
from tfdeconv.network import base, layers
from tfdeconv.network.classes import class_layer
from tfdeconv.network.graph import INPUT, Builder
from tfdeconv.network.layers import (
    LRN,
    RELU,
    Activation,
    Add,
    Concatenate,
    Conv,
    ConvTranspose,
    MaxPool,
    PReLU,
    Resize,
)
from tfdeconv.network.spans import UNIT
from tfdeconv.zoo import NETWORKS

# float64: sums in another order; 1e-3 and more where a crop, a pad or a switch is off
ROUNDING = 1e-12
# the replica takes some derivatives by central differences: right to 1e-10
DIFFERENCES = 1e-8

# the first example of every class
OF_CLASSES = {type(EXAMPLES[name]): name for name in reversed(EXAMPLES)}.values()
# these, and those at which rules differ, are tested under all rules
FIRST = {
    *OF_CLASSES,
    *(name for name, layer in EXAMPLES.items() if isinstance(layer, Activation | PReLU | LRN)),
}
# the others: guided does all that deconvnet does
ALL_PASSES = dict.fromkeys(RULES, ("max", "all"))
OTHERS = {"gradient": ("all",), "guided": ("max",)}
# what XLA compiles takes seconds each: the first example of every class, and other operations
COMPILED = {
    *OF_CLASSES,
    *("conv 2x3 stride 3x1, 2 groups", "conv 2x3 dilated 3x1", "depthwise 5x4 stride 2, same"),
    *("pool 3x3 stride 2, padded", "average 3x4 stride 2x3, padded", "silu", "gate"),
}

# examples that end in logits: what comes back is what raises them, whatever their sign
OF_LOGITS = ("dense", "global average pool, kept")


@pytest.mark.parametrize(
    "name, rule",
    [
        *((name, "guided") for name in EXAMPLES),
        *((name, "gradient") for name in EXAMPLES if name in FIRST),
    ],
)
def test_windows_equal_whole_maps_for_every_layer(rng, name, rule):
    network = example(name, 29, 31)
    target = network.nodes[-1].name
    weights = random_weights(network, rng)
    x = rng.standard_normal((2, 29, 31, 4))
    units = corners_and_borders(*network.shapes()[target])
    whole = uncompiled(network, weights, target, rule)
    whole_maps = send_back(whole, x, units, windowed=False)
    assert np.abs(whole_maps).max() > 0
    deconvnet = Deconvnet(network, weights, target, rule)
    assert gap(send_back(deconvnet, x, units, windowed=True), whole_maps) < ROUNDING
    if rule == "guided" and name in COMPILED:
        compiled = Deconvnet(network, weights, target, rule, jit=True)
        assert gap(send_back(compiled, x, units, windowed=True), whole_maps) < ROUNDING


@pytest.mark.parametrize(
    "up",
    [
        Resize(factor=2),
        Resize(factor=2, interpolation="nearest"),
        ConvTranspose(4, 3, 2, ((0, 1), (1, 0))),
    ],
)
def test_windows_equal_whole_maps_in_unets(rng, up):
    """Enlarged twice, with shortcuts on which signals at other rates meet."""
    net = Builder("unet", (48, 56, 4))
    top = net.add("top", Conv(4, 3, pad=1, activation=RELU))
    net.add("pool1", MaxPool(2, 2))
    middle = net.add("middle", Conv(4, 3, pad=1))
    net.add("pool2", MaxPool(2, 2))
    net.add("bottom", Conv(4, 1, activation=RELU))
    low = net.add("low", up)
    net.add("joined2", Add(), middle, low)
    net.add("mixed", Conv(4, 3, pad=1, activation=RELU))
    high = net.add("high", up)
    net.add("joined1", Concatenate(), top, high)
    net.add("out", Conv(3, 3, pad=1, activation=RELU))
    network = net.network()
    deconvnet = Deconvnet(network, random_weights(network, rng), "out", "guided")
    x = rng.standard_normal((2, 48, 56, 4))
    units = corners_and_borders(48, 56, 3)
    found = send_back(deconvnet, x, units, windowed=True)
    assert gap(found, send_back(deconvnet, x, units, windowed=False)) < ROUNDING
    assert np.abs(found).max() > 0
    rows, columns = network.route("out", UNIT, {INPUT: (48, 56, 4)} | network.shapes())[INPUT]
    assert rows.size < 48 and columns.size < 56


# of each family, the layers that are tested under two rules
DEEPEST = {"block5_conv3", "conv4_block1_0_bn", "conv5"}


@pytest.mark.parametrize(
    "name, target, size",
    [
        ("vgg16", "block2_pool", (64, 96)),
        ("vgg16", "block3_conv3", (75, 61)),
        ("vgg19", "block4_conv1", (75, 61)),
        ("vgg16", "block5_conv3", (61, 75)),
        ("resnet50", "pool1_pool", (64, 96)),
        ("resnet50", "pool1_pool", (75, 61)),
        ("resnet50", "conv2_block1_out", (64, 96)),
        ("resnet101", "conv3_block1_out", (75, 61)),
        ("resnet101", "conv3_block2_2_relu", (64, 96)),
        ("resnet152", "conv2_block3_add", (75, 61)),
        ("resnet50", "conv4_block1_0_bn", (61, 75)),
        ("alexnet", "norm1", (75, 61)),
        ("alexnet", "conv2", (64, 96)),
        ("alexnet", "conv5", (115, 131)),
    ],
)
def test_windows_equal_whole_maps_in_every_network(rng, name, target, size):
    network = NETWORKS[name]()
    weights = random_weights(network, rng, target)
    x = rng.standard_normal((2, *size, 3))
    # guided does all that deconvnet does; where windows lie depends on no rule
    for rule in ("gradient", "guided") if target in DEEPEST else ("guided",):
        deconvnet = Deconvnet(network, weights, target, rule)
        units = corners_and_borders(*network.shapes(*size)[target])
        whole = uncompiled(network, weights, target, rule)
        whole_maps = send_back(whole, x, units, windowed=False)
        assert gap(send_back(deconvnet, x, units, windowed=True), whole_maps) < ROUNDING
        assert np.abs(whole_maps).max() > 0


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_layer_equals_the_replica(rng, name):
    network = example(name)
    target = network.nodes[-1].name
    assert (class_layer(network, target) is not None) == (name in OF_LOGITS)
    weights = random_weights(network, rng)
    x = rng.standard_normal((1, 13, 11, 4))
    values, traces = reference.forward(network, weights, x[0], target)
    expected = values[target][0, 0] if target in network.vectors else values[target]
    tolerance = DIFFERENCES if name in DIFFERENTIATED else ROUNDING
    for rule, modes in (ALL_PASSES if name in FIRST else OTHERS).items():
        deconvnet = uncompiled(network, weights, target, rule)
        for mode in modes:
            projection = deconvnet.project(x, [0, 2], mode)
            for i, channel in enumerate((0, 2)):
                pixels, unit = reference.project_values(
                    *(network, weights, values, traces, target, channel, mode, rule),
                    of_class=name in OF_LOGITS,
                )
                assert gap(projection.pixels[0, i], pixels) < tolerance, (rule, mode)
                assert tuple(projection.positions[0, i]) == (unit or (-1, -1))
    # the way forward is the same under every rule
    assert gap(deconvnet.activations(x)[0], expected) < ROUNDING


@pytest.mark.parametrize(
    "name, size, targets",
    [
        ("vgg16", (32, 32), ("block3_pool", "fc2", "predictions")),
        ("resnet50", (33, 39), ("conv2_block3_out", "conv4_block2_add", "predictions")),
        ("alexnet", (67, 67), ("norm2", "conv5", "fc6", "fc8")),
    ],
)
def test_networks_equal_the_replica(rng, name, size, targets):
    network = NETWORKS[name](classes=11, size=size)
    weights = random_weights(network, rng)
    x = 2 * rng.standard_normal((1, *size, 3))
    values, traces = reference.forward(network, weights, x[0], targets[-1])
    for target in targets:
        for rule in RULES:
            deconvnet = uncompiled(network, weights, target, rule)
            expected = values[target][0, 0] if target in network.vectors else values[target]
            assert gap(deconvnet.activations(x)[0], expected) < ROUNDING
            projection = deconvnet.project(x, top=1)
            channel = projection.channels[0, 0]
            unit = np.unravel_index(values[target][..., channel].argmax(), values[target].shape[:2])
            seed = np.zeros_like(values[target])
            seed[(*unit, channel)] = values[target][(*unit, channel)]
            expected = reference.backward(network, weights, values, traces, target, seed, rule)
            assert gap(projection.pixels[0, 0], expected) < 1e-10  # a hundred layers of rounding
            assert np.abs(expected).max() > 0


@pytest.mark.parametrize(
    "network, target",
    [
        *((name, None) for name in EXAMPLES),
        ("vgg16", "block3_pool"),
        ("resnet50", "conv3_block1_out"),
        ("alexnet", "conv3"),
    ],
)
def test_the_gradient_rule_is_the_derivative(rng, network, target):
    """Of half the squared feature map, whose seed is the map itself, by central differences."""
    network = NETWORKS[network](size=(67, 71)) if target else example(network)
    target = target or network.nodes[-1].name
    deconvnet = uncompiled(network, random_weights(network, rng, target), target, "gradient")
    x = rng.standard_normal((1, *network.input_shape))
    maps = deconvnet.activations(x)
    channel = int(np.abs(maps).reshape(-1, maps.shape[-1]).sum(0).argmax())
    gradient = deconvnet.project(x, [channel], "all").pixels[0, 0]
    if deconvnet.of_classes:
        gradient = gradient * np.sign(maps[..., channel].item())
    for _ in range(3):
        direction = rng.standard_normal(x.shape)
        # so small a step that hardly a rectifier or switch changes: rounding is 1e-16 / 1e-6, a
        # wrong sign or switch 1e-2 and more
        above, below = (
            0.5 * (deconvnet.activations(x + step * direction)[..., channel] ** 2).sum()
            for step in (1e-6, -1e-6)
        )
        slope = (above - below) / 2e-6
        expected = (gradient * direction).sum()
        size = np.linalg.norm(gradient) * np.linalg.norm(direction)
        assert abs(slope - expected) < 1e-4 * size
        assert size > 0


def test_every_layer_has_functions_and_an_example():
    kinds = {
        kind
        for kind in vars(layers).values()
        if isinstance(kind, type) and issubclass(kind, base.Layer) and not kind.__subclasses__()
    }
    assert kinds == {type(layer) for layer in EXAMPLES.values()}
    for kind in kinds:
        assert kind in dispatch.LAYER_OPS


def test_folding_changes_no_value(rng):
    """Batch norms fold into convolutions, but not where the target is before its batch norm."""
    network = NETWORKS["resnet50"]()
    weights = random_weights(network, rng, "conv2_block2_1_conv")
    x = rng.standard_normal((1, 45, 45, 3))
    values, _ = reference.forward(network, weights, x[0], "conv2_block2_1_conv")
    for target in (
        "conv1_conv",
        "conv1_bn",
        "conv2_block1_0_conv",
        "conv2_block1_3_bn",
        "conv2_block2_1_conv",
    ):
        deconvnet = Deconvnet(network, weights, target)
        assert gap(deconvnet.activations(x)[0], values[target]) < ROUNDING
    assert len(deconvnet._passes.network.nodes) < len(network.up_to("conv2_block2_1_conv"))


def test_weights_are_captured_not_baked_in(rng, monkeypatch):
    """No constant above the 128 elements that TensorFlow takes in by itself.

    No tracing for other channels, units or images.
    """
    traced = {"forward_maps": 0, "backward": 0}
    for name, call in (("forward_maps", passes.forward_maps), ("backward", passes.backward)):

        def counted(*arguments, name=name, call=call):
            traced[name] += 1
            return call(*arguments)

        monkeypatch.setattr(passes, name, counted)
    network = example("conv 5x5 stride 2, rectified")
    deconvnet = Deconvnet(
        network, random_weights(network, rng, dtype=np.float32), network.nodes[-1].name
    )
    for seed in range(4):
        x = np.random.default_rng(seed).standard_normal((seed + 1, 13, 11, 4)).astype(np.float32)
        deconvnet.project(x, [seed % 3])
        deconvnet.project(x)
    assert len(deconvnet._passes.graphs.made) == 2
    assert traced == {"forward_maps": 1, "backward": 1}
    for graph in deconvnet._passes.graphs.made.values():
        for node in graph.graph.as_graph_def().node:
            if node.op == "Const":
                assert tf.make_ndarray(node.attr["value"].tensor).size <= 128, node.name


def test_other_weights_need_no_other_graphs(rng, monkeypatch):
    """What they give is what a deconvnet of their own gives; of shared layers nothing is redone."""
    network = example("conv 5x5 stride 2, rectified")
    target = network.nodes[-1].name
    first, second = (random_weights(network, rng, dtype=np.float32) for _ in range(2))
    x = rng.standard_normal((1, 13, 11, 4)).astype(np.float32)
    deconvnet = Deconvnet(network, first, target)
    before = deconvnet.project(x, [1])
    other_parameters = parameters_of(Deconvnet(network, second, target))
    monkeypatch.setattr(passes, "forward_maps", None)
    monkeypatch.setattr(passes, "backward", None)
    other = with_parameters(deconvnet, other_parameters).project(x, [1])
    monkeypatch.undo()

    np.testing.assert_array_equal(
        other.patches, Deconvnet(network, second, target).project(x, [1]).patches
    )
    np.testing.assert_array_equal(deconvnet.project(x, [1]).patches, before.patches)
    assert (other.patches != before.patches).any()
