"""Runs of a list's parts, merged: the same as one process's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from runs import ROOT, assert_same, call, scan

from tfdeconv.scan import run_file


def test_merged_parts_equal_one_process(shared, capfd):
    parts = [shared / f"part{i}.h5" for i in (1, 2, 3)]
    for i, part in enumerate(parts, 1):
        scan(shared, part.name, "--shard", f"{i}/3")
    script = str(ROOT / "scripts/scan.py")
    capfd.readouterr()
    assert call(script, "--out", shared / "merged.h5", "--merge", parts[2], parts[0], parts[1]) == 0
    assert capfd.readouterr() == (
        f"{shared / 'merged.h5'}: 98 images, 3 layers; "
        "0 could not be read, 3 appear more than once\n",
        "",
    )
    assert_same(shared, "merged")

    def refused(out: str, *given: Path) -> str:
        assert call(script, "--out", shared / out, "--merge", *given) == 2
        lines, errors = capfd.readouterr()
        assert lines == "" and errors.count("\n") == 1
        return errors

    before = (shared / "merged.h5").read_bytes()
    assert "part 3/3 is missing" in refused("merged.h5", *parts[:2])
    assert "is one of 1 parts" in refused("merged.h5", *parts[:2], shared / "one.h5")
    assert "no such file" in refused("merged.h5", shared / "nonesuch.h5")
    assert "is a run with other options" in refused("part1.h5", *parts)
    (shared / "x.npy").rename(
        shared / "away.npy"
    )  # images came again in other parts, and must be counted once
    try:
        assert "which is gone" in refused("other.h5", *parts)
    finally:
        (shared / "away.npy").rename(shared / "x.npy")
    (shared / "part2.maxima.npy").rename(shared / "away.npy")
    assert "part2.maxima.npy is missing" in refused("other.h5", *parts)
    assert not (shared / "other.h5").exists() and (shared / "merged.h5").read_bytes() == before


def test_more_parts_than_batches(shared, tmp_path):
    (tmp_path / "w.h5").write_bytes((shared / "w.h5").read_bytes())
    np.save(tmp_path / "x.npy", np.load(shared / "x.npy")[:5])
    scan(tmp_path, "one.h5")
    for i in (1, 2, 3):
        scan(tmp_path, f"{i}.h5", "--shard", f"{i}/3")
    assert sorted(run_file.load(tmp_path / f"{i}.h5").scanned for i in (1, 2, 3)) == [0, 1, 4]
    assert (
        call(
            str(ROOT / "scripts/scan.py"),
            "--merge",
            *(tmp_path / f"{i}.h5" for i in (1, 2, 3)),
            "--out",
            tmp_path / "merged.h5",
        )
        == 0
    )
    assert_same(tmp_path, "merged")
