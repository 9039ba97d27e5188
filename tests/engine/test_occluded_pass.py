"""Hidden rectangles on their windows: the same numbers as whole passes of the changed images."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import EXAMPLES, example, random_weights

from tfdeconv.engine import passes, patches
from tfdeconv.engine.occluded_pass import OccludedPass
from tfdeconv.errors import UserError
from tfdeconv.network import reach
from tfdeconv.network.graph import INPUT, Builder, Network
from tfdeconv.network.layers import (
    RELU,
    Activation,
    Add,
    AvgPool,
    BatchNorm,
    Concatenate,
    Conv,
    Dense,
    DepthwiseConv,
    Flatten,
    GlobalAvgPool,
    MaxPool,
    Multiply,
)
from tfdeconv.network.reach import Rectangle

# the same products in float64, which convolutions of other sizes may sum in another order
ROUNDING = 1e-13
# corners, borders, and inside; of different sizes, and nearly the whole image
RECTANGLES = [
    Rectangle(0, 0, 2, 2),
    Rectangle(5, 4, 8, 6),
    Rectangle(12, 0, 13, 3),
    Rectangle(0, 8, 3, 11),
    Rectangle(11, 9, 13, 11),
    Rectangle(6, 10, 9, 11),
]


@pytest.fixture
def eager(monkeypatch):
    """Nothing is compiled, which would take most of the time."""
    monkeypatch.setattr(OccludedPass, "_compile", lambda self, function, *specs: function)


def hidden(x: np.ndarray, rectangles, value) -> np.ndarray:
    """The images with their rectangles filled."""
    images = np.repeat(x, len(rectangles), 0)
    for image, (top, left, bottom, right) in zip(images, rectangles):
        image[top:bottom, left:right] = value
    return images


def whole_pass(network: Network, weights, images: np.ndarray, layer: str) -> np.ndarray:
    """A layer's maps of images, layer by layer as they stand in the network."""
    nodes = network.at(*images.shape[1:3]).up_to(layer)
    parameters = {node.name: weights.get(node.name, {}) for node in nodes}
    return passes.forward(nodes, parameters, tf.constant(images), None)[0].numpy()


def by_windows(occluded: OccludedPass, x, rectangles, value) -> dict[str, np.ndarray]:
    parts: dict[str, list[np.ndarray]] = {layer: [] for layer in occluded.layers}
    for start, stop, changed in occluded.occluded(occluded.whole(x), rectangles, value):
        for layer, maps in changed.items():
            assert len(maps.windows) == stop - start
            parts[layer].append(maps.whole())
    return {layer: np.concatenate(each) for layer, each in parts.items()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_windows_equal_whole_passes(rng, eager, name):
    network = example(name)
    weights = random_weights(network, rng)
    last = network.nodes[-1].name
    x = rng.standard_normal((1, *network.input_shape))
    value = rng.standard_normal(4)

    found = by_windows(OccludedPass(network, weights, [last]), x, RECTANGLES, value)

    expected = whole_pass(network, weights, hidden(x, RECTANGLES, value), last)
    np.testing.assert_allclose(found[last], expected, rtol=0, atol=ROUNDING)


def network_of_all_sorts() -> Network:
    """What real networks have: pools, strides, a residual sum, a gate, a concatenation, a head."""
    net = Builder("sorts", (45, 38, 3))
    net.add("conv", Conv(8, 3, stride=2, pad="same", activation=RELU))
    net.add("pool", MaxPool(3, 2, pad=1))
    net.add("branch", Conv(8, 3, pad=1, bias=False))
    net.add("norm", BatchNorm(1e-3))
    net.add("sum", Add(), "pool", "norm")
    net.add("out", Activation())
    net.add("deep", DepthwiseConv(3, pad=1, activation=RELU))
    net.add("mean", AvgPool(3, 1, pad="same"))
    net.add("joined", Concatenate(), "deep", "mean")
    net.add("squeezed", GlobalAvgPool(keep=True))
    net.add("gate", Conv(16, 1, activation=Activation("sigmoid")))
    net.add("gated", Multiply(), "joined", "gate")
    net.add("last", Conv(6, 3, activation=RELU))
    net.add("flat", Flatten())
    net.add("scores", Dense(5))
    return net.network()


SQUARES = [Rectangle(top, left, top + 7, left + 7) for top in (0, 17, 38) for left in (0, 11, 31)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_windows_of_a_network(rng, dtype):
    network = network_of_all_sorts()
    weights = random_weights(network, rng, dtype=dtype)
    layers = ["conv", "joined", "last", "scores"]
    occluded = OccludedPass(network, weights, layers)

    for _image in range(2):
        x = rng.standard_normal((1, 45, 38, 3)).astype(dtype)
        found = by_windows(occluded, x, SQUARES, np.zeros(3))
        images = hidden(x, SQUARES, 0)
        for layer in layers:
            expected = whole_pass(network, weights, images, layer)
            # float32: values are below 10, and sums of up to 900 products differ by their order
            rounding = ROUNDING if dtype == np.float64 else 2e-5
            np.testing.assert_allclose(found[layer], expected, rtol=0, atol=rounding)

    assert len(occluded._graphs) == 2  # of the clean image, and of the windows


def test_windows_are_small_until_a_gate(rng):
    nodes = network_of_all_sorts().at(45, 38).nodes
    shapes = {INPUT: (45, 38, 3)} | network_of_all_sorts().shapes()

    windows = reach.changed_windows(nodes, shapes, SQUARES)

    whole = [name for name in shapes if reach.is_whole(windows[name], shapes[name])]
    assert whole == ["squeezed", "gate", "gated", "last", "flat", "scores"]


def test_reach_a_cell_too_small_is_found(rng, eager, monkeypatch):
    units_reading = reach.units_reading

    def one_less(*arguments):
        units = units_reading(*arguments)
        return units[1:] if len(units) > 2 else units

    monkeypatch.setattr(reach, "units_reading", one_less)
    network = example("conv 3x3")
    weights = random_weights(network, rng)
    x = rng.standard_normal((1, *network.input_shape))

    found = by_windows(OccludedPass(network, weights, ["behind"]), x, RECTANGLES, np.zeros(4))

    expected = whole_pass(network, weights, hidden(x, RECTANGLES, 0), "behind")
    assert np.abs(found["behind"] - expected).max() > 0.01


def test_chunks_are_as_large_as_memory_allows(rng, eager, monkeypatch):
    from tfdeconv.engine import occluded_pass

    network = example("pool 3x3 stride 2")
    weights = random_weights(network, rng)
    x = rng.standard_normal((1, *network.input_shape))
    occluded = OccludedPass(network, weights, ["behind"])
    monkeypatch.setattr(occluded_pass, "CHUNK_BYTES", 1)

    chunks = [part[:2] for part in occluded.occluded(occluded.whole(x), RECTANGLES, np.zeros(4))]

    assert chunks == [(i, i + 1) for i in range(6)]


def test_values_that_are_no_numbers_are_refused(rng):
    network = example("conv 3x3")
    weights = random_weights(network, rng)
    weights["layer"]["kernel"] *= 1e200
    weights["behind"]["kernel"] *= 1e200
    occluded = OccludedPass(network, weights, ["behind"])
    x = np.zeros((1, *network.input_shape))
    for layer in ("before", "layer", "behind"):
        weights[layer]["bias"] *= 0

    with pytest.raises(UserError, match="behind gives NaN or infinity"):
        list(
            OccludedPass(network, weights, ["behind"]).occluded(
                occluded.whole(x), RECTANGLES, np.full(4, 1e30)
            )
        )


def test_filled_windows_by_hand():
    image = tf.reshape(tf.range(20.0), (1, 4, 5, 1))
    windows = reach.AxisWindows(2, (2,)), reach.AxisWindows(3, (2,))
    starts = tf.constant([2]), tf.constant([2])

    filled = patches.filled(
        image, tf.constant([[3, 2, 4, 4]]), tf.constant([-1.0]), windows, starts
    )

    assert filled[0, :, :, 0].numpy().tolist() == [[12, 13, 14], [-1, -1, 19]]
