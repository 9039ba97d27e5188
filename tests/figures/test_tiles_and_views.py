"""Tiles, views and styles: what stands where, and that grey means zero."""

from __future__ import annotations

import numpy as np
import pytest
from runs import plain

from tfdeconv.figures import pixels, tile, view
from tfdeconv.figures.style import COLOURS, Style
from tfdeconv.figures.tones import TONES


@pytest.mark.parametrize("colours", COLOURS)
def test_zero_is_grey_in_all_colours(colours):
    signal = np.zeros((4, 5, 3), np.float32)
    signal[1, 2] = (0.5, -0.2, 0.1)
    style = Style(colours)
    drawn = pixels.colours(signal, plain((4, 5)), style).astype(int)
    assert (drawn[signal.sum(2) == 0] == 128).all()
    negated = pixels.colours(-signal, plain((4, 5)), style).astype(int)
    np.testing.assert_array_equal(drawn + negated, 256)


def test_soft_keeps_luminance_and_third_of_chroma():
    signal = np.random.default_rng(1).normal(size=(6, 6, 3)).astype(np.float32)
    soft, grey = TONES["soft"](signal), TONES["grey"](signal)
    rounding = 1e-6  # float32
    np.testing.assert_allclose(TONES["grey"](soft), grey, atol=rounding)
    np.testing.assert_allclose(soft - grey, (signal - grey) / 3, atol=rounding)


def test_energy_box_holds_share_of_energy():
    rng = np.random.default_rng(2)
    rows, columns = np.mgrid[:60, :80]
    envelope = np.exp(-((rows - 20) ** 2) / 40 - (columns - 50) ** 2 / 90)
    signal = rng.normal(size=(60, 80, 3)) * envelope[..., None]
    top, left, bottom, right = view.energy_box(signal, (100, 200, 160, 280)) - (100, 200, 100, 200)
    inside = np.square(signal[top:bottom, left:right]).sum() / np.square(signal).sum()
    assert inside >= view.ENERGY
    assert bottom - top < 40 and right - left < 60


def test_square_views_stay_in_image():
    rng = np.random.default_rng(3)
    for _ in range(50):
        start = rng.integers(0, 80, 2)
        box = np.concatenate([start, start + rng.integers(1, 20, 2)])
        side = int(rng.integers(20, 120))
        top, left, bottom, right = view.square_around(box, side, (100, 90))
        assert (bottom - top, right - left) == (min(side, 100), min(side, 90))
        assert top >= 0 and left >= 0 and bottom <= 100 and right <= 90
        assert top <= box[0] or bottom == 100


def test_tile_is_hatched_outside_image_alone():
    content = np.full((10, 10, 3), 77, np.uint8)
    drawn = tile.tile_pixels(content, (0, 0, 10, 10), (-5, 2, 5, 12), (40, 40))
    assert (drawn[20:, :32] == 77).all()
    outside = np.ones((40, 40), bool)
    outside[20:, :32] = False
    np.testing.assert_array_equal(drawn[outside], tile.hatched(40, 40)[outside])


def test_strips_are_averaged_along_their_length():
    signal = np.where(np.arange(400) % 2, 1, -1).astype(np.float32)
    tall = np.repeat(signal[:, None, None], 3, 2)
    for strip, size in ((tall, (40, 1, 3)), (tall.transpose(1, 0, 2), (1, 40, 3))):
        # wider than the strip is on one axis
        shrunk = pixels.shrink(strip, max(16, size[1]), max(16, size[0]))
        assert shrunk.shape == size
        assert np.abs(shrunk).max() < 0.5
