"""Local response normalisation that is written out with means over channels."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import Sketch, layer_kinds, network_output

from tfdeconv.network.layers import LRN
from tfdeconv.weights.graph import kinds
from tfdeconv.weights.graph.translation import translate

SHAPE = (1, 7, 2, 3)


def written_out(depth=3, pad=None, alpha=0.1, k=2.0, beta=0.75, square="multiply") -> Sketch:
    """As torch's exporter of programs has it."""
    s = Sketch(*SHAPE)
    squared = s.times("x", "x") if square == "multiply" else s.apply("square", "x")
    volume = s.add(kinds.Reshape((1, 1, 7, 2, -1)), squared)
    around = pad or (depth // 2, (depth - 1) // 2)
    padded = s.add(kinds.Padding(((0, 0), (0, 0), around, (0, 0), (0, 0))), volume)
    mean = s.add(kinds.Squeeze((1,)), s.add(kinds.ChannelMean(2, depth), padded))
    root = s.add(kinds.Power(), s.plus(s.times(mean, np.array(alpha)), np.array(k)), np.array(beta))
    s.over("x", root)
    return s


def normalised(x: np.ndarray, depth=3, pad=None, alpha=0.1, k=2.0, beta=0.75) -> np.ndarray:
    """From the formula, channel by channel."""
    before, _ = pad or (depth // 2, 0)
    y = np.zeros_like(x)
    for channel in range(x.shape[1]):
        around = slice(max(channel - before, 0), max(channel - before + depth, 0))
        mean = (x[:, around] ** 2).sum(1) / depth
        y[:, channel] = x[:, channel] / (k + alpha * mean) ** beta
    return y


# {how it is written: whether it is one layer}
CASES = {
    "torch's": ({}, True),
    "of an even depth": ({"depth": 4}, True),
    "of an even depth, ONNX's": ({"depth": 4, "pad": (1, 2)}, True),
    "of five": ({"depth": 5, "alpha": 1e-4, "k": 1.0}, True),
    "wider than the channels": ({"depth": 9}, True),
    "with a root": ({"beta": 0.5}, True),
    "beside the channel": ({"pad": (0, 2)}, False),
}


@pytest.mark.parametrize("name", CASES)
def test_local_responses_are_one_layer(rng, name):
    options, is_one = CASES[name]
    translated = translate(written_out(**options).graph())
    x = rng.standard_normal(SHAPE)

    y = network_output(translated, np.moveaxis(x, 1, 3))

    np.testing.assert_allclose(np.moveaxis(y, 3, 1), normalised(x, **options), rtol=1e-6)
    assert (len(translated.network.nodes) == 1) == is_one


def test_constants_are_the_layers():
    (node,) = translate(written_out(square="square").graph()).network.nodes

    assert node.layer == LRN(3, 2.0, pytest.approx(0.1 / 3), 0.75)


def test_inner_maps_that_are_read_stay():
    sketch = written_out()
    sketch.plus("op8", "op5")

    assert "LRN" not in layer_kinds(translate(sketch.graph()))
    outputs = written_out().graph("op8", "op5")
    assert "LRN" not in layer_kinds(translate(outputs))
