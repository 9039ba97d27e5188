"""visualise.py: which photos and arrays it draws."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from command_line import LIGHT, SAMPLE, file_names, save_photo, without_digest
from PIL import Image

from tfdeconv.data import images


def save_sixteen_bits_of_colour(path: Path) -> None:
    """A PNG of 16 x 16 pixels with 16 bits a channel, which Pillow reads and does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    row = b"\0" + bytes(range(0, 252, 42)) * 16
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(row * 16))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))


def test_photos_of_every_kind_are_drawn(run, tmp_path, rng):
    colours = Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8))
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    colours.convert("L").save(folder / "grey.png")
    colours.convert("RGBA").save(folder / "alpha.png")
    colours.convert("P").save(folder / "palette.png", transparency=3)
    colours.convert("1").save(folder / "two.png")
    colours.convert("CMYK").save(folder / "cmyk.jpg")
    colours.save(folder / "more" / "animated.gif", save_all=True, append_images=[colours])
    colours.save(folder / "more" / "web.webp")
    colours.save(folder / "more" / "scan.tiff")
    Image.fromarray(rng.integers(0, 65536, (20, 30), np.uint16)).save(folder / "deep.png")
    save_sixteen_bits_of_colour(folder / "deep-colour.png")
    colours.resize((1, 1)).save(folder / "dot.png")
    colours.resize((300, 1)).save(folder / "line.png")
    np.save(folder / "array.npy", np.asarray(colours))
    (folder / "notes.txt").touch()
    status, lines, err = run(folder, *LIGHT, "--out", tmp_path / "out")
    assert (status, err) == (0, [])
    stems = "alpha animated array cmyk deep deep-colour dot grey line palette scan two web".split()
    expected = {f"{stem}-vgg16-block1_conv1-deconvnet-max.png" for stem in stems}
    assert len(lines) == len(stems) and set(map(without_digest, lines)) == expected
    for line in lines:
        with Image.open(line) as picture:
            picture.load()
            assert picture.mode == "RGB" and min(picture.size) > 300


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9.png",
        "猫 (1).png".encode(),
        b"two\nlines.png",
        b"-dash.png",
        b"n" * 245 + b".png",
        b"50%.{x}.png",
    ],
    ids=["no UTF-8", "cat", "new line", "dash", "long", "marks"],
)
def test_photos_of_any_name_are_drawn(run, tmp_path, name):
    folder = os.fsencode(tmp_path / "photos")
    os.mkdir(folder)
    shutil.copy(save_photo(tmp_path / "photo.png"), os.path.join(folder, name))
    status, _, err = run(tmp_path / "photos", *LIGHT, "--out", tmp_path / "out")
    assert (status, err) == (0, [])
    assert len(file_names(tmp_path / "out")) == 1


def test_photo_named_like_option_behind_two_dashes(run, tmp_path, monkeypatch):
    save_photo(tmp_path / "-dash.png")
    monkeypatch.chdir(tmp_path)
    status, lines, err = run(*LIGHT, "--", "-dash.png")
    assert (status, err) == (0, [])
    assert without_digest(lines[0]) == "-dash-vgg16-block1_conv1-deconvnet-max.png"


def test_a_photo_is_never_drawn_over(run, tmp_path):
    photo = save_photo(tmp_path / "photo.png")
    before = photo.read_bytes()
    (tmp_path / "link.png").symlink_to("photo.png")
    for out in (photo, tmp_path / "link.png"):
        status, lines, err = run(photo, *LIGHT, "--overwrite", "--out", out)
        assert (status, lines, len(err)) == (2, [], 1)
        assert f"--out {out} is {photo} itself, which is not overwritten" in err[0]
    assert photo.read_bytes() == before


def test_twelve_channels_take_arrays_and_draw_bands(run, tmp_path, rng, save_first_layers):
    weights = save_first_layers(tmp_path / "twelve.h5", channels=12)
    np.save(tmp_path / "field.npy", rng.random((50, 60, 12), np.float32))
    common = [tmp_path / "field.npy", "--weights", weights, *LIGHT]
    assert run(*common, "--raw", "--out", tmp_path / "summed")[::2] == (0, [])
    assert run(*common, "--bands", "3,2,1", "--out", tmp_path / "picked")[::2] == (0, [])
    # but for the coloured frames of the patches, bands summed are grey, and bands picked are not
    assert coloured_share(tmp_path / "summed") < 0.1 < 0.3 < coloured_share(tmp_path / "picked")
    with np.load(next((tmp_path / "summed").glob("*.npz"))) as raw:
        assert raw["patches"].shape == (2, 3, 3, 12)
    status, lines, err = run(*common, "--bands", "3,2,12", "--out", tmp_path / "none")
    assert (status, lines, len(err)) == (2, [], 1) and "0 to 11" in err[0]
    status, lines, err = run(SAMPLE, "--weights", weights, *LIGHT, "--out", tmp_path / "none")
    assert (status, lines, len(err)) == (2, [], 1) and ".npy [h, w, 12]" in err[0]
    grey = save_first_layers(tmp_path / "grey.h5", channels=1)
    assert run(SAMPLE, "--weights", grey, *LIGHT, "--out", tmp_path / "grey")[::2] == (0, [])


def coloured_share(folder: Path) -> float:
    """The share of pixels that are not grey, in the one picture of a folder."""
    (path,) = folder.glob("*.png")
    return (np.ptp(np.asarray(Image.open(path)), 2) > 20).mean()


def test_weight_file_says_its_network(run, tmp_path, save_first_layers):
    weights = save_first_layers(tmp_path / "w.h5", "resnet50", layers=("conv1_conv", "conv1_bn"))
    options = "-l pool1_pool --top 1 --out".split()
    status, lines, err = run("--weights", weights, *options, tmp_path)
    assert (status, err) == (0, []) and images.text_of(lines[0])["network"] == "resnet50"


def test_odd_images_are_told_when_they_are_drawn(run, tmp_path, rng):
    dark = rng.integers(0, 4096, (20, 30)).astype(np.uint16)
    dark[0, 0] = 4095
    Image.fromarray(dark).save(tmp_path / "dark.png")
    np.save(tmp_path / "ones.npy", rng.random((20, 30, 3)))
    np.save(tmp_path / "bits.npy", rng.random((20, 30, 3)) * 4095)
    paths = [tmp_path / name for name in ("bits.npy", "dark.png", "ones.npy")]
    status, lines, err = run(*paths, *LIGHT, "--out", tmp_path / "out")
    assert (status, len(lines), len(err)) == (1, 2, 3)
    assert "bits.npy has values from" in err[0] and "its preprocessing expects 0 to 255" in err[0]
    assert "dark.png: 16 bits, brightest 4095, read as 1/16 of white" in err[1]
    assert "ones.npy: no value is above 1, expected pixels from 0 to 255" in err[2]
    # a refusal is a line, whatever was assumed
    status, lines, err = run(tmp_path / "bits.npy", *LIGHT, "--out", tmp_path / "out")
    assert (status, lines, len(err)) == (2, [], 1)
