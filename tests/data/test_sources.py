"""images.read: paths, PIL's images, arrays, and lists of these."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfdeconv.data import images
from tfdeconv.data.preprocessing import Preprocessing, caffe
from tfdeconv.errors import UserError

RGB = Preprocessing("rgb", (8, 8), 9)


@pytest.fixture(scope="module")
def photo(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "photo.png"
    values = np.random.default_rng(0).integers(0, 256, (12, 14, 3), np.uint8)
    Image.fromarray(values).save(path)
    return path


def test_one_photo_however_it_is_held(photo):
    expected = images.read([photo], RGB)
    assert expected.shape == (1, 8, 8, 3)
    picture = Image.open(photo)
    array = np.asarray(picture)
    for source in (str(photo), photo, picture, array, array[None], [picture], (array,)):
        np.testing.assert_array_equal(images.read(source, RGB), expected)
    assert picture.size == (14, 12)
    # floats are resampled in float32, bytes rounded after rows and after columns
    np.testing.assert_allclose(images.read(array.astype(float), RGB), expected, atol=1.01)


def test_a_list_may_hold_all_kinds(photo):
    array = np.asarray(Image.open(photo))
    found = images.read([photo, array, np.stack([array, array]), Image.open(photo)], RGB, "squash")
    assert found.shape == (5, 8, 8, 3)
    np.testing.assert_array_equal(found, np.repeat(found[:1], 5, 0))


def test_grey_arrays_serve_colours_and_one_channel():
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    with pytest.warns(UserWarning, match=r"image 0: \[8, 8\]: the grey channel is used as red"):
        found = images.read(grey, RGB, "keep")
    np.testing.assert_array_equal(found[0], np.repeat(grey[..., None], 3, 2))
    one = Preprocessing("as is", (8, 8), 8)
    assert images.read(np.stack([grey, grey]), one, "keep", channels=1).shape == (2, 8, 8, 1)
    bands = np.zeros((2, 8, 8, 5), np.float32)
    assert images.read(bands, caffe((8, 8), 5), channels=5).shape == (2, 8, 8, 5)


def test_an_upright_picture_is_turned_by_its_exif(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (12, 5)).save(tmp_path / "turned.jpg", exif=exif)
    assert images.read(Image.open(tmp_path / "turned.jpg"), RGB, "keep").shape == (1, 12, 5, 3)


@pytest.mark.parametrize(
    "sources, says",
    [
        (7, "images: expected the path of a file, a PIL image, an array, or a list.*found int"),
        ([None], "image 0: expected the path.*found NoneType"),
        (np.zeros((4, 4, 2)), r"image 0 is float64 \[4, 4, 2\], needs numbers \[h, w, 3\]"),
        (np.zeros((2, 4, 4, 2)), r"image 0\[0\] is float64 \[4, 4, 2\]"),
        (np.zeros((4, 4, 3), bool), "image 0 is bool"),
        (np.array("cat.jpg"), "image 0 is <U7"),
        (np.full((4, 4, 3), np.nan), "image 0 has values that are not finite"),
        (np.zeros((0, 4, 4, 3)), "there are no images"),
        ([], "there are no images"),
        ("nowhere.jpg", "nowhere.jpg: there is no such file"),
    ],
)
def test_anything_else_is_refused(sources, says):
    with pytest.raises(UserError, match=says):
        images.read(sources, RGB)


def test_values_up_to_one_are_told():
    with pytest.warns(UserWarning, match="no value is above 1.*or give Admission"):
        images.read(np.random.default_rng(0).random((8, 8, 3)), RGB)
