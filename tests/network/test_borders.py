"""Which units see padding: by spans, and by every cell that each unit reads, one by one."""

from __future__ import annotations

import pytest

from tfdeconv import NETWORKS
from tfdeconv.errors import UserError
from tfdeconv.network.borders import Region, inner_regions, interior, interiors
from tfdeconv.network.graph import INPUT, Builder, Network
from tfdeconv.network.layers import (
    RELU,
    Add,
    BorderPad,
    Conv,
    Flatten,
    GlobalAvgPool,
    GroupNorm,
    MaxPool,
    Multiply,
    Resize,
    ZeroPad,
)
from tfdeconv.network.spans import Window


def regions(network: Network, find=interiors) -> dict[str, Region]:
    height, width, _ = network.input_shape
    shapes = {INPUT: network.input_shape} | network.shapes()
    return find(network.at(height, width).nodes, shapes)


def random_window(rng) -> Conv | MaxPool:
    """Any size, stride and dilation; pads of each side their own, or `same`."""
    pads = tuple(tuple(map(int, rng.integers(0, 4, 2))) for _ in range(2))
    size, stride = (tuple(map(int, rng.integers(1, 5, 2))) for _ in range(2))
    dilation = tuple(map(int, rng.integers(1, 3, 2)))
    pad = pads if rng.random() < 0.7 else "same"
    return Conv(1, size, stride, pad, dilation=dilation)


def padding_read(window: Window, axis: int, extent: int, below: list[bool]) -> list[tuple]:
    """Of each output on an axis: whether a cell it reads is none of the map, and sees padding."""
    found = []
    outputs = window.extents(extent, extent)[axis]
    for position in range(outputs):
        first = position * window.stride[axis] - window.pad[axis][0]
        cells = range(first, first + window.size[axis], window.dilation[axis])
        own = any(not 0 <= cell < extent for cell in cells)
        found.append((own, own or any(below[cell] for cell in cells if 0 <= cell < extent)))
    return found


def test_interiors_equal_enumerated_cells(rng):
    """Each unit's cells, one by one, in networks of two to four layers of any window."""
    compared = 0
    for _ in range(150):
        net = Builder("any", (29, 41, 3))
        for layer in range(int(rng.integers(2, 5))):
            net.add(f"{layer}", random_window(rng))
        network = net.network()
        shapes = {INPUT: network.input_shape} | network.shapes()
        if min(shapes[net.last][:2]) < 1:
            continue
        found = regions(network)
        sees = [[False] * 29, [False] * 41]
        for node in network.at(29, 41).nodes:
            for axis in (0, 1):
                extent = shapes[node.inputs[0]][axis]
                read = padding_read(node.layer.window, axis, extent, sees[axis])
                sees[axis] = [padded for _, padded in read]
                clean = [i for i, padded in enumerate(sees[axis]) if not padded]
                assert clean == list(found[node.name][axis])
                compared += len(clean) > 0
    assert compared > 300


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "alexnet", "resnet18"])
def test_interiors_are_fields_within_the_image(name):
    network = NETWORKS[name]()
    shapes = {INPUT: network.input_shape} | network.shapes()
    fields = network.at(*network.input_shape[:2]).receptive_fields(shapes)
    for layer, region in regions(network).items():
        if layer == INPUT:
            continue
        for axis, field in enumerate(fields[layer]):
            within = []
            for position in range(shapes[layer][axis]):
                start = field.origin(position)
                if start >= 0 and start + field.size <= shapes[INPUT][axis]:
                    within.append(position)
            assert within == list(region[axis]), layer


def test_the_border_is_the_nearest_padding():
    net = Builder("net", (20, 20, 3))
    net.add("wide", Conv(4, 7, pad=3))  # three rows each side read its zeros
    net.add("norm", GroupNorm(2, 1e-3))
    net.add("narrow", Conv(4, 3, pad=((1, 0), (0, 1))))  # one row, or, unpadded, two of `wide`'s
    net.add("pool", MaxPool(2, 2))
    net.add("point", Conv(4, 1))
    net.add("flat", Flatten())
    found = regions(net.network(), inner_regions)
    assert found["wide"] == found["norm"] == Region(range(3, 17), range(3, 17))
    # 19 rows: the first reads zeros; at the other end 16 is the first that reads row 17 of `wide`
    assert found["narrow"] == Region(range(1, 16), range(3, 18))
    assert found["pool"] == found["point"] == Region(range(1, 8), range(2, 9))
    assert found["flat"] == Region(range(1), range(1))


def test_gates_and_norms_are_left_aside():
    net = Builder("gated", (16, 16, 4))
    conv = net.add("conv", Conv(4, 3, pad=1, activation=RELU))
    net.add("norm", GroupNorm(4, 1e-3))
    net.add("mean", GlobalAvgPool(keep=True), conv)
    gate = net.add("gate", Conv(4, 1))
    net.add("gated", Multiply(), "norm", gate)
    net.add("sum", Add(), "gated", conv)
    net.add("sized", Resize(7, 9), "sum")
    found = regions(net.network())
    inner = Region(range(1, 15), range(1, 15))
    assert found["gated"] == found["sum"] == inner
    # how a map of a size of its own sees the one before is not known: it sees all of it
    assert found["gate"].cells == found["sized"].cells == 0


@pytest.mark.parametrize("pad", [ZeroPad(((2, 0), (1, 3))), BorderPad(((2, 0), (1, 3)), "reflect")])
def test_pads_of_their_own_count_alike(pad):
    net = Builder("padded", (10, 12, 3))
    net.add("pad", pad)
    net.add("conv", Conv(2, 3))
    assert regions(net.network())["conv"] == Region(range(2, 10), range(1, 11))


def test_no_interior_says_sizes_and_what_to_do():
    network = NETWORKS["resnet50"]()
    with pytest.raises(UserError) as error:
        interior(network, "conv5_block3_out", 224, 224)
    assert str(error.value) == (
        "resnet50's conv5_block3_out has no unit whose receptive field lies within the image: the "
        "field is 483 x 483, the image 224 x 224; take an earlier layer, or larger images "
        "(--resize keep leaves them their size)"
    )
    found = interior(network, "conv5_block3_out", 600, 500)
    # 600 - 483 pixels hold 3 steps of 32, from -241 + 8 * 32 = 15 on
    assert found == Region(range(8, 12), range(8, 9))
    assert found.cells == 4
