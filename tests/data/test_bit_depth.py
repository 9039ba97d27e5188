"""Photos finer than 8 bits, and what is said of those that would look black or white."""

from __future__ import annotations

import struct
import zlib

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
        (16383, "brightest 16383, read as 1/4 of white"),
        (4095, "brightest 4095, read as 1/16 of white"),
        (1023, "brightest 1023, read as 1/64 of white"),
        (255, "brightest 255, read as 1/256 of white"),
    ],
)
def test_dark_photos_of_sixteen_bits_are_told(tmp_path, suffix, brightest, says):
    ramp = np.linspace(0, brightest, 64).reshape(8, 8).astype(np.uint16)
    found = images.decode(saved(tmp_path / f"ramp.{suffix}", ramp), 3)
    assert says in found.note and bool(found.note) == bool(says)
    np.testing.assert_allclose(found.pixels[..., 0], ramp / 257, rtol=1e-6)  # float32


def test_dark_colours_of_sixteen_bits_are_told(tmp_path):
    for high_byte, says in ((15, "brightest below 4096, read as 1/16"), (200, "")):
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
    assert "its 5 pages are used as the channels" in found.note
    assert "only its first page" in images.decode(tmp_path / "bands.tif", 3).note
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


def tiff(values: np.ndarray, photometric: int, order: str) -> bytes:
    """A TIFF of 16 bits, grey or colours; order: < or >, as numpy writes it."""
    height, width = values.shape[:2]
    samples = values.size // (height * width)
    start = 8 + 2 + 9 * 12 + 4
    # tag, type (3: 16 bits, 4: 32 bits), count, value
    entries = [
        (256, 3, 1, width),
        (257, 3, 1, height),
        (258, 3, samples, start if samples > 2 else 16),
        (259, 3, 1, 1),
        (262, 3, 1, photometric),
        (273, 4, 1, start + 8),
        (277, 3, 1, samples),
        (278, 3, 1, height),
        (279, 4, 1, values.nbytes),
    ]
    directory = struct.pack(f"{order}H", len(entries))
    for tag, kind, count, value in entries:
        directory += struct.pack(f"{order}HHI", tag, kind, count)
        short = kind == 3 and count == 1
        directory += (
            struct.pack(f"{order}HH", value, 0) if short else struct.pack(f"{order}I", value)
        )
    bits = struct.pack(f"{order}4H", 16, 16, 16, 0)
    mark = b"II" if order == "<" else b"MM"
    start_of_file = mark + struct.pack(f"{order}HI", 42, 8)
    return start_of_file + directory + bytes(4) + bits + values.astype(f"{order}u2").tobytes()


@pytest.mark.parametrize("order", "<>")
def test_tiffs_of_every_order(tmp_path, rng, order):
    grey = rng.integers(0, 65536, (8, 9)).astype(np.uint16)
    colours = rng.integers(0, 4096, (8, 9, 3)).astype(np.uint16)
    path = tmp_path / "x.tif"
    path.write_bytes(tiff(grey, 1, order))
    np.testing.assert_allclose(images.pixels(path, 1)[..., 0], grey / 257, rtol=1e-6)  # float32
    # 0 is white; Pillow reads only little-endian ones
    path.write_bytes(tiff(grey, 0, "<"))
    found = images.pixels(path, 1)[..., 0]
    # 255 in float32, less another
    np.testing.assert_allclose(found, 255 - grey / 257, rtol=0, atol=1e-4)
    path.write_bytes(tiff(colours, 2, order))
    found = images.decode(path, 3)
    np.testing.assert_array_equal(found.pixels, colours >> 8)
    assert "16 bits, brightest below" in found.note
