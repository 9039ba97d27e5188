"""Labels of a run's images: where they are from, what is kept, what channels fire at."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from tfdeconv.errors import UserError
from tfdeconv.scan import run_file
from tfdeconv.scan.image_labels import (
    chance_of,
    channel_labels,
    folder_labels,
    labels_of,
    strongest_labels,
)
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
            assert row["label"] is None and row["lift"] is None
            continue
        counts = [seen.count(label) for label in seen]
        assert row["label"] == seen[int(np.argmax(counts))]
        assert row["label_share"] == max(counts) / len(seen)
        assert row["label_share_of_all"] == everywhere.count(row["label"]) / len(everywhere)
        assert row["lift"] == row["label_share"] / row["label_share_of_all"]
    assert any(channel_labels(run, LAYER))


def test_without_labels_nothing_is_said(block_run):
    assert channel_labels(block_run[1], LAYER) == [None] * len(block_run[1].state[LAYER]["values"])


def test_labels_of_the_strongest_add_up(block_run):
    run = labelled(block_run[1])
    shares = strongest_labels(run, LAYER, 1)
    counts = [share.count for share in shares]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == shares[0].strongest <= run.settings.top
    assert all(share.total == shares[0].total for share in shares)


@pytest.mark.parametrize("total, labelled, drawn", [(7, 3, 4), (6, 5, 3), (5, 2, 5), (8, 1, 2)])
def test_chance_is_that_of_all_ways_to_draw(total, labelled, drawn):
    draws = list(combinations(range(total), drawn))
    for least in range(drawn + 2):
        ways = sum(sum(image < labelled for image in some) >= least for some in draws)
        # logarithms of factorials
        assert abs(chance_of(least, drawn, labelled, total) - ways / len(draws)) < 1e-12
