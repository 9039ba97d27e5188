"""What the workers of a scan send each other: arrays by name, and what they stand for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.loader import Batch
from ..formats.hdf5_write import pack_texts, unpack_texts
from .run import Run, Settings
from .state import State

if TYPE_CHECKING:
    from .workers import Message


@dataclass(frozen=True)
class BatchReport:
    """A batch as the other workers need it, of its m images: without the pixels."""

    digests: np.ndarray  # uint8 [m, 32]
    reasons: tuple[str, ...]  # why an image could not be read, "" for those that could


@dataclass(frozen=True)
class Report:
    """What a worker says in a round of a scan."""

    source_lost: bool  # the directory of an image has vanished
    save_due: bool  # this worker wants the run to be saved
    batches: tuple[BatchReport, ...]  # one a device, in the order of the list
    # {number in the list: why an image of an earlier round cannot be used}
    unusable: Mapping[int, str] = field(default_factory=dict)
    signal: int = 0  # the number of one that asked this worker to stop

    def to_message(self) -> Message:
        flags = {
            "source_lost": np.array(self.source_lost),
            "save_due": np.array(self.save_due),
            "signal": np.array(self.signal),
        }
        return flags | pack_batches(self.batches) | pack_reasons(self.unusable)

    @classmethod
    def from_message(cls, message: Message) -> Report:
        return cls(
            source_lost=bool(message["source_lost"]),
            save_due=bool(message["save_due"]),
            batches=unpack_batches(message),
            unusable=unpack_reasons(message),
            signal=int(message["signal"]),
        )


def report_on(
    batches: Iterable[Batch],
    source_lost: bool,
    save_due: bool,
    unusable: Mapping[int, str] | None = None,
    signal: int = 0,
) -> Report:
    """The report of a worker with these batches."""
    reports = []
    for _, digests, reasons in batches:
        reports.append(BatchReport(digests, tuple(reasons)))
    return Report(source_lost, save_due, tuple(reports), unusable or {}, signal)


def pack_reasons(reasons: Mapping[int, str]) -> Message:
    """Why images cannot be used, by their numbers in the list, as two arrays."""
    return {
        "unusable": np.array(list(reasons), np.int64),
        "unusable_reasons": pack_texts(list(reasons.values())),
    }


def unpack_reasons(message: Message) -> dict[int, str]:
    """The reasons of pack_reasons()."""
    texts = unpack_texts(message["unusable_reasons"])
    return dict(zip(message["unusable"].tolist(), texts))


def pack_batches(batches: Sequence[BatchReport]) -> Message:
    """Reports of batches as three arrays: one behind the other, and how many images each has."""
    reasons: list[str] = []
    for batch in batches:
        reasons += batch.reasons
    return {
        "counts": np.array([len(batch.reasons) for batch in batches]),
        "digests": np.concatenate([batch.digests for batch in batches]),
        "reasons": pack_texts(reasons),
    }


def unpack_batches(message: Message) -> tuple[BatchReport, ...]:
    """The reports of pack_batches()."""
    reasons = unpack_texts(message["reasons"])
    batches = []
    start = 0
    for count in message["counts"].tolist():
        images = slice(start, start + count)
        batches.append(BatchReport(message["digests"][images], reasons[images]))
        start += count
    return tuple(batches)


def pack_settings(settings: Settings) -> Message:
    """Settings as JSON."""
    return {"settings": pack_texts([json.dumps(asdict(settings))])}


def unpack_settings(message: Message) -> Settings:
    """The settings of pack_settings(), which has lists for tuples."""
    fields: dict[str, Any] = json.loads(unpack_texts(message["settings"])[0])
    for name, value in fields.items():
        if isinstance(value, list):
            fields[name] = tuple(value)
    return Settings(**fields)


def pack_progress(run: Run) -> Message:
    """What a run is of, how far it is, and which images it has seen."""
    return pack_settings(run.settings) | {
        "done": np.array(run.done),
        "scanned": np.array(run.scanned),
        "digests": run.digests,
        "same": run.same,
        "skipped": np.array(list(run.skipped), np.int32),
        "reasons": pack_texts(run.skipped.values()),
    }


def unpack_progress(message: Message, run: Run) -> None:
    """Brings a run to where the run of pack_progress() is."""
    run.settings = unpack_settings(message)
    run.done = int(message["done"])
    run.scanned = int(message["scanned"])
    run.digests = message["digests"]
    run.same = message["same"]
    run.skipped = dict(zip(message["skipped"].tolist(), unpack_texts(message["reasons"])))


def pack_state(state: State) -> Message:
    """A state by names such as `0 values`: the layer's place, and the field."""
    message: Message = {}
    for index, arrays in enumerate(state.values()):
        for name, array in arrays.items():
            message[f"{index} {name}"] = array
    return message


def unpack_state(message: Message, layers: Sequence[str]) -> State:
    """The state of pack_state(), of these layers."""
    state: State = {layer: {} for layer in layers}
    for key, array in message.items():
        index, name = key.split(" ")
        state[layers[int(index)]][name] = array
    return state
