"""A scan's run: what it is of, and how far it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError

WORDS = {
    "weights_sha256": "weights",
    "list_sha256": "list of images",
    "count": "number of images",
    "top": "--top",
    "batch": "--batch",
    "resize": "--resize",
    "size": "size of images",
    "shard": "--shard",
    "kept": "--keep-maxima",
}


@dataclass(frozen=True)
class Settings:
    """What a run is of; one that goes on has the same."""

    network: str
    variant: str
    weights_sha256: str
    preprocessing: str
    resize: str
    size: tuple[int, ...]
    list_sha256: str
    count: int
    layers: tuple[str, ...]
    top: int
    batch: int
    shard: tuple[int, ...] = (1, 1)
    kept: tuple[str, ...] = ()

    @property
    def range(self) -> range:
        """The images of the part, by their numbers in the list: whole batches, but for the list's last."""
        part, parts = self.shard
        batches = -(-self.count // self.batch)
        first, last = ((batches * i // parts) * self.batch for i in (part - 1, part))
        return range(min(first, self.count), min(last, self.count))


@dataclass
class Run:
    """A run as it stands; the arrays are those of the file, its sums and counts by layer in `state`.

    digests and same begin with the first image of the part; `skipped` and what stands in `same` are numbers in the list.
    """

    settings: Settings
    root: str
    weights: str
    names: tuple[str, ...]
    done: int = 0
    scanned: int = 0
    digests: np.ndarray = field(default_factory=lambda: np.zeros((0, 32), np.uint8))
    same: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    skipped: dict[int, str] = field(default_factory=dict)
    versions: str = ""
    state: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.digests):
            there = len(self.settings.range)
            self.digests, self.same = np.zeros((there, 32), np.uint8), np.full(there, -1, np.int32)

    @property
    def finished(self) -> bool:
        return self.done == len(self.settings.range)


def refuse_others(path: str | Path, run: Run, settings: Settings, names: tuple[str, ...]) -> None:
    """Raises UserError where a run is not of these settings, with all that differs."""
    wrong = differences(run.settings, settings)
    if run.settings.list_sha256 != settings.list_sha256 and run.names and names:
        at = next(
            (i for i, pair in enumerate(zip(run.names, names)) if pair[0] != pair[1]),
            min(len(run.names), len(names)),
        )
        first, second = (
            (repr(part[at]) if at < len(part) else "nothing") for part in (run.names, names)
        )
        wrong.append(f"image {at} was {first}, is {second}")
    if wrong:
        raise UserError(
            f"{path} is another run, and cannot go on: {'; '.join(wrong)}. Ask for the same, or for another --out"
        )


def differences(run: Settings, asked: Settings, but: tuple[str, ...] = ()) -> list[str]:
    """What two settings differ in, each as a clause of an error, but for some."""
    here, there = asdict(run), asdict(asked)
    return [
        f"its {WORDS.get(name, name)} {'are' if name in ('weights_sha256', 'layers') else 'is'} {brief(here[name])}, "
        f"asked for {brief(there[name])}"
        for name in here
        if here[name] != there[name] and name not in but
    ]


def brief(value: Any) -> str:
    """A setting in a few words."""
    if isinstance(value, tuple):
        return (
            f"{', '.join(map(str, value[:8]))}{f', ... ({len(value)})' if len(value) > 8 else ''}"
        )
    return f"{value[:12]}..." if isinstance(value, str) and len(value) == 64 else str(value)
