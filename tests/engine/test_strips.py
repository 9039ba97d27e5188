"""Large images by strips of rows: the same numbers as all at a time, in less memory."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import random_weights

from tfdeconv import NETWORKS, Deconvnet
from tfdeconv.engine import limits
from tfdeconv.engine.grad_cam import GradCam
from tfdeconv.network import strips
from tfdeconv.network.graph import INPUT, Builder, Network
from tfdeconv.network.layers import (
    RELU,
    Add,
    AvgPool,
    Conv,
    DepthwiseConv,
    GlobalAvgPool,
    MaxPool,
    PReLU,
)

# the same products in float64, which the strips' convolutions may sum in another order
ROUNDING = 1e-14


def network() -> Network:
    """Odd pads and strides, a pool whose windows overlap, and a fork; behind it a global pool."""
    net = Builder("strips", (37, 30, 3))
    net.add("conv", Conv(5, 3, pad=1, activation=RELU))
    net.add("wide", Conv(6, 3, pad=2, stride=2, activation=RELU))
    net.add("pool", MaxPool(3, 2, 1))
    net.add("branch", Conv(6, 3, pad="same", activation=RELU))
    net.add("sum", Add(), "pool", "branch")
    net.add("depthwise", DepthwiseConv(3, pad=1, activation=RELU))
    net.add("mean", AvgPool(2, 2))
    net.add("last", Conv(4, (3, 1), pad=((2, 0), (0, 0)), activation=RELU))
    net.add("global", GlobalAvgPool(keep=True))
    net.add("scores", Conv(3, 1))
    return net.network()


@pytest.fixture
def by_strips(monkeypatch):
    """Every image counts as large; call it with the values of a kept map and of a strip."""

    def split(whole_values, strip_values):
        monkeypatch.setattr(limits, "LARGE_BYTES", 0)
        monkeypatch.setattr(
            limits, "segments", lambda *a: strips.segments(*a, whole_values, strip_values)
        )

    return split


@pytest.mark.parametrize(
    "rule, whole_values, strip_values",
    [("deconvnet", 300, 1), ("guided", 10**9, 1), ("gradient", 0, 3000)],
)
def test_strips_equal_whole_maps(rng, by_strips, rule, whole_values, strip_values):
    weights = random_weights(network(), rng)
    x = rng.standard_normal((1, 37, 30, 3))
    targets = [("last", "all"), ("scores", "max")]
    wanted = []
    for target, mode in targets:
        wanted.append(Deconvnet(network(), weights, target, rule).project(x, [0, 2], mode))

    by_strips(whole_values, strip_values)

    for (target, mode), whole in zip(targets, wanted):
        deconvnet = Deconvnet(network(), weights, target, rule)
        parts = deconvnet._passes.segments(deconvnet.network.input_shapes(target, 37, 30))
        assert parts[-1].end == "last" and max(part.count for part in parts) > 2
        found = deconvnet.project(x, [0, 2], mode)
        np.testing.assert_array_equal(found.positions, whole.positions)
        np.testing.assert_allclose(found.activations, whole.activations, rtol=0, atol=ROUNDING)
        np.testing.assert_allclose(found.patches, whole.patches, rtol=0, atol=ROUNDING)


def test_units_and_activations_by_strips(rng, by_strips):
    weights = random_weights(network(), rng)
    x = rng.standard_normal((2, 37, 30, 3))
    whole = Deconvnet(network(), weights, "sum")
    activations, projection = whole.activations(x), whole.project(x, [0, 2])

    by_strips(300, 1)

    found = Deconvnet(network(), weights, "sum")
    np.testing.assert_allclose(found.activations(x), activations, rtol=0, atol=ROUNDING)
    patches = found.project(x, [0, 2]).patches
    np.testing.assert_allclose(patches, projection.patches, rtol=0, atol=ROUNDING)


def test_slopes_of_rows_end_segments():
    net = Builder("sloped", (40, 8, 3))
    net.add("conv", Conv(4, 3, pad=1))
    net.add("columns", PReLU(by_column=True))
    net.add("rows", PReLU(by_row=True))
    nodes = net.network().nodes

    parts = strips.segments(nodes, {INPUT: (40, 8, 3)} | net.network().shapes())

    assert [part.end for part in parts] == ["conv", "columns"]


def test_rows_of_a_segment_by_hand():
    net = Builder("two", (100, 8, 1))
    net.add("one", Conv(1, 3, pad=1))
    net.add("two", Conv(1, 3, pad=1))
    net.add("pool", MaxPool(2, 2))
    nodes = net.network().nodes
    shapes = {INPUT: (100, 8, 1)} | net.network().shapes()

    segment = strips.make_segment(INPUT, nodes, shapes, rows=8)

    assert segment is not None and segment.count == 7  # of 50 rows
    assert segment.steps == {INPUT: 16, "one": 16, "two": 16, "pool": 8}
    rows = {name: (span.offset, span.size) for name, (span, _) in segment.forward.items()}
    # two's rows 0 to 15 are made of -1 to 16 of one, and these of -2 to 17 of the image
    assert rows == {INPUT: (-2, 20), "one": (-1, 18), "two": (0, 16), "pool": (0, 8)}
    rows = {name: (span.offset, span.size) for name, (span, _) in segment.backward.items()}
    # rows 0 to 15 of the image are in windows of -1 to 16 of one, these in -2 to 17 of two
    assert rows == {INPUT: (0, 16), "one": (-1, 18), "two": (-2, 20), "pool": (-1, 10)}


@pytest.mark.parametrize(
    "name, layer", [("vgg16", "block4_conv2"), ("resnet50", "conv4_block6_out")]
)
def test_memory_grows_with_kept_maps_alone(name, layer):
    """Of 12 megapixels all maps of the first layer would take 3 GB, and its windows 28 GB."""
    shapes, nodes = limits.cropped_nodes(NETWORKS[name](), [layer], (3000, 4000))
    parts = strips.segments(nodes, shapes)
    assert parts[-1].end == layer
    needed = strips.forward_values(nodes, shapes, parts, masked=False)
    assert needed * 4 < 2.5e9
    work = sum(part.count * part.forward_cost(shapes).work for part in parts)
    whole = strips.forward_cost(nodes, shapes, traced=True).work
    # what strips have in common is computed twice
    assert whole <= work < 1.25 * whole


def test_usual_images_are_computed_at_once():
    for size in ((224, 224), (400, 300)):
        shapes, nodes = limits.cropped_nodes(NETWORKS["vgg16"](), ["block5_conv3"], size)
        assert not limits.segments_of_large(nodes, shapes, 4, masked=True)


@pytest.mark.parametrize("layer", ["pool", "branch"])
def test_heat_maps_by_strips(rng, by_strips, layer):
    """Before the inner map, and of whole maps behind it, too."""
    weights = random_weights(network(), rng)
    x = rng.standard_normal((1, 37, 30, 3))
    projection = Deconvnet(network(), weights, "last", "guided").project(x, [0, 2], "all")
    whole = GradCam(network(), weights, "last", layer).of(projection)

    by_strips(300, 1)

    cam = GradCam(network(), weights, "last", layer)
    assert cam._before.segments(network().input_shapes("pool", 37, 30))
    found = cam.of(projection)
    assert whole.values.any()
    np.testing.assert_allclose(found.values, whole.values, rtol=0, atol=ROUNDING)
