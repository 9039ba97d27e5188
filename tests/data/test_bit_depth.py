"""Photos finer than 8 bits, and what is said of those that would look black or white."""

from __future__ import annotations

import numpy as np
import pytest
from photos import saved
from PIL import Image
from test_hostile_photos import png

from tfdeconv.data import images
from tfdeconv.errors import UserError

pytestmark = pytest.mark.usefixtures("no_warnings")


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize(
    "brightest, says",
    [
        (65535, ""),
        (40000, ""),
        (16383, "brightest 16383, taken as 1/4 of white"),
        (4095, "brightest 4095, taken as 1/16 of white"),
        (1023, "brightest 1023, taken as 1/64 of white"),
        (255, "brightest 255, taken as 1/256 of white"),
    ],
)
def test_dark_photos_of_sixteen_bits_are_told(tmp_path, suffix, brightest, says):
    ramp = np.linspace(0, brightest, 64).reshape(8, 8).astype(np.uint16)
    found = images.decode(saved(tmp_path / f"ramp.{suffix}", ramp), 3)
    assert says in found.note and bool(found.note) == bool(says)
    np.testing.assert_allclose(found.pixels[..., 0], ramp / 257, rtol=1e-6)  # float32


def test_dark_colours_of_sixteen_bits_are_told(tmp_path):
    import zlib

    for high_byte, says in ((15, "brightest below 4096, taken as 1/16"), (200, "")):
        row = b"\0" + bytes([high_byte, 99] * 3 * 8)
        (tmp_path / "colours.png").write_bytes(png(8, 16, 2, zlib.compress(row * 8)))
        found = images.decode(tmp_path / "colours.png", 3)
        assert says in found.note and bool(found.note) == bool(says)


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_photos_of_unknown_range_are_refused(tmp_path, dtype):
    values = np.linspace(-1000, 3000, 64).reshape(8, 8).astype(dtype)
    with pytest.raises(UserError, match="pixels, whose range is not known"):
        images.pixels(saved(tmp_path / "scan.tif", Image.fromarray(values)))


def test_pages_of_a_tiff_are_channels(tmp_path, rng):
    bands = rng.integers(0, 65536, (5, 8, 9)).astype(np.uint16)
    pages = [Image.fromarray(band) for band in bands]
    pages[0].save(tmp_path / "bands.tif", save_all=True, append_images=pages[1:])
    found = images.decode(tmp_path / "bands.tif", 5)
    np.testing.assert_array_equal(found.pixels, bands.transpose(1, 2, 0))
    assert "its 5 pages are taken as the channels" in found.note
    assert "the first of its pages" in images.decode(tmp_path / "bands.tif", 3).note
    with pytest.raises(UserError, match="this network takes 4"):
        images.decode(tmp_path / "bands.tif", 4)
    colours = [Image.fromarray((band >> 8).astype(np.uint8)) for band in bands[:3]]
    colours[0].save(tmp_path / "rgb.tif", save_all=True, append_images=colours[1:])
    found = images.decode(tmp_path / "rgb.tif", 3)
    np.testing.assert_array_equal(found.pixels, bands[:3].transpose(1, 2, 0) >> 8)
    pages[1] = pages[1].resize((4, 4))
    pages[0].save(tmp_path / "mixed.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(UserError, match="expected pages of one size"):
        images.decode(tmp_path / "mixed.tif", 5)
