"""All that a picture depends on decides its name, and is in its text: it can be made again."""

from __future__ import annotations

import shlex
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from PIL import Image

from tfdeconv.cli import visualise
from tfdeconv.cli.recipes import FILES, IRRELEVANT, recipe_of
from tfdeconv.cli.visualise_photos import PhotoRequest
from tfdeconv.cli.visualise_run import RunRequest
from tfdeconv.data.images import text_of
from tfdeconv.weights import load

PHOTO = {"": "images/00.png", "--weights": "w.h5", "-l": "first", "-f": "1"}
RUN = {"--run": "run.h5", "-l": "first", "-f": "1"}
BLOCKS = {"--run": "without.h5", "--blocks": "stage", "--step": "3", "-f": "1"}
# What each field of a request is changed to, with other options or files. A new option needs a line
# here, or in cli/recipes.IRRELEVANT.
PHOTO_CHANGES = {
    "top": {"-f": None, "--top": "1"},
    "photos": {"": "images/01.png"},
    "weights": {"--weights": "other.h5"},
    "preprocess": {"--preprocess": "half.json"},
    "layers": {"-l": "second"},
    "features": {"-f": "2", "--top": None},
    "mode": {"-m": "all"},
    "rule": {"--rule": "guided"},
    "resize": {"--resize": "squash"},
    "bands": {"--bands": "2,1,0"},
    "colours": {"--colours": "rgb"},
    "scale": {"--scale": "common"},
    "interior": {"--interior": True},
    "max_side": {"--resize": "keep", "--max-side": "12"},
    "at": {"--at": "1,2"},
    "cam": {"-l": "second", "--cam": "first"},
    "fidelity": {"--fidelity": True},
}
RUN_CHANGES = {
    "top": {"-f": None, "--top": "all"},
    "run": {"--run": "again.h5"},
    "images": {"": "moved"},
    "names": {"--names": True},
    "fidelity": {"--fidelity": True},
    "ranks": {"--ranks": "2-3"},
}
LABELLED = {"--run": "labelled.h5", "-l": "first", "-f": "1"}
LABEL_CHANGES = {"of_label": {"--of-label": "cat"}}
BLOCK_CHANGES = {"step": {"--step": "2"}, "split": {"--split": True}}
# a photo's picture depends on them, too, in the same way
AS_OF_PHOTOS = {"layers", "features", "rule", "bands", "colours", "scale", "weights"}
# another stage is another network; of weights their digest says which network is theirs; labels are
# for layers of classes (tests/cli/test_classes.py); how it is computed is no option of theirs
# (scan/test_precisions.py, test_jit.py)
ELSEWHERE = {
    "precision",
    "jit",
    "blocks",
    "labels",
    "network",
    "variant",
    "architecture",
    "lambdas",
}


def words_of(options: dict, folder: Path) -> list[str]:
    """A command line, with the paths of the files in a folder."""
    words = []
    for option, value in options.items():
        if value is not None:
            words += [option] if option else []
            words += [str(folder / value)] if (folder / str(value)).exists() else [str(value)]
    return [word for word in words if word != "True"]


def again(text: dict[str, str], folder: Path) -> list[str]:
    """The command in a picture's text, with the files of those names in a folder."""
    _, *words = shlex.split(text["command"])
    files = {path.name: str(path) for path in sorted(folder.rglob("*"))}
    return [files.get(word, word) for word in words]


def check(visualise, folder, out, base, changes) -> None:
    """Draws base and each change of it, and the last one again, from its text alone."""
    paths = [drawn(visualise, out, words_of(base, folder))]
    for change in changes.values():
        paths.append(drawn(visualise, out, words_of({**base, **change}, folder)))
    assert len(set(paths)) == 1 + len(changes) == len(list(out.glob("*.png")))
    for path in paths:
        text = text_of(path)
        assert not any(str(folder.parent) in value for value in text.values()), text
    repeated = drawn(visualise, out / "again", again(text, folder))
    assert repeated.name == path.name and text_of(repeated) == text
    np.testing.assert_array_equal(Image.open(repeated), Image.open(path))


def drawn(visualise, out, words) -> Path:
    status, lines, err = visualise(*words, "--out", out)
    assert (status, err, len(lines)) == (0, [], 1), err
    return Path(lines[0])


def test_every_option_decides_a_photos_picture(scanned, visualise, tmp_path):
    (scanned / "half.json").write_text('{"scale": [2, 2, 2], "resize": 21}')
    together: dict = {}
    for field, change in PHOTO_CHANGES.items():
        # which unit it is: mode and interior say so, too; whole maps are not measured
        together |= {} if field in ("at", "fidelity") else change
    check(visualise, scanned, tmp_path, PHOTO, {**PHOTO_CHANGES, "together": together})


def test_every_option_decides_a_runs_picture(scanned, visualise, tmp_path):
    # the same to every number, but not the file that the run is in
    (scanned / "again.h5").write_bytes((scanned / "run.h5").read_bytes() + b"\0")
    (scanned / "moved").symlink_to("images")
    check(visualise, scanned, tmp_path, RUN, RUN_CHANGES)


def test_every_option_decides_a_picture_of_blocks(residual_run, visualise, tmp_path):
    check(visualise, residual_run, tmp_path, BLOCKS, BLOCK_CHANGES)


def test_the_label_decides_a_runs_picture(residual_run, visualise, tmp_path):
    check(visualise, residual_run, tmp_path, LABELLED, LABEL_CHANGES)


def test_no_option_is_forgotten():
    photo = {field.name for field in fields(PhotoRequest)}
    assert photo == {*PHOTO_CHANGES, *IRRELEVANT, *ELSEWHERE} & photo, "see the tables above"
    run = {field.name for field in fields(RunRequest)}
    known = {*RUN_CHANGES, *BLOCK_CHANGES, *LABEL_CHANGES, *IRRELEVANT, *ELSEWHERE, *AS_OF_PHOTOS}
    assert run == known & run, "see the tables above"


def test_what_is_new_is_in_recipes(scanned, tmp_path):
    weights = load.read_weights(scanned / "w.h5")
    (tmp_path / "file").touch()
    request = visualise.parse(["--weights", str(scanned / "w.h5")])

    def recipe(**changes):
        return recipe_of(replace(request, **changes), weights, scanned / "w.h5", "title")

    for field in fields(request):
        value = str(tmp_path / "file") if field.name in FILES else "another"
        changed = recipe(**{field.name: value})
        same = changed.command == recipe().command
        assert same == (field.name in (*IRRELEVANT, "weights")), field.name
        assert str(tmp_path) not in changed.command
