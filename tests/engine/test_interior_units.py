"""Units that see padding left out: project(interior=True) against numpy over whole maps."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import random_weights

from tfdeconv import Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Conv, MaxPool

HEIGHT, WIDTH = 21, 26


def small_network() -> Network:
    """Pads of every side their own, a stride and a dilation."""
    net = Builder("small", (HEIGHT, WIDTH, 3))
    net.add("first", Conv(5, 3, pad=((2, 1), (0, 1)), activation=RELU))
    net.add("pool", MaxPool(3, 2, pad=((0, 1), (1, 0))))
    net.add("last", Conv(6, (2, 3), pad=1, dilation=2))
    return net.network()


@pytest.fixture(scope="module", name="small")
def small_case():
    """A deconvnet, images whose borders fire strongest, and the map's units that see no padding."""
    rng = np.random.default_rng(11)
    network = small_network()
    weights = random_weights(network, rng)
    x = rng.standard_normal((3, HEIGHT, WIDTH, 3))
    x[:, [0, 1, -2, -1]] *= 9
    deconvnet = Deconvnet(network, weights, "last", "gradient")
    y = deconvnet.activations(x)
    fields = deconvnet.network.at(HEIGHT, WIDTH).receptive_fields(
        deconvnet.network.input_shapes("last", HEIGHT, WIDTH)
    )["last"]
    within = np.zeros(y.shape[1:3], bool)
    for row, column in np.ndindex(within.shape):
        top, left = fields[0].origin(row), fields[1].origin(column)
        bottom, right = top + fields[0].size, left + fields[1].size
        within[row, column] = min(top, left) >= 0 and bottom <= HEIGHT and right <= WIDTH
    return deconvnet, x, y, within


def test_the_strongest_interior_unit_is_kept(small):
    deconvnet, x, y, within = small
    assert 0 < within.sum() < within.size
    found = deconvnet.project(x, interior=True)
    # float64: what is left out is far below any unit
    masked = np.where(within[None, ..., None], y, -np.inf).transpose(0, 3, 1, 2)
    flat = masked.reshape(*masked.shape[:2], -1)
    np.testing.assert_array_equal(found.activations, flat.max(2))
    places = np.stack(np.divmod(flat.argmax(2), within.shape[1]), 2)
    np.testing.assert_array_equal(found.positions, places)
    assert (found.receptive_fields[..., :2] >= 0).all()
    assert (found.receptive_fields[..., 2:] <= (HEIGHT, WIDTH)).all()
    everywhere = deconvnet.project(x)
    assert (everywhere.positions != found.positions).any(2).mean() > 0.3
    # what came back is that of the same units asked for by their places
    image, channel = (index.reshape(-1) for index in np.indices((3, 6)))
    units = deconvnet.units(x, image, channel, found.positions.reshape(-1, 2))
    np.testing.assert_array_equal(units.patches, found.patches.reshape(units.patches.shape))


def test_features_are_ranked_by_interior_units(small):
    deconvnet, x, y, within = small
    found = deconvnet.project(x, top=4, interior=True)
    largest = y[:, within].max(1)
    np.testing.assert_array_equal(found.channels, np.argsort(-largest, 1)[:, :4])
    np.testing.assert_array_equal(found.activations, -np.sort(-largest, 1)[:, :4])
    assert (deconvnet.project(x, top=4).channels != found.channels).any()


def test_mode_all_sends_interior_units_alone(small):
    """Under the gradient rule signals add up: the map's is the sum of its units'."""
    deconvnet, x, y, within = small
    rows, columns = np.nonzero(within)
    count = len(rows)
    image, channel = np.repeat(0, count), np.repeat(2, count)
    units = deconvnet.units(x, image, channel, np.stack([rows, columns], 1))
    total = np.zeros((HEIGHT, WIDTH, 3))
    for patch, (top, left, bottom, right) in zip(units.patches, units.boxes):
        total[top:bottom, left:right] += patch
    found = deconvnet.project(x[:1], [2], "all", interior=True)
    # float64 sums in another order
    near = 1e-12 * np.abs(total).max()
    np.testing.assert_allclose(found.pixels[0, 0], total, rtol=0, atol=near)
    assert found.activations[0, 0] == pytest.approx(y[0, ..., 2][within].max(), rel=1e-12)
    assert found.positions.tolist() == [[[-1, -1]]] and not found.dead.any()
    everywhere = deconvnet.project(x[:1], [2], "all")
    assert np.abs(everywhere.pixels[0, 0] - total).max() > 0.1 * np.abs(total).max()


def test_dead_means_dead_in_the_interior():
    """A channel that fires at nothing but zeros beside the image."""
    net = Builder("edge", (8, 9, 1))
    net.add("conv", Conv(2, 3, pad=1, activation=RELU))
    kernel = np.zeros((3, 3, 1, 2))
    kernel[1, 1] = [-1, 1]
    kernel[:, :, 0, 0] += -1
    bias = np.array([8.5, 0])
    deconvnet = Deconvnet(net.network(), {"conv": {"kernel": kernel, "bias": bias}}, "conv")
    x = np.ones((1, 8, 9, 1))
    assert not deconvnet.project(x).dead.any()
    for mode in ("max", "all"):
        found = deconvnet.project(x, mode=mode, interior=True)
        assert found.dead.tolist() == [[True, False]] and found.activations[0, 0] == 0
        assert not found.patches[0, 0].any()
    with pytest.raises(UserError, match="the field is 3 x 3, the image 2 x 9"):
        deconvnet.project(x[:, :2], interior=True)


def test_a_place_is_that_of_every_unit(small):
    deconvnet, x, y, _within = small
    found = deconvnet.project(x, top=3, at=(4, 2))
    order = np.argsort(-y[:, 4, 2], 1, kind="stable")[:, :3]
    np.testing.assert_array_equal(found.channels, order)
    assert (found.positions == (4, 2)).all() and found.origin.at == (4, 2)
    positions = np.tile([[4, 2]], (3, 1))
    units = deconvnet.units(x, np.arange(3), found.channels[:, 0], positions)
    # few channels are computed alone: float64 sums in another order
    near = 1e-12 * np.abs(units.patches).max()
    np.testing.assert_allclose(found.patches[:, 0], units.patches, rtol=0, atol=near)
    height, width = y.shape[1:3]
    with pytest.raises(UserError, match=f"no unit in row {height} and column 0: its map is"):
        deconvnet.project(x, at=(height, 0))
