"""The images of a source, read in parallel (tf.data) and handed on in batches."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Condition

import numpy as np

from ..errors import UserError
from . import arrays
from .admission import Admission
from .dataset import Source
from .photo_limits import Reserve, most_bytes
from .preprocessing import Preprocessing
from .resizing import KEEP

DIGEST_ROWS = 1024

Batch = tuple[np.ndarray, np.ndarray, list[str]]


def size_of(
    source: Source, preprocessing: Preprocessing, resize: str, channels: int
) -> tuple[int, int]:
    """Height and width of what the network sees.

    With "keep" those of the array, or of the first image that can be read; otherwise the input's.
    Raises UserError where no image can serve.
    """
    size = None
    if source.shape:
        size = arrays.image_size(source.root, source.shape, channels)
    if resize != KEEP:
        return preprocessing.size
    if size:
        return size
    reason = None
    for number in range(source.count):
        try:
            height, width, _ = source.image(number, channels).pixels.shape
            return height, width
        except UserError as error:
            reason = reason or error
    raise UserError(f"none of the {source.count} images can be read: {reason}")


def notes_on(source: Source, channels: int) -> list[str]:
    """What was left out of the images, or is assumed of them all."""
    notes = list(source.notes)
    if source.shape and (layout := arrays.layout_note(source.shape, channels)):
        notes.append(f"{source.root}: images {layout}")
    return notes


class Memory:
    """Bytes that threads which decode images share: who needs more than are left waits."""

    def __init__(self, size: float) -> None:
        self.size = size
        self.used = 0
        self.changed = Condition()

    @contextmanager
    def share(self, size: int) -> Iterator[None]:
        """So many bytes of it, for the length of the block; all of it for more than there are."""
        with self.changed:
            self.changed.wait_for(lambda: not self.used or self.used + size <= self.size)
            self.used += size
        try:
            yield
        finally:
            with self.changed:
                self.used -= size
                self.changed.notify_all()


def reader(
    source: Source,
    preprocessing: Preprocessing,
    resize: str,
    size: tuple[int, int],
    channels: int,
    admission: Admission | None = None,
) -> Callable[[int], tuple[np.ndarray, np.ndarray, str]]:
    """What reads an image by its number, from any thread: (image, digest, "").

    image: float32 [h, w, c] as the network sees it. digest: of the pixels, uint8 [32].
    Of an image that cannot be read: (zeros, zeros, reason).
    """
    door = admission or Admission()
    memory = Memory(most_bytes())

    def read(number: int) -> tuple[np.ndarray, np.ndarray, str]:
        try:
            with ExitStack() as shares:
                return load(number, lambda size: shares.enter_context(memory.share(size)))
        except UserError as error:
            return *nothing(), str(error) or "it cannot be read"
        except MemoryError:
            return *nothing(), "there is not enough memory for it"

    def load(number: int, reserve: Reserve) -> tuple[np.ndarray, np.ndarray, str]:
        image = source.image(number, channels, reserve)
        file = source.root if source.shape else ""
        x = door.input(image, source.name(number), preprocessing, resize, file)
        if x.shape[:2] != size:
            raise UserError(
                f"it is {x.shape[0]} x {x.shape[1]}, "
                f"and this run has images of {size[0]} x {size[1]}"
            )
        return np.asarray(x, np.float32), digest_of(image.pixels), ""

    def nothing() -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((*size, channels), np.float32), np.zeros(32, np.uint8)

    return read


def usable_cores() -> int:
    """The cores that this process may use: of a task of Slurm's those that are its own."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        # not on every system
        return os.cpu_count() or 1


def digest_of(photo: np.ndarray) -> np.ndarray:
    """sha256 of an image's dtype, shape and pixels, uint8 [32]."""
    digest = hashlib.sha256(f"{photo.dtype.str} {photo.shape} ".encode())
    # a large one may repeat its grey for three colours: not all of it is copied at once
    for start in range(0, len(photo), DIGEST_ROWS):
        digest.update(np.ascontiguousarray(photo[start : start + DIGEST_ROWS]).data)
    return np.frombuffer(digest.digest(), np.uint8)


def batches(
    read: Callable[[int], tuple[np.ndarray, np.ndarray, str]],
    numbers: Sequence[int] | np.ndarray,
    batch: int,
    shape: tuple[int, int, int],
    ahead: int = 1,
    readers: int | None = None,
) -> Iterator[Batch]:
    """Images by their numbers, `batch` at a time: x [batch, h, w, c], digests [m, 32], m reasons.

    m is `batch`, and less in the last batch, which is filled up with zeros. Images are read side by
    side, `ahead` batches before they are asked for, by as many threads as there are readers (None:
    as this process has cores).
    """
    import tensorflow as tf

    def read_bytes(number: np.ndarray) -> tuple[np.ndarray, np.ndarray, bytes]:
        x, digest, reason = read(int(number))
        return x, digest, os.fsencode(reason)

    def load(number: tf.Tensor) -> tuple[tf.Tensor, ...]:
        types = (tf.float32, tf.uint8, tf.string)
        x, digest, reason = tf.numpy_function(read_bytes, [number], types)
        return (
            tf.ensure_shape(x, shape),
            tf.ensure_shape(digest, (32,)),
            tf.ensure_shape(reason, ()),
        )

    data = tf.data.Dataset.from_tensor_slices(np.asarray(numbers, np.int32))
    data = data.map(load, num_parallel_calls=readers or usable_cores(), deterministic=True)
    data = data.batch(batch).prefetch(ahead)
    # autotuning adds 8 s to a 12 s run: the tuner thread is joined at the end
    options = tf.data.Options()
    options.autotune.enabled = False
    for x, digests, reasons in data.with_options(options).as_numpy_iterator():
        filled = np.zeros((batch, *shape), np.float32)
        filled[: len(x)] = x
        yield filled, digests, [os.fsdecode(reason) for reason in reasons]
