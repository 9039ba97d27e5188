"""Photos that are damaged, that ask for memory, or that want another program to be started."""

from __future__ import annotations

import io
import os
import struct
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from photos import UPRIGHT, saved
from PIL import EpsImagePlugin, Image

from tfdeconv.data import images, loader, photo_limits, photos
from tfdeconv.data.dataset import open_source
from tfdeconv.data.loader import Memory
from tfdeconv.data.preprocessing import caffe
from tfdeconv.errors import UserError

pytestmark = pytest.mark.usefixtures("no_warnings")

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
SUFFIXES = ("jpg", "png", "webp", "tif", "gif", "bmp", "ppm", "tga", "jp2")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(side: int, depth: int, colour: int, stream: bytes) -> bytes:
    """A square PNG with that compressed stream of rows."""
    header = struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", stream) + chunk(b"IEND", b"")


def webp(side: int) -> bytes:
    """The header of a square lossless WebP, and next to nothing."""
    bits = (side - 1) | (side - 1) << 14
    stream = b"\x2f" + struct.pack("<I", bits) + b"\0" * 9
    body = b"WEBPVP8L" + struct.pack("<I", len(stream)) + stream
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_broken_stream_of_a_png_is_refused(tmp_path):
    # which is met while EXIF is looked for
    stream = zlib.compress((b"\0" + bytes(range(90))) * 30)
    broken = stream[:40] + b"\xff\xff\xff" + stream[43:]
    (tmp_path / "whole.png").write_bytes(png(30, 8, 2, stream))
    (tmp_path / "broken.png").write_bytes(png(30, 8, 2, broken))
    assert images.pixels(tmp_path / "whole.png").shape == (30, 30, 3)
    with pytest.raises(UserError, match="broken data stream"):
        images.pixels(tmp_path / "broken.png")


def test_libtiff_says_nothing_by_itself(tmp_path, capfd):
    path = saved(tmp_path / "photo.tif", UPRIGHT, compression="tiff_lzw")
    with Image.open(path) as image:
        start = image.tag_v2[273][0]  # StripOffsets
    content = bytearray(path.read_bytes())
    content[start + 2 : start + 9] = b"\xff" * 7  # codes of words that are not in the table yet
    path.write_bytes(content)
    with pytest.raises(UserError, match="cannot be read"):
        images.pixels(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_photos_cut_off_are_refused(tmp_path, suffix):
    path = saved(tmp_path / f"photo.{suffix}", UPRIGHT)
    images.pixels(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(UserError, match="cannot be read|not an image"):
        images.pixels(path)


def test_no_photo_starts_a_program(tmp_path, monkeypatch):
    started = tmp_path / "started"
    ghostscript = tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\n: > {started}\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    for name in ("photo.jpg", "photo.png", "photo.eps"):
        (tmp_path / name).write_bytes(EPS)
        with pytest.raises(UserError, match="is not an image that can be read"):
            images.pixels(tmp_path / name)
        assert images.text_of(tmp_path / name) == {}
    assert not started.exists()
    # Pillow by itself starts it
    with pytest.raises(OSError), Image.open(tmp_path / "photo.jpg") as image:
        image.load()
    assert started.exists()


def test_fifos_are_not_opened(tmp_path):
    for name in ("photo.png", "photo.npy", "photo.npz"):
        os.mkfifo(tmp_path / name)
        # to open one would wait for ever
        with pytest.raises(UserError, match="is not a regular file"):
            images.pixels(tmp_path / name)
    with pytest.raises(UserError, match="has no images in it"):
        images.find([str(tmp_path)])


BOMBS = {
    "webp": lambda: webp(16_383),
    "small.webp": lambda: webp(13_000),
    "16 bits.png": lambda: png(13_000, 16, 0, zlib.compress(b"")),
    "transparent.png": lambda: png(13_000, 8, 6, zlib.compress(b"")),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_photo_bombs_are_refused_unread(tmp_path, monkeypatch, bomb):
    def refuse(*arguments):
        raise AssertionError("decoded")

    monkeypatch.setattr(Image.Image, "load", refuse)
    (tmp_path / bomb).write_bytes(BOMBS[bomb]())
    with pytest.raises(UserError, match=r"1[36],\d{3} x 1[36],\d{3} pixels.*scale it down first"):
        images.pixels(tmp_path / bomb)


def test_large_jpeg_is_decoded_smaller(tmp_path, monkeypatch):
    path = saved(tmp_path / "photo.jpg", Image.new("RGB", (400, 320), (200, 30, 60)))
    limit = 400 * 320 * photo_limits.USUAL_PIXEL_BYTES
    monkeypatch.setattr(photo_limits, "MAX_DECODING_BYTES", limit)
    assert images.pixels(path).shape == (320, 400, 3)
    monkeypatch.setattr(photo_limits, "MAX_DECODING_BYTES", limit - 1)
    found = images.decode(path, 3)
    assert found.pixels.shape == (160, 200, 3) and "decoded at 200 x 160" in found.note
    # a level of rounding in YCbCr
    np.testing.assert_allclose(found.pixels[80, 100].astype(int), [200, 30, 60], atol=3)
    monkeypatch.setattr(photo_limits, "MAX_DECODING_BYTES", 100)
    with pytest.raises(UserError, match="scale it down first"):
        images.pixels(path)


def test_large_photos_become_arrays_in_strips(tmp_path, monkeypatch, rng):
    for mode in ("RGB", "RGBA", "L", "LA", "1"):
        image = Image.fromarray(rng.integers(0, 256, (50, 40, 4), np.uint8)).convert(mode)
        path = saved(tmp_path / f"{mode}.png", image)
        for channels in (1, 3):
            whole = images.pixels(path, channels)
            with monkeypatch.context() as context:
                context.setattr("tfdeconv.data.photos.STRIP_PIXELS", 320)
                np.testing.assert_array_equal(images.pixels(path, channels), whole)
    grey = rng.integers(0, 65536, (50, 40), np.uint16)
    path = saved(tmp_path / "grey.png", grey)
    monkeypatch.setattr("tfdeconv.data.photos.STRIP_PIXELS", 320)
    # float32 carries 255 to 1.5e-5
    np.testing.assert_allclose(images.pixels(path)[..., 1] * 257, grey, rtol=0, atol=1e-2)


def test_threads_share_memory_for_decoding():
    memory = Memory(100)
    with memory.share(60), memory.share(40):
        assert memory.used == 100
    # more than there is waits until it is alone
    with memory.share(500):
        assert memory.used == 500
    assert memory.used == 0


def test_photos_read_side_by_side_share_memory(tmp_path, monkeypatch):
    side_by_side = []
    memory = Memory(3 * 12 * 40 * 50)

    def decode(*arguments):
        side_by_side.append(memory.used)
        time.sleep(0.01)
        return to_array(*arguments)

    to_array = photos.to_array
    monkeypatch.setattr(photos, "to_array", decode)
    monkeypatch.setattr(loader, "Memory", lambda size: memory)
    for number in range(8):
        Image.new("RGB", (40, 50), (number, 0, 0)).save(tmp_path / f"{number}.png")
    source = open_source(str(tmp_path))
    read = loader.reader(source, caffe((8, 8)), "squash", (8, 8), 3)
    with ThreadPoolExecutor(8) as threads:
        assert [reason for _, _, reason in threads.map(read, range(8))] == [""] * 8
    assert max(side_by_side) == memory.size and memory.used == 0


def test_large_photos_leave_nothing_to_threads():
    # what is larger than 32 MB malloc() gives back, see photo_limits.py
    assert Image.core.get_block_size() > 32 << 20


def test_arrays_beyond_memory_are_refused_unread(tmp_path):
    file = io.BytesIO()
    np.savez_compressed(file, images=np.zeros((40_000_000,), np.uint8).reshape(40, 1000, 1000))
    (tmp_path / "bomb.npz").write_bytes(file.getvalue())
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match=r"needs numbers \[h, w, 3\]"):
            images.pixels(tmp_path / "bomb.npz")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
