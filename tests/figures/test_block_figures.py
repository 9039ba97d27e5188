"""The figure of a residual stage: a picture a channel, a row a block, and what notes say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from command_line import without_digest
from drawn_runs import BLOCKS, TOP, residual_network

from tfdeconv import NETWORKS, Deconvnet, UserError
from tfdeconv.data import images
from tfdeconv.figures import block_notes, residual
from tfdeconv.scan import provenance, run, run_file


@pytest.fixture
def rows(monkeypatch):
    """The rows that each picture is drawn from."""
    pictures: list[list[residual.Row]] = []
    pages = residual.pages

    def recorded(rows, *rest):
        pictures.append(list(rows))
        return pages(rows, *rest)

    monkeypatch.setattr(residual, "pages", recorded)
    return pictures


def test_a_picture_a_channel_a_row_a_block(residual_run, visualise, rows, tmp_path):
    command = ("--run", residual_run / "run.h5", "--blocks", "stage", "--out", tmp_path)
    status, lines, err = visualise(*command, "-f", "4,1", "--raw")
    assert (status, err) == (0, [])
    names = [f"run-small-stage-channel{c}-deconvnet-blocks.png" for c in (4, 1)]
    assert [without_digest(line) for line in lines] == names
    now = run_file.load(residual_run / "run.h5")
    for channel, picture, line in zip((4, 1), rows, lines):
        assert [row.unit_tiles.layer for row in picture] == list(BLOCKS)
        for row in picture:
            assert row.unit_tiles.channels[row.channel] == channel
            values = now.state[row.unit_tiles.layer]["values"][channel]
            np.testing.assert_array_equal(row.unit_tiles.values[row.channel], values)
        text = images.text_of(line)
        assert text["channels"] == str(channel) and text["layer"] == ",".join(BLOCKS)
        with np.load(Path(line).with_suffix(".npz")) as raw:
            assert raw[f"{BLOCKS[0]}.activations"].shape == (TOP,)
            assert raw[f"{BLOCKS[1]}.patches"].shape[0] == TOP


def test_notes_compare_a_block_with_the_previous(residual_run, visualise, rows, tmp_path):
    command = ("--run", residual_run / "run.h5", "--blocks", "stage", "--out", tmp_path)
    assert visualise(*command, "-f", "4,1")[0] == 0
    state = run_file.load(residual_run / "run.h5").state
    for channel, picture in zip((4, 1), rows):
        for before, row in zip([None, *picture], picture):
            arrays = state[row.unit_tiles.layer]
            shortcut = arrays["shortcuts"][channel].sum()
            both = (arrays["shortcuts"] + arrays["branches"])[channel].sum()
            assert f"{100 * shortcut / both:.0f} % through the identity path" in row.note
            if before is None:
                continue
            previous = before.unit_tiles.layer
            shared = set(arrays["images"][channel]) & set(state[previous]["images"][channel])
            assert re.search(
                f"{len(shared)} of its {TOP} images are {previous}'s too; "
                r"rank correlation with it -?[01]\.\d\d;",
                row.note,
            ), row.note


def test_step_skips_blocks(residual_run, visualise, rows, tmp_path):
    command = ("--run", residual_run / "without.h5", "--blocks", "stage", "--out", tmp_path)
    assert visualise(*command, "--step", "2")[::2] == (0, [])
    assert [row.unit_tiles.layer for row in rows[0]] == [BLOCKS[0], BLOCKS[2]]
    note = rows[0][1].note
    assert "rank correlation not kept" in note and f"are {BLOCKS[0]}'s too" in note


def test_all_blocks_share_one_forward_pass(residual_run, visualise, monkeypatch, tmp_path):
    went_up, forward = [], Deconvnet.forward

    def counted(net, x):
        went_up.append(len(x))
        return forward(net, x)

    monkeypatch.setattr(Deconvnet, "forward", counted)
    command = ("--run", residual_run / "run.h5", "--blocks", "stage", "--out", tmp_path)
    status, _, err = visualise(*command, "-f", 2, "--split", "--rule", "gradient")
    assert (status, err) == (0, [])
    state = run_file.load(residual_run / "run.h5").state
    numbers = np.concatenate([state[layer]["images"][2] for layer in BLOCKS])
    assert sum(went_up) == len(np.unique(numbers))


def run_with_layers(layers) -> run.Run:
    return run.Run(run.Settings("", "", "", "", "", (9, 9), "", 1, tuple(layers), 9, 1), "", "", ())


def test_stages_by_every_name():
    network = NETWORKS["resnet50"](variant="torchvision")
    every_block = run_with_layers(network.residuals())
    conv4 = [f"conv4_block{i}_out" for i in range(1, 7)]
    for stage in ("conv4", "conv4_", "layer3", "layer3."):
        assert provenance.blocks_of(every_block, "run.h5", network, stage, 1) == conv4
    assert provenance.blocks_of(every_block, "run.h5", network, "conv4_block2", 1) == conv4[1:2]
    some_blocks = run_with_layers(conv4[2:4])
    assert provenance.blocks_of(some_blocks, "run.h5", network, "conv4", 1) == conv4[2:4]
    one_block = run_with_layers(BLOCKS[:1])
    assert provenance.blocks_of(one_block, "", residual_network(), "stage", 1) == [BLOCKS[0]]


def test_shortcuts_are_identities_or_projections():
    network = NETWORKS["resnet50"](variant="torchvision")
    names = [block_notes.shortcut_name(network, f"conv4_block{i}_out") for i in (1, 2)]
    assert names == ["projection shortcut", "identity path"]
    assert block_notes.shortcut_name(residual_network(), BLOCKS[0]) == "identity path"


def test_stages_with_a_step_keep_the_first():
    network = NETWORKS["resnet50"](variant="torchvision")
    every_block = run_with_layers(network.residuals())
    blocks = provenance.blocks_of(every_block, "run.h5", network, "conv4", 4)
    assert blocks == ["conv4_block1_out", "conv4_block5_out"]


@pytest.mark.parametrize(
    "stage, layers, says",
    [
        ("conv", None, "several stages: conv2_block1_out has 256"),
        ("block", None, "no block outputs that begin with 'block': it has conv2_block1_out"),
        ("conv1", ["conv1_conv"], "it has none at all"),
    ],
)
def test_a_stage_that_is_not_one_is_refused(stage, layers, says):
    network = NETWORKS["resnet50"](variant="torchvision")
    now = run_with_layers(layers or network.residuals())
    with pytest.raises(UserError, match=says):
        provenance.blocks_of(now, "run.h5", network, stage, 1)
