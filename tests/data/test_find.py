"""Which images a directory has."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from photos import UPRIGHT
from PIL import Image, PngImagePlugin

from tfdeconv.data import images
from tfdeconv.data.dataset import open_source
from tfdeconv.errors import UserError
from tfdeconv.figures import png

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


def test_own_pictures_that_are_named_are_taken(tmp_path):
    save_own(tmp_path, "drawn")
    named = [str(tmp_path / "drawn.png"), "x" * 300]
    assert images.find(named) == [Path(name) for name in named]


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


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def save_own(folder: Path, name: str) -> None:
    """A picture, its arrays, and the maxima beside a run."""
    text = {"Software": "tfdeconv 0.1.0"}
    (folder / f"{name}.png").write_bytes(png.encode(Image.fromarray(UPRIGHT), text))
    np.savez(folder / f"{name}.npz", patches=UPRIGHT, text=json.dumps(text))
    np.save(folder / f"{name}.maxima.npy", np.zeros((3, 4), np.float16))


def names_in(folder: Path) -> tuple[list[str], list[str]]:
    """The names that drawing and scanning both find, and their notes."""
    notes: list[str] = []
    found = images.find([str(folder)], notes.append)
    source = open_source(str(folder))
    names = [str(path.relative_to(folder)) for path in found]
    assert names == list(source.names) and notes == list(source.notes)
    return names, notes


def test_links_are_followed_once(tmp_path):
    touch(tmp_path / "store" / "cats" / "c.png")
    touch(tmp_path / "d" / "dogs" / "d.png")
    (tmp_path / "d" / "cats").symlink_to("../store/cats")
    (tmp_path / "d" / "again").symlink_to("dogs")
    (tmp_path / "d" / "dogs" / "linked.png").symlink_to("../../store/cats/c.png")
    (tmp_path / "d" / "dogs" / "round").symlink_to("..")
    (tmp_path / "d" / "dogs" / "above").symlink_to("../..")
    (tmp_path / "d" / "dogs" / "gone.png").symlink_to("nowhere.png")
    (tmp_path / "d" / "itself").symlink_to("itself")
    names, notes = names_in(tmp_path / "d")
    assert names == ["cats/c.png", "dogs/d.png", "dogs/linked.png"]
    assert notes == [
        f"{tmp_path}/d: 2 left out, broken links: dogs/gone.png, itself",
        f"{tmp_path}/d: 3 left out, links to directories that are already listed: "
        f"again, dogs/above, dogs/round",
    ]


def test_directories_have_their_own_name_first(tmp_path):
    touch(tmp_path / "d" / "z" / "deep" / "a.png")
    # comes first, and leads into what has a name of its own
    (tmp_path / "d" / "a").symlink_to("z")
    # two links to one place, and one into it
    touch(tmp_path / "store" / "inner" / "b.png")
    (tmp_path / "d" / "k").symlink_to("../store/inner")
    (tmp_path / "d" / "l").symlink_to("../store")
    (tmp_path / "d" / "m").symlink_to("../store")
    names, notes = names_in(tmp_path / "d")
    assert names == ["k/b.png", "z/deep/a.png"] and "a, m" in notes[0]


def test_a_directory_of_links_alone_has_images(tmp_path):
    touch(tmp_path / "store" / "c.png")
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "cats").symlink_to("../store")
    (tmp_path / "only" / ".hidden").symlink_to("../store")
    assert names_in(tmp_path / "only") == (["cats/c.png"], [])
    # the root may be a link, too
    (tmp_path / "link").symlink_to("only")
    assert names_in(tmp_path / "link") == (["cats/c.png"], [])


def test_what_is_no_file_is_told(tmp_path):
    touch(tmp_path / "a.png")
    os.mkfifo(tmp_path / "fifo.jpg")
    names, notes = names_in(tmp_path)
    assert names == ["a.png"] and "neither files nor directories: fifo.jpg" in notes[0]


def test_own_pictures_are_left_out_and_told(tmp_path):
    touch(tmp_path / "a.png")
    np.savez(tmp_path / "c.npz", UPRIGHT)
    np.save(tmp_path / "d.maxima.npy", UPRIGHT)
    save_own(tmp_path, "renamed")
    # by a program that writes its texts as tEXt, behind a colour profile
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", "tfdeconv 0.1.0")
    saved = Image.fromarray(UPRIGHT)
    saved.save(tmp_path / "edited.png", pnginfo=text, icc_profile=bytes(3000))
    names, notes = names_in(tmp_path)
    assert names == ["a.png", "c.npz", "d.maxima.npy"]
    assert notes == [
        f"{tmp_path}: 4 left out, made by this program: "
        "edited.png, renamed.maxima.npy, renamed.npz, ..."
    ]


def test_a_folder_of_own_pictures_says_so(tmp_path):
    save_own(tmp_path, "x")
    for open_folder in (open_source, lambda path: images.find([path])):
        with pytest.raises(UserError, match="has no images in it; .*3 left out, made by this"):
            open_folder(str(tmp_path))


def test_a_scans_own_files_are_not_mentioned(tmp_path):
    touch(tmp_path / "a.png")
    touch(tmp_path / "run.png")
    (tmp_path / "sub").mkdir()
    touch(tmp_path / "sub" / "run.png")
    own = [str(tmp_path / "run.png"), str(tmp_path / "run.png.maxima.npy")]
    np.save(own[1], np.zeros((2, 3), np.float16))
    source = open_source(str(tmp_path), own)
    assert (source.names, source.notes) == (("a.png", "sub/run.png"), ())
