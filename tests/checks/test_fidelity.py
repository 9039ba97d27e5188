"""Deletion and insertion: by hand, against whole passes one by one, and of what cannot be right."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from helpers import random_weights

from tfdeconv import images, load_weights
from tfdeconv.checks.blur import blurred
from tfdeconv.checks.fidelity import BLUR, CENTRE, RANDOM, Settings, areas_under
from tfdeconv.checks.pixel_deletion import Unit, fidelity_of
from tfdeconv.checks.pixel_ranking import block_for, by_chance, by_signal, ranking
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.projection import paste
from tfdeconv.engine.unit_forward import UnitForward
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten, MaxPool

ROOT = Path(__file__).parents[2]


def sum_of_four(bias: float = 0.0, sign: float = 1.0) -> Deconvnet:
    """A unit that sums the four pixels of an image."""
    net = Builder("sum", (2, 2, 1))
    net.add("sum", Conv(1, 2))
    weights = {"sum": {"kernel": np.full((2, 2, 1, 1), sign), "bias": np.full(1, bias)}}
    return Deconvnet(net.network(), weights, "sum")


FOUR = np.array([[4.0, 2.0], [1.0, 3.0]]).reshape(2, 2, 1)


def test_a_perfect_ranking_has_the_best_area():
    units = UnitForward(sum_of_four(), (2, 2))
    # what came down, times the photo, is what each pixel gives: no other order can be better
    result = fidelity_of(
        units, FOUR, Unit(0, (0, 0)), {"perfect": FOUR, "worst": 5 - FOUR}, Settings(4, 1)
    )
    np.testing.assert_allclose(result.curves["perfect"].shares[0, 0], [1, 0.6, 0.3, 0.1, 0])
    np.testing.assert_allclose(result.curves["perfect"].shares[0, 1], [0, 0.4, 0.7, 0.9, 1])
    np.testing.assert_allclose(result.area("perfect"), [0.375, 0.625])
    np.testing.assert_allclose(result.area("worst"), [0.625, 0.375])
    areas = []
    for order in permutations([4.0, 3.0, 2.0, 1.0]):
        left = 10 - np.cumsum([0, *order])
        areas.append(areas_under(left / 10, np.linspace(0, 1, 5)))
    assert min(areas) == pytest.approx(0.375) and max(areas) == pytest.approx(0.625)


def test_a_bias_is_left_when_all_is_deleted():
    units = UnitForward(sum_of_four(bias=10.0), (2, 2))
    result = fidelity_of(units, FOUR, Unit(0, (0, 0)), {"own": FOUR}, Settings(4, 1))
    np.testing.assert_allclose(result.curves["own"].shares[0, :, [0, -1]], [[1, 0.5], [0.5, 1]])


@pytest.mark.parametrize(
    ("sign", "bias", "of_class", "reason"),
    [
        (1.0, -10.0, False, "it does not fire"),
        (-1.0, 0.0, True, "its logit is below 0, and has no shares"),
        (-1.0, 0.0, False, ""),
        (1.0, 0.0, True, ""),
    ],
)
def test_units_without_shares(sign, bias, of_class, reason):
    units = UnitForward(sum_of_four(bias, sign), (2, 2))
    unit = Unit(0, (0, 0), of_class)
    result = fidelity_of(units, FOUR, unit, {"own": FOUR}, Settings(4, 1))
    assert result.undefined == reason
    assert (
        np.isnan(result.area("own")).all() == np.isnan(result.area(RANDOM)).all() == (reason != "")
    )


def test_a_projection_of_zeros_ranks_nothing():
    units = UnitForward(sum_of_four(), (2, 2))
    result = fidelity_of(units, FOUR, Unit(0, (0, 0)), {"own": 0 * FOUR}, Settings(4, 1))
    assert np.isnan(result.area("own")).all() and result.undefined == ""
    assert not np.isnan(result.area(RANDOM)).any() and not np.isnan(result.area(CENTRE)).any()


def small_network():
    net = Builder("small", (17, 15, 2))
    net.add("conv1", Conv(4, 3, pad=1, activation=RELU))
    net.add("pool1", MaxPool(2, 2))
    net.add("conv2", Conv(3, 3, pad=1, activation=RELU))
    net.add("flat", Flatten())
    net.add("dense", Dense(2))
    return net.network()


def slow_ranking(signal: np.ndarray, block: int) -> list[tuple[int, int]]:
    """Pixels, those of the block with the largest mean length first."""
    height, width, _ = signal.shape
    blocks: dict = {}
    for row in range(height):
        for column in range(width):
            length = np.linalg.norm(signal[row, column])
            blocks.setdefault((row // block, column // block), []).append((length, row, column))
    in_order = sorted(blocks.values(), key=lambda cells: -np.mean([cell[0] for cell in cells]))
    return [(row, column) for cells in in_order for _length, row, column in cells]


@pytest.mark.parametrize(
    ("target", "position", "fill"),
    [
        ("conv2", (0, 0), "mean"),
        ("conv2", (4, 3), BLUR),
        ("conv2", (7, 6), "mean"),
        ("dense", (0, 0), BLUR),
    ],
)
def test_curves_are_those_of_whole_passes(target, position, fill, rng):
    network = small_network()
    weights = random_weights(network, rng)
    deconvnet = Deconvnet(network, weights, target)
    x = rng.standard_normal((17, 15, 2))
    maps = deconvnet.activations(x[None])[0].reshape(*network.shapes()[target])
    channel = int(maps[position].argmax())
    unit = Unit(channel, position)
    units = UnitForward(deconvnet, (17, 15))
    box = units.box(position)
    signal = rng.standard_normal((*(box[2:] - box[:2]), 2))
    result = fidelity_of(units, x, unit, {"own": signal}, Settings(6, 3, 2, fill=fill))

    top, left, bottom, right = result.box
    cut = signal[top - box[0] : bottom - box[0], left - box[1] : right - box[1]]
    order = [(row + top, column + left) for row, column in slow_ranking(cut, 3)]
    first = x.copy()
    first[top:bottom, left:right] = blurred(x)[top:bottom, left:right] if fill == BLUR else 0
    for step in range(7):
        count = round(step / 6 * len(order))
        assert result.curves["own"].pixels[step] == count / len(order)
        deleted, inserted = x.copy(), first.copy()
        for row, column in order[:count]:
            deleted[row, column] = 0
            inserted[row, column] = x[row, column]
        for game, image in enumerate((deleted, inserted)):
            whole = deconvnet.activations(image[None])[0].reshape(maps.shape)
            share = whole[*position, channel] / maps[*position, channel]
            # float64, sums in another order; one pixel more or less is 1e-2
            assert result.curves["own"].shares[0, game, step] == pytest.approx(share, abs=1e-12)
    # the random ones are others, and their mean is what is said of them
    assert result.curves[RANDOM].shares.shape == (2, 2, 7)
    assert len(np.unique(result.curves[RANDOM].areas)) == 4
    np.testing.assert_allclose(result.area(RANDOM), result.curves[RANDOM].areas.mean(0))


def test_no_ranking_depends_on_the_others(rng):
    network = small_network()
    deconvnet = Deconvnet(network, random_weights(network, rng), "conv2")
    x = rng.standard_normal((17, 15, 2))
    units = UnitForward(deconvnet, (17, 15))
    channel = int(deconvnet.activations(x[None])[0, 3, 3].argmax())
    signals = {"flat": np.ones((8, 8, 2)), "own": rng.standard_normal((8, 8, 2))}
    unit, settings = Unit(channel, (3, 3)), Settings(5, 2)
    both = fidelity_of(units, x, unit, signals, settings)
    for name in signals:
        alone = fidelity_of(units, x, unit, {name: signals[name]}, settings)
        for ranking_name in (name, RANDOM, CENTRE):
            one, other = alone.curves[ranking_name], both.curves[ranking_name]
            np.testing.assert_array_equal(one.shares, other.shares)
    other_seed = fidelity_of(units, x, unit, signals, Settings(5, 2, seed=1))
    assert (other_seed.area(RANDOM) != both.area(RANDOM)).all()


def test_equal_scores_come_in_random_order():
    rng = np.random.default_rng(0)
    ranks = [by_signal(np.full((9, 7, 3), 0.1), 2, rng) for _ in range(200)]
    # each block has a mean rank of the middle, 31; 200 of deviation 18 leave 1.3
    assert np.abs(np.mean(ranks, 0) - 31).max() < 7
    for each in ranks[:5]:
        assert sorted(each.reshape(-1)) == list(range(63))


def test_the_pixels_of_a_block_come_together():
    ranks = by_chance((5, 6), 4, np.random.default_rng(1))
    for block in (ranks[:4, :4], ranks[:4, 4:], ranks[4:, :4], ranks[4:, 4:]):
        assert np.ptp(block) == block.size - 1
    # the mean counts, and not the sum: the block that is cut off is not last for its size
    scores = np.ones((5, 6))
    scores[4:, 4:] = 2
    assert (ranking(scores, 4, np.random.default_rng(1))[4:, 4:] < 2).all()
    assert [block_for(*size) for size in ((3, 3), (16, 99), (32, 32), (224, 224))] == [1, 2, 4, 4]


def test_a_blurred_photo_by_its_formula(rng):
    x = rng.standard_normal((9, 14, 2))
    for row, column in ((0, 0), (4, 7), (8, 13), (2, 9)):
        weights = np.zeros((9, 14))
        for i, j in np.ndindex(9, 14):
            if max(abs(i - row), abs(j - column)) <= 5:
                weights[i, j] = np.exp(-((i - row) ** 2 + (j - column) ** 2) / (2 * 5**2))
        expected = (x * weights[..., None]).sum((0, 1)) / weights.sum()
        np.testing.assert_allclose(blurred(x)[row, column], expected)


def edges_of(x: np.ndarray) -> np.ndarray:
    """How steep an image [h, w, c] is: what a picture of the photo alone shows."""
    down, right = np.gradient(x.sum(-1))
    return np.hypot(down, right)[..., None]


def test_what_ignores_the_weights_is_beaten():
    weights = load_weights(ROOT / "weights" / "vgg16.h5", target="block2_conv2")
    x = images.read(ROOT / "tests" / "data" / "chelsea.jpg", weights.preprocessing)
    deconvnet = Deconvnet(weights.network, weights, "block2_conv2")
    units = UnitForward(deconvnet, x.shape[1:3])
    channels = range(5)
    projection = deconvnet.project(x, channels=channels)
    for i, channel in enumerate(channels):
        row, column = projection.positions[0, i].tolist()
        box = units.box((row, column))
        own = paste(projection.patches[0, i], projection.boxes[0, i], box)
        edges = paste(edges_of(x[0]), (0, 0, *x.shape[1:3]), box)
        signals = {"own": own, "edges": edges, "constant": np.ones_like(own)}
        unit = Unit(channel, (row, column))
        result = fidelity_of(units, x[0], unit, signals, Settings(steps=10, randoms=1))
        deletion, insertion = result.area("own")
        for other in ("edges", "constant", RANDOM):
            other_deletion, other_insertion = result.area(other)
            assert deletion < other_deletion and insertion > other_insertion, (channel, other)
