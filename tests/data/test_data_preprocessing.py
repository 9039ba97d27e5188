"""What a network sees of pixels, and back."""

from __future__ import annotations

import numpy as np
import pytest

from tfdeconv.data.preprocessing import PRESETS, Preprocessing, caffe

pytestmark = pytest.mark.usefixtures("no_warnings")


@pytest.mark.parametrize(
    "preprocessing",
    [
        caffe((4, 4)),
        caffe((4, 4), 12),
        Preprocessing("rgb", (4, 4), 4, (1.5, 2.5, 100.0), (255.0, 2.0, 0.5)),
        Preprocessing("bgr", (4, 4), 4, (), (255.0, 2.0, 0.5)),
        Preprocessing("as is", (4, 4), 4, (7.0,), (3.0,)),
    ],
)
def test_undo_inverts_apply(rng, preprocessing):
    channels = len(preprocessing.mean or preprocessing.scale) or 12
    pixels = (rng.random((2, 4, 5, channels)) * 255).astype(np.float32)
    x = preprocessing.apply(pixels)
    assert x.dtype == np.float32
    # float32 carries 255 to 1.5e-5; three operations, of which one may double it
    np.testing.assert_allclose(preprocessing.undo(x), pixels, rtol=0, atol=1e-4)
    # an order is its own inverse, and moves a signal as it moves the pixels
    signal = Preprocessing(preprocessing.order, (4, 4), 4).apply(pixels)
    np.testing.assert_array_equal(preprocessing.reorder(signal), pixels)


def test_caffe_is_bgr_less_the_mean():
    assert caffe((224, 224)).resize == 256 and caffe((227, 227)).resize == 256
    np.testing.assert_allclose(
        caffe((224, 224)).apply(np.uint8([10, 20, 30])),
        [30 - 103.939, 20 - 116.779, 10 - 123.68],
        rtol=1e-6,
    )  # float32


def test_scale_divides_after_the_mean_is_subtracted():
    np.testing.assert_array_equal(
        Preprocessing("bgr", (1, 1), 1, (1, 2, 3), (2, 4, 8)).apply(np.float32([10, 20, 30])),
        [(30 - 1) / 2, (20 - 2) / 4, (10 - 3) / 8],
    )


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_presets_take_pixels_to_their_ranges(channels):
    ends = np.stack([np.zeros(channels), np.full(channels, 255)])
    for name, expected in {"over255": (0, 1), "tf": (-1, 1), "none": (0, 255)}.items():
        found = PRESETS[name]((8, 8), channels).apply(ends)
        np.testing.assert_array_equal(found, np.stack([np.full(channels, end) for end in expected]))


def test_second_torchvision_weights_crop_closer():
    first, second = PRESETS["torch"]((224, 224), 3), PRESETS["torch-v2"]((224, 224), 3)
    assert (first.resize, second.resize) == (256, 232)
    assert (first.order, first.mean, first.scale) == (second.order, second.mean, second.scale)
