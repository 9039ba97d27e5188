"""Photos brought to the size of a network's input."""

from __future__ import annotations

import numpy as np
import pytest
from photos import RGB, ramps, saved
from PIL import Image

from tfdeconv.data import images
from tfdeconv.data.preprocessing import Preprocessing
from tfdeconv.errors import UserError

pytestmark = pytest.mark.usefixtures("no_warnings")


def test_one_pixel_is_enlarged_to_the_input(tmp_path):
    path = saved(tmp_path / "dot.png", Image.new("RGB", (1, 1), (200, 30, 60)))
    for resize in ("crop", "squash"):
        np.testing.assert_array_equal(
            images.read([path], RGB, resize),
            np.broadcast_to(np.float32([200, 30, 60]), (1, 8, 8, 3)),
        )
    assert images.read([path], RGB, "keep").shape == (1, 1, 1, 3)


@pytest.mark.parametrize(
    "size, resize", [((40, 40), 50), ((40, 40), 40), ((30, 60), 30), ((60, 30), 64)]
)
@pytest.mark.parametrize("height, width", [(100, 200), (200, 100), (120, 120), (31, 37)])
def test_crop_scales_and_cuts_out_the_centre(tmp_path, height, width, size, resize):
    path = saved(tmp_path / "photo.png", ramps(height, width))
    found = images.read([path], Preprocessing("rgb", size, resize))[0]
    assert found.shape == (*size, 3)
    # never less than fills the input
    scale = max(resize / min(height, width), size[0] / height, size[1] / width)
    for axis, extent in enumerate((height, width)):
        wanted = extent / 2 - 0.5 + (np.arange(size[axis]) - size[axis] / 2 + 0.5) / scale
        # scaling keeps a ramp, except at the photo's border, where half of the window is missing;
        # 8 bits round twice
        inside = (wanted > 1 / scale) & (wanted < extent - 1 - 1 / scale)
        assert inside.sum() > size[axis] / 3
        middle = found[:, size[1] // 2, 1] if axis == 0 else found[size[0] // 2, :, 0]
        np.testing.assert_allclose(middle[inside], wanted[inside], rtol=0, atol=1)


@pytest.mark.parametrize("height, width", [(100, 200), (200, 100), (31, 37)])
def test_squash_shows_the_whole_photo(tmp_path, height, width):
    path = saved(tmp_path / "photo.png", ramps(height, width))
    found = images.read([path], Preprocessing("rgb", (40, 20), 50), "squash")[0]
    assert found.shape == (40, 20, 3)
    for axis, extent in enumerate((height, width)):
        scale = found.shape[axis] / extent
        wanted = (np.arange(found.shape[axis]) + 0.5) / scale - 0.5
        middle = found[:, 10, 1] if axis == 0 else found[20, :, 0]
        np.testing.assert_allclose(middle[1:-1], wanted[1:-1], rtol=0, atol=1)  # as above


def test_keep_leaves_the_photo_as_it_is(tmp_path):
    path = saved(tmp_path / "photo.png", ramps(31, 37))
    np.testing.assert_array_equal(images.read([path], RGB, "keep")[0], ramps(31, 37))


def test_shrinking_averages():
    stripes = np.uint8(np.indices((64, 64)).sum(0) % 2 * 255)[..., None].repeat(3, 2)
    # a chessboard of single pixels, 8 to 1: a sampled one would be black or white;
    # rounding takes half a level twice
    np.testing.assert_allclose(
        images.fit(stripes, RGB, "squash")[1:-1, 1:-1].astype(float), 127.5, rtol=0, atol=1
    )


def test_every_size_of_photo_can_be_cropped():
    # where the short side is scaled to the input's own size, the part cut out is the whole side,
    # and rounding must not lead out of it
    preprocessing = Preprocessing("rgb", (224, 224), 224)
    for height in range(1, 450):
        assert images.fit(np.zeros((height, 641, 3), np.uint8), preprocessing, "crop").shape == (
            224,
            224,
            3,
        )


def test_bands_of_an_array_scale_like_a_photo(tmp_path):
    ramp = ramps(100, 200)[..., [0, 1] * 6].astype(np.float32) * np.arange(1, 13, dtype=np.float32)
    np.save(tmp_path / "bands.npy", ramp)
    preprocessing = Preprocessing("as is", (40, 40), 50)
    found = images.read([tmp_path / "bands.npy"], preprocessing, channels=12)[0]
    photo = images.fit(ramps(100, 200), preprocessing, "crop")
    # the photo's is rounded to 8 bits twice, and band k is k times its ramp
    np.testing.assert_allclose(found / np.arange(1, 13), photo[..., [0, 1] * 6], rtol=0, atol=1)


def test_photos_of_different_sizes_must_be_resized(tmp_path):
    paths = [
        saved(tmp_path / "a.png", ramps(5, 6)),
        saved(tmp_path / "b.png", ramps(6, 5)),
        saved(tmp_path / "c.png", ramps(5, 6)),
    ]
    with pytest.raises(UserError, match=r"different sizes.*a\.png 5 x 6.*b\.png 6 x 5"):
        images.read(paths, RGB, "keep")
    assert images.read(paths[::2], RGB, "keep").shape == (2, 5, 6, 3)
    assert images.read(paths, RGB).shape == (3, 8, 8, 3)


def test_unknown_resize_and_no_images_are_refused(tmp_path):
    path = saved(tmp_path / "a.png", ramps(5, 6))
    with pytest.raises(UserError, match="'corp'.*Did you mean 'crop'"):
        images.read([path], RGB, "corp")
    with pytest.raises(UserError, match="no images"):
        images.read([], RGB)


@pytest.mark.parametrize("name, decoded", [("photo.png", (150, 200)), ("photo.jpg", (38, 50))])
def test_longer_side_is_scaled_down(tmp_path, name, decoded):
    path = saved(tmp_path / name, ramps(150, 200))
    # of a JPEG an eighth, a quarter or half of the size can be decoded at once
    assert images.decode(path, 3, max_side=45).pixels.shape[:2] == decoded

    found = images.read([path], RGB, "keep", max_side=45)[0]

    assert found.shape == (34, 45, 3)
    whole = images.read([path], RGB, "keep")[0]
    for before, after in ((whole[:, 100, 1], found[:, 22, 1]), (whole[75, :, 0], found[17, :, 0])):
        wanted = (np.arange(len(after)) + 0.5) * len(before) / len(after) - 0.5
        between = np.interp(wanted, np.arange(len(before)), before)
        # 8 bits round twice, a JPEG's blocks by some levels; from pixel to pixel it is 4.4
        np.testing.assert_allclose(after[1:-1], between[1:-1], rtol=0, atol=4)


def test_small_photos_are_not_scaled_up(tmp_path):
    for name in ("photo.png", "photo.jpg"):
        path = saved(tmp_path / name, ramps(31, 37))
        np.testing.assert_array_equal(
            images.read([path], RGB, "keep", max_side=37), images.read([path], RGB, "keep")
        )


def test_arrays_are_scaled_down_as_photos(tmp_path):
    bands = np.random.default_rng(0).random((20, 300, 5), np.float32)
    np.save(tmp_path / "bands.npy", bands)
    preprocessing = Preprocessing("as is", (8, 8), 8)
    found = images.read([tmp_path / "bands.npy"], preprocessing, "keep", 5, max_side=30)
    assert found.shape == (1, 2, 30, 5)
