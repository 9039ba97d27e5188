"""The images of an HDF5 file that nobody vouches for, read in another process (formats/)."""

from __future__ import annotations

import math
import weakref
from collections import deque
from contextlib import ExitStack
from threading import Lock

import numpy as np

from ..errors import UserError
from ..formats.hdf5 import Dataset, Group, Refused
from ..formats.hdf5_process import ProcessEnded, ReadError, open_in_subprocess

# A request costs up to a millisecond, so images that are asked for in a row are read ahead: so many
# of them, or fewer where they take more than so many bytes.
AHEAD = 16
AHEAD_BYTES = 4 << 20
# Threads ask for images a little out of order: how many requests and blocks are remembered.
RECENT = 256
BLOCKS = 2


class Hdf5Images:
    """The one dataset [n, h, w, c] of a file, an image at a time, from any thread.

    Raises UserError for a file without it, and ReadError for an image that cannot be read. The
    process that reads it ends with close(), or with this object.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.lock = Lock()
        self.process = ExitStack()
        weakref.finalize(self, self.process.close)
        self.closed = False
        # None before the process has started, and after it has ended
        self.dataset: Dataset | None = None
        dataset = self.open()
        self.shape = dataset.shape
        self.dtype = np.dtype(dataset.dtype)
        image_bytes = math.prod(self.shape[1:]) * self.dtype.itemsize
        self.ahead = max(1, min(AHEAD, AHEAD_BYTES // max(image_bytes, 1)))
        self.recent: deque[int] = deque(maxlen=RECENT)
        # (number of the first image, images)
        self.blocks: deque[tuple[int, np.ndarray]] = deque(maxlen=BLOCKS)
        # images before this one are not read ahead, because one of them cannot be read
        self.singly_before = 0

    def open(self) -> Dataset:
        """The dataset, from a new process."""
        with ExitStack() as process:
            root = process.enter_context(open_in_subprocess(self.path))
            self.dataset = only_dataset(self.path, root)
            self.process.enter_context(process.pop_all())
        return self.dataset

    def close(self) -> None:
        """Ends the process; nothing can be read any more."""
        self.closed = True
        self.process.close()

    def __getitem__(self, number: int) -> np.ndarray:
        with self.lock:
            for start, images in self.blocks:
                if start <= number < start + len(images):
                    break
            else:
                start = number
                images = self.read_from(number)
            self.recent.append(number)
            return images[number - start]

    def read_from(self, number: int) -> np.ndarray:
        """The image of this number, and those behind it where it follows one that was read."""
        stop = min(number + self.ahead, self.shape[0])
        if number - 1 in self.recent and number >= self.singly_before:
            try:
                images = self.rows(number, stop)
            except ReadError:
                self.singly_before = stop
            else:
                self.blocks.append((number, images))
                return images
        try:
            return self.rows(number, number + 1)
        except ProcessEnded:
            # perhaps for a reason that has nothing to do with this image
            return self.rows(number, number + 1)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Images from start on and before stop, from a new process where the last one has ended."""
        if self.closed:
            raise ReadError("it has been closed")
        dataset = self.dataset or self.open()
        if (dataset.shape, dataset.dtype) != (self.shape, self.dtype.str):
            raise ReadError(f"its images were {list(self.shape)} and are {list(dataset.shape)} now")
        try:
            return dataset.rows(start, stop)
        except ProcessEnded:
            self.dataset = None
            self.process.close()
            raise


def only_dataset(path: str, root: Group) -> Dataset:
    """The one dataset [n, h, w, c] of numbers in a file; raises UserError for anything else."""
    datasets: list[Dataset] = []
    refused: list[str] = []
    groups = [root]
    while groups:
        group = groups.pop()
        for name, child in group.children.items():
            if isinstance(child, Group):
                groups.append(child)
            elif isinstance(child, Refused):
                refused.append(f"{group.name}/{name} {child.reason}".lstrip("/"))
            elif len(child.shape) == 4:
                datasets.append(child)
    if len(datasets) != 1:
        reasons = "" if datasets else "".join(f"; {reason}" for reason in refused[:3])
        raise UserError(f"{path} has {len(datasets)} datasets [n, h, w, c], needs one{reasons}")
    dataset = datasets[0]
    # as numpy writes it, or words
    if dataset.dtype[0] not in "<>|":
        raise UserError(
            f"{path} is {dataset.dtype} {list(dataset.shape)}, needs images as numbers [n, h, w, c]"
        )
    return dataset
