"""Rules, spans, layers, networks: all that is known without TensorFlow."""

from __future__ import annotations

from math import prod

import pytest

from tfdeconv.engine.rules import RULES
from tfdeconv.errors import UserError
from tfdeconv.network.graph import INPUT, Builder
from tfdeconv.network.layers import (
    Add,
    Concatenate,
    Conv,
    Dense,
    DepthToSpace,
    Flatten,
    MaxPool,
    Resize,
)
from tfdeconv.network.spans import UNIT, Span, Window, whole
from tfdeconv.zoo import NETWORKS

# as keras.applications counts them (test_keras.py asks it again for the names), and torchvision
# the others, means and variances included; AlexNet: Krizhevsky's 60,965,224 with two groups
PARAMETERS = {
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "resnet50": 25_636_712,
    "resnet101": 44_707_176,
    "resnet152": 60_419_944,
    "alexnet": 60_965_224,
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg11_bn": 132_874_344,
    "vgg13_bn": 133_059_624,
    "vgg16_bn": 138_374_440,
    "vgg19_bn": 143_689_256,
    "resnet18": 11_699_112,
    "resnet34": 21_814_696,
    "resnext50_32x4d": 25_097_128,
    "resnext101_32x8d": 88_994_216,
    "resnext101_64x4d": 83_658_152,
    "wide_resnet50_2": 68_951_464,
    "wide_resnet101_2": 127_024_552,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_totals(name):
    assert (
        sum(prod(shape) for p in NETWORKS[name]().parameters().values() for shape in p.values())
        == PARAMETERS[name]
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_other_channels_and_classes_change_the_ends_only(name):
    plain = NETWORKS[name]().parameters()
    other = NETWORKS[name](channels=12, classes=47).parameters()
    changed = [layer for layer in plain if plain[layer] != other[layer]]
    assert changed == [list(plain)[0], list(plain)[-1]]
    assert NETWORKS[name](channels=12, classes=47).channels == 12
    assert NETWORKS[name](channels=12, classes=47).classes == 47


def test_rules_are_the_papers():
    # the table of Springenberg et al. 2015, figure 1
    assert {rule.name: (rule.rectify, rule.mask) for rule in RULES.values()} == {
        "gradient": (False, True),
        "deconvnet": (True, False),
        "guided": (True, True),
    }


@pytest.mark.parametrize(
    "network, layer, size, stride, offset",
    [
        # VGG16: table 1 of Araujo et al. 2019 (Distill), "Computing receptive fields"
        ("vgg16", "block1_conv1", 3, 1, -1),
        ("vgg16", "block3_conv3", 40, 4, -18),
        ("vgg16", "block4_conv2", 76, 8, -34),
        ("vgg16", "block5_pool", 212, 32, -90),
        ("resnet50", "conv1_relu", 7, 2, -3),
        ("resnet50", "pool1_pool", 11, 4, -5),
        # by hand: 1 + 2 * 5 more on each side at stride 4 below
        ("resnet101", "conv2_block1_out", 19, 4, -9),
        ("alexnet", "conv1", 11, 4, 0),
        ("alexnet", "conv2", 51, 8, -16),
    ],
)
def test_receptive_fields(network, layer, size, stride, offset):
    assert fields(NETWORKS[network]())[layer] == (Span(size, stride, offset),) * 2


def fields(net):
    return net.receptive_fields({INPUT: net.input_shape} | net.shapes())


@pytest.mark.parametrize("name", ["resnet50", "alexnet", "vgg16"])
def test_routes_and_receptive_fields_agree(name):
    """From above and from below, where no map is small enough to end the window."""
    net = NETWORKS[name](size=(3000, 3000))
    shapes = net.input_shapes(net.nodes[0].name, 3000, 3000)
    for node in net.nodes:
        if node.name not in net.vectors:
            assert net.route(node.name, UNIT, shapes)[INPUT] == fields(net)[node.name]


def test_span_through_a_window_equals_its_cells():
    """The span below is exactly what the window's cells reach: enumerated, not computed."""
    for size, stride, pad, n, step, offset in [
        (3, 1, 1, 1, 1, 0),
        (2, 2, 0, 5, 4, -3),
        (7, 2, 3, 4, 2, 1),
        (1, 2, 0, 3, 8, -7),
        (5, 3, 2, 2, 1, 0),
    ]:
        span, position = Span(n, step, offset), 6
        cells = {
            cell * stride - pad + place
            for cell in range(span.origin(position), span.origin(position) + n)
            for place in range(size)
        }
        below = span.through(size, stride, pad)
        assert (min(cells), max(cells)) == (
            below.origin(position),
            below.origin(position) + below.size - 1,
        )


def test_span_union_and_within():
    assert Span(3, 4, -1).union(Span(2, 4, 5)) == Span(8, 4, -1)
    assert Span(9, 4, -1).within(10) == Span(9, 4, -1)
    assert Span(10, 4, -1).within(10) == Span(3).within(10) == Span(10)


def random_span(rng) -> Span:
    divisor = int(rng.choice([1, 1, 2, 3, 4]))
    stride, size = int(rng.choice([1, 2, 3, 4, 6, 12])), int(rng.integers(1, 9))
    shift = int(rng.integers(-6, 6)) if divisor > 1 else 0
    return Span(size, stride, int(rng.integers(-9, 9)), shift, divisor)


def cells_of(span: Span, position: int) -> set[int]:
    first = span.origin(position)
    return set(range(first, first + span.size))


def test_blocks_hold_all_cells_touched(rng):
    told = 0
    for _ in range(300):
        span, block = random_span(rng), int(rng.choice([1, 2, 3, 4, 6]))
        found = span.blocks(block)
        if found is None:
            continue
        told += 1
        most = 0
        for position in range(40):
            touched = {cell // block for cell in cells_of(span, position)}
            assert touched <= cells_of(found, position)
            most = max(most, len(touched))
        assert found.size == most, "more than it ever touches"
    assert told > 150


def test_unions_hold_both_spans(rng):
    told = 0
    for _ in range(2000):
        one, other = random_span(rng), random_span(rng)
        both = one.union(other)
        same_rate = one.stride * other.divisor == other.stride * one.divisor
        assert both is None or same_rate
        if both is not None:
            told += 1
            for position in range(30):
                assert cells_of(one, position) <= cells_of(both, position)
                assert cells_of(other, position) <= cells_of(both, position)
    assert told > 100


def test_cells_seen_are_those_of_each_cell(rng):
    told = 0
    for _ in range(300):
        span, field = random_span(rng), random_span(rng)
        seen = span.seen_through(field)
        if seen is None:
            continue
        told += 1
        for position in range(40):
            for cell in cells_of(span, position):
                assert cells_of(field, cell) <= cells_of(seen, position)
    assert told > 100


def test_unet_units_see_a_window():
    """Units of an enlarged map, where a signal along a shortcut meets the one from below."""
    net = Builder("unet", (256, 256, 3))
    top = net.add("top", Conv(3, 3, pad=1))
    net.add("pool", MaxPool(2, 2))
    net.add("bottom", Conv(3, 3, pad=1))
    up = net.add("up", Resize(factor=2))
    net.add("joined", Concatenate(), top, up)
    net.add("out", Conv(3, 3, pad=1))
    network = net.network()
    shapes = network.input_shapes("out", 256, 256)
    # by hand: 3 cells of `up` are of 2 blocks, which are mixed of 4 cells of the bottom
    assert network.route("out", UNIT, shapes)["bottom"] == (Span(4, 1, -1, -1, 2),) * 2
    spans = network.route("out", UNIT, shapes)[INPUT]
    assert spans == fields(network)["out"]
    assert spans[0].size < 20 and spans[0].stride == 1


def test_short_forms_of_a_window():
    assert Window.of(3, 2, 1) == Window((3, 3), (2, 2), ((1, 1), (1, 1)))
    assert Conv(8, (3, 5), pad=((0, 1), (2, 3))).window == Window((3, 5), (1, 1), ((0, 1), (2, 3)))
    assert MaxPool(3, 2).window.uneven
    # every tap of a window with a dilation of its stride falls on the same cells
    assert Conv(8, 2, 2, dilation=2).window.uneven and not Conv(8, 4, 2, dilation=3).window.uneven
    assert not MaxPool(2, 2).window.uneven and not Conv(1, 3).window.uneven


def test_shapes_of_other_sizes_and_of_vectors():
    vgg = NETWORKS["vgg16"]()
    assert vgg.shapes()["block5_pool"] == (7, 7, 512)
    assert vgg.shapes()["predictions"] == (1, 1, 1000)
    assert vgg.shapes(320, 480)["block4_conv2"] == (40, 60, 512)
    assert NETWORKS["resnet50"]().shapes(97, 131)["conv5_block3_out"] == (4, 5, 2048)
    assert "fc1" in vgg.vectors and "block5_pool" not in vgg.vectors
    generator = Builder("generator", (1, 1, 4))
    generator.add("flatten", Flatten())
    generator.add("dense", Dense(12))
    generator.add("map", DepthToSpace(2))
    assert generator.network().vectors == {"flatten", "dense"}


@pytest.mark.parametrize(
    "call, words",
    [
        (
            lambda net: net.node("block3_conv9"),
            "vgg16 has no layer 'block3_conv9'. Did you mean 'block3_conv3'?",
        ),
        (
            lambda net: net.channel("block1_conv1", 64),
            "has 64 channels, 0 to 63: there is no channel 64",
        ),
        (lambda net: net.channel("block1_conv1", -1), "there is no channel -1"),
        (
            lambda net: net.input_shapes("fc1", 225, 320),
            "takes images of 224 x 224 only, the size that the weights of fc1 are for",
        ),
        (
            lambda net: net.input_shapes("block5_conv1", 15, 400),
            "15 x 400 is too small for vgg16's block5_conv1: the map of block4_pool would be empty",
        ),
        (
            lambda net: NETWORKS["resnet50"]().node("pool1_pad"),
            "'pool1_pad' is part of 'pool1_pool' here",
        ),
    ],
)
def test_mistakes_say_what_to_do(call, words):
    with pytest.raises(UserError) as error:
        call(NETWORKS["vgg16"]())
    assert words in str(error.value)


def test_layers_before_a_dense_one_take_any_size():
    assert NETWORKS["vgg16"]().input_shapes("block5_pool", 320, 481)["block5_pool"] == (10, 15, 512)
    shapes = NETWORKS["resnet50"]().input_shapes("predictions", 320, 481)
    assert shapes["predictions"] == (1, 1, 1000)


def test_route_ends_in_the_whole_axis():
    vgg = NETWORKS["vgg16"]()
    shapes = vgg.input_shapes("block5_conv3", 500, 180)
    assert vgg.route("block5_conv3", UNIT, shapes)[INPUT] == (Span(196, 16, -90), Span(180))
    assert vgg.route("block5_conv3", whole(shapes["block5_conv3"]), shapes)[INPUT] == whole(
        (500, 180)
    )


def test_signals_that_meet_cover_both():
    net = Builder("fork", (40, 40, 3))
    entry = net.add("entry", Conv(3, 1))
    near = net.add("near", Conv(3, 3, pad=((0, 2), (0, 2))), entry)
    far = net.add("far", Conv(3, 5, pad=((4, 0), (4, 0))), entry)
    net.add("sum", Add(), near, far)
    assert fields(net.network())["sum"] == (Span(7, 1, -4),) * 2  # from -4 to 0 and from 0 to 2
