"""Which images a directory has."""

from __future__ import annotations

from pathlib import Path

import pytest
from photos import UPRIGHT
from PIL import Image

from tfdeconv.data import images
from tfdeconv.data.dataset import open_source
from tfdeconv.errors import UserError

pytestmark = pytest.mark.usefixtures("no_warnings")


def test_find_sorts_and_leaves_out_hidden_files(tmp_path):
    wanted = ["a.JPG", "b.png", "sub/c.webp", "sub/deep/d.npy", "z.gif"]
    for name in wanted + [".hidden.png", ".git/e.png", "sub/.thumbs/f.png", "notes.txt", "g.h5"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()  # no file, whatever its name
    assert images.find([str(tmp_path)]) == [tmp_path / name for name in wanted]
    # files come as they are named, in the order in which they are named, directories among them
    found = images.find(
        [str(tmp_path / "z.gif"), str(tmp_path / "sub"), str(tmp_path / "nonesuch.jpg")]
    )
    assert [path.name for path in found] == ["z.gif", "c.webp", "d.npy", "nonesuch.jpg"]


def test_find_reads_a_directory_that_is_hidden(tmp_path):
    (tmp_path / ".photos").mkdir()
    (tmp_path / ".photos" / "a.png").touch()
    assert images.find([str(tmp_path / ".photos")]) == [tmp_path / ".photos" / "a.png"]


def test_find_leaves_out_what_the_program_drew(tmp_path):
    from PIL import PngImagePlugin

    text = PngImagePlugin.PngInfo()
    text.add_itxt("Software", "tfdeconv 0.1.0")
    Image.fromarray(UPRIGHT).save(tmp_path / "drawn.png", pnginfo=text)
    Image.fromarray(UPRIGHT).save(tmp_path / "photo.png")
    assert images.find([str(tmp_path)]) == [tmp_path / "photo.png"]
    assert images.find([str(tmp_path / "drawn.png"), "x" * 300]) == [
        tmp_path / "drawn.png",
        Path("x" * 300),
    ]


def test_find_refuses_a_directory_without_images(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match="has no images in it"):
        images.find([str(tmp_path)])


def test_find_and_a_scan_take_the_same_images(tmp_path):
    for suffix in (*images.SUFFIXES, ".txt", ".h5", ""):
        (tmp_path / f"image{suffix}").touch()
        (tmp_path / f"LARGE{suffix.upper()}").touch()
    found = images.find([str(tmp_path)])
    assert [path.name for path in found] == list(open_source(str(tmp_path)).names)
    assert len(found) == 2 * len(images.SUFFIXES)
    assert {".jp2", ".avif", ".tga", ".jpg", ".npy"} <= {path.suffix for path in found}
