"""The maxima of every image that a scan keeps for some layers, in a file beside the run.

run.maxima.npy is a float16 array [images, channels]: a row for each image of the run's part of the
list, the channels of one layer behind those of the other. A row is NaN where the image does not
count (unreadable, seen before); above 65,504 a maximum is 65,504. The file has its whole size from
the start; rows behind the images that the run has seen mean nothing, and are written again when the
run is resumed. So whenever the program is killed, all that the run had saved is there.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from .. import errors
from ..errors import UserError
from ..files import refuse_special
from .run import Run, Settings

DTYPE = "<f2"
BYTES = 2  # of a maximum
ROWS = 1024  # images that are read or written at a time
CHUNK = 64  # images of a chunk in files [chunks, channels, 64], which earlier versions wrote
CHECKED = 16  # channels of each layer whose best a file is compared with when it is opened
CHUNKED = "is of an earlier layout, [chunks, channels, 64]: scan again, with another --out"


def maxima_path(path: str | Path) -> Path:
    """The file of a run's maxima."""
    path = Path(path)
    return path.with_name(f"{path.name.removesuffix('.h5')}.maxima.npy")


def half(values: np.ndarray) -> np.ndarray:
    """float32 -> float16, no infinities."""
    largest = np.finfo(np.float16).max
    return np.clip(values, -largest, largest).astype(np.float16)


def columns_of(settings: Settings, channels: Mapping[str, int]) -> dict[str, slice]:
    """The columns of each layer; channels: how many each layer has."""
    columns: dict[str, slice] = {}
    start = 0
    for layer in settings.kept:
        columns[layer] = slice(start, start + channels[layer])
        start += channels[layer]
    return columns


def header_of(shape: tuple[int, ...]) -> bytes:
    """What an .npy file of that shape begins with."""
    memory = io.BytesIO()
    fields = {"descr": DTYPE, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(memory, fields)
    return memory.getvalue()


class MaximaWriter:
    """Writes the file of a run; channels: how many each layer has."""

    def __init__(self, path: str | Path, settings: Settings, channels: Mapping[str, int]):
        self.path = Path(path)
        self.range = settings.range
        self.width = sum(channels[layer] for layer in settings.kept)
        self.header = header_of((len(self.range), self.width))
        self.row_bytes = BYTES * self.width
        self.size = len(self.header) + self.row_bytes * len(self.range)  # bytes of the file
        self.begun = False
        self.flushed = 0  # images whose rows are on the disk
        self.pending: dict[int, np.ndarray] = {}  # rows not yet written, by their place

    def check(self, done: int, run_exists: bool) -> None:
        """Raises UserError where the file cannot be made, or not resumed behind `done` images.

        run_exists: the run is there, and so its maxima may be.
        """
        refuse_special(self.path)
        try:
            present = self.path.stat().st_size if self.path.exists() else 0
            if present and not run_exists:
                raise UserError(
                    f"{self.path} exists, but its run does not: move it away, or give another --out"
                )
            if done and not present:
                raise UserError(
                    f"{self.path} is missing: it has the maxima of the {done} images that were "
                    f"scanned; put it back, or scan again with another --out"
                )
            if done:
                self.check_header(present)
            free = shutil.disk_usage(self.path.parent).free
            if self.size - present > free:
                raise UserError(
                    f"{self.path} needs {self.size / 1e9:,.2f} GB, and the disk has "
                    f"{free / 1e9:,.2f} free: keep the maxima of fewer layers"
                )
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}") from None

    def check_header(self, size: int) -> None:
        """Raises UserError where the file, of that size, is not of this run."""
        images = len(self.range)
        chunked = header_of((-(-images // CHUNK), self.width, CHUNK))
        with open(self.path, "rb") as file:
            header = file.read(max(len(self.header), len(chunked)))
        if header.startswith(chunked):
            raise UserError(f"{self.path} {CHUNKED}")
        if not header.startswith(self.header) or size != self.size:
            raise UserError(
                f"{self.path} belongs to another run: move it away, or give another --out"
            )

    def begin(self, done: int) -> None:
        """Makes the file, or resumes it behind `done` images.

        Raises UserError where it cannot be written.
        """
        self.begun = True
        self.flushed = done
        if done:
            return
        try:
            with open(self.path, "wb") as file:
                file.write(self.header)
                file.truncate(self.size)
                with suppress(AttributeError):  # not every system has it
                    os.posix_fallocate(file.fileno(), 0, self.size)
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}") from None

    def put(self, numbers: np.ndarray, values: np.ndarray) -> None:
        """Takes the maxima [m, channels] of images by their numbers in the list."""
        for number, row in zip(numbers.tolist(), values):
            self.pending[number - self.range.start] = row

    def flush(self, done: int) -> None:
        """Writes all that was put, the first `done` images of the part, to the disk itself.

        Raises UserError where it cannot be written.
        """
        try:
            with open(self.path, "r+b") as file:
                file.seek(len(self.header) + self.row_bytes * self.flushed)
                for start in range(self.flushed, done, ROWS):
                    stop = min(start + ROWS, done)
                    rows = np.full((stop - start, self.width), np.nan, DTYPE)
                    for i in range(start, stop):
                        if i in self.pending:
                            rows[i - start] = self.pending.pop(i)
                    file.write(rows.data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}") from None
        self.flushed = done


class MaximaFile:
    """The maxima of a run, to be read; array [images, channels], of which `done` have been seen."""

    def __init__(self, array: np.ndarray, done: int, layers: dict[str, slice]):
        self.array = array
        self.done = done
        self.layers = layers  # the columns of each

    def columns(self, layer: str, channels: slice = slice(None), every: int = 1) -> np.ndarray:
        """The maxima of some channels of a layer: float32 [channels, images seen].

        NaN where an image does not count. every: of the images each so many-th alone.
        """
        columns = self.layers[layer]
        start, stop, _ = channels.indices(columns.stop - columns.start)
        part = self.array[: self.done : every, columns.start + start : columns.start + stop]
        return np.ascontiguousarray(part.T, np.float32)

    def rows(self) -> Iterator[tuple[int, np.ndarray]]:
        """All images seen, some at a time: the first one's place in the part, and their rows."""
        for start in range(0, self.done, ROWS):
            yield start, np.asarray(self.array[start : min(start + ROWS, self.done)])


def load(path: str | Path, run: Run) -> MaximaFile | None:
    """The maxima of the run at that path; None where it kept none.

    Raises UserError for a file that is missing, damaged, or another run's.
    """
    if not run.settings.kept:
        return None
    place = maxima_path(path)
    refuse_special(place)
    try:
        array = np.load(place, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(
            f"{place} is missing: it has the maxima of {path}; put it back, or scan again"
        ) from None
    except Exception as error:  # numpy evaluates the header: damage raises anything
        raise UserError(f"{place} cannot be read: {errors.one_line(error)}") from None
    columns = columns_of(run.settings, run.channels_of)
    width = columns[run.settings.kept[-1]].stop
    expected = (len(run.settings.range), width)
    if not isinstance(array, np.ndarray) or array.dtype != np.dtype(DTYPE):
        raise UserError(f"{place} is not of {path}: expected a float16 array {list(expected)}")
    if array.ndim == 3:
        raise UserError(f"{place} {CHUNKED}")
    if array.shape != expected:
        raise UserError(
            f"{place} is not of {path}: found shape {list(array.shape)}, expected {list(expected)}"
        )
    file = MaximaFile(array, run.done, columns)
    if not has_best_of(file, run):
        raise UserError(f"{place} has other maxima than {path}: it is another run's, or damaged")
    return file


def has_best_of(file: MaximaFile, run: Run) -> bool:
    """Whether the best image of the first channels of each layer has the same maximum in both."""
    for layer, columns in file.layers.items():
        values = run.state[layer]["values"][:CHECKED, 0]
        images = run.state[layer]["images"][:CHECKED, 0]
        channels = np.flatnonzero(images >= 0)
        rows = images[channels] - run.settings.range.start
        if not ((rows >= 0) & (rows < len(file.array))).all():
            return False
        maxima = file.array[rows, columns.start + channels]
        if (maxima != half(values[channels])).any():
            return False
    return True
