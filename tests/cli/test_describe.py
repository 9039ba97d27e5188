"""What describe.py prints of a network's layers."""

from __future__ import annotations

import json

from tfdeconv.cli.describe import describe_network
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import Conv, ConvTranspose, MaxPool


def generator():
    net = Builder("generator", (8, 8, 3))
    net.add("conv", Conv(4, 3, pad=1))
    net.add("pool", MaxPool(3, 2))
    net.add("even", ConvTranspose(4, 4, 2))
    net.add("uneven", ConvTranspose(4, 3, 2))
    return net


def test_checkerboards_are_marked_by_direction(capsys):
    describe_network(generator().network(), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    kinds = {line.split()[0]: line.split()[1] for line in lines[2:6]}
    assert kinds == {
        "conv": "Conv",
        "pool": "MaxPool*",
        "even": "ConvTranspose",
        "uneven": "ConvTranspose+",
    }
    text = " ".join(lines)
    assert "* have a window" in text and "a checkerboard in the projection" in text
    assert "+ are transposed convolutions" in text and "what the network itself makes" in text

    describe_network(generator().network(), as_json=True)
    layers = json.loads(capsys.readouterr().out)["layers"]
    assert [layer["uneven"] for layer in layers] == [False, True, False, False]
    assert [layer["uneven_output"] for layer in layers] == [False, False, False, True]


def test_outputs_are_spoken_of_where_needed(capsys):
    net = Builder("plain", (8, 8, 3))
    net.add("conv", Conv(4, 3, stride=2))
    describe_network(net.network(), as_json=False)
    out = capsys.readouterr().out
    assert "Conv*" in out and "transposed convolutions" not in out
