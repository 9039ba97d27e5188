"""What networks ask for, from their specs alone: nothing is computed here."""

import numpy as np
import pytest

from tfdeconv import NETWORKS
from tfdeconv.engine import limits, projection
from tfdeconv.engine.cropping import crop
from tfdeconv.errors import UserError
from tfdeconv.network.consistency import check_graph
from tfdeconv.network.cost import backward_cost, forward_cost
from tfdeconv.network.graph import INPUT, Builder, Network
from tfdeconv.network.layers import RELU, Add, AvgPool, Concatenate, Conv, MaxPool, ZeroPad
from tfdeconv.network.receptive_field import route
from tfdeconv.network.spans import UNIT, Span, Window


def network_of(layer, size=(32, 32), count=1) -> Network:
    net = Builder("hostile", (*size, 3))
    for number in range(count):
        net.add(f"layer{number}", layer)
    net.add("out", Conv(2, 1))
    return net.network()


@pytest.fixture
def memory(monkeypatch):
    """A machine of 16 GB, whatever runs the test."""
    monkeypatch.setattr("tfdeconv.memory.memory", lambda: 16e9)


def spans_on(network: Network, size: tuple[int, int]) -> dict:
    shapes, nodes = limits.cropped_nodes(network, ["out"], size)
    found = route(nodes, UNIT, shapes)
    for node in nodes:
        found[f"below {node.name}"] = node.layer.through(found[node.name], shapes[node.inputs[0]])
    return found


@pytest.mark.parametrize(
    "layer, size, count",
    [
        (Conv(4, 3, pad="same", dilation=16384), (32, 32), 1),
        (Conv(4, (1, 100_000), pad="same"), (32, 32), 1),
        (Conv(4, 3, pad="same", dilation=300, activation=RELU), (64, 50), 4),
        (MaxPool(3000, 1, "same"), (32, 32), 1),
        (AvgPool(3000, 7, "same"), (32, 32), 3),
        (Conv(3, 3, stride=16, pad="same"), (32, 32), 20),
        (MaxPool(2, 1000, "same"), (64, 64), 20),
        (AvgPool(2, 1000, 1, count_pads=True), (64, 64), 20),
        (MaxPool(9, 7, dilation=40, pad=160, ceil=True), (64, 64), 2),
    ],
)
def test_spans_stay_near_the_map(layer, size, count, memory):
    network = network_of(layer, size, count)
    check_graph(network)

    for name, spans in spans_on(network, size).items():
        for span, extent in zip(spans, size):
            # the map, as much at both ends, and what is left of a dilation
            assert span.size <= 4 * extent, name
    limits.refuse_costly(network, "out", size, "max")
    limits.refuse_costly(network, "out", size, "all")


@pytest.mark.parametrize(
    "layer, size, says",
    [
        (Conv(2, 1000, pad="same"), (1000, 1000), "multiply-adds"),
        (Conv(16, 1), (30_000, 30_000), "GB of memory"),
        (ZeroPad(((15000, 15000), (15000, 15000))), (32, 32), "GB of memory"),
    ],
)
def test_what_cannot_be_done_is_known(layer, size, says, memory):
    with pytest.raises(UserError, match=says):
        limits.refuse_costly(network_of(layer, size), "out", size, "max")
    with pytest.raises(UserError, match=says):
        limits.refuse_costly_forward(network_of(layer, size), ["out"], size, 16)


def test_networks_of_too_many_layers_are_refused():
    net = Builder("deep", (8, 8, 3))
    for number in range(3500):
        net.add(f"layer{number}", Conv(3, 1))

    with pytest.raises(UserError, match="depends on 3,500 layers, expected at most 3,000"):
        limits.refuse_costly(net.network(), "layer3499", (8, 8), "max")


@pytest.mark.parametrize("shape", [(16384, 16384, 3), (16384, 16384, 1)])
def test_huge_inputs_are_refused(shape):
    net = Builder("huge", shape)
    net.add("conv", Conv(1, 1))

    with pytest.raises(UserError, match="expected at most 67,108,864 values"):
        check_graph(net.network())


def test_channels_that_double_are_refused():
    net = Builder("doubling", (8, 8, 3))
    for number in range(30):
        net.add(f"layer{number}", Concatenate(), net.last, net.last)

    with pytest.raises(UserError, match="its output would be 8 x 8 x"):
        check_graph(net.network())


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_in_use_are_not_refused(name, memory):
    network = NETWORKS[name]()
    targets = [node.name for node in network.nodes if node.name not in network.vectors]
    for side in (224, 600):
        limits.refuse_costly(network, targets[-1], (side, side), "max")
        limits.refuse_costly_forward(network, targets, (side, side), 16)


def test_large_photos_and_usual_windows_are_not_refused(memory):
    limits.refuse_costly(NETWORKS["vgg16"](), "block5_conv3", (2000, 2000), "max")
    for layer in (MaxPool(64, 64), MaxPool(64, 1, "same"), Conv(256, 3, pad=36, dilation=36)):
        network = network_of(layer, (224, 224))
        limits.refuse_costly(network, "out", (224, 224), "max")
        limits.refuse_costly(network, "out", (224, 224), "all")


def test_whole_maps_need_more_than_strips(memory):
    """A scan, and units of inner layers, go without strips: 19 values of 4 bytes a pixel here."""
    size = (16_000, 16_000)
    shapes, nodes = limits.cropped_nodes(network_of(Conv(16, 1), size), ["out"], size)
    limits.refuse_large_image(nodes, shapes, 4, masked=False, by_strips=True)
    with pytest.raises(UserError, match="GB of memory"):
        limits.refuse_large_image(nodes, shapes, 4, masked=False, by_strips=False)
    with pytest.raises(UserError, match="GB of memory"):
        limits.refuse_large_images(nodes, shapes, 4, images=1)


def test_costs_by_hand():
    net = Builder("small", (8, 8, 1))
    net.add("conv", Conv(16, 3, pad=1))
    net.add("sum", Add(), "conv", "conv")
    shapes = {INPUT: (8, 8, 1)} | net.network().shapes()
    nodes, _ = crop(net.network().nodes, {"conv": {}, "sum": {}}, shapes)

    cost = forward_cost(nodes, shapes, traced=False)
    # conv: 64 values in, 1024 out; sum: 1024 twice
    assert (cost.values, cost.layer) == (2048, "sum")
    # the windows of conv are a matrix of 64 x 9
    unrolled = forward_cost(nodes[:1], shapes, traced=False, unrolled=True)
    assert unrolled.values == 64 + 1024 + 64 * 9
    # a kernel of 9 x 16, which one input channel makes 16 times as slow
    assert cost.work == 64 * 9 * 16 * 16 + 1024
    back = backward_cost(nodes, shapes, route(nodes, UNIT, shapes))
    # 1 x 1 x 16 at the convolution, 3 x 3 below it
    assert (back.values, back.layer) == (16 + 2 * 16, "sum")
    back = backward_cost(nodes, shapes, route(nodes, UNIT, shapes), unrolled=True)
    # each of the 3 x 3 cells is made of 9 cells of 16 channels
    assert (back.values, back.layer) == (16 + 2 * 9 + 9 * 9 * 16, "conv")


@pytest.mark.parametrize(
    "taps, pad, dilation, extent, start, stop, left",
    [
        (3, 36, 36, 14, 1, 2, (0, 0)),  # the middle tap alone
        (3, 1, 1, 14, 0, 3, (1, 1)),  # every tap
        (9, 4, 1, 2, 3, 6, (1, 1)),  # a kernel larger than its map
        (3, 20, 18, 14, 1, 2, (2, 2)),  # the first meets the map from no output, and the last
    ],
)
def test_taps_that_meet_the_map(taps, pad, dilation, extent, start, stop, left):
    window = Window.of((taps, 1), 1, ((pad, pad), (0, 0)), (dilation, 1))

    found = window.on_axis(0, extent)

    assert (found.start, found.stop, found.pad) == (start, stop, left)


def test_boxes_beyond_int32_end_far_away():
    far = Span(16**20, 16**20, -(16**20))
    box = projection.boxes((far, Span(3, 2, -1)), np.array([0, 5], np.int32))
    assert box.tolist() == [-(1 << 30), 9, 0, 12]
