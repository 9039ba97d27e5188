"""The images of an HDF5 file that nobody vouches for, read in another process (formats/)."""

from __future__ import annotations

import math
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from threading import Lock

import numpy as np

from ..errors import UserError
from ..formats import purposes
from ..formats.hdf5 import Dataset, Group, Refused
from ..formats.hdf5_process import ProcessEnded, ReadError, open_in_subprocess
from ..limits import MAX_HDF5_BLOCK, MAX_HDF5_CHUNK

# A request costs up to a millisecond, so images that are asked for in a row are read in blocks, and
# the next block while the last one is looked at: so many images, or fewer beyond so many bytes.
# Of a file in chunks a block has whole ones, each unpacked once, as far as memory allows.
AHEAD = 8
AHEAD_BYTES = 4 << 20
# Threads ask for images a little out of order: how many requests and blocks are remembered.
RECENT = 256
BLOCKS = 2


# of the datasets of a file, and why others are not read -> the name of one, or a UserError
Choose = Callable[[Mapping[str, Dataset], Sequence[str]], str]


class Hdf5Images:
    """A dataset [n, ...] of a file, an image at a time, from any thread.

    choose: says which. Raises what it raises, and ReadError for an image that cannot be read. The
    process that reads it ends with close(), or with this object.
    """

    def __init__(self, path: str, choose: Choose) -> None:
        self.path = path
        self.choose = choose
        # of what has been read, and of the process
        self.lock = Lock()
        self.process_lock = Lock()
        self.process = ExitStack()
        weakref.finalize(self, self.process.close)
        self.closed = False
        # None before the process has started, and after it has ended
        self.dataset: Dataset | None = None
        dataset = self.open()
        self.shape = dataset.shape
        self.dtype = np.dtype(dataset.dtype)
        self.block = images_in_block(dataset)
        self.recent: deque[int] = deque(maxlen=RECENT)
        # (number of the first image, images)
        self.blocks: deque[tuple[int, np.ndarray]] = deque(maxlen=BLOCKS)
        # the block that is being read: numbers of its images, and the images
        self.next_numbers = range(0)
        self.next_images: Future[np.ndarray] | None = None
        self.thread = ThreadPoolExecutor(1)
        # images before this one are not read ahead, because one of them cannot be read
        self.singly_before = 0

    def open(self) -> Dataset:
        """The dataset, from a new process."""
        with ExitStack() as process:
            root = process.enter_context(open_in_subprocess(self.path))
            purpose = purposes.of_hdf5(root)
            if purpose:
                raise purpose.refusal(self.path, "images")
            datasets, refused = datasets_in(root)
            dataset = datasets[self.choose(datasets, refused)]
            refuse_large_chunks(self.path, dataset)
            self.dataset = dataset
            self.process.enter_context(process.pop_all())
        return dataset

    def close(self) -> None:
        """Ends the process; nothing can be read any more."""
        self.closed = True
        self.thread.shutdown(wait=False, cancel_futures=True)
        with self.process_lock:
            self.process.close()

    def __getitem__(self, number: int) -> np.ndarray:
        with self.lock:
            start, images = self.block_of(number)
            self.recent.append(number)
            return images[number - start]

    def block_of(self, number: int) -> tuple[int, np.ndarray]:
        """Images with that of this number among them, and the number of their first one."""
        for start, images in self.blocks:
            if start <= number < start + len(images):
                return start, images
        in_a_row = number - 1 in self.recent and number >= self.singly_before
        if in_a_row and number not in self.next_numbers:
            self.read_ahead(number)
        if number in self.next_numbers:
            numbers = self.next_numbers
            block = self.finish_reading()
            if block is not None:
                return numbers.start, block
        return number, self.read_one(number)

    def read_ahead(self, start: int) -> None:
        """Begins to read the rest of the block that has this image."""
        stop = (start // self.block + 1) * self.block
        self.next_numbers = range(start, min(stop, self.shape[0]))
        if self.next_numbers:
            numbers = self.next_numbers
            self.next_images = self.thread.submit(self.rows, numbers.start, numbers.stop)

    def finish_reading(self) -> np.ndarray | None:
        """The block that was read ahead, and begins with the one behind it; None if it failed."""
        numbers = self.next_numbers
        future = self.next_images
        assert future is not None
        self.next_numbers = range(0)
        try:
            images = future.result()
        # whatever it was: each image is read by itself, and says why it cannot be read
        except Exception:
            self.singly_before = numbers.stop
            return None
        self.blocks.append((numbers.start, images))
        self.read_ahead(numbers.stop)
        return images

    def read_one(self, number: int) -> np.ndarray:
        """[1, h, w, c]"""
        try:
            return self.rows(number, number + 1)
        except ProcessEnded:
            # perhaps for a reason that has nothing to do with this image
            return self.rows(number, number + 1)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Images from start on and before stop, from a new process where the last one has ended."""
        with self.process_lock:
            if self.closed:
                raise ReadError("it has been closed")
            dataset = self.dataset or self.open()
            if (dataset.shape, dataset.dtype) != (self.shape, self.dtype.str):
                shapes = f"{list(self.shape)} and are now {list(dataset.shape)}"
                raise ReadError(f"its images were {shapes}")
            try:
                return dataset.rows(start, stop)
            except ProcessEnded:
                self.dataset = None
                self.process.close()
                raise


def refuse_large_chunks(path: str, dataset: Dataset) -> None:
    """Raises UserError for chunks that are too large to be unpacked."""
    chunks = dataset.chunks
    if chunks and chunks.chunk_bytes > MAX_HDF5_CHUNK:
        smaller = "x".join(map(str, (1, *chunks.shape[1:])))
        raise UserError(
            f"{path}: {dataset.name} is in chunks {list(chunks.chunk)} of "
            f"{chunks.chunk_bytes / 1e9:.1f} GB, expected at most {MAX_HDF5_CHUNK / 1e9:.1f}: "
            f"write it anew in smaller ones (h5repack -l {dataset.name}:CHUNK={smaller})"
        )


def images_in_block(dataset: Dataset) -> int:
    """How many images of a dataset are read at once."""
    dtype = np.dtype(dataset.dtype)
    image_bytes = max(math.prod(dataset.shape[1:]) * dtype.itemsize, 1)
    block = max(1, min(AHEAD, AHEAD_BYTES // image_bytes))
    if not dataset.chunks:
        return block
    bands = -(-block // dataset.chunks.rows)
    return max(block, min(bands * dataset.chunks.rows, MAX_HDF5_BLOCK // image_bytes))


def datasets_in(root: Group) -> tuple[dict[str, Dataset], list[str]]:
    """The datasets of numbers in a file by their paths, and why others are not read."""
    datasets: dict[str, Dataset] = {}
    refused: list[str] = []
    groups = [root]
    while groups:
        group = groups.pop()
        for name, child in group.children.items():
            path = f"{group.name}/{name}".lstrip("/")
            if isinstance(child, Group):
                groups.append(child)
            elif isinstance(child, Refused):
                refused.append(f"{path} {child.reason}")
            # as numpy writes it, or words
            elif child.dtype[0] in "<>|":
                datasets[path] = child
            else:
                refused.append(f"{path} is of {child.dtype}")
    return datasets, refused
