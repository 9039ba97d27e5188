"""Images that were skipped, read again: as if they could have been read at once."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from runs import SIDE, assert_equal_runs

from tfdeconv.scan import maxima, retry as retry_module, run_file


@pytest.fixture
def folder(tmp_path, rng):
    """40 photos of few values, full of ties; some have the pixels of others."""
    folder = tmp_path / "photos"
    folder.mkdir()
    x = rng.integers(0, 2, (40, SIDE, SIDE, 3)).astype(np.uint8) * 2
    x[30], x[35], x[38], x[21] = x[5], x[5], x[7], x[2]
    for number, pixels in enumerate(x):
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    return folder


def test_what_can_be_read_now_is_taken_in(script, small, folder, tmp_path, monkeypatch):
    given = [folder, *small[1:3], "--batch", 4, "--keep-maxima", "all", "--out"]
    assert script(*given, tmp_path / "whole.h5")[0] == 0
    # 5 comes before its copies, 35 behind the first; 9 to 12 are one batch
    hidden = ["02", "05", "09", "10", "11", "12", "35", "38", "39"]
    contents = {}
    for name in hidden:
        contents[name] = (folder / f"{name}.png").read_bytes()
        (folder / f"{name}.png").write_bytes(b"damaged")
    status, lines, err = script(*given, tmp_path / "run.h5")
    assert status == 1 and "9 could not be read" in lines[-1] and len(err) == 4
    assert script(*given, tmp_path / "run.h5", "--retry")[0] == 1
    for name in hidden[:4]:
        (folder / f"{name}.png").write_bytes(contents[name])
    assert script(*given, tmp_path / "run.h5", "--retry")[0] == 1
    assert len(run_file.load(tmp_path / "run.h5").skipped) == 5
    for name in hidden[4:]:
        (folder / f"{name}.png").write_bytes(contents[name])

    def killed(path, run):
        raise KeyboardInterrupt

    # before the run is written and after its maxima are
    with monkeypatch.context() as patch:
        patch.setattr(retry_module.run_file, "save", killed)
        assert script(*given, tmp_path / "run.h5", "--retry")[0] == 130
    found = run_file.load(tmp_path / "run.h5")
    assert len(found.skipped) == 5
    kept = maxima.load(tmp_path / "run.h5", found)
    assert kept is not None and np.isnan(kept.columns("first")[:, 39]).all()
    status, lines, err = script(*given, tmp_path / "run.h5", "--retry")
    assert (status, err) == (0, []) and "0 could not be read" in lines[-1]
    assert_equal_runs(tmp_path / "run.h5", tmp_path / "whole.h5")


def test_retry_is_for_one_process(script, small, monkeypatch):
    workers = '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 0}}'
    monkeypatch.setenv("TF_CONFIG", workers)
    status, lines, err = script(*small, "--retry")
    assert (status, lines, len(err)) == (2, [], 1) and "--retry is for one process" in err[0]
