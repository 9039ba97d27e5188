"""The picture of a residual stage: what came down through a sum's paths, and what is said of each block."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from helpers import random_weights
from PIL import Image
from test_run_figures import spots, visualise  # noqa: F401 (fixtures)
from runs import plain

from tfdeconv import NETWORKS, Deconvnet, UserError
from tfdeconv.data import dataset, images
from tfdeconv.engine.projection import Units
from tfdeconv.figures import pixels, residual as residual_figures, run as run_figures, tiles
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Add, Conv
from tfdeconv.scan import loop, provenance, run, run_file
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.weights import load
from tfdeconv.weights.native import save_weights

SIDE, COUNT, TOP, DEPTH = 24, 12, 4, 3
LAYERS = ("first", "stage_block1_out", "stage_block2_out", "stage_block3_out")


def residual_network():
    net = Builder("small", (SIDE, SIDE, 3))
    last = net.add("first", Conv(6, 3, pad=1, stride=2, activation=RELU))
    for i in range(1, DEPTH + 1):
        net.add(f"stage_block{i}_1", Conv(5, 3, pad=1, activation=RELU), last)
        branch = net.add(f"stage_block{i}_2", Conv(6, 3, pad=1))
        net.add(f"stage_block{i}_add", Add(), last, branch)
        last = net.add(f"stage_block{i}_out", RELU)
    return net.network()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A run of a small residual network over 12 images, with the maxima of every image, and one without."""
    folder, rng, network = (
        tmp_path_factory.mktemp("blocks"),
        np.random.default_rng(5),
        residual_network(),
    )
    (folder / "images").mkdir()
    for i in range(COUNT):
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(
            folder / "images" / f"{i:02d}.png"
        )
    tensors = random_weights(network, rng, dtype=np.float32)
    arrays = {
        layer: {key: value.numpy() for key, value in p.items()} for layer, p in tensors.items()
    }
    save_weights(folder / "w.h5", network, arrays, plain((SIDE, SIDE)), "random", "none")
    read, source = load.load_weights(folder / "w.h5"), dataset.source(str(folder / "images"))
    for name, kept in (("run.h5", LAYERS), ("without.h5", ())):
        settings = run.Settings(
            "small",
            "",
            read.digest,
            json.dumps(asdict(read.preprocessing)),
            "crop",
            (SIDE, SIDE),
            source.digest,
            COUNT,
            LAYERS,
            TOP,
            5,
            (1, 1),
            kept,
        )
        scan = Accumulator(read.network, read, LAYERS, (SIDE, SIDE), 5, TOP, kept)
        loop.advance(
            run.Run(settings, source.root, str(folder / "w.h5"), source.names),
            scan,
            source,
            read.preprocessing,
            folder / name,
            60,
        )
    return folder


@pytest.mark.parametrize("rule", ["gradient", "deconvnet", "guided"])
def test_what_comes_down_through_a_sum_s_paths_is_all_of_it_where_the_rule_is_linear(folder, rule):
    now, read = run_file.load(folder / "run.h5"), load.load_weights(folder / "w.h5")
    layer, sums = LAYERS[2], read.network.residuals()[LAYERS[2]]
    assert (sums.shortcut, sums.branch) == (LAYERS[1], "stage_block2_2")
    net = Deconvnet(read.network, read, LAYERS[3], rule, inner=[layer, sums.shortcut, sums.branch])
    found, troubles = tiles.strips(
        net,
        now,
        dataset.source(now.root),
        read.preprocessing,
        {layer: np.arange(6, dtype=np.int32)},
        lambda *_: (20, 20),
        {layer: (sums.shortcut, sums.branch)},
        raw=True,
    )
    strip, whole = found[layer], found[layer].raw[layer]
    assert troubles.lines() == [] and (strip.words == "").sum() > 12
    # each part is the projection of the sum's input, started with the unit's activation
    x = images.read(sorted((folder / "images").iterdir()), read.preprocessing)
    row, rank = np.argwhere(strip.words == "")[0]
    for part in (sums.shortcut, sums.branch):
        units = Deconvnet(read.network, read, part, rule).units(
            x,
            [strip.images[row, rank]],
            [strip.channels[row]],
            strip.positions[row, rank][None],
            strip.values[row, rank][None],
        )
        wanted = tiles.laid(units.patches[0], units.boxes[0], strip.raw["boxes"][row, rank])
        np.testing.assert_allclose(
            strip.raw[part][row, rank], wanted, rtol=0, atol=1e-5 * np.abs(whole).max()
        )
    off = (
        np.abs(strip.raw[sums.shortcut] + strip.raw[sums.branch] - whole).max()
        / np.abs(whole).max()
    )
    if rule == "gradient":
        assert off < 1e-5 and strip.gap < 1e-5  # float32
    else:
        assert off > 1e-2 and strip.gap > 1e-2
    assert ("linear" in run_figures.adds_up(strip.gap, rule)) == (rule == "gradient")


@pytest.fixture
def rows(monkeypatch):
    """What the pictures are drawn from."""
    found: list[list[residual_figures.Row]] = []
    pages = residual_figures.pages
    monkeypatch.setattr(
        residual_figures,
        "pages",
        lambda rows, *rest: (found.append(list(rows)), pages(rows, *rest))[1],
    )
    return found


def test_a_picture_a_channel_a_row_a_block(folder, visualise, rows, tmp_path):  # noqa: F811
    status, lines, err = visualise(
        "--run", folder / "run.h5", "--blocks", "stage", "-f", "4,1", "--raw", "--out", tmp_path
    )
    assert (status, err) == (0, [])
    assert [Path(line).name for line in lines] == [
        f"run-small-stage-channel{c}-deconvnet-blocks.png" for c in (4, 1)
    ]
    now = run_file.load(folder / "run.h5")
    for channel, picture, line in zip((4, 1), rows, lines):
        assert [row.strip.layer for row in picture] == list(LAYERS[1:])
        assert images.text_of(line)["channels"] == str(channel) and images.text_of(line)[
            "blocks"
        ] == ",".join(LAYERS[1:])
        for before, row in zip([None, *picture], picture):
            kept = now.state[row.strip.layer]
            assert row.strip.channels[row.channel] == channel
            np.testing.assert_array_equal(row.strip.values[row.channel], kept["values"][channel])
            share = (
                kept["shortcuts"][channel].sum()
                / (kept["shortcuts"] + kept["branches"])[channel].sum()
            )
            assert f"{100 * share:.0f} % through the identity path" in row.told
            assert before is None or re.search(
                f"{len(set(kept['images'][channel]) & set(now.state[before.strip.layer]['images'][channel]))} of its {TOP} images "
                rf"are {before.strip.layer}'s too; rank correlation with it -?[01]\.\d\d;",
                row.told,
            ), row.told
        with np.load(Path(line).with_suffix(".npz")) as found:
            assert (
                found[f"{LAYERS[1]}.activations"].shape == (TOP,)
                and found[f"{LAYERS[2]}.patches"].shape[0] == TOP
            )
    rows.clear()
    assert visualise(
        "--run", folder / "without.h5", "--blocks", "stage", "--step", "2", "--out", tmp_path
    )[::2] == (0, [])
    assert [row.strip.layer for row in rows[0]] == [
        LAYERS[1],
        LAYERS[3],
    ] and "rank correlation not kept" in rows[0][1].told
    assert f"are {LAYERS[1]}'s too" in rows[0][1].told


def test_all_blocks_come_down_from_one_way_up(folder, visualise, monkeypatch, tmp_path):  # noqa: F811
    went, forward = [], Deconvnet.forward
    monkeypatch.setattr(
        Deconvnet, "forward", lambda net, x: (went.append(len(x)), forward(net, x))[1]
    )
    status, _, err = visualise(
        "--run",
        folder / "run.h5",
        "--blocks",
        "stage",
        "-f",
        2,
        "--split",
        "--rule",
        "gradient",
        "--out",
        tmp_path,
    )
    assert (status, err) == (0, [])
    state = run_file.load(folder / "run.h5").state
    assert sum(went) == len(
        np.unique(np.concatenate([state[layer]["images"][2] for layer in LAYERS[1:]]))
    )


def test_a_part_that_is_nothing_takes_nothing_from_the_others(rng):
    signal, box = rng.standard_normal((9, 9, 3)).astype(np.float32) * 1e-4, np.array([[0, 0, 9, 9]])
    tiles = np.zeros((1, 1, 9, 9, 3), np.uint8)
    strip = tiles.Strip(
        "whole",
        np.zeros(1, int),
        *[np.zeros((1, 1))] * 4,
        tiles,
        {name: tiles.copy() for name in ("whole", "shortcut", "branch")},
        (9, 9),
        {},
    )
    at, photos = (np.zeros(1, int), np.zeros(1, int)), [np.zeros((9, 9, 3), np.uint8)]
    units = {
        name: Units(np.ones(1), np.zeros((1, 2)), box, box, part[None])
        for name, part in (("whole", signal), ("shortcut", 0 * signal), ("branch", signal))
    }
    tiles.draw(strip, at, units, photos, plain((9, 9)), None)
    np.testing.assert_array_equal(
        strip.projections["whole"][0, 0], pixels.colours(signal, plain((9, 9)))
    )
    np.testing.assert_array_equal(strip.projections["whole"], strip.projections["branch"])
    assert (strip.projections["shortcut"] == 128).all() and strip.gap == 0
    # and all are on one scale, whose end is a percentile
    units["branch"] = Units(np.ones(1), np.zeros((1, 2)), box, box, signal[None] / 2)
    tiles.draw(strip, at, units, photos, plain((9, 9)), None)
    assert 60 < abs(
        strip.projections["branch"].astype(float) - 128
    ).max() < 70 and strip.gap == pytest.approx(0.5)


def test_a_unit_is_in_the_middle_also_where_it_sees_the_whole_image():
    box = np.array([-10, 3, 21, 30])
    np.testing.assert_array_equal(tiles.middle(box, (31, 27)), box)
    np.testing.assert_array_equal(tiles.middle(box, (11, 7)), (0, 13, 11, 20))


def settled(layers) -> run.Run:
    return run.Run(run.Settings("", "", "", "", "", (9, 9), "", 1, tuple(layers), 9, 1), "", "", ())


def test_stages_by_every_name():
    network = NETWORKS["resnet50"](variant="torchvision")
    everything = settled(network.residuals())
    wanted = [f"conv4_block{i}_out" for i in range(1, 7)]
    for stage in ("conv4", "conv4_", "layer3", "layer3."):
        assert provenance.blocks_of(everything, "run.h5", network, stage, 1) == wanted
    assert provenance.blocks_of(everything, "run.h5", network, "conv4", 4) == [wanted[0], wanted[4]]
    assert provenance.blocks_of(settled(wanted[2:4]), "run.h5", network, "conv4", 1) == wanted[2:4]
    assert (
        provenance.blocks_of(settled(network.residuals()), "run.h5", network, "conv4_block2", 1)
        == wanted[1:2]
    )
    for stage, layers, says in (
        ("conv", network.residuals(), "several stages: conv2_block1_out has 256"),
        (
            "block",
            network.residuals(),
            "no block outputs that begin with 'block': it has conv2_block1_out",
        ),
        ("conv1", ["conv1_conv"], "it has none at all"),
    ):
        with pytest.raises(UserError, match=says):
            provenance.blocks_of(settled(layers), "run.h5", network, stage, 1)
    assert provenance.blocks_of(
        settled(["stage_block1_out"]), "", residual_network(), "stage", 1
    ) == ["stage_block1_out"]


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["--blocks", "stage"], "--blocks is for a --run"),
        (["--split"], "--split is for --blocks"),
        (["--run", "run.h5", "--step", "2"], "--step is for --blocks"),
        (["--run", "run.h5", "--blocks", "nonesuch"], "no block outputs"),
        (["--run", "run.h5", "--blocks", "stage", "-l", "first"], "-l and --blocks"),
        (["--run", "run.h5", "--blocks", "stage", "-f", "6"], "has 6 channels"),
        (["--run", "run.h5", "--blocks", "stage", "--step", "0"], "'0'"),
        (
            ["--run", "run.h5", "--blocks", "stage_block1", "--split", "--out", "run.h5"],
            "cannot write to run.h5",
        ),
    ],
    ids=str,
)
def test_mistakes_are_one_line(folder, visualise, monkeypatch, arguments, says):  # noqa: F811
    monkeypatch.chdir(folder)
    before = sorted(path.name for path in folder.iterdir())
    status, lines, err = visualise(*arguments)
    assert (status, lines, len(err)) == (2, [], 1) and says in err[0], err
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize("count, split", [(1, False), (6, True), (36, False), (36, True)])
def test_no_text_overlaps_and_every_row_is_there(rng, spots, count, split):  # noqa: F811
    shape = (2, 9)
    tiles = np.zeros((*shape, 80, 80, 3), np.uint8)
    rows = [
        residual_figures.Row(
            tiles.Strip(
                f"conv4_block{i}_out",
                np.array([7, 1023]),
                np.ones(shape),
                np.zeros(shape, int),
                np.zeros((*shape, 2), int),
                np.full(shape, "changed"),
                tiles,
                {name: tiles for name in ("whole", "a", "b")[: 3 if split else 1]},
                (224, 224),
                {},
            ),
            1,
            "fires 3534.2 ... -1.2345e-5; 9 of its 9 images are conv4_block35_out's too; rank correlation with it -0.11; "
            "-20 % through the identity path, 120 % through the branch",
        )
        for i in range(1, count + 1)
    ]
    made = list(
        residual_figures.pages(
            rows, "resnet152   conv4   channel 1023", "top 9\nidentity + residual"
        )
    )
    assert [number for number, _, _ in made] == list(range(1, made[0][1] + 1)) and (
        len(made) > 1
    ) == (count == 36)
    assert all(picture.height <= 2800 and picture.width <= 2048 for _, _, picture in made)
    written = sum(map(len, spots.values()))
    assert written == len(made) * 3 + count * (3 + 4 * split + 9 * (4 if split else 2))
