"""The maxima of every image that a scan keeps for some layers, in a file beside the run.

run.maxima.npy is a float16 array [chunks, channels, 64], the channels of one layer after those of the other: image i of the run's
part of the list is [i // 64, :, i % 64]. One that does not count (unreadable, seen before) is NaN; above 65,504 is 65,504; what is
behind the images that the run has seen means nothing. A chunk is written again in its place until it is full, and the images that
were there keep their values: whenever the program is killed, all that the run had saved is there.
"""

from __future__ import annotations

import io
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from ..errors import UserError
from .run import Run, Settings

CHUNK = 64  # images: a channel's values of so many stand together


def beside(path: str | Path) -> Path:
    """The file of a run's maxima."""
    path = Path(path)
    return path.with_name(f"{path.name.removesuffix('.h5')}.maxima.npy")


def half(values: np.ndarray) -> np.ndarray:
    """float32 -> float16, no infinities."""
    largest = np.finfo(np.float16).max
    return np.clip(values, -largest, largest).astype(np.float16)


class Maxima:
    """The file, for a run's settings; channels: how many each layer has that is kept, in order."""

    def __init__(self, path: str | Path, settings: Settings, channels: Mapping[str, int]):
        self.path, self.range = Path(path), settings.range
        ends = np.cumsum([0, *(channels[layer] for layer in settings.kept)])
        self.layers = {
            layer: slice(int(a), int(b)) for layer, a, b in zip(settings.kept, ends, ends[1:])
        }
        self.shape = (-(-len(self.range) // CHUNK), int(ends[-1]), CHUNK)
        self.open: dict[
            int, np.ndarray
        ] = {}  # chunks that have images not yet written, or room for more
        self.flushed, self.begun = 0, False  # images whose chunks are on the disk
        memory = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            memory, {"descr": "<f2", "fortran_order": False, "shape": self.shape}
        )
        self.header = memory.getvalue()
        self.array, self.done = np.zeros(self.shape[:2] + (0,), "<f2"), 0  # of load()
        self.size = len(self.header) + 2 * math.prod(self.shape)

    def check(self, done: int, known: bool) -> None:
        """Raises UserError where the file cannot be made or gone on with; known: the run is there, and with it this may be."""
        try:
            there = self.path.stat().st_size if self.path.exists() else 0
            if there and not known:
                raise UserError(
                    f"{self.path} is there without its run: move it away, or ask for another --out"
                )
            if there and done:
                with open(self.path, "rb") as file:
                    fits = file.read(len(self.header)) == self.header and there == self.size
                if not fits:
                    raise UserError(
                        f"{self.path} is not of this run: move it away, or ask for another --out"
                    )
            elif done:
                raise UserError(
                    f"{self.path} is missing: it has the maxima of the {done} images that were scanned"
                )
            free = shutil.disk_usage(self.path.parent).free
            if self.size - there > free:
                raise UserError(
                    f"{self.path} would take {self.size / 1e9:,.2f} GB, and there are {free / 1e9:,.2f}: "
                    f"keep fewer layers"
                )
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}") from None

    def begin(self, done: int) -> None:
        """Makes the file, or goes on behind so many images; raises UserError where it cannot be written."""
        self.flushed, self.begun = done, True
        try:
            if not done:
                with open(self.path, "wb") as file:
                    file.write(self.header)
                    file.truncate(self.size)
                    with suppress(AttributeError):  # not everywhere
                        os.posix_fallocate(file.fileno(), 0, self.size)
            elif done % CHUNK:
                with open(self.path, "rb") as file:
                    self.open[done // CHUNK] = self.chunk(file, done // CHUNK)
                    self.open[done // CHUNK][:, done % CHUNK :] = np.nan
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}") from None

    def chunk(self, file, number: int) -> np.ndarray:
        _, channels, images = self.shape
        file.seek(len(self.header) + number * channels * images * 2)
        return np.frombuffer(bytearray(file.read(channels * images * 2)), "<f2").reshape(
            channels, images
        )

    def columns(self, layer: str, channels: slice = slice(None)) -> np.ndarray:
        """The maxima of some channels of a layer in the images seen: float32 [channels, images], NaN where one does not count."""
        there = self.layers[layer]
        start, stop, _ = channels.indices(there.stop - there.start)
        part = np.asarray(self.array[:, there.start + start : there.start + stop], np.float32)
        return part.transpose(1, 0, 2).reshape(stop - start, -1)[:, : self.done]

    def rows(self) -> Iterator[tuple[int, np.ndarray]]:
        """All images seen, a chunk at a time: the first one's place in the part, and the maxima [m, channels]."""
        for start in range(0, self.done, CHUNK):
            yield start, np.asarray(self.array[start // CHUNK]).T[: self.done - start]

    def put(self, numbers: np.ndarray, values: np.ndarray) -> None:
        """Takes in the maxima [m, channels] of images by their numbers in the list."""
        for number, row in zip(numbers - self.range.start, values):
            chunk = self.open.setdefault(
                int(number) // CHUNK, np.full(self.shape[1:], np.nan, "<f2")
            )
            chunk[:, number % CHUNK] = row

    def flush(self, done: int) -> None:
        """Writes what was taken in, all of the first `done` images of the part, to the disk itself."""
        nothing = np.full(self.shape[1:], np.nan, "<f2")
        try:
            with open(self.path, "r+b") as file:
                for number in range(self.flushed // CHUNK, -(-done // CHUNK)):
                    file.seek(len(self.header) + number * nothing.nbytes)
                    file.write(self.open.get(number, nothing).data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}") from None
        self.open = {
            number: chunk for number, chunk in self.open.items() if number >= done // CHUNK
        }
        self.flushed = done


def load(path: str | Path, run: Run) -> Maxima | None:
    """The maxima of a run at that path, to be read; None where it kept none. Raises UserError for what is not there or not its."""
    if not run.settings.kept:
        return None
    found = Maxima(
        beside(path),
        run.settings,
        {layer: len(run.state[layer]["means"]) for layer in run.settings.kept},
    )
    try:
        array = np.load(found.path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(
            f"{found.path} is missing: it goes with {path}, whose maxima it has"
        ) from None
    except (
        Exception
    ) as error:  # numpy evaluates the header's text, and on damage raises whatever comes
        raise UserError(
            f"{found.path} cannot be read: {' '.join(str(error).split())[:200]}"
        ) from None
    if (
        not isinstance(array, np.ndarray)
        or array.shape != found.shape
        or array.dtype != np.dtype("<f2")
    ):
        raise UserError(f"{found.path} is not of {path}: it must be float16 {list(found.shape)}")
    found.array, found.done = array, run.done
    for layer, there in found.layers.items():  # the best of a few channels stand in the file, too
        state = run.state[layer]
        images, few = (
            state["images"][:16, 0] - run.settings.range.start,
            np.arange(min(16, there.stop - there.start)),
        )
        few = few[state["images"][:16, 0] >= 0]
        at = images[few]
        if (
            array[at // CHUNK, there.start + few, at % CHUNK] != half(state["values"][few, 0])
        ).any():
            raise UserError(
                f"{found.path} has other maxima than {path}: it is another run's, or damaged"
            )
    return found
