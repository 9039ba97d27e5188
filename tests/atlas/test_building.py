"""Building an atlas: killed and continued, changed runs, folders that are not an atlas, names."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from atlases import contents, make, received
from PIL import Image

from tfdeconv.atlas import estimate, folder, sheets
from tfdeconv.atlas.projector import group_size
from tfdeconv.errors import UserError
from tfdeconv.files import lock_of_folder

FEW = ("-l", "first,dense", "--features", "2")


@pytest.fixture(scope="module")
def few(scanned, tmp_path_factory):
    """The atlas of two features of two layers."""
    out = tmp_path_factory.mktemp("few") / "atlas"
    assert make(scanned / "run.h5", out, *FEW) == 0
    return out


class Killed(BaseException):
    pass


# where processes die that build an atlas one after the other: at which call of which function
DEATHS = [
    (os, "replace", 1),  # before it is known as an atlas
    (os, "replace", 8),  # among the pages' files
    (folder, "flush_to_disk", 4),  # before a layer has its name
    (folder, "flush_folder", 1),  # it has its name, and the manifest does not know
    (sheets, "encoded", 14),  # in the second layer
]


def test_killed_builds_end_with_the_same_bytes(scanned, few, tmp_path, monkeypatch):
    for owner, name, which in DEATHS:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, deadly(getattr(owner, name), which))
            # a process that is killed does not tidy up
            patch.setattr(folder, "tidy_up", lambda path: None)
            with pytest.raises(Killed):
                make(scanned / "run.h5", tmp_path / "atlas", *FEW)
        for path in (tmp_path / "atlas" / "data").glob("0?"):
            assert (path / "layer.js").is_file()
    assert make(scanned / "run.h5", tmp_path / "atlas", *FEW) == 0
    assert contents(tmp_path / "atlas") == contents(few)


def deadly(function, which):
    """A function at whose call of that number the process dies."""
    calls = []

    def called(*arguments, **options):
        calls.append(arguments)
        if len(calls) == which:
            raise Killed
        return function(*arguments, **options)

    return called


def test_finished_atlas_is_left_as_it_is(scanned, few, monkeypatch, capsys):
    before = {path: path.stat().st_mtime_ns for path in few.rglob("*")}
    assert make(scanned / "run.h5", few, *FEW) == 0
    assert {path: path.stat().st_mtime_ns for path in few.rglob("*")} == before
    assert capsys.readouterr().out == f"{few}/index.html\n"


def test_layers_are_added_one_after_another(scanned, few, tmp_path):
    for layer in ("dense", "first"):
        make(scanned / "run.h5", tmp_path, "-l", layer, "--features", "2")
    assert contents(tmp_path) == contents(few)


def test_pages_are_copied(few):
    for source in folder.STATIC.glob("*.*"):
        name = source.name if source.name == folder.PAGE else f"static/{source.name}"
        assert (few / name).read_bytes() == source.read_bytes()


MISTAKES = [
    (("--rule", "guided"), "made with --rule deconvnet, asked for --rule guided.*another --out"),
    (("--features", "3"), "made with --features 2, asked for --features 3"),
    (("--bands", "0,1,2"), "made with no --bands, asked for --bands 0,1,2"),
]


@pytest.mark.parametrize("options, message", MISTAKES)
def test_other_options_are_refused(scanned, few, options, message):
    before = contents(few)
    with pytest.raises(UserError, match=message):
        make(scanned / "run.h5", few, *FEW, *options)
    assert contents(few) == before


def test_changed_run_is_noticed_and_overwritten(scanned, few, tmp_path):
    shutil.copytree(few, tmp_path / "atlas")
    (tmp_path / "atlas" / "notes.txt").write_text("mine")
    other = tmp_path / "run.h5"
    other.write_bytes((scanned / "run.h5").read_bytes() + b"\0")
    with pytest.raises(UserError, match="made of another run"):
        make(other, tmp_path / "atlas", *FEW)
    assert make(other, tmp_path / "atlas", "-l", "dense", "--overwrite") == 0
    found = contents(tmp_path / "atlas")
    assert found["notes.txt"] == b"mine" and "data/02/layer.js" in found
    assert not any(name.startswith("data/00") for name in found)


@pytest.mark.parametrize("name", ["notes.txt", "data/atlas.json"])
def test_other_folders_are_never_written_into(scanned, tmp_path, name):
    (tmp_path / "data").mkdir()
    (tmp_path / name).write_text('{"made_by": "somebody"}')
    for options in ((), ("--overwrite",)):
        with pytest.raises(UserError, match="exists and is not an atlas"):
            make(scanned / "run.h5", tmp_path, *FEW, *options)
    assert list(contents(tmp_path)) == [name]


@pytest.mark.parametrize("number", ["7", "-1"])
def test_layers_that_no_run_has_are_told(scanned, few, tmp_path, number):
    shutil.copytree(few, tmp_path / "atlas")
    path = tmp_path / "atlas" / "data" / "atlas.json"
    manifest = json.loads(path.read_text())
    manifest["layers"][number] = manifest["layers"]["0"]
    path.write_text(json.dumps(manifest))
    before = contents(tmp_path / "atlas")
    with pytest.raises(UserError, match=f"has layer {number} .first.; the run has layers 0 to 2"):
        make(scanned / "run.h5", tmp_path / "atlas", *FEW)
    assert contents(tmp_path / "atlas") == before


def test_page_knows_which_features_there_are(few):
    _, atlas = received(few / "data" / "atlas.js")
    for layer in atlas["layers"]:
        _, data = received(few / "data" / f"{layer['number']:02d}" / "layer.js")
        assert layer["numbers"] == data["features"] and len(layer["numbers"]) == 2
        assert layer["names"] is data["names"] is None


def test_small_disk_is_refused_before_writing(scanned, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=100_000)
    monkeypatch.setattr(estimate.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(UserError, match="takes up to 0.4 MB, and its disk has 0.1 MB left"):
        make(scanned / "run.h5", tmp_path / "atlas", *FEW)
    assert not (tmp_path / "atlas").exists()


def test_two_processes_do_not_build_one_atlas(scanned, tmp_path):
    with lock_of_folder(tmp_path), pytest.raises(UserError, match="another process is building"):
        make(scanned / "run.h5", tmp_path, *FEW)
    assert contents(tmp_path) == {}


def test_layers_of_another_process_stay(scanned, few, tmp_path, monkeypatch):
    take_lock = folder.AtlasFolder.alone

    def alone(self):
        # the other one has ended just before
        shutil.copytree(few, self.path)
        return take_lock(self)

    monkeypatch.setattr(folder.AtlasFolder, "alone", alone)
    make(scanned / "run.h5", tmp_path / "atlas", "-l", "dense", "--features", "2")
    assert contents(tmp_path / "atlas") == contents(few)


def test_it_says_first_what_it_takes(scanned, tmp_path, capsys):
    make(scanned / "run.h5", tmp_path, "-l", "dense", "--features", "1")
    first, page = capsys.readouterr().out.splitlines()
    assert first == "1 layer, 1 feature: less than a minute, and up to 1 MB"
    assert page == f"{tmp_path}/index.html"


def test_missing_and_changed_images_have_words(scanned, few, tmp_path, capsys):
    _, data = received(few / "data" / "00" / "0.js")
    gone, changed, broken = (unit["name"] for unit in data["units"][:3])
    shutil.copytree(scanned / "images", tmp_path / "images")
    (tmp_path / "images" / gone).unlink()
    Image.new("RGB", (20, 20)).save(tmp_path / "images" / changed)
    (tmp_path / "images" / broken).write_bytes(b"not an image")
    out = tmp_path / "atlas"
    feature = data["feature"]
    status = make(scanned / "run.h5", out, str(tmp_path / "images"), "-l", "first")
    assert status == 1
    _, atlas_data = received(out / "data" / "atlas.js")
    assert len(atlas_data["notes"]) == 3
    errors = capsys.readouterr().err
    assert all(note in errors for note in atlas_data["notes"])
    _, data = received(out / "data" / "00" / f"{feature}.js")
    words = [unit["word"] for unit in data["units"]]
    assert words == ["missing", "changed", "unreadable", ""]
    assert [unit["box"] is None for unit in data["units"]] == [True, True, True, False]
    # what was said is there again without the images being read
    before = contents(out)
    assert make(scanned / "run.h5", out, str(tmp_path / "images"), "-l", "first") == 0
    assert contents(out) == before


def test_groups_are_drawn_alike(scanned, few, tmp_path, monkeypatch):
    """So memory does not grow with features. Units of whole numbers are the same in any company."""
    monkeypatch.setattr("tfdeconv.atlas.projector.GROUP_BYTES", 1)
    assert group_size((20, 20), (20, 20), 9) == 1
    make(scanned / "run.h5", tmp_path, *FEW)
    assert contents(tmp_path) == contents(few)


def test_pictures_are_png_without_webp(monkeypatch):
    monkeypatch.setattr(sheets, "FORMAT", "PNG")
    pixels = sheets.sheet([None], (2, 3), 3)
    content = sheets.encoded(pixels, sheets.OF_PHOTOS)
    assert content.startswith(b"\x89PNG") and content == sheets.encoded(pixels, sheets.OF_PHOTOS)
