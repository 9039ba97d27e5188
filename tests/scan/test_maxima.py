"""The maxima of every image, in their file: against the maps themselves, and mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from runs import ROOT, call

from tfdeconv.errors import UserError
from tfdeconv.formats.hdf5_write import create_hdf5
from tfdeconv.scan import maxima, maxima_writer, run_file
from tfdeconv.scan.maxima_writer import MaximaWriter
from tfdeconv.scan.run import Settings


def test_maxima_of_every_image_that_counts(block_run):
    folder, found, maps = block_run
    kept = maxima.load(folder / "run.h5", found)
    for layer in found.settings.kept:
        wanted = maps[layer].max((1, 2)).T
        got = kept.columns(layer)
        # image 9 came before
        assert np.isnan(got[:, 9]).all() and not np.isnan(np.delete(got, 9, 1)).any()
        # half precision has 11 bits
        np.testing.assert_allclose(
            np.delete(got, 9, 1), np.delete(wanted, 9, 1), rtol=2**-11 + 1e-5, atol=1e-4
        )
        np.testing.assert_array_equal(kept.columns(layer, slice(2, 4)), got[2:4])
    array = np.load(folder / "run.maxima.npy")
    assert array.shape == (70, 18) and array.dtype == np.float16 and np.isnan(array[9]).all()


def test_values_beyond_half_precision_are_clipped():
    np.testing.assert_array_equal(
        maxima.half(np.array([1e6, -1e6, 0.5], np.float32)),
        np.array([65504, -65504, 0.5], np.float16),
    )


def full_disk_at(number):
    """create_hdf5, whose call of that number finds the disk full."""
    calls = []

    def create(path):
        calls.append(path)
        if len(calls) == number:
            raise UserError(f"cannot write {path}: No space left on device")
        return create_hdf5(path)

    return create


def test_mistakes_with_maxima_files(block_run, capfd, tmp_path, monkeypatch):
    folder, _, _ = block_run
    script = str(ROOT / "scripts/scan.py")
    files = ["--weights", folder / "w.h5", "--out", tmp_path / "run.h5"]
    given = [script, folder / "x.npy", *files, "--layers", "stem"]

    def refused(*more: object) -> str:
        capfd.readouterr()
        assert call(*given, *more) == 2
        lines, errors = capfd.readouterr()
        assert lines.count("maxima of 70 images") == lines.count("\n") <= 1
        assert errors.count("\n") == 1
        return errors

    assert "only layers that are scanned" in refused("--keep-maxima", "one_block1_out")
    assert "no layer 'nonesuch'" in refused("--keep-maxima", "nonesuch")
    monkeypatch.setattr(
        maxima_writer.shutil,
        "disk_usage",
        lambda path: maxima_writer.shutil._ntuple_diskusage(100, 99, 1),
    )
    assert "the disk has" in refused("--keep-maxima", "all")
    monkeypatch.undo()
    (tmp_path / "run.maxima.npy").write_text("my diary")
    assert "exists, but its run does not" in refused("--keep-maxima", "all")
    assert (tmp_path / "run.maxima.npy").read_text() == "my diary"
    assert not (tmp_path / "run.h5").exists()
    (tmp_path / "run.maxima.npy").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(run_file, "create_hdf5", full_disk_at(4))
        assert "No space left" in refused("--batch", "32", "--every", "0", "--keep-maxima", "all")
    assert run_file.load(tmp_path / "run.h5").done == 64
    (tmp_path / "run.maxima.npy").unlink()
    given += ["--batch", "32"]
    assert "is missing: it has the maxima of the 64 images" in refused("--keep-maxima", "all")
    (tmp_path / "run.maxima.npy").write_text("my diary")
    assert "belongs to another run" in refused("--keep-maxima", "all")
    np.save(tmp_path / "run.maxima.npy", np.zeros((2, 4, 64), "<f2"))  # as earlier versions did
    assert "earlier layout" in refused("--keep-maxima", "all")
    with pytest.raises(UserError, match="earlier layout.*scan again"):
        maxima.load(tmp_path / "run.h5", run_file.load(tmp_path / "run.h5"))


def test_a_resumed_maxima_file_is_the_same(tmp_path, rng, monkeypatch):
    """Rows that were not saved are written again; blocks of rows end anywhere."""
    monkeypatch.setattr(maxima, "ROWS", 4)
    settings = Settings(
        *("net", "", "0" * 64, "", "keep", (8, 8), "0" * 64, 20, ("a", "b"), 9, 4),
        shard=(2, 2),
        kept=("a", "b"),
    )
    assert settings.range == range(8, 20)
    rows = rng.random((12, 5)).astype(np.float16)
    counts = np.arange(12) % 5 != 3

    def write(writer: MaximaWriter, start: int, stop: int) -> None:
        numbers = np.arange(start, stop)[counts[start:stop]]
        writer.put(numbers + 8, rows[numbers])

    channels = {"a": 2, "b": 3}
    whole = MaximaWriter(tmp_path / "whole.npy", settings, channels)
    whole.begin(0)
    write(whole, 0, 12)
    whole.flush(12)
    killed = MaximaWriter(tmp_path / "killed.npy", settings, channels)
    killed.begin(0)
    write(killed, 0, 9)
    killed.flush(9)
    resumed = MaximaWriter(tmp_path / "killed.npy", settings, channels)
    resumed.check(6, run_exists=True)
    resumed.begin(6)
    write(resumed, 6, 12)
    resumed.flush(7)
    resumed.flush(12)
    assert (tmp_path / "killed.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()
    expected = np.where(counts[:, None], rows, np.nan)
    np.testing.assert_array_equal(np.load(tmp_path / "whole.npy"), expected)
