"""Pictures and arrays get names that file systems take, and never take another picture's place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from tfdeconv.data.images import text_of
from tfdeconv.data.picture_text import text_of_arrays
from tfdeconv.figures import naming
from tfdeconv.figures.photo_file import photo_recipe
from tfdeconv.figures.picture_folder import PictureFolder
from tfdeconv.figures.recipe import Recipe

DOT = Image.new("RGB", (1, 1))
ARRAYS = {"v": np.zeros(2)}


def recipe_of(layer: str, facts=None) -> Recipe:
    return Recipe("visualise.py", {"layers": (layer,)}, facts or {})


def save(folder, recipe, arrays=None, pages=1) -> list[str]:
    """The names of the files that a picture's pages are saved in."""
    # Pillow keeps what it is saving an image with in the image itself
    drawn = [(number, pages, DOT.copy()) for number in range(1, pages + 1)]
    return [path.name for path in PictureFolder(folder).save(recipe, "x", drawn, {}, arrays)]


@pytest.mark.parametrize("letter", ["a", "ä", "漢", "🐈", "/", "\0", "\ud800"])
def test_names_fit_into_file_systems(tmp_path, letter):
    features = naming.features_part([10000, 20000, 30000])
    name = naming.file_name("photo" * 60, letter * 200, "deconvnet", "max", "interior", features)
    (tmp_path / f"{name}-01234567-12-page001.png").touch()


def test_names_stay_in_one_line():
    """Paths are printed one a line; letters of all languages and spaces stay as they are."""
    name = naming.file_name("a\nb\x1b[0m\x85\u2028é 猫\udce9", "net", "guided")
    assert name == "a_b_[0m__é 猫\udce9-net-guided"


def test_photos_of_equal_names_have_two_pictures(tmp_path):
    plain = Recipe("visualise.py", {}, {})
    first, second = (photo_recipe(plain, name, "the same", "a") for name in ("a\nb.png", "a_b.png"))
    assert save(tmp_path, first) != save(tmp_path, second)


def test_another_picture_is_not_replaced(tmp_path):
    first, second = recipe_of("a"), recipe_of("b")
    assert save(tmp_path, first) == [f"x-{first.digest}.png"]
    assert save(tmp_path, second) == [f"x-{second.digest}.png"] != save(tmp_path, first)
    assert len(list(tmp_path.iterdir())) == 2
    assert save(tmp_path, first, pages=2) == [f"x-{first.digest}-page0{n}.png" for n in (1, 2)]


def test_foreign_files_are_not_replaced(tmp_path):
    recipe = recipe_of("a")
    diary = tmp_path / f"x-{recipe.digest}.npz"
    diary.write_text("my diary")
    (tmp_path / f"x-{recipe.digest}-2.png").symlink_to(tmp_path / "nonesuch")
    assert save(tmp_path, recipe, ARRAYS) == [f"x-{recipe.digest}-3.png"]
    assert diary.read_text() == "my diary" and text_of_arrays(diary) == {}
    assert recipe.made(text_of_arrays(tmp_path / f"x-{recipe.digest}-3.npz"))
    # another picture, should its digest be the same
    path = tmp_path / f"x-{recipe.digest}-3.png"
    path.write_bytes(next(tmp_path.glob("*.npz")).read_bytes())
    assert save(tmp_path, recipe) == [f"x-{recipe.digest}-4.png"]


def test_a_link_is_no_way_to_another_file(tmp_path):
    recipe = recipe_of("a")
    foreign = tmp_path / "elsewhere.npz"
    np.savez(foreign, v=np.ones(3))
    before = foreign.read_bytes()
    (tmp_path / f"x-{recipe.digest}.npz").symlink_to(foreign)
    save(tmp_path, recipe, ARRAYS)
    assert foreign.read_bytes() == before


def test_names_of_any_bytes_are_known_again(tmp_path):
    recipe = recipe_of("a", {"image": "caf\udce9.png"})
    assert save(tmp_path, recipe, ARRAYS) == save(tmp_path, recipe, ARRAYS)


def test_pictures_written_at_once_are_all_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(Recipe, "digest", "same")
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda i: save(tmp_path, recipe_of(str(i)))[0], range(20)))
    assert len(set(names)) == 20
    assert [text_of(tmp_path / name)["layer"] for name in names] == [str(i) for i in range(20)]


def test_commands_are_read_as_they_were_meant():
    options = {"photos": ("-cat.jpg",), "bands": (3, 2, 1), "interior": True, "max_side": 5}
    given = options | {"lambdas": {"l": "x / 2"}, "top": None, "step": 0, "labels": "-l.txt"}
    assert Recipe("visualise.py", given, {}).command == (
        "visualise.py --bands 3,2,1 --interior --max-side 5 --lambda 'l=x / 2' --step 0 "
        "--labels=-l.txt -- -cat.jpg"
    )
