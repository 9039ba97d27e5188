"""Pictures and arrays get names that file systems take, and never take another picture's place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from tfdeconv.data.images import text_of
from tfdeconv.data.picture_text import text_of_arrays
from tfdeconv.figures import naming, png

SAME = ("layer",)
DOT = Image.new("RGB", (1, 1))


@pytest.mark.parametrize("letter", ["a", "ä", "漢", "🐈", "/", "\0", "\ud800"])
def test_names_fit_into_file_systems(tmp_path, letter):
    name = naming.file_name("photo" * 60, letter * 200, "deconvnet", "max", "page01") + ".png"
    (tmp_path / name).touch()


def test_another_picture_is_not_replaced(tmp_path):
    path = tmp_path / "x.png"
    assert png.save(DOT, path, {"layer": "a"}, SAME) == path
    assert png.save(DOT, path, {"layer": "b"}, SAME) == tmp_path / "x-2.png"
    assert png.save(DOT, path, {"layer": "a", "new": "yes"}, SAME) == path
    assert text_of(path) == {"layer": "a", "new": "yes"}


def test_foreign_files_are_not_replaced(tmp_path):
    diary = tmp_path / "x.npz"
    diary.write_text("my diary")
    (tmp_path / "x-2.png").symlink_to(tmp_path / "nonesuch")
    name = naming.free_name(tmp_path, "x", {"layer": "a"}, SAME)
    assert name == "x-3"
    naming.save_raw(diary, {"v": np.zeros(2)}, {"layer": "a"}, SAME)
    assert diary.read_text() == "my diary"
    assert text_of_arrays(tmp_path / "x-3.npz") == {"layer": "a"}
    assert text_of_arrays(diary) == {}


def test_a_link_is_no_way_to_another_file(tmp_path):
    foreign = tmp_path / "elsewhere.npz"
    np.savez(foreign, v=np.ones(3))
    before = foreign.read_bytes()
    (tmp_path / "x.npz").symlink_to(foreign)
    naming.save_raw(tmp_path / "x.npz", {"v": np.zeros(2)}, {"layer": "a"}, SAME)
    assert foreign.read_bytes() == before


def test_pictures_written_at_once_are_all_kept(tmp_path):
    def save(i):
        # Pillow keeps what it is saving an image with in the image itself
        return png.save(DOT.copy(), tmp_path / "x.png", {"layer": str(i)}, SAME)

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(save, range(20)))
    assert len(set(paths)) == 20
    assert [text_of(path)["layer"] for path in paths] == [str(i) for i in range(20)]
