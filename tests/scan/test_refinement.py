"""What residual blocks do, in figures: from runs against plain numpy, and the scan's parts of a sum against the maps themselves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers import random_weights
from test_scan import brute, plain, scanned
from test_team import call

from tfdeconv import NETWORKS, Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder, Network, Residual
from tfdeconv.network.layers import RELU, Add, BatchNorm, Conv
from tfdeconv.scan import maxima, residual, run_file
from tfdeconv.weights.native import save_weights

ROOT = Path(__file__).parents[2]
SIDE = 14


def blocks_network() -> Network:
    """Two stages: one of three blocks, the first with a projection; one of a single block whose sum nothing rectifies."""
    net = Builder("blocks", (SIDE, SIDE, 3))
    last = net.add("stem", Conv(4, 3, pad=1, activation=RELU))
    for block in (1, 2, 3):
        name = f"one_block{block}"
        shortcut = net.add(f"{name}_0_conv", Conv(6, 1), last) if block == 1 else last
        net.add(f"{name}_1_conv", Conv(5, 3, pad=1, activation=RELU), last)
        net.add(f"{name}_2_conv", Conv(6, 1))
        branch = net.add(f"{name}_3_bn", BatchNorm(1e-3))
        net.add(f"{name}_add", Add(), shortcut, branch)
        last = net.add(f"{name}_out", RELU)
    net.add("two_conv", Conv(8, 3, stride=2, activation=RELU))
    net.add("two_branch", Conv(8, 3, pad=1))
    net.add("two_add", Add(), "two_branch", "two_conv")
    return net.network()


def test_blocks_are_found_with_their_shortcuts():
    assert list(blocks_network().residuals().values()) == [
        *(
            Residual(
                f"one_block{i}_out",
                f"one_block{i}_add",
                "one_block1_0_conv" if i == 1 else f"one_block{i - 1}_out",
                f"one_block{i}_3_bn",
            )
            for i in (1, 2, 3)
        ),
        Residual("two_add", "two_add", "two_conv", "two_branch"),
    ]
    found = NETWORKS["resnet101"]().residuals()
    assert len(found) == 33 and found["conv4_block2_out"] == Residual(
        "conv4_block2_out", "conv4_block2_add", "conv4_block1_out", "conv4_block2_3_bn"
    )
    assert found["conv4_block1_out"].shortcut == "conv4_block1_0_bn"
    assert not NETWORKS["vgg16"]().residuals()


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """A run over 70 images of noise with all maxima kept, the images, and all activations by layer."""
    rng, folder = np.random.default_rng(5), tmp_path_factory.mktemp("blocks")
    network = blocks_network()
    weights = random_weights(network, rng, dtype=np.float32)
    save_weights(
        folder / "w.h5",
        network,
        {name: {key: value.numpy() for key, value in p.items()} for name, p in weights.items()},
        plain((SIDE, SIDE)),
        "random",
        "none",
    )
    x = rng.integers(0, 6, (70, SIDE, SIDE, 3)).astype(np.uint8)
    x[9] = x[2]
    np.save(folder / "x.npy", x)
    assert (
        call(
            str(ROOT / "scripts/scan.py"),
            folder / "x.npy",
            "--weights",
            folder / "w.h5",
            "--out",
            folder / "run.h5",
            "--keep-maxima",
            "one_block1_out,one_block2_out,one_block3_out",
            "--top",
            5,
        )
        == 0
    )
    found = run_file.load(folder / "run.h5")
    maps = {
        name: Deconvnet(network, weights, name).activations(x)
        for name in (
            *found.state,
            "one_block1_3_bn",
            "one_block2_3_bn",
            "one_block3_3_bn",
            "two_branch",
        )
    }
    return folder, found, maps


def test_what_came_through_shortcut_and_branch(trial):
    _, found, maps = trial
    for layer, block in blocks_network().residuals().items():
        kept, channel = found.state[layer], np.arange(maps[layer].shape[3])[:, None]
        rows, columns = kept["positions"][..., 0], kept["positions"][..., 1]
        for name, source in (("shortcuts", block.shortcut), ("branches", block.branch)):
            # float32; alone a layer may be folded into another
            np.testing.assert_allclose(
                kept[name],
                maps[source][kept["images"], rows, columns, channel],
                rtol=1e-4,
                atol=1e-4,
            )
        both = kept["shortcuts"] + kept["branches"]
        np.testing.assert_array_equal(
            kept["values"], both if layer == "two_add" else np.maximum(both, 0)
        )  # exactly
        share = residual.identity_share(found, layer)
        alive = kept["values"][:, 0] > 0
        wanted = kept["shortcuts"].sum(1, dtype=float) / both.sum(1, dtype=float)
        np.testing.assert_allclose(share[alive], wanted[alive], rtol=1e-6)
        assert np.isnan(share[~alive]).all() and alive.any()
    assert not any(name in found.state["stem"] for name in ("shortcuts", "branches"))


def test_images_shared_with_the_block_before(trial):
    _, found, _ = trial
    first, second = (found.state[f"one_block{i}_out"]["images"] for i in (1, 2))
    wanted = [len(set(a) & set(b)) for a, b in zip(first.tolist(), second.tolist())]
    assert residual.shared(
        found, "one_block1_out", "one_block2_out"
    ).tolist() == wanted and 0 < max(wanted)
    assert residual.stages(found) == {
        "one": [f"one_block{i}_out" for i in (1, 2, 3)],
        "two": ["two_add"],
    }


def test_maxima_are_kept_of_every_image_that_counts(trial):
    folder, found, maps = trial
    kept = maxima.load(folder / "run.h5", found)
    for layer in found.settings.kept:
        wanted = maps[layer].max((1, 2)).T
        got = kept.columns(layer)
        assert (
            np.isnan(got[:, 9]).all() and not np.isnan(np.delete(got, 9, 1)).any()
        )  # image 9 came before
        # half precision has 11 bits
        np.testing.assert_allclose(
            np.delete(got, 9, 1), np.delete(wanted, 9, 1), rtol=2**-11 + 1e-5, atol=1e-4
        )
        np.testing.assert_array_equal(kept.columns(layer, slice(2, 4)), got[2:4])
    array = np.load(folder / "run.maxima.npy")
    assert (
        array.shape == (2, 18, 64) and array.dtype == np.float16 and np.isnan(array[1, :, 6:]).all()
    )


def naive_ranks(values: np.ndarray) -> np.ndarray:
    return np.array(
        [(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values]
    )


def test_rank_correlation(trial, rng):
    folder, found, _ = trial
    rows = rng.integers(0, 5, (4, 30)).astype(float)  # many ties
    np.testing.assert_array_equal(residual.ranks(rows), [naive_ranks(row) for row in rows])
    kept = maxima.load(folder / "run.h5", found)
    a, b = (np.delete(kept.columns(f"one_block{i}_out"), 9, 1) for i in (1, 2))
    wanted = [
        np.corrcoef(naive_ranks(p), naive_ranks(q))[0, 1] if p.any() and q.any() else np.nan
        for p, q in zip(a, b)
    ]
    got = residual.correlations(kept, "one_block1_out", "one_block2_out")
    np.testing.assert_allclose(got, wanted, rtol=1e-9)
    np.testing.assert_array_equal(
        residual.correlations(kept, "one_block1_out", "one_block2_out", [4, 1]), got[[4, 1]]
    )
    assert residual.correlations(kept, "stem", "one_block1_out") is None
    assert residual.correlations(None, "one_block1_out", "one_block2_out") is None


def test_ranks_are_taken_in_parts_where_there_are_many(trial, monkeypatch):
    folder, found, _ = trial
    kept = maxima.load(folder / "run.h5", found)
    whole = residual.correlations(kept, "one_block1_out", "one_block2_out")
    monkeypatch.setattr(residual, "AT_ONCE", 150)
    np.testing.assert_array_equal(
        residual.correlations(kept, "one_block1_out", "one_block2_out"), whole
    )


def test_describe_prints_them(trial, capfd, tmp_path):
    folder, found, _ = trial
    script = str(ROOT / "scripts/describe.py")
    capfd.readouterr()
    assert call(script, "--run", folder / "run.h5", "--blocks") == 0
    lines = capfd.readouterr()[0].splitlines()
    assert [line.split()[0] for line in lines[1:5]] == [f"one_block{i}_out" for i in (1, 2, 3)] + [
        "two_add"
    ]
    assert call(script, "--run", folder / "run.h5", "--blocks", "--json") == 0
    rows = json.loads(capfd.readouterr()[0])["blocks"]
    shares = residual.identity_share(found, "one_block2_out")
    assert rows[1]["identity"] == pytest.approx(
        [np.nanmean(shares), *np.nanpercentile(shares, (25, 50, 75))]
    )
    assert (
        rows[0]["shared"] is None
        and rows[1]["before"] == "one_block1_out"
        and rows[3]["correlation"] is None
    )
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
        np.save(folder / "run.maxima.npy", np.zeros((2, 18, 64)))
        with pytest.raises(UserError, match="is not of"):
            maxima.load(folder / "run.h5", found)
        other = np.load(tmp_path / "away.npy")
        other[0, :, :] += 1
        np.save(folder / "run.maxima.npy", other)
        with pytest.raises(UserError, match="has other maxima than"):
            maxima.load(folder / "run.h5", found)
    finally:
        (tmp_path / "away.npy").replace(folder / "run.maxima.npy")
    assert call(script, "--blocks") == 2


def test_mistakes_with_maxima(trial, capfd, tmp_path, monkeypatch):
    folder, _, _ = trial
    script = str(ROOT / "scripts/scan.py")
    given = [
        script,
        folder / "x.npy",
        "--weights",
        folder / "w.h5",
        "--layers",
        "stem",
        "--out",
        tmp_path / "run.h5",
    ]

    def refused(*more: object) -> str:
        capfd.readouterr()
        assert call(*given, *more) == 2
        lines, errors = capfd.readouterr()
        assert (
            lines.count("maxima of 70 images") == lines.count("\n") <= 1 and errors.count("\n") == 1
        )
        return errors

    assert "only layers that are scanned" in refused("--keep-maxima", "one_block1_out")
    assert "no layer 'nonesuch'" in refused("--keep-maxima", "nonesuch")
    monkeypatch.setattr(
        maxima.shutil, "disk_usage", lambda path: maxima.shutil._ntuple_diskusage(100, 99, 1)
    )
    assert "would take" in refused("--keep-maxima", "all")
    monkeypatch.undo()
    (tmp_path / "run.maxima.npy").write_text("my diary")
    assert "is there without its run" in refused("--keep-maxima", "all")
    assert (tmp_path / "run.maxima.npy").read_text() == "my diary" and not (
        tmp_path / "run.h5"
    ).exists()
    (tmp_path / "run.maxima.npy").unlink()
    assert call(*given, "--keep-maxima", "all") == 0
    (tmp_path / "run.maxima.npy").rename(tmp_path / "kept.npy")
    now = run_file.load(tmp_path / "run.h5")
    now.done, now.scanned = 64, 63  # as if it had been stopped there
    run_file.save(tmp_path / "run.h5", now)
    assert "is missing: it has the maxima of the 64 images" in refused("--keep-maxima", "all")
    (tmp_path / "run.maxima.npy").write_text("my diary")
    assert "is not of this run" in refused("--keep-maxima", "all")
    assert "its --keep-maxima is stem, asked for " in refused()


def test_values_beyond_half_precision_are_its_largest():
    np.testing.assert_array_equal(
        maxima.half(np.array([1e6, -1e6, 0.5], np.float32)),
        np.array([65504, -65504, 0.5], np.float16),
    )


def test_sums_of_every_kind_agree_with_brute_force(rng, tmp_path):
    network = blocks_network()
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.integers(0, 9, (11, SIDE, SIDE, 3)).astype(np.float32)
    found = scanned(tmp_path, x, network, weights, list(network.residuals()), 4, 3)
    for layer in found.state:
        wanted = brute(Deconvnet(network, weights, layer).activations(x), 3)
        np.testing.assert_allclose(
            found.state[layer]["values"], wanted["values"], rtol=1e-4, atol=1e-4
        )
