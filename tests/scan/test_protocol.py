"""What the workers of a scan tell each other, and what a run notes of it; the table of its file."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from runs import ROOT

from tfdeconv.errors import UserError
from tfdeconv.scan import state
from tfdeconv.scan.messages import BatchReport, Report, pack_state, unpack_state
from tfdeconv.scan.run import Run, Settings
from tfdeconv.scan.workers import WorkerGroup, build_on_all, decode, encode


def digests(*values: int) -> np.ndarray:
    """Digests that are different where the values are."""
    return np.array(values, np.uint8)[:, None] * np.ones(32, np.uint8)


@pytest.mark.parametrize("source_lost, save_due", [(False, True), (True, False)])
def test_a_report_survives_its_message(source_lost, save_due):
    batches = (
        BatchReport(digests(1, 2, 3), ("", "it cannot be read", "")),
        BatchReport(np.zeros((0, 32), np.uint8), ()),
        BatchReport(digests(4), ("",)),
    )
    report = Report(source_lost, save_due, batches, {7: "it is infinite"})
    found = Report.from_message(decode(encode(report.to_message())))
    assert (found.source_lost, found.save_due) == (source_lost, save_due)
    assert [batch.reasons for batch in found.batches] == [batch.reasons for batch in batches]
    for batch, original in zip(found.batches, batches):
        np.testing.assert_array_equal(batch.digests, original.digests)


def test_a_state_survives_its_message():
    states = {"a/b": {"values": np.ones((2, 3))}, "c": {"means": np.zeros(4)}}
    found = unpack_state(pack_state(states), ["a/b", "c"])
    assert list(found) == ["a/b", "c"]
    np.testing.assert_array_equal(found["a/b"]["values"], states["a/b"]["values"])
    np.testing.assert_array_equal(found["c"]["means"], states["c"]["means"])


def test_a_run_notes_duplicates_and_reasons():
    """The second part of a list of 14 in batches of 4: images 4 to 13."""
    settings = Settings(
        *("net", "", "0" * 64, "", "crop", (8, 8), "0" * 64, 14, ("a",), 9, 4), shard=(2, 3)
    )
    run = Run(settings, "", "", ())
    assert settings.range == range(4, 8)
    settings = Settings(
        *("net", "", "0" * 64, "", "crop", (8, 8), "0" * 64, 14, ("a",), 9, 4), shard=(2, 2)
    )
    run = Run(settings, "", "", ())
    assert settings.range == range(8, 14)
    first = run.record(digests(7, 0, 5, 7), ["", "damaged", "", ""])
    assert first.tolist() == [8, -1, 10, -1]
    # as it is after loading: what was seen is known from the digests
    resumed = Run(
        *(settings, "", "", (), run.done, run.scanned, run.digests, run.same, run.skipped)
    )
    second = resumed.record(digests(5, 9), ["", ""])
    assert second.tolist() == [-1, 13, -1, -1]
    assert resumed.same.tolist() == [-1, -1, -1, 8, 10, -1]
    assert resumed.skipped == {9: "damaged"}
    assert (resumed.done, resumed.scanned, resumed.finished) == (6, 3, True)


def test_errors_wait_for_the_exchange():
    workers = WorkerGroup(size=2)
    with workers.deferred_errors():
        raise UserError("first")
    with workers.deferred_errors():
        raise UserError("second")
    assert workers.error == "first"
    with pytest.raises(UserError, match="at once"), WorkerGroup().deferred_errors():
        raise UserError("at once")

    with pytest.raises(UserError, match="the memory of this machine ran out: scan fewer at"):
        with WorkerGroup().deferred_errors():
            raise tf.errors.ResourceExhaustedError(None, None, "OOM")

    def build() -> None:
        raise UserError("cannot be built")

    with pytest.raises(UserError, match="cannot be built"):
        build_on_all(build, WorkerGroup())


def field_table() -> str:
    """The table of fields in Markdown, as README.md has it."""
    lines = [
        "| array | type and shape | before the first image | of several parts | of | what |",
        "|---|---|---|---|---|---|",
    ]
    for field in state.FIELDS:
        dtype = np.dtype(field.dtype).name
        shape = ", ".join(["c", *map(str, field.axes)])
        cells = (
            f"`{field.name}`",
            f"{dtype} [{shape}]",
            str(field.empty),
            field.merge,
            field.layers,
            field.meaning,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def test_readme_has_the_table_of_fields():
    readme = (ROOT / "tfdeconv/scan/README.md").read_text()
    assert field_table() in readme
    assert max(map(len, readme.splitlines())) <= 120
    assert state.BINS == 64  # of run.h5, version 2
