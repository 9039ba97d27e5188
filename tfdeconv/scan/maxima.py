"""The maxima of every image that a scan keeps for some layers, in a file beside the run.

run.maxima.npy is a float16 array [images, channels]: a row for each image of the run's part of the
list, the channels of one layer behind those of the other. A row is NaN where the image does not
count (unreadable, seen before); above 65,504 a maximum is 65,504. The file has its whole size from
the start; rows behind the images that the run has seen mean nothing, and are written again when the
run is resumed. So whenever the program is killed, all that the run had saved is there. Where the
run's list grows, so does the file, after the run has been written; killed in between, the file has
too few rows, but those of all images that have been seen.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from .. import errors
from ..errors import UserError
from ..files import refuse_special
from .consistency import counted_images
from .run import Run, Settings

DTYPE = "<f2"
BYTES = 2  # of a maximum
ROWS = 1024  # images that are read or written at a time
MOST_HEADER = 1024  # bytes that a file is recognised by
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


def shape_in(start: bytes) -> tuple[int, ...]:
    """The shape that the start of a file of maxima states; () of another file."""
    stated = re.search(rb"'shape': \((\d+(?:, \d+)*)\)", start)
    shape = tuple(map(int, stated[1].split(b", "))) if stated else ()
    return shape if start.startswith(header_of(shape)) else ()


def header_of(shape: tuple[int, ...]) -> bytes:
    """What an .npy file of that shape begins with."""
    memory = io.BytesIO()
    fields = {"descr": DTYPE, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(memory, fields)
    return memory.getvalue()


class MaximaFile:
    """The maxima of a run, to be read; array [images, channels].

    counted: which of the images that have been seen count; the rows of others mean nothing.
    """

    def __init__(self, array: np.ndarray, counted: np.ndarray, layers: dict[str, slice]):
        self.array = array
        self.counted = counted
        self.done = len(counted)
        self.layers = layers  # the columns of each

    def channels(self, layer: str) -> int:
        """How many a layer has."""
        columns = self.layers[layer]
        return columns.stop - columns.start

    def columns(self, layer: str, channels: slice = slice(None), every: int = 1) -> np.ndarray:
        """The maxima of some channels of a layer: float32 [channels, images seen].

        NaN where an image does not count. every: of the images each so many-th alone.
        """
        columns = self.layers[layer]
        start, stop, _ = channels.indices(columns.stop - columns.start)
        part = self.array[: self.done : every, columns.start + start : columns.start + stop]
        columns_of_images = np.array(part.T, np.float32, order="C")
        columns_of_images[:, ~self.counted[::every]] = np.nan
        return columns_of_images

    def rows(self) -> Iterator[tuple[int, np.ndarray]]:
        """All images seen, some at a time: the first one's place in the part, and their rows."""
        for start in range(0, self.done, ROWS):
            stop = min(start + ROWS, self.done)
            rows = np.array(self.array[start:stop])
            rows[~self.counted[start:stop]] = np.nan
            yield start, rows


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
    if array.ndim != 2 or array.shape[1] != width or len(array) < run.done:
        raise UserError(
            f"{place} is not of {path}: found shape {list(array.shape)}, expected {list(expected)}"
        )
    file = MaximaFile(array, counted_images(run)[: run.done], columns)
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
