"""The figures of a run: every tile is what project() gives for that image, and what is not as it was scanned is told."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from runs import SIDE, integers, plain

from tfdeconv import Deconvnet
from tfdeconv.data import dataset, images
from tfdeconv.figures import (
    grid,
    page as layout,
    photo as photo_figures,
    pixels,
    run as run_figures,
    tiles,
)
from tfdeconv.formats import hdf5_write
from tfdeconv.scan import loop, provenance, run, run_file
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.weights import load
from tfdeconv.weights.native import save_weights

ROOT = Path(__file__).parents[2]
COUNT, TOP = 20, 4


@pytest.fixture(scope="module")
def scanned(tmp_path_factory) -> Path:
    """A folder with 20 images, weights of a small network, others, and a run of three of its layers."""
    folder, rng = tmp_path_factory.mktemp("scanned"), np.random.default_rng(3)
    (folder / "images").mkdir()
    for i in range(COUNT):
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(
            folder / "images" / f"{i:02d}.png"
        )
    network, tensors = integers(rng)
    arrays = {
        layer: {key: value.numpy() for key, value in p.items()} for layer, p in tensors.items()
    }
    arrays["first"]["kernel"][..., 5] = -1  # dead
    for name in ("w.h5", "other.h5"):
        arrays["first"]["bias"] += name == "other.h5"
        save_weights(folder / name, network, arrays, plain((SIDE, SIDE)), "random", "none")
    save_run(folder, folder / "run.h5")
    return folder


def save_run(folder: Path, path: Path, layers=("first", "second", "dense")) -> None:
    """A run as scan.py makes it."""
    read, source = load.load_weights(folder / "w.h5"), dataset.source(str(folder / "images"))
    settings = run.Settings(
        "whole",
        "",
        read.digest,
        json.dumps(asdict(read.preprocessing)),
        "crop",
        (SIDE, SIDE),
        source.digest,
        source.count,
        layers,
        TOP,
        8,
    )
    now = run.Run(settings, source.root, str(folder / "w.h5"), source.names)
    loop.advance(
        now,
        Accumulator(read.network, read, layers, (SIDE, SIDE), 8, TOP),
        source,
        read.preprocessing,
        path,
        60,
    )


@pytest.fixture
def visualise(monkeypatch, capfd):
    """Runs the script in this process: status, lines out, lines of errors."""

    def visualise(*arguments):
        monkeypatch.setattr(
            sys, "argv", [str(ROOT / "scripts" / "visualise.py"), *map(str, arguments)]
        )
        monkeypatch.setattr(sys, "path", list(sys.path))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(sys.argv[0], run_name="__main__")
        return ended.value.code, *(
            said.removesuffix("\n").split("\n") if said else [] for said in capfd.readouterr()
        )

    return visualise


def images_of(folder: Path, network) -> np.ndarray:
    return images.read(
        sorted((folder / "images").iterdir()), plain((SIDE, SIDE)), "crop", network.channels
    )


def strips(
    folder: Path, layer: str, rule: str = "deconvnet", side=(30, 30), raw=True
) -> tuple[tiles.Strip, tiles.Troubles]:
    now, read = run_file.load(folder / "run.h5"), load.load_weights(folder / "w.h5")
    found, troubles = tiles.strips(
        Deconvnet(read.network, read, layer, rule),
        now,
        dataset.source(now.root),
        read.preprocessing,
        {layer: provenance.channels_of(now, layer, None, None)},
        lambda height, width: side,
        raw=raw,
    )
    return found[layer], troubles


@pytest.mark.parametrize(
    "layer, rule", [("first", "gradient"), ("second", "deconvnet"), ("dense", "guided")]
)
def test_every_tile_is_what_project_gives_for_its_image(scanned, layer, rule):
    strip, troubles = strips(scanned, layer, rule)
    assert troubles.lines() == []
    read = load.load_weights(scanned / "w.h5")
    x = images_of(scanned, read.network)
    wanted, drawn = Deconvnet(read.network, read, layer, rule).project(x), 0
    dead = strip.channels[strip.values[:, 0] == 0]
    assert (dead.tolist() == [5]) == (layer == "first")
    for row, channel in enumerate(strip.channels):
        for rank in range(TOP):
            number, place = strip.images[row, rank], (row, rank)
            assert wanted.activations[number, channel] == strip.values[place]  # whole numbers
            if strip.values[place] == 0:
                assert (
                    strip.words[place] == "dead" and (strip.projections[layer][place] == 128).all()
                )
                continue
            np.testing.assert_array_equal(strip.positions[place], wanted.positions[number, channel])
            np.testing.assert_array_equal(strip.raw["boxes"][place], wanted.boxes[number, channel])
            patch, box = wanted.patches[number, channel], wanted.boxes[number, channel]
            np.testing.assert_allclose(
                strip.raw[layer][place], patch, rtol=0, atol=1e-5 * np.abs(patch).max()
            )  # float32
            seen = pixels.photo(x[number], read.preprocessing)
            np.testing.assert_array_equal(
                strip.patches[place], pixels.scaled(pixels.window(seen, box), 30, 30)
            )
            # a value at a rounding's edge may fall to the other side
            shown = np.asarray(
                pixels.scaled(pixels.colours(patch, read.preprocessing), 30, 30)
            ).astype(int)
            assert abs(strip.projections[layer][place] - shown).max() <= 1
            drawn += 1
    assert drawn > 10


def test_each_image_is_read_and_goes_up_once_and_few_patches_stand_side_by_side(
    scanned, monkeypatch
):
    read, went, came = [], [], []
    pixels, forward, backward = dataset.Source.pixels, Deconvnet.forward, Deconvnet.backward
    monkeypatch.setattr(
        dataset.Source,
        "pixels",
        lambda source, number, channels: (read.append(number), pixels(source, number, channels))[1],
    )
    monkeypatch.setattr(
        Deconvnet, "forward", lambda net, x: (went.append(len(x)), forward(net, x))[1]
    )
    monkeypatch.setattr(
        Deconvnet,
        "backward",
        lambda net, forward_pass, image, *rest: (
            came.append(len(image)),
            backward(net, forward_pass, image, *rest),
        )[1],
    )
    monkeypatch.setattr(tiles, "BATCH", 6)
    monkeypatch.setattr(tiles, "ITEMS", 5)
    strip, _ = strips(scanned, "second", raw=False)
    distinct = np.unique(strip.images[strip.words == ""])
    assert sorted(read) == distinct.tolist() and sum(went) == len(distinct) and max(went) == 6
    assert sum(came) == (strip.words == "").sum() and max(came) == 5 and not strip.raw


def test_a_run_is_drawn_by_the_script(scanned, visualise, tmp_path):
    status, lines, err = visualise(
        "--run", scanned / "run.h5", "--out", tmp_path / "out", "--raw", "--top", 3
    )
    name = f"run-whole-second-deconvnet-top{TOP}"  # the last layer that has a map
    assert (status, lines, err) == (0, [str(tmp_path / "out" / f"{name}.png")], [])
    assert sorted(os.listdir(tmp_path / "out")) == [f"{name}.npz", f"{name}.png"]
    text = images.text_of(lines[0])
    now = run_file.load(scanned / "run.h5")
    best = np.argsort(-now.state["second"]["values"][:, 0], kind="stable")[:3]
    assert (
        text["channels"] == ",".join(map(str, best))
        and text["list sha256"] == now.settings.list_sha256
    )
    assert (
        text["rule"] == "deconvnet"
        and text["scanned"] == f"{COUNT} of {COUNT}"
        and text["page"] == "1 of 1"
    )
    with np.load(tmp_path / "out" / f"{name}.npz") as found:
        kept = now.state["second"]
        np.testing.assert_array_equal(found["activations"], kept["values"][best])
        np.testing.assert_array_equal(found["positions"], kept["positions"][best])
        assert found["names"].tolist() == [
            [now.names[i] for i in row] for row in kept["images"][best]
        ]
        assert (
            found["patches"].shape[:2] == (3, TOP)
            and found["boxes"].shape == (3, TOP, 4)
            and (found["words"] == "").all()
        )
        strip, _ = strips(scanned, "second")
        np.testing.assert_allclose(
            found["patches"],
            strip.raw["second"][best],
            rtol=0,
            atol=1e-5 * np.abs(found["patches"]).max(),
        )
    # the same again in its place, other weights' or other runs' beside it
    assert visualise("--run", scanned / "run.h5", "--out", tmp_path / "out")[1] == lines
    (tmp_path / "out" / f"{name}.png").write_bytes(b"mine")
    status, lines, _ = visualise(
        "--run", scanned / "run.h5", "--out", tmp_path / "out", "-l", "second,first", "-f", "0,5"
    )
    assert status == 0 and [Path(line).name for line in lines] == [
        f"{name}-2.png",
        f"run-whole-first-deconvnet-top{TOP}.png",
    ]
    assert (tmp_path / "out" / f"{name}.png").read_bytes() == b"mine"


def test_all_features_make_pages(scanned, visualise, tmp_path, monkeypatch):
    monkeypatch.setattr(grid, "HEIGHT", 400)
    monkeypatch.setattr(grid, "WIDTH", 450)
    status, lines, err = visualise(
        "--run", scanned / "run.h5", "--out", tmp_path, "--top", "all", "-l", "second"
    )
    assert (status, err) == (0, []) and len(lines) == 7
    stem = f"run-whole-second-deconvnet-top{TOP}"
    assert [Path(line).name for line in lines] == [f"{stem}-page{i:02d}.png" for i in range(1, 8)]
    for i, line in enumerate(lines, 1):
        assert (
            images.text_of(line)["page"] == f"{i} of 7"
            and images.text_of(line)["channels"] == "0,1,2,3,4,5,6"
        )
        with Image.open(line) as picture:
            assert picture.height <= 400


@pytest.fixture
def moved(scanned, tmp_path) -> Path:
    """A copy of the folder elsewhere, whose images can be spoilt; its run says that they are where they were."""
    shutil.copytree(scanned, tmp_path / "moved")
    return tmp_path / "moved"


def test_changed_and_missing_images_are_told_and_drawn_as_such(moved, visualise, tmp_path):
    now = run_file.load(moved / "run.h5")
    changed, gone, damaged = np.unique(now.state["second"]["images"])[:3].tolist()
    Image.fromarray(np.zeros((SIDE, SIDE, 3), np.uint8)).save(moved / "images" / now.names[changed])
    (moved / "images" / now.names[gone]).unlink()
    (moved / "images" / now.names[damaged]).write_bytes(b"no image")
    status, lines, err = visualise(
        "--run",
        moved / "run.h5",
        moved / "images",
        "--top",
        "all",
        "--raw",
        "--out",
        tmp_path / "out",
    )
    assert status == 1 and len(lines) == 1 and len(err) == 3
    for number, words in ((changed, "has changed"), (gone, "no such file"), (damaged, "no image")):
        assert any(now.names[number] in line and words in line for line in err), err
    with np.load(Path(lines[0]).with_suffix(".npz")) as found:
        for number, word in ((changed, "changed"), (gone, "missing"), (damaged, "unreadable")):
            there = (found["images"] == number) & (found["activations"] != 0)
            assert (
                there.any()
                and (found["words"][there] == word).all()
                and not found["patches"][there].any()
            )
        others = ~np.isin(found["images"], (changed, gone, damaged))
        assert (
            set(found["words"][others].tolist()) <= {"", "dead"}
            and (found["words"][others] == "").any()
        )
    for path in (moved / "images").iterdir():
        path.unlink()
    status, lines, err = visualise(
        "--run", moved / "run.h5", moved / "images", "--out", tmp_path / "none"
    )
    assert (
        (status, lines, len(err)) == (2, [], 1)
        and "nothing can be drawn" in err[0]
        and not (tmp_path / "none").exists()
    )


def test_a_layer_of_which_nothing_is_left_does_not_cost_the_others(moved, visualise, tmp_path):
    state = run_file.load(moved / "run.h5").state
    gone = set(state["dense"]["images"][0].tolist())
    for i in gone:
        (moved / "images" / f"{i:02d}.png").unlink()
    channel = next(c for c in range(7) if set(state["second"]["images"][c].tolist()) - gone)
    assert channel == 0
    status, lines, err = visualise(
        "--run",
        moved / "run.h5",
        moved / "images",
        "-l",
        "dense,second",
        "-f",
        0,
        "--out",
        tmp_path,
    )
    assert status == 1 and len(lines) == 1 and "second" in lines[0]
    assert sum("nothing can be drawn" in line for line in err) == 1 and len(err) == len(set(err))


def test_many_changed_images_are_a_handful_of_lines(moved, visualise, tmp_path):
    for path in sorted((moved / "images").iterdir())[::2]:
        Image.fromarray(np.zeros((SIDE, SIDE, 3), np.uint8)).save(path)
    status, _, err = visualise(
        "--run", moved / "run.h5", moved / "images", "--top", "all", "--out", tmp_path
    )
    assert status == 1 and len(err) == tiles.MOST + 1 and "more: have changed" in err[-1]


def test_an_activation_that_is_another_now_is_told(moved, visualise, tmp_path):
    with h5py.File(moved / "run.h5", "a") as file:
        values = file["layers/second/values"]
        values[2, 1] += 2e-3 * values[...].max()
    status, lines, err = visualise(
        "--run", moved / "run.h5", "--top", "all", "--out", tmp_path / "out"
    )
    assert (
        status == 1
        and len(lines) == len(err) == 1
        and "second channel 2 fires" in err[0]
        and "in the run" in err[0]
    )
    assert visualise("--run", moved / "run.h5", "-f", 3, "--out", tmp_path / "out")[0] == 0


def test_a_run_moved_with_its_weights(moved, visualise, tmp_path):
    with h5py.File(moved / "run.h5", "a") as file:
        del file["places"]
        file["places"] = hdf5_write.packed(("/nonesuch/images", "/nonesuch/w.h5"))
    common = ["--run", moved / "run.h5", "-f", 0, "--out", tmp_path / "out"]
    for given, words in (
        ((), "/nonesuch/w.h5, and are not there any more: say where with --weights"),
        (("--weights", moved / "w.h5"), "/nonesuch/images, and are not there any more"),
        (("--weights", moved / "no.h5"), "no.h5: there is no such file"),
        ((moved / "no", "--weights", moved / "w.h5"), "no: there is no such file"),
    ):
        status, lines, err = visualise(*common, *given)
        assert (status, lines, len(err)) == (2, [], 1) and words in err[0], err
    assert visualise(*common, moved / "images", "--weights", moved / "w.h5")[::2] == (0, [])


MISTAKES = [
    (["-l", "nonesuch"], "whole has no layer 'nonesuch'"),
    (["-l", "pool"], "run.h5 has no layer 'pool'.*first, second, dense"),
    (["-f", "7"], "second has 7 channels, 0 to 6"),
    (["-f", "0", "--top", "all"], "-f and --top"),
    (["--top", "some"], "nor all"),
    (["--resize", "crop"], "--resize: with --run"),
    (["-m", "all", "--preprocess", "tf"], "--preprocess, --mode: with --run"),
    (["--network", "vgg16"], "--network"),
    (["--weights", "other.h5"], "is not what .*run.h5 was made with.*sha256"),
    (["--weights", str(ROOT / "weights" / "vgg16.h5")], "is of vgg16, and the run of whole"),
    (["--bands", "0,1,3"], "--bands 3"),
    (["images", "images"], "--run takes one directory"),
    (["other"], "is not the list of images of .*run.h5, which has 20 .* this has 19"),
    (["--rule", "magic"], "'magic'"),
]


@pytest.mark.parametrize(
    "arguments, says", MISTAKES, ids=[" ".join(arguments) for arguments, _ in MISTAKES]
)
def test_mistakes_are_one_line_and_leave_nothing(
    moved, visualise, monkeypatch, tmp_path, arguments, says
):
    monkeypatch.chdir(moved)
    names = sorted(os.listdir("images"))
    (moved / "other").write_text("\n".join(f"images/{name}" for name in names[1:]))
    status, lines, err = visualise("--run", "run.h5", "--out", tmp_path / "out", *arguments)
    assert (status, lines, len(err)) == (2, [], 1), err
    assert re.search(says, err[0]), err
    assert not (tmp_path / "out").exists()


def test_a_process_of_its_own_is_quiet_and_mistakes_do_not_wait_for_tensorflow(scanned, tmp_path):
    code = f"""
import runpy, sys
sys.argv = {["visualise.py", "--run", str(scanned / "run.h5"), "--out", str(tmp_path)]!r} + sys.argv[1:]
try:
    runpy.run_path({str(ROOT / "scripts" / "visualise.py")!r}, run_name="__main__")
finally:
    print("tensorflow" in sys.modules)"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    for given, status, lines in (
        ([], 0, 2),
        (["-l", "nonesuch"], 2, 1),
        (["--blocks", "first"], 2, 1),
        (["-f", "7"], 2, 1),
        (["--weights", str(scanned / "other.h5")], 2, 1),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *given], capture_output=True, text=True, env=environment
        )
        assert (done.returncode, len(done.stdout.splitlines())) == (status, lines), done.stderr
        assert done.stderr.count("\n") == bool(status) and done.stdout.endswith(
            f"{not status}\n"
        ), done.stderr


def test_runs_that_cannot_be_are_refused(moved, visualise, tmp_path):
    def spoilt(change):
        shutil.copy(moved / "run.h5", tmp_path / "spoilt.h5")
        with h5py.File(tmp_path / "spoilt.h5", "a") as file:
            change(file)
        return visualise("--run", tmp_path / "spoilt.h5", "--out", tmp_path / "out")

    def put(name, value):
        return lambda file: file[f"layers/second/{name}"].__setitem__((0, 0), value)

    for change, words in (
        (lambda file: file.attrs.__setitem__("version", 0), "version 0"),
        (put("images", COUNT), "is damaged"),
        (put("positions", (0, 99)), "is damaged"),
        (put("values", np.nan), "is damaged"),
        (lambda file: file.attrs.__setitem__("preprocessing", run_file.text("{")), "is damaged"),
    ):
        status, lines, err = spoilt(change)
        assert (status, lines, len(err)) == (2, [], 1) and words in err[0], err
    status, _, err = visualise("--run", tmp_path / "nonesuch.h5")
    assert status == 2 and len(err) == 1 and "there is no such file" in err[0]
    assert not (tmp_path / "out").exists()


def strip_of(rng, count, top, value=1.0, tile=(84, 84)) -> tiles.Strip:
    shape = (count, top)
    words = rng.choice(["", "dead", "changed", "missing", "unreadable", "none"], shape)
    return tiles.Strip(
        "conv4_block36_out",
        np.arange(2047, 2047 - count, -1),
        np.full(shape, value),
        np.zeros(shape, int),
        np.zeros((*shape, 2), int),
        words,
        np.zeros((*shape, *tile, 3), np.uint8),
        {"conv4_block36_out": np.zeros((*shape, *tile, 3), np.uint8)},
        (9, 9),
        {},
    )


@pytest.fixture
def spots(monkeypatch):
    """Where texts are written: checks that none leaves its picture, and keeps their boxes by picture."""
    found: dict[int, list] = {}
    pens = []  # kept, or another could have the number of one that is gone
    write = photo_figures.ImageDraw.ImageDraw.text

    def text(pen, at, words, *rest):
        left, top, right, bottom = pen.textbbox(at, words, rest[-1])
        assert 0 <= left and right <= pen.im.size[0] and 0 <= top and bottom <= pen.im.size[1], (
            words
        )
        pens.append(pen)
        for other in found.setdefault(id(pen), []):
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top, (
                words
            )
        found[id(pen)].append((left, top, right, bottom))
        write(pen, at, words, *rest)

    monkeypatch.setattr(photo_figures.ImageDraw.ImageDraw, "text", text)
    return found


@pytest.mark.parametrize(
    "count, top, tile",
    [(1, 1, (84, 84)), (9, 9, (76, 76)), (70, 9, (76, 76)), (5, 30, (20, 96)), (40, 2, (96, 7))],
)
def test_pages_hold_every_feature_once_and_no_text_overlaps(rng, spots, count, top, tile):
    strip = strip_of(rng, count, top, -1.2345e-5, tile)
    strip.values[:, -1] = -3534.2
    headings = []
    heading = grid.heading
    grid.heading = lambda pen, strip, row, *rest: (
        pen and headings.append(row),
        heading(pen, strip, row, *rest),
    )[1]
    try:
        made = list(grid.pages(strip, "resnet152   conv4_block36_out", "top 9 of 50,000 images"))
    finally:
        grid.heading = heading
    assert headings == list(range(count)) and [number for number, _, _ in made] == list(
        range(1, made[0][1] + 1)
    )
    assert spots and all(
        picture.width <= layout.WIDTH and picture.height <= layout.HEIGHT for _, _, picture in made
    )


def test_a_feature_s_extent():
    assert grid.extent(np.array([412.34, 400, 371.2]), np.array([3, 1, 2])) == "412.3 ... 371.2"
    assert grid.extent(np.array([412.34, 0, -np.inf]), np.array([3, 1, -1])) == "412.3"
    assert grid.extent(np.array([0, 0, -np.inf]), np.array([3, 1, -1])) == "dead"


def test_an_unfinished_run_says_so(scanned):
    now = run_file.load(scanned / "run.h5")
    drawing = run_figures.Figures(
        Path("run.h5"),
        now,
        *[None] * 3,
        dataset.source(now.root),
        "guided",
        None,
        Path(),
        False,
        *[lambda text: None] * 2,
    )
    assert drawing.scanned() == f"top {TOP} of {COUNT} images in 'images'"
    assert replace(drawing, run=replace(now, done=12, scanned=11)).scanned() == (
        f"top {TOP} of 11 images in 'images' (12 of {COUNT} seen)"
    )
