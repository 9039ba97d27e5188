"""A few channels of a convolution are computed alone, and are what they are among all."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import random_weights

from tfdeconv.engine import limits
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.finite import NotFinite
from tfdeconv.engine.modes import MODES
from tfdeconv.engine.rules import RULES
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, BatchNorm, Conv, Dense, Flatten, MaxPool

COUNT = 8
SIZE = (17, 13)
TARGETS = {
    "rectified": Conv(COUNT, 3, pad=1, activation=RELU),
    "strided": Conv(COUNT, 3, stride=2, bias=False),
    "not narrowable: groups": Conv(COUNT, 3, groups=2),
    "not narrowable: a vector": Dense(COUNT),
}


def network_to(target, norm: bool = False):
    net = Builder("to", (*SIZE, 3))
    net.add("before", Conv(6, 3, pad=1, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    if isinstance(target, Dense):
        net.add("flat", Flatten())
    name = net.add("target", target)
    if norm:
        name = net.add("norm", BatchNorm(1e-3))
    return net.network(), name


def computed(deconvnet: Deconvnet, x: np.ndarray, channels) -> int:
    """How many channels of the target a forward pass for these computes."""
    shapes = deconvnet.network.input_shapes(deconvnet.target, *SIZE)
    forward_pass = deconvnet._passes.forward(x, shapes, np.array(channels))
    return forward_pass.maps[deconvnet.target].shape[3]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", TARGETS)
def test_alone_they_are_what_they_are_among_all(rng, name, rule):
    network, target = network_to(TARGETS[name])
    x = rng.standard_normal((2, *SIZE, 3))
    deconvnet = Deconvnet(network, random_weights(network, rng), target, rule)
    assert computed(deconvnet, x, [5, 2]) == (COUNT if "not" in name else 2)
    for mode in MODES:
        everything = deconvnet.project(x, mode=mode)
        # in any order, and of each image others
        for channels in ([[5, 2]] * 2, [[7], [0]]):
            some = deconvnet.project(x, channels, mode)
            assert some.channels.tolist() == channels
            of_all = np.arange(2)[:, None], np.array(channels)
            for field in ("activations", "positions", "patches", "boxes", "dead", "saturated"):
                expected = getattr(everything, field)[of_all]
                # float64: the sums are the same but for their order
                np.testing.assert_allclose(getattr(some, field), expected, atol=1e-12)
            if everything.vectors is not None:
                np.testing.assert_array_equal(some.vectors, everything.vectors)
    units = deconvnet.units(x, [1, 0], [5, 5])
    np.testing.assert_allclose(units.patches, deconvnet.project(x).patches[[1, 0], 5], atol=1e-12)


def test_folded_norms_and_strips_are_narrowed(rng, monkeypatch):
    network, target = network_to(TARGETS["strided"], norm=True)
    weights = random_weights(network, rng)
    x = rng.standard_normal((1, *SIZE, 3))
    expected = Deconvnet(network, weights, target, "guided").project(x, mode="all")
    for large in (limits.LARGE_BYTES, 0):
        monkeypatch.setattr(limits, "LARGE_BYTES", large)
        deconvnet = Deconvnet(network, weights, target, "guided")
        assert computed(deconvnet, x, [6]) == 1
        some = deconvnet.project(x, [6], "all")
        np.testing.assert_allclose(some.patches[:, 0], expected.patches[:, 6], atol=1e-12)


def test_one_graph_serves_any_number(rng):
    network, target = network_to(TARGETS["rectified"])
    deconvnet = Deconvnet(network, random_weights(network, rng), target, "guided")
    x = rng.standard_normal((1, *SIZE, 3))
    for channels in ([1], [4, 0], [7, 2, 3], None):
        deconvnet.project(x, channels)
    assert sorted(key[0] for key in deconvnet._passes.graphs.made) == ["backward", "forward"]


@pytest.mark.parametrize("channels, jit", [(range(5), False), ([3], True)])
def test_many_channels_and_xla_are_not_narrowed(rng, channels, jit, uncompiled_in_any_folder):
    network, target = network_to(TARGETS["rectified"])
    deconvnet = Deconvnet(network, random_weights(network, rng), target, jit=jit)
    assert computed(deconvnet, rng.standard_normal((1, *SIZE, 3)), [*channels]) == COUNT


def test_errors_have_the_channels_numbers(rng):
    network, target = network_to(TARGETS["rectified"])
    weights = random_weights(network, rng)
    kernel = np.array(weights["target"]["kernel"])
    kernel[..., 6] = np.inf
    weights["target"]["kernel"] = kernel
    deconvnet = Deconvnet(network, weights, target)
    x = rng.standard_normal((1, *SIZE, 3))
    with pytest.raises(NotFinite, match="in channel 6: ") as error:
        deconvnet.project(x, [2, 6])
    assert error.value.channels == {6}
