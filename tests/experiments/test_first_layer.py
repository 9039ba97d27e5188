"""The first convolution as filters of pixels: they say of an image what the network does."""

from __future__ import annotations

import numpy as np
import pytest

from tfdeconv import Deconvnet
from tfdeconv.data.preprocessing import PRESETS, Preprocessing
from tfdeconv.errors import UserError
from tfdeconv.experiments.first_layer import first_layer, layers_needed
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import (
    LRN,
    RELU,
    Affine,
    BatchNorm,
    Channels,
    Conv,
    Dense,
    DepthwiseConv,
    Flatten,
    ZeroPad,
)

SIZE = (15, 13)
NORM = BatchNorm(1e-3)
PLAIN = Preprocessing("as is", SIZE, 16)
# layers, channels of the image, preprocessing
CASES = {
    "bgr less a mean": ([Conv(4, 3)], 3, PRESETS["caffe"](SIZE, 3)),
    "norm, stride": ([ZeroPad(((1, 1), (1, 1))), Conv(4, 5, 2, bias=False), NORM], 3, "torch"),
    "two groups": ([Conv(4, (3, 2), groups=2)], 4, PLAIN),
    "depthwise, dilated": ([DepthwiseConv(3, multiplier=2, dilation=2), NORM], 3, "tf"),
    "norm and turned channels before": ([NORM, Channels(2, 3, -1), Conv(3, 3)], 3, "over255"),
    "scaled in the network": ([Affine(), Conv(3, 3, pad=1)], 1, PLAIN),
}


def network_of(layers, channels: int) -> Network:
    net = Builder("net", (*SIZE, channels))
    for number, layer in enumerate(layers):
        net.add(f"layer{number}", layer)
    return net.network()


def arrays_of(network: Network, rng) -> dict:
    arrays: dict = {}
    for layer, parameters in network.parameters().items():
        arrays[layer] = {}
        for name, shape in parameters.items():
            values = rng.standard_normal(shape).astype(np.float32)
            arrays[layer][name] = np.abs(values) + 0.5 if name == "variance" else values
    return arrays


@pytest.mark.parametrize("name", CASES)
def test_filters_do_what_the_network_does(rng, name):
    layers, channels, preprocessing = CASES[name]
    if isinstance(preprocessing, str):
        preprocessing = PRESETS[preprocessing](SIZE, channels)
    network = network_of(layers, channels)
    arrays = arrays_of(network, rng)
    found = first_layer(network, arrays, preprocessing)
    pixels = rng.integers(0, 256, (1, *SIZE, channels)).astype(np.float32)
    last = network.nodes[-1].name
    assert layers_needed(network)[-1] == last == (found.norm or found.layer)
    map_of = Deconvnet(network, arrays, last).activations(preprocessing.apply(pixels))[0]

    # a cell in the middle, of which no window leaves the image
    row, column = (length // 2 for length in map_of.shape[:2])
    pad = sum(layer.pad[0][0] for layer in layers if isinstance(layer, ZeroPad))
    pad += sum(layer.pad for layer in layers if isinstance(layer, Conv))
    top, left = (place * step - pad for place, step in zip((row, column), found.stride))
    _, height, width, _ = found.kernels.shape
    window = pixels[0, top : top + height, left : left + width].astype(np.float64)
    expected = (found.kernels * window).sum((1, 2, 3)) + found.bias
    # float32 sums of some hundred products, of up to 255 each
    np.testing.assert_allclose(map_of[row, column], expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("preset", ["caffe", "torch", "over255"])
def test_the_greatest_output_is_an_images(rng, preset):
    network = network_of([Conv(5, 3, activation=RELU)], 3)
    found = first_layer(network, arrays_of(network, rng), PRESETS[preset](SIZE, 3))
    brightest = 255 * (found.kernels > 0)
    made = (found.kernels * brightest).sum((1, 2, 3)) + found.bias
    np.testing.assert_allclose(found.greatest, made, rtol=1e-5)


def test_dead_and_oversized_kernels_are_found(rng):
    network = network_of([Conv(9, 3, pad=1, activation=RELU)], 3)
    arrays = arrays_of(network, rng)
    kernel, bias = arrays["layer0"]["kernel"], arrays["layer0"]["bias"]
    kernel[..., 2] *= 1e-4
    kernel[..., 5] *= 9
    bias[2], bias[7] = 1, -1e7
    found = first_layer(network, arrays, PRESETS["caffe"](SIZE, 3))
    assert np.flatnonzero(found.weightless).tolist() == [2]
    assert np.flatnonzero(found.oversized(3)).tolist() == [5]
    assert np.flatnonzero(found.silent).tolist() == [7]
    # without a rectifier everything passes
    linear = network_of([Conv(9, 3, pad=1)], 3)
    assert not first_layer(linear, arrays, PRESETS["caffe"](SIZE, 3)).silent.any()
    zeros = {"layer0": {"kernel": 0 * kernel, "bias": bias}}
    assert first_layer(network, zeros, PRESETS["caffe"](SIZE, 3)).weightless.all()


def test_zeros_around_dark_images_count(rng):
    # pixels become -3 to -2: the zeros beyond the border are above them all
    network = network_of([Conv(1, 3, pad=1, activation=RELU)], 3)
    arrays = {"layer0": {"kernel": np.ones((3, 3, 3, 1)), "bias": np.array([1.0])}}
    dark = Preprocessing("rgb", SIZE, 16, (765.0,) * 3, (255.0,) * 3)
    assert first_layer(network, arrays, dark).greatest == [1]
    assert first_layer(network_of([Conv(1, 3)], 3), arrays, dark).greatest == [1 - 27 * 2]


@pytest.mark.parametrize(
    "layers, reason",
    [
        ([Flatten(), Dense(3)], "net has no convolution"),
        ([LRN(5, 1, 1, 1), Conv(3, 3)], "layer1, reads layer0, which is a LRN"),
        ([Affine(by_row=True), Conv(3, 3)], "which is a Affine"),
    ],
)
def test_what_reads_no_pixels_is_refused(rng, layers, reason):
    network = network_of(layers, 3)
    with pytest.raises(UserError, match=reason):
        first_layer(network, arrays_of(network, rng), PRESETS["caffe"](SIZE, 3))
