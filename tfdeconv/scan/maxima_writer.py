"""Writes the file of maxima of a run (maxima.py): row after row, or single rows again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..files import refuse_special
from .maxima import BYTES, CHUNK, CHUNKED, DTYPE, MOST_HEADER, ROWS, header_of, shape_in
from .run import Settings


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
                self.check_header(present, done)
            free = shutil.disk_usage(self.path.parent).free
            if self.size - present > free:
                raise UserError(
                    f"{self.path} needs {self.size / 1e9:,.2f} GB, and the disk has "
                    f"{free / 1e9:,.2f} free: keep the maxima of fewer layers"
                )
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}") from None

    def has_columns(self) -> bool:
        """Whether the file is there, and has as many columns as are to be written."""
        try:
            with open(self.path, "rb") as file:
                return shape_in(file.read(MOST_HEADER))[1:] == (self.width,)
        except OSError:
            return False

    def check_header(self, size: int, done: int) -> None:
        """Raises UserError where the file, of that size, does not have `done` images of this run.

        Of how many images it is does not matter: the list may have grown.
        """
        with open(self.path, "rb") as file:
            start = file.read(MOST_HEADER)
        shape = shape_in(start)
        if shape[1:] == (self.width, CHUNK):
            raise UserError(f"{self.path} {CHUNKED}")
        is_of_run = len(shape) == 2 and shape[1] == self.width and shape[0] >= done
        if not is_of_run or size < len(self.header) + self.row_bytes * done:
            raise UserError(
                f"{self.path} belongs to another run: move it away, or give another --out"
            )

    def begin(self, done: int) -> None:
        """Makes the file, or resumes it behind `done` images.

        Raises UserError where it cannot be written.
        """
        self.begun = True
        self.flushed = done
        try:
            # the file is never smaller than its header says
            with open(self.path, "r+b" if done else "wb") as file:
                file.truncate(max(self.size, os.path.getsize(self.path)))
                with suppress(AttributeError):  # not every system has it
                    os.posix_fallocate(file.fileno(), 0, self.size)
                file.write(self.header)
                file.flush()
                file.truncate(self.size)
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

    def rewrite(self) -> None:
        """Writes what was put, each row where it belongs, to the disk itself.

        Raises UserError where it cannot be written.
        """
        self._write_rows(self.pending)
        self.pending = {}

    def clear(self, indices: np.ndarray) -> None:
        """Makes rows NaN, by their places in the part; raises UserError where it cannot."""
        self._write_rows({index: np.full(self.width, np.nan) for index in indices.tolist()})

    def _write_rows(self, rows: Mapping[int, np.ndarray]) -> None:
        try:
            with open(self.path, "r+b") as file:
                for index in sorted(rows):
                    file.seek(len(self.header) + self.row_bytes * index)
                    file.write(np.ascontiguousarray(rows[index], DTYPE).data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}") from None
