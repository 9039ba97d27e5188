"""Statistics of residual blocks: from runs against plain numpy, parts of a sum against the maps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers import random_weights
from runs import BLOCK_SIDE, ROOT, blocks_network, brute, call, scanned

from tfdeconv import NETWORKS, Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.network.graph import Residual
from tfdeconv.scan import maxima, residual

SHORTCUTS = ["projection", "identity", "identity", "identity"]  # of blocks_network()


def test_blocks_are_found_with_their_shortcuts():
    assert list(blocks_network().residuals().values()) == [
        Residual("one_block1_out", "one_block1_add", "one_block1_0_conv", "one_block1_3_bn"),
        Residual("one_block2_out", "one_block2_add", "one_block1_out", "one_block2_3_bn"),
        Residual("one_block3_out", "one_block3_add", "one_block2_out", "one_block3_3_bn"),
        Residual("two_add", "two_add", "two_conv", "two_branch"),
    ]
    found = NETWORKS["resnet101"]().residuals()
    assert len(found) == 33 and found["conv4_block2_out"] == Residual(
        "conv4_block2_out", "conv4_block2_add", "conv4_block1_out", "conv4_block2_3_bn"
    )
    assert found["conv4_block1_out"].shortcut == "conv4_block1_0_bn"
    assert not NETWORKS["vgg16"]().residuals()


def test_what_came_through_shortcut_and_branch(block_run):
    _, found, maps = block_run
    for layer, block in blocks_network().residuals().items():
        kept, channel = found.state[layer], np.arange(maps[layer].shape[3])[:, None]
        rows, columns = kept["positions"][..., 0], kept["positions"][..., 1]
        for name, source in (("shortcuts", block.shortcut), ("branches", block.branch)):
            # float32; alone a layer may be folded into another
            wanted = maps[source][kept["images"], rows, columns, channel]
            np.testing.assert_allclose(kept[name], wanted, rtol=1e-4, atol=1e-4)
        both = kept["shortcuts"] + kept["branches"]
        activated = both if layer == "two_add" else np.maximum(both, 0)
        np.testing.assert_array_equal(kept["values"], activated)  # exactly
        share = residual.shortcut_share(found, layer)
        alive = kept["values"][:, 0] > 0
        wanted = kept["shortcuts"].sum(1, dtype=float) / both.sum(1, dtype=float)
        np.testing.assert_allclose(share[alive], wanted[alive], rtol=1e-6)
        assert np.isnan(share[~alive]).all() and alive.any()
    assert not any(name in found.state["stem"] for name in ("shortcuts", "branches"))


def test_sums_of_every_kind_equal_brute_force(rng, tmp_path):
    network = blocks_network()
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.integers(0, 9, (11, BLOCK_SIDE, BLOCK_SIDE, 3)).astype(np.float32)
    found = scanned(tmp_path, x, network, weights, list(network.residuals()), 4, 3)
    for layer in found.state:
        wanted = brute(Deconvnet(network, weights, layer).activations(x), 3)
        np.testing.assert_allclose(
            found.state[layer]["values"], wanted["values"], rtol=1e-4, atol=1e-4
        )


def test_images_shared_with_the_block_before(block_run):
    _, found, _ = block_run
    first, second = (found.state[f"one_block{i}_out"]["images"] for i in (1, 2))
    wanted = [len(set(a) & set(b)) for a, b in zip(first.tolist(), second.tolist())]
    assert residual.shared(found, "one_block1_out", "one_block2_out").tolist() == wanted
    assert 0 < max(wanted)
    assert residual.stages(found) == {
        "one": [f"one_block{i}_out" for i in (1, 2, 3)],
        "two": ["two_add"],
    }


def naive_ranks(values: np.ndarray) -> np.ndarray:
    ranks = [(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values]
    return np.array(ranks)


def test_rank_correlation(block_run, rng):
    folder, found, _ = block_run
    rows = rng.integers(0, 5, (4, 30)).astype(float)  # many ties
    np.testing.assert_array_equal(residual.ranks(rows), [naive_ranks(row) for row in rows])
    kept = maxima.load(folder / "run.h5", found)
    a, b = (np.delete(kept.columns(f"one_block{i}_out"), 9, 1) for i in (1, 2))
    wanted = np.full(len(a), np.nan)
    for i, (p, q) in enumerate(zip(a, b)):
        if p.any() and q.any():
            wanted[i] = np.corrcoef(naive_ranks(p), naive_ranks(q))[0, 1]
    got = residual.correlations(kept, "one_block1_out", "one_block2_out")
    np.testing.assert_allclose(got, wanted, rtol=1e-9)
    np.testing.assert_array_equal(
        residual.correlations(kept, "one_block1_out", "one_block2_out", [4, 1]), got[[4, 1]]
    )
    assert residual.correlations(kept, "stem", "one_block1_out") is None
    assert residual.correlations(None, "one_block1_out", "one_block2_out") is None


def test_ranks_taken_in_parts(block_run, monkeypatch):
    folder, found, _ = block_run
    kept = maxima.load(folder / "run.h5", found)
    whole = residual.correlations(kept, "one_block1_out", "one_block2_out")
    monkeypatch.setattr(residual, "AT_ONCE", 150)
    np.testing.assert_array_equal(
        residual.correlations(kept, "one_block1_out", "one_block2_out"), whole
    )


def test_describe_prints_block_statistics(block_run, capfd, tmp_path):
    folder, found, _ = block_run
    script = str(ROOT / "scripts/describe.py")
    capfd.readouterr()
    assert call(script, "--run", folder / "run.h5", "--blocks") == 0
    lines = capfd.readouterr()[0].splitlines()
    assert [line.split()[0] for line in lines[1:5]] == [f"one_block{i}_out" for i in (1, 2, 3)] + [
        "two_add"
    ]
    assert call(script, "--run", folder / "run.h5", "--blocks", "--json") == 0
    rows = json.loads(capfd.readouterr()[0])["blocks"]
    shares = residual.shortcut_share(found, "one_block2_out")
    assert rows[1]["shortcut_share"] == pytest.approx(
        [np.nanmean(shares), *np.nanpercentile(shares, (25, 50, 75))]
    )
    assert rows[0]["shared"] is None and rows[3]["correlation"] is None
    assert [row["shortcut"] for row in rows] == SHORTCUTS
    assert [line.split()[2] for line in lines[1:5]] == SHORTCUTS
    assert rows[1]["before"] == "one_block1_out"
    (folder / "run.maxima.npy").rename(tmp_path / "away.npy")
    try:
        assert call(script, "--run", folder / "run.h5", "--blocks") == 2
        assert "run.maxima.npy is missing" in capfd.readouterr()[1]
        for content, words in (
            ((tmp_path / "away.npy").read_bytes()[:500], "cannot be read"),
            (b"hello", "cannot be read"),
        ):
            (folder / "run.maxima.npy").write_bytes(content)
            assert call(script, "--run", folder / "run.h5", "--blocks") == 2
            errors = capfd.readouterr()[1]
            assert words in errors and errors.count("\n") == 1
        np.save(folder / "run.maxima.npy", np.zeros((70, 18)))
        with pytest.raises(UserError, match="is not of"):
            maxima.load(folder / "run.h5", found)
        other = np.load(tmp_path / "away.npy")
        other[:64] += 1
        np.save(folder / "run.maxima.npy", other)
        with pytest.raises(UserError, match="has other maxima than"):
            maxima.load(folder / "run.h5", found)
    finally:
        (tmp_path / "away.npy").replace(folder / "run.maxima.npy")
    assert call(script, "--blocks") == 2
