"""The table of networks and their variants."""

from __future__ import annotations

import numpy as np
import pytest
from gradcheck import gap
from helpers import random_weights
from whole_maps import corners_and_borders, send_back

from tfdeconv import NETWORKS, Deconvnet, UserError
from tfdeconv.zoo import VARIANTS, variants_of

# float64: sums in another order
ROUNDING = 1e-12

ALL = [(net.name, net.variant) for net in variants_of()]


@pytest.mark.parametrize(
    "name, variant, target, size",
    [
        ("resnet50", "torchvision", "conv3_block1_out", (75, 61)),
        ("resnet101", "torchvision", "conv3_block2_2_relu", (64, 96)),
        ("resnet50", "torchvision-dilated", "conv4_block2_2_relu", (33, 47)),
        ("resnet50", "keras2015-unpadded", "conv2_block1_out", (61, 75)),
        ("alexnet", "torchvision", "conv3", (64, 96)),
        ("alexnet", "torchvision", "conv5", (75, 131)),
        ("resnet18", "torchvision", "conv3_block1_out", (75, 61)),
        ("vgg11_bn", "", "block2_relu1", (61, 75)),
    ],
)
def test_windows_equal_whole_maps_in_every_variant(rng, name, variant, target, size):
    network = NETWORKS[name](variant=variant)
    deconvnet = Deconvnet(
        network, random_weights(network, rng, target), target, "guided"
    )  # does what the other rules do
    x = rng.standard_normal((2, *size, 3))
    units = corners_and_borders(*network.shapes(*size)[target])
    whole_maps = send_back(deconvnet, x, units, windowed=False)
    assert gap(send_back(deconvnet, x, units, windowed=True), whole_maps) < ROUNDING
    assert np.abs(whole_maps).max() > 0


# as torchvision documents its weights; means and variances are no parameters there
TORCH_COUNTS = {
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "alexnet": 61_100_840,
    "vgg11": 132_863_336,
    "vgg11_bn": 132_868_840,
    "vgg13": 133_047_848,
    "vgg13_bn": 133_053_736,
    "vgg16": 138_357_544,
    "vgg16_bn": 138_365_992,
    "vgg19": 143_667_240,
    "vgg19_bn": 143_678_248,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnext50_32x4d": 25_028_904,
    "resnext101_32x8d": 88_791_336,
    "resnext101_64x4d": 83_455_272,
    "wide_resnet50_2": 68_883_240,
    "wide_resnet101_2": 126_886_696,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_totals_are_torchvisions(name):
    variant = "torchvision" if VARIANTS[name] else ""
    parameters = NETWORKS[name](variant=variant).parameters()
    assert (
        sum(
            np.prod(shape, dtype=int)
            for p in parameters.values()
            for key, shape in p.items()
            if key not in ("mean", "variance")
        )
        == TORCH_COUNTS[name]
    )


@pytest.mark.parametrize("name, variant", ALL)
def test_aliases_lead_to_layers_and_hide_none(name, variant):
    network = NETWORKS[name](variant=variant)
    assert network.variant == variant
    names = {node.name for node in network.nodes}
    assert set(network.aliases.values()) <= names and not names & network.aliases.keys()
    assert all(network.node(alias).name == layer for alias, layer in network.aliases.items())


def test_variants_are_known_by_name():
    assert {
        name: tuple(net.variant for net in variants_of(name) if net.variant) for name in NETWORKS
    } == VARIANTS
    assert all(NETWORKS[name](variant="") == NETWORKS[name]() for name in NETWORKS)
    with pytest.raises(
        UserError,
        match="resnet50 has no variant 'torch'. Did you mean 'torchvision'.*There are: keras, ",
    ):
        NETWORKS["resnet50"](variant="torch")
    with pytest.raises(UserError, match="vgg16 has one variant only"):
        NETWORKS["vgg16"](variant="torchvision")
    with pytest.raises(UserError, match="no network has the variant 'cafe'. Did you mean 'caffe'"):
        variants_of(variant="cafe")
    resnet = NETWORKS["resnet50"](variant="torchvision").aliases
    assert resnet["layer3"] == "conv4_block6_out" and resnet["fc"] == "predictions"
    assert (
        NETWORKS["resnet101"](variant="torchvision").aliases["layer3.22.conv2"]
        == "conv4_block23_2_conv"
    )
    assert NETWORKS["vgg16"]().node("features.28").name == "block5_conv3"
    with_norms = NETWORKS["vgg16_bn"]().aliases
    assert with_norms["features.40"] == "block5_conv3"
    assert with_norms["features.41"] == "block5_bn3" and with_norms["features.42"] == "block5_relu3"


def test_dilation_stands_for_the_last_two_strides():
    plain = NETWORKS["resnet50"](variant="torchvision")
    dilated = NETWORKS["resnet50"](variant="torchvision-dilated")
    assert plain.parameters() == dilated.parameters()
    assert plain.shapes()["conv5_block3_out"] == (7, 7, 2048)
    assert dilated.shapes()["conv5_block3_out"] == (28, 28, 2048)
    # a stage's first block has the dilation of the stage before: torchvision, _make_layer
    dilations = []
    for name in ("conv4_block1", "conv4_block2", "conv5_block1", "conv5_block3"):
        dilations.append(dilated.node(f"{name}_2_conv").layer.dilation)
    assert dilations == [1, 2, 2, 4]


def test_caffes_strides_are_in_first_convolutions():
    for variant in ("caffe-torch", "detectron"):
        network = NETWORKS["resnet101"](variant=variant)
        assert network.node("layer2.0.conv1").layer.stride == 2
        assert network.node("layer2.0.conv2").layer.stride == 1
        assert not network.node("layer2.0.conv2").layer.bias
