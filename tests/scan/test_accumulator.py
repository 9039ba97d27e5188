"""A scan against brute force: numpy's top k over stored activations."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import example, random_weights
from PIL import Image
from runs import (
    SIDE,
    VGG16_LAYERS,
    assert_as_brute_force_has_it,
    brute,
    integers,
    plain,
    scanned,
    some_crops,
    vgg16_maps,
    vgg16_of_crops,
)

from tfdeconv import NETWORKS, Deconvnet
from tfdeconv.data import dataset
from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv
from tfdeconv.network.selection import default_layers
from tfdeconv.scan import loop, run, run_file
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.scan.maxima import half, load as load_maxima
from tfdeconv.scan.reductions import summary


@pytest.fixture(scope="module", name="crops")
def all_crops() -> np.ndarray:
    return some_crops()


@pytest.fixture(scope="module")
def maps(crops) -> dict[str, np.ndarray]:
    return vgg16_maps(crops)


@pytest.mark.parametrize("batch", [1, 7, 32])
def test_integers_and_ties_equal_brute_force(rng, tmp_path, batch):
    network, weights = integers(rng)
    x = rng.integers(0, 2, (50, SIDE, SIDE, 3)).astype(np.uint8)
    x[20:24] = 0
    x[20:24, 5, 5, range(3)] = 1
    x[21, 19, 19], x[22, 0, 0, 1], x[23, 10, 10] = 1, 1, 1  # the same maxima, elsewhere too
    layers = ["first", "second", "dense", "pool"]
    found = scanned(tmp_path, x, network, weights, layers, batch, top=12)
    assert found.finished and found.scanned == 50
    ties = 0
    for layer in layers:
        y = Deconvnet(network, weights, layer).activations(x)
        wanted = brute(y if y.ndim == 4 else y[:, None, None], 12)
        for name, array in found.state[layer].items():
            if wanted[name].dtype.kind == "i" or name in ("values", "maxima"):
                np.testing.assert_array_equal(array, wanted[name], err_msg=f"{layer} {name}")
            else:
                np.testing.assert_allclose(
                    array, wanted[name], rtol=1e-5, atol=1e-6
                )  # float32 means, of either sign
        ties += (np.diff(wanted["values"], axis=1) == 0).sum()
    assert ties > 50


@pytest.mark.parametrize("batch", [7, 32])
def test_five_layers_of_vgg16_equal_brute_force(tmp_path, crops, maps, batch):
    network, weights = vgg16_of_crops()
    found = scanned(tmp_path, crops, network, weights, VGG16_LAYERS, batch)
    assert_as_brute_force_has_it(found, maps)


def test_fewer_images_than_places(rng, tmp_path):
    network, weights = integers(rng)
    x = rng.integers(0, 3, (2, SIDE, SIDE, 3)).astype(np.uint8)
    kept = scanned(tmp_path, x, network, weights, ["first"], batch=5, top=4).state["first"]
    assert (kept["images"][:, 2:] == -1).all() and (kept["positions"][:, 2:] == -1).all()
    assert (kept["values"][:, 2:] == -np.inf).all()
    assert (np.sort(kept["images"][:, :2]) == [0, 1]).all() and not np.isnan(kept["values"]).any()
    assert (kept["histogram"].sum(1) == 2).all()


def test_equal_pixels_count_once_bad_files_never(rng, tmp_path):
    network, weights = integers(rng)
    folder = tmp_path / "images"
    (folder / "b").mkdir(parents=True)
    pixels = rng.integers(0, 256, (4, SIDE, SIDE, 3)).astype(np.uint8)
    for name, i in (("B.png", 0), ("a.png", 1), ("b/same.bmp", 0), ("b.png", 2), ("z.png", 3)):
        Image.fromarray(pixels[i]).save(folder / name)
    (folder / "a.jpg").write_text("no image")
    (folder / "notes.txt").write_text("not looked at")
    (folder / ".hidden.png").write_text("nor this")
    source = dataset.open_source(str(folder))
    assert source.names == ("B.png", "a.jpg", "a.png", "b.png", "b/same.bmp", "z.png")  # bytewise
    settings = run.Settings(
        "whole", "", "0" * 64, "", "crop", (SIDE, SIDE), source.digest, 6, ("first",), 9, 4
    )
    now = run.Run(settings, source.root, "", source.names)
    scan = Accumulator(network, weights, ["first"], (SIDE, SIDE), 4)
    loop.advance(now, scan, source, plain((SIDE, SIDE)), tmp_path / "run.h5", 0)
    found = run_file.load(tmp_path / "run.h5")
    assert found.scanned == 4 and list(found.skipped) == [1] and "a.jpg" in found.skipped[1]
    assert found.same.tolist() == [-1, -1, -1, -1, 0, -1] and found.names == source.names
    assert set(found.state["first"]["images"].ravel().tolist()) == {0, 2, 3, 5, -1}
    y = Deconvnet(network, weights, "first").activations(pixels)
    np.testing.assert_array_equal(found.state["first"]["values"][:, :4], brute(y, 4)["values"])


def test_a_restored_state_goes_on_unchanged(rng):
    network = example("relu6")
    weights = random_weights(network, rng)
    x = rng.random((12, 13, 11, 4), np.float32)
    whole, first, second = (
        Accumulator(network, weights, ["before", "layer", "behind"], (13, 11), 3, 4)
        for _ in range(3)
    )
    for start in range(0, 12, 3):
        whole.step([x[start : start + 3]], [np.arange(start, start + 3)])
        (first if start < 6 else second).step([x[start : start + 3]], [np.arange(start, start + 3)])
        second.restore(first.state()) if start == 3 else None
    for layer, kept in whole.state().items():
        for name, array in kept.items():
            np.testing.assert_array_equal(array, second.state()[layer][name])


def test_default_layers_are_convolutions_blocks_and_dense():
    network = NETWORKS["resnet50"]()
    found = default_layers(network, network.parameters())
    assert [name for name in found if name.startswith("conv2_block1")] == [
        "conv2_block1_1_conv",
        "conv2_block1_2_conv",
        "conv2_block1_0_conv",
        "conv2_block1_3_conv",
        "conv2_block1_out",
    ]
    assert len(found) == 53 + 16 + 1 and found[-1] == "predictions"
    assert default_layers(NETWORKS["vgg16"](), {f"block1_conv{i}": {} for i in (1, 2)}) == [
        "block1_conv1",
        "block1_conv2",
    ]


@pytest.mark.parametrize("name", ["batch norm", "zero pad", "add", "dense", "global average pool"])
def test_layers_asked_for_are_not_folded_away(rng, tmp_path, name):
    network = example(name)
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.integers(0, 9, (5, 13, 11, 4)).astype(np.float32)
    layers = [node.name for node in network.nodes]
    found = scanned(tmp_path, x, network, weights, layers, 2, 3)
    for layer in layers:
        y = Deconvnet(network, weights, layer).activations(x)
        wanted = brute(y if y.ndim == 4 else y[:, None, None], 3)
        # in float32; alone a layer may be folded into another
        np.testing.assert_allclose(
            found.state[layer]["values"], wanted["values"], rtol=1e-4, atol=1e-4
        )


def test_the_first_of_equal_units_in_row_order():
    y = np.zeros((2, 5, 7, 3), np.float32)
    y[0, 3, 1, 0] = y[0, 3, 5, 0] = y[0, 4, 0, 0] = 2
    y[1, :, :, 1] = -1
    y[1, 4, 6, 2] = 1
    _, rows, columns, means, shares = (part.numpy() for part in summary(tf.constant(y)))
    assert rows.tolist() == [[3, 0, 0], [0, 0, 4]] and columns.tolist() == [[1, 0, 0], [0, 0, 6]]
    np.testing.assert_allclose(means, y.mean((1, 2)), rtol=1e-6)
    np.testing.assert_allclose(shares, (y > 0).mean((1, 2)), rtol=1e-6)


@pytest.mark.parametrize("batch", [1, 4])
def test_images_with_infinite_maps_are_skipped(rng, tmp_path, batch):
    network, weights = integers(rng)
    x = rng.integers(0, 3, (6, SIDE, SIDE, 3)).astype(np.float32)
    # one that overflows, and another of the same pixels
    x[1] = x[4] = 2.0**23
    weights["first"]["kernel"] *= 2.0**113
    layers = ["first", "second"]
    found = scanned(tmp_path, x, network, weights, layers, batch, kept=("second",))
    others = scanned(tmp_path, x[[0, 2, 3, 5]], network, weights, layers, batch, name="others.h5")

    assert sorted(found.skipped) == [1, 4] and found.scanned == 4 and found.finished
    assert all("has infinite values or NaN" in reason for reason in found.skipped.values())
    numbers = np.array([0, 2, 3, 5])
    maxima = load_maxima(tmp_path / "run.h5", found)
    assert maxima is not None
    kept = maxima.columns("second")
    assert np.isnan(kept[:, [1, 4]]).all()
    second = Deconvnet(network, weights, "second").activations(x[numbers])
    np.testing.assert_array_equal(kept[:, numbers], half(second.max((1, 2)).T))
    for layer in layers:
        for name, array in others.state[layer].items():
            if name == "images":
                array = np.where(array >= 0, numbers[array], -1)
            np.testing.assert_array_equal(found.state[layer][name], array)


def test_a_step_names_images_without_numbers(rng):
    network, weights = integers(rng)
    accumulator = Accumulator(network, weights, ["first"], (SIDE, SIDE), batch=2)
    x = np.ones((2, SIDE, SIDE, 3), np.float32)
    x[1] = 3e38

    with pytest.raises(UserError, match="image 7 of the list: first has infinite") as caught:
        accumulator.step([x], [np.array([6, 7])])
    assert list(caught.value.reasons) == [7] and caught.value.maxima == [None]
    # an image that does not count may be anything
    accumulator.step([x], [np.array([6, -1])])


def test_a_step_sees_what_fusing_would_hide(rng):
    """Infinity less infinity is NaN, of which a convolution fused with its rectifier makes 0."""
    builder = Builder("net", (SIDE, SIDE, 3))
    builder.add("first", Conv(2, 1))
    builder.add("second", Conv(2, 1, activation=RELU))
    second = np.array([[[[1.0, 1.0], [-1.0, -1.0]]]], np.float32)
    weights = {
        "first": {"kernel": np.full((1, 1, 3, 2), 1e38, np.float32), "bias": np.zeros(2)},
        "second": {"kernel": second, "bias": np.zeros(2)},
    }
    accumulator = Accumulator(builder.network(), weights, ["second"], (SIDE, SIDE), batch=2)
    x = np.ones((2, SIDE, SIDE, 3), np.float32)
    x[0] = 1e-3
    with pytest.raises(UserError, match="image 7 of the list: first has infinite") as caught:
        accumulator.step([x * 10], [np.array([6, 7])])
    assert list(caught.value.reasons) == [7]
