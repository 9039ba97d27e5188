"""A scan's run: what it is of, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.precision import FLOAT32
from ..errors import UserError
from ..files import NO_FILE, Stamp
from ..words import counted
from .first_images import FirstImages
from .state import State

# what settings are called in errors, where it is not their own name
SETTING_NAMES = {
    "weights_sha256": "weights",
    "list_sha256": "list of images",
    "count": "number of images",
    "top": "--top",
    "batch": "--batch",
    "resize": "--resize",
    "size": "size of images",
    "shard": "--shard",
    "kept": "--keep-maxima",
    "interior": "--interior",
    "selection": "selection of images",
    "precision": "--precision",
    "jit": "--jit",
}
# entries of a long setting that an error shows
SHOWN = 8


@dataclass(frozen=True)
class Settings:
    """What a run is of; a run can only be resumed with the same settings."""

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
    # whether only units count whose receptive field lies within the image
    interior: bool = False
    # of the list, as data.selection writes it; "": all
    selection: str = ""
    precision: str = FLOAT32
    # whether it was compiled with XLA
    jit: bool = False

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width of the images as the network sees them."""
        height, width = self.size
        return int(height), int(width)

    @property
    def range(self) -> range:
        """The images of this part of the list, by their numbers: whole batches, or to its end."""
        part, parts = self.shard
        batches = -(-self.count // self.batch)
        first = batches * (part - 1) // parts * self.batch
        stop = batches * part // parts * self.batch
        return range(min(first, self.count), min(stop, self.count))


@dataclass(repr=False)
class Run:
    """A run as it is in its file: README.md says what the fields are.

    digests and same begin with the first image of the part; `skipped` and the values in `same` are
    numbers in the list.
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
    state: State = field(default_factory=dict)
    labels: tuple[str, ...] = ()  # of all images, where the list has any
    # what describes the network besides the weights: a file of --architecture, and --lambda
    architecture: str = ""
    lambdas: Mapping[str, str] = field(default_factory=dict)
    # of its file when it was read or written last
    stamp: Stamp = NO_FILE

    def __post_init__(self) -> None:
        if not len(self.digests):
            images = len(self.settings.range)
            self.digests = np.zeros((images, 32), np.uint8)
            self.same = np.full(images, -1, np.int32)

    def __repr__(self) -> str:
        layers = counted(len(self.settings.layers), "layer")
        seen = f"{self.done:,} of {counted(len(self.settings.range), 'image')} seen"
        return f"Run({self.settings.network}, {layers}; {seen}, {self.scanned:,} counted)"

    @property
    def finished(self) -> bool:
        """Whether all images of the part have been seen."""
        return self.done == len(self.settings.range)

    @property
    def channels_of(self) -> dict[str, int]:
        """How many channels each layer has."""
        return {layer: len(arrays["means"]) for layer, arrays in self.state.items()}

    @cached_property
    def _first_images(self) -> FirstImages:
        """The first image with each digest, of those that could be read so far."""
        table = FirstImages(self.digests)
        readable = (self.same[: self.done] < 0) & self.digests[: self.done].any(1)
        for index in np.flatnonzero(readable).tolist():
            table.first(index)
        return table

    def record(self, digests: np.ndarray, reasons: Sequence[str]) -> np.ndarray:
        """Notes the next batch of the list; returns the numbers of its images that count.

        digests [m, 32] and reasons [m] ("" for an image that could be read) of its m images. The
        result is int32 [batch]: -1 for an image that is unreadable or was seen before, and behind
        the last image of the list.
        """
        numbers = np.full(self.settings.batch, -1, np.int32)
        for i, reason in enumerate(reasons):
            index = self.done + i
            number = self.settings.range.start + index
            self.digests[index] = digests[i]
            if reason:
                self.skipped[number] = reason
                continue
            first = self.settings.range.start + self._first_images.first(index)
            if first == number:
                numbers[i] = number
            elif first in self.skipped:
                # it has the pixels of an image that could be read, but not used
                self.skipped[number] = self.skipped[first]
            else:
                self.same[index] = first
        self.scanned += int((numbers >= 0).sum())
        self.done += len(reasons)
        return numbers

    def skip(self, reasons: Mapping[int, str]) -> None:
        """Takes back images that record() counted, by their numbers: why they cannot be used.

        With them go those that have their pixels.
        """
        start = self.settings.range.start
        for number, reason in reasons.items():
            self.skipped[number] = reason
            self.scanned -= 1
            for index in np.flatnonzero(self.same == number).tolist():
                self.same[index] = -1
                self.skipped[start + index] = reason


def refuse_others(
    path: str | Path,
    run: Run,
    settings: Settings,
    names: tuple[str, ...],
    ignored: tuple[str, ...] = (),
) -> None:
    """Raises UserError with all that differs where a run is not of these settings."""
    wrong = differences(run.settings, settings, ignored)
    if run.settings.list_sha256 != settings.list_sha256 and run.names and names:
        wrong.append(first_difference(run.names, names))
    if wrong:
        raise UserError(
            f"{path} is a run with other options and cannot be continued: {'; '.join(wrong)}; "
            f"give the same options, or another --out"
        )


def first_difference(old: Sequence[str], new: Sequence[str]) -> str:
    """Where two lists of images differ first, as a clause of an error."""
    index = 0
    while index < min(len(old), len(new)) and old[index] == new[index]:
        index += 1
    was = repr(old[index]) if index < len(old) else "nothing"
    now = repr(new[index]) if index < len(new) else "nothing"
    return f"image {index} was {was}, is {now}"


def differences(run: Settings, asked: Settings, ignored: tuple[str, ...] = ()) -> list[str]:
    """What two settings differ in, each as a clause of an error."""
    found = asdict(run)
    expected = asdict(asked)
    clauses = []
    for name in found:
        if name in ignored or found[name] == expected[name]:
            continue
        verb = "are" if name in ("weights_sha256", "layers") else "is"
        clauses.append(
            f"its {SETTING_NAMES.get(name, name)} {verb} {brief(found[name])}, "
            f"asked for {brief(expected[name])}"
        )
    return clauses


def brief(value: Any) -> str:
    """A setting in a few words."""
    if value in ((), ""):
        return "none"
    if isinstance(value, tuple):
        shown = ", ".join(map(str, value[:SHOWN]))
        return f"{shown}, ... ({len(value)})" if len(value) > SHOWN else shown
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str) and len(value) == 64:  # a sha256
        return f"{value[:12]}..."
    return str(value)
