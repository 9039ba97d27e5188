"""Photos as people have them, read as pixels."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from photos import UPRIGHT, saved
from PIL import Image

from tfdeconv.data import images
from tfdeconv.data.preprocessing import caffe

pytestmark = pytest.mark.usefixtures("no_warnings")


# levels a flat colour may move in JPEG: rounding in the cosine transform and in YCbCr
JPEG = 3
# EXIF 2.32, tag 0x0112: at which sides of the photo the file's first row and first column are
SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """The pixels in a file whose EXIF has that orientation."""
    sides = SIDES[orientation]
    pixels = upright if sides[0] in ("top", "bottom") else upright.swapaxes(0, 1)
    for axis, side in enumerate(sides):
        pixels = np.flip(pixels, axis) if side in ("bottom", "right") else pixels
    return np.ascontiguousarray(pixels)


@pytest.mark.parametrize("orientation", SIDES)
@pytest.mark.parametrize(
    "suffix, options, tolerance",
    [
        ("jpg", {"quality": 100, "subsampling": 0}, JPEG),
        ("png", {}, 0),
        ("webp", {"lossless": True}, 0),
        ("tif", {}, 0),
    ],
)
def test_exif_turns_a_photo_upright(tmp_path, suffix, options, tolerance, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / f"photo.{suffix}", stored(UPRIGHT, orientation), exif=exif, **options)
    found = images.pixels(path)
    assert found.shape == UPRIGHT.shape
    np.testing.assert_allclose(found.astype(int), UPRIGHT.astype(int), rtol=0, atol=tolerance)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0no TIFF in here", b"Exif\0\0II*\0\x08\0\0\0\x05\0"],
    ids=["empty", "garbage", "cut"],
)
def test_damaged_exif_is_ignored(tmp_path, suffix, exif):
    assert (
        images.pixels(saved(tmp_path / f"photo.{suffix}", UPRIGHT, exif=exif)).shape
        == UPRIGHT.shape
    )


def palette_with_hole() -> Image.Image:
    image = Image.new("P", (2, 1))
    image.putpalette([200, 10, 20, 0, 255, 0])
    image.putdata([0, 1])
    return image


def animation(path):
    first, second = (Image.new("RGB", (2, 2), (255, 0, 0)), Image.new("RGB", (2, 2), (0, 0, 255)))
    first.save(path, save_all=True, append_images=[second])
    return path


WHITE = [255, 255, 255]


KINDS = {
    # alpha 128 of 255 over white: (64 * 128 + 255 * 127) / 255 = 159.1
    "alpha": (
        "png",
        lambda path: saved(
            path, np.uint8([[[200, 10, 20, 255], [200, 10, 20, 0], [64, 64, 64, 128]]])
        ),
        [[200, 10, 20], WHITE, [159, 159, 159]],
        1,
    ),
    "grey and alpha": (
        "png",
        lambda path: saved(path, np.uint8([[[70, 255], [70, 0]]])),
        [[70] * 3, WHITE],
        0,
    ),
    "palette": (
        "png",
        lambda path: saved(path, palette_with_hole()),
        [[200, 10, 20], [0, 255, 0]],
        0,
    ),
    "palette with a transparent colour": (
        "png",
        lambda path: saved(path, palette_with_hole(), transparency=1),
        [[200, 10, 20], WHITE],
        0,
    ),
    "palette with alphas": (
        "png",
        lambda path: saved(path, palette_with_hole(), transparency=b"\xff\x00"),
        [[200, 10, 20], WHITE],
        0,
    ),
    "colours with a transparent one": (
        "png",
        lambda path: saved(path, np.uint8([[[1, 2, 3], [4, 5, 6]]]), transparency=(4, 5, 6)),
        [[1, 2, 3], WHITE],
        0,
    ),
    "grey": (
        "png",
        lambda path: saved(path, np.uint8([[0, 130, 255]])),
        [[0] * 3, [130] * 3, WHITE],
        0,
    ),
    "black and white": (
        "png",
        lambda path: saved(path, Image.fromarray(np.uint8([[0, 255]])).convert("1")),
        [[0] * 3, WHITE],
        0,
    ),
    # 16 bits: 257 to a level of 8 bits, and what lies between is kept
    "16-bit grey": (
        "png",
        lambda path: saved(path, np.uint16([[0, 257 * 100, 257 * 100 + 64, 65535]])),
        [[0] * 3, [100] * 3, [100 + 64 / 257] * 3, WHITE],
        1e-5,
    ),
    "16-bit grey TIFF": (
        "tif",
        lambda path: saved(path, np.uint16([[257 * 3, 65535]])),
        [[3] * 3, WHITE],
        1e-5,
    ),
    "16-bit PGM": (
        "pgm",
        lambda path: path.write_bytes(b"P5 2 1 65535\n" + struct.pack(">2H", 257 * 3, 65535)),
        [[3] * 3, WHITE],
        1e-5,
    ),
    "CMYK": (
        "jpg",
        lambda path: saved(path, Image.new("CMYK", (16, 16), (0, 255, 255, 0)), quality=100),
        [[255, 0, 0]],
        JPEG,
    ),
    "GIF": ("gif", animation, [[255, 0, 0], [255, 0, 0]], 0),
    "GIF with a hole": (
        "gif",
        lambda path: saved(path, palette_with_hole(), transparency=1),
        [[200, 10, 20], WHITE],
        0,
    ),
    "WebP": (
        "webp",
        lambda path: saved(path, np.uint8([[[200, 10, 20], [0, 255, 0]]]), lossless=True),
        [[200, 10, 20], [0, 255, 0]],
        0,
    ),
    "BMP": (
        "bmp",
        lambda path: saved(path, np.uint8([[[200, 10, 20], [0, 255, 0]]])),
        [[200, 10, 20], [0, 255, 0]],
        0,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_photos_become_colours_on_white(tmp_path, kind):
    suffix, write, row, tolerance = KINDS[kind]
    path = tmp_path / f"photo.{suffix}"
    write(path)
    found = images.pixels(path)
    np.testing.assert_allclose(found[0, : len(row)].astype(float), row, rtol=0, atol=tolerance)
    assert found.shape[2] == 3


def test_contents_and_not_the_name_decide_the_format(tmp_path):
    path = saved(tmp_path / "photo.png", UPRIGHT).rename(tmp_path / "photo.jpeg")
    np.testing.assert_array_equal(images.pixels(path), UPRIGHT)


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.uint16, np.int32, np.float16, np.float32, np.float64]
)
def test_an_array_is_taken_as_it_is(tmp_path, rng, dtype):
    bands = (rng.random((5, 7, 12)) * 100).astype(dtype)
    np.save(tmp_path / "bands.npy", bands)
    found = images.read([tmp_path / "bands.npy"], caffe((8, 8), 12), "keep", 12)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0], bands.astype(np.float32))


def test_a_network_of_one_channel_sees_the_luma(tmp_path, rng):
    colours = rng.integers(0, 256, (6, 5, 3), np.uint8)
    found = images.read([saved(tmp_path / "photo.png", colours)], caffe((6, 5), 1), "keep", 1)
    # ITU-R 601, rounded to a level
    np.testing.assert_allclose(found[0, ..., 0], colours @ [0.299, 0.587, 0.114], rtol=0, atol=1)
    grey = saved(tmp_path / "grey.png", np.uint16([[257 * 9 + 100]]))
    np.testing.assert_allclose(images.pixels(grey, 1), [[[9 + 100 / 257]]], rtol=1e-6)  # float32
    np.save(tmp_path / "flat.npy", np.float32([[1, 2], [3, 4]]))
    assert images.pixels(tmp_path / "flat.npy", 1).shape == (2, 2, 1)
