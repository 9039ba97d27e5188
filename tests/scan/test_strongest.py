"""A run's strongest units in words, as describe.py prints them."""

from __future__ import annotations

import csv
import json

import pytest
from runs import ROOT, call

from tfdeconv.errors import UserError
from tfdeconv.scan.strongest import unit_rows

LAYER = "one_block2_out"


def printed(capsys, *arguments: object) -> str:
    capsys.readouterr()
    assert call(str(ROOT / "scripts" / "describe.py"), *arguments) == 0
    return capsys.readouterr().out


def test_units_in_words_are_those_of_the_maps(block_run, capsys):
    folder, found, maps = block_run
    rows = list(csv.DictReader(printed(capsys, "--run", folder / "run.h5", "--csv").splitlines()))
    assert {row["layer"] for row in rows} == set(found.settings.layers)
    for row in rows[:: len(rows) // 50]:
        unit = [int(row[name]) for name in ("number", "row", "column", "channel")]
        value = maps[row["layer"]].reshape(70, -1, *maps[row["layer"]].shape[-2:])[tuple(unit)]
        # float32 in other batches
        assert abs(value - float(row["activation"])) <= 1e-5 * abs(value)
    ranks = [int(row["rank"]) for row in rows if (row["layer"], row["channel"]) == (LAYER, "1")]
    assert ranks == [1, 2, 3, 4, 5]


def test_one_channel_as_table_and_json(block_run, capsys):
    folder, found, _ = block_run
    given = ("--run", folder / "run.h5", "-l", LAYER, "-f", "2")
    units = json.loads(printed(capsys, *given, "--json"))["units"]
    state = found.state[LAYER]
    assert [unit["number"] for unit in units] == state["images"][2].tolist()
    assert [unit["activation"] for unit in units] == state["values"][2].tolist()
    lines = printed(capsys, *given).splitlines()
    assert len(lines) == 6 and lines[1].split()[:3] == [LAYER, "2", "1"]


def test_channels_that_are_not_there_are_refused(block_run):
    with pytest.raises(UserError, match=r"has channels 0 to \d+, not 99"):
        list(unit_rows(block_run[1], LAYER, [99]))
