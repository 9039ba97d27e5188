"""Where two networks differ first, up to each layer."""

from __future__ import annotations

import pytest

from tfdeconv.network.comparison import differences
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Add, Conv, Dense, Flatten, MaxPool


def network(name="net", channels=3, filters=4, stride=1, pool=None, names="ab", side=8) -> Network:
    net = Builder(name, (side, side, channels))
    net.add("first", Conv(filters, 3, stride, pad=1, activation=RELU))
    for branch in names:
        net.add(f"branch_{branch}", Conv(filters, 1), "first")
    net.add("sum", Add(), *(f"branch_{branch}" for branch in names))
    net.add("pool", pool or MaxPool(2, 2))
    net.add("flat", Flatten())
    net.add("head", Dense(5))
    return net.network()


# a change, the first layer that differs by it, and in which words
CHANGES = {
    "images": ({"channels": 1}, "first", "its images have 1 channels, expected 3"),
    "channels": ({"filters": 6}, "first", "its first has 6 channels, expected 4"),
    "setting": ({"stride": 2}, "first", "its first has stride 2, expected 1"),
    "order": (
        {"names": "ba"},
        "sum",
        "its sum reads branch_b, branch_a, expected branch_a, branch_b",
    ),
    "name": ({"names": "ac"}, "branch_b", "it has no layer branch_b"),
    "kind": ({"pool": Conv(4, 2, 2)}, "pool", "its pool is a Conv, expected a MaxPool"),
    "size": ({"side": 10}, "flat", "its flat has 100 channels, expected 64"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_first_difference_is_said_of_all_above(change):
    options, first, words = CHANGES[change]
    found = differences(network(**options), network())
    layers = [node.name for node in network().nodes]
    assert list(found) == layers[layers.index(first) :]
    assert set(found.values()) == {words}


def test_the_same_network_of_another_name():
    assert differences(network(name="other"), network()) == {}
