"""Labels of a run's images: where they are from, what is kept, what channels fire at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tfdeconv.errors import UserError
from tfdeconv.scan import run_file
from tfdeconv.scan.image_labels import channel_labels, folder_labels, labels_of
from tfdeconv.scan.strongest import unit_rows
from tfdeconv.scan.summary import channel_rows

LAYER = "one_block2_out"


def labelled(found):
    """The run with a label of every image but each fifth: its number's last digit."""
    labels = [str(i % 10) if i % 5 else "" for i in range(found.settings.count)]
    return replace(found, names=names_of(found, "{}.png"), labels=tuple(labels))


def names_of(found, pattern: str) -> tuple[str, ...]:
    return tuple(pattern.format(i) for i in range(found.settings.count))


def test_labels_are_kept_in_the_file(block_run, tmp_path):
    run = labelled(block_run[1])
    run_file.save(tmp_path / "a.h5", run)
    assert run_file.load(tmp_path / "a.h5").labels == run.labels
    run_file.save(tmp_path / "b.h5", run_file.load(tmp_path / "a.h5"))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    row = next(unit_rows(run, LAYER, [1]))
    assert row["label"] == run.labels[row["number"]]


def test_labels_that_do_not_fit_are_refused(block_run, tmp_path):
    run = labelled(block_run[1])
    run_file.save(tmp_path / "a.h5", replace(run, labels=run.labels[1:]))
    with pytest.raises(UserError, match="do not fit together"):
        run_file.load(tmp_path / "a.h5")


def test_directories_are_labels_if_all_have_one(block_run):
    run = replace(block_run[1], names=names_of(block_run[1], "class/{}.png"))
    assert labels_of(run) == []
    assert folder_labels(("a/x/1.png", "b/y/2.png")) == ["x", "y"]
    assert folder_labels(("a/1.png", "b/2.png", "3.png")) == []
    assert labels_of(replace(run, labels=("1",) * len(run.names))) == ("1",) * len(run.names)


def test_channels_have_the_most_frequent_label(block_run):
    run = labelled(block_run[1])
    counted = [i for i in range(run.settings.count) if run.same[i] < 0 and i not in run.skipped]
    everywhere = [run.labels[i] for i in counted if run.labels[i]]
    arrays = run.state[LAYER]
    for channel, row in enumerate(channel_rows(run, LAYER, None)):
        fired = arrays["images"][channel][arrays["values"][channel] != 0]
        seen = [run.labels[i] for i in fired if run.labels[i]]
        if not seen:
            assert row["label"] is None and row["selectivity"] is None
            continue
        counts = [seen.count(label) for label in seen]
        assert row["label"] == seen[int(np.argmax(counts))]
        assert row["label_share"] == max(counts) / len(seen)
        assert row["label_share_of_all"] == everywhere.count(row["label"]) / len(everywhere)
        assert row["selectivity"] == row["label_share"] / row["label_share_of_all"]
    assert any(channel_labels(run, LAYER))


def test_without_labels_nothing_is_said(block_run):
    assert channel_labels(block_run[1], LAYER) == [None] * len(block_run[1].state[LAYER]["values"])
