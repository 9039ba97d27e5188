"""The images of a source, read in parallel (tf.data) and handed on in batches."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..errors import UserError
from . import images
from .dataset import Source
from .preprocessing import Preprocessing

Batch = tuple[np.ndarray, np.ndarray, list[str]]


def size_of(
    source: Source, preprocessing: Preprocessing, resize: str, channels: int
) -> tuple[int, int]:
    """Height and width of what the network sees.

    With "keep" those of the array, or of the first image that can be read; otherwise the input's.
    Raises UserError where no image can serve.
    """
    if source.shape and source.shape[2] != channels:
        raise UserError(
            f"{source.root} has images of {source.shape[2]} channels, this network takes {channels}"
        )
    if resize != images.KEEP:
        return preprocessing.size
    if source.shape:
        return source.shape[0], source.shape[1]
    reason = None
    for number in range(source.count):
        try:
            height, width, _ = source.pixels(number, channels).shape
            return height, width
        except UserError as error:
            reason = reason or error
    raise UserError(f"none of the {source.count} images can be read: {reason}")


def reader(
    source: Source, preprocessing: Preprocessing, resize: str, size: tuple[int, int], channels: int
) -> Callable[[int], tuple[np.ndarray, np.ndarray, str]]:
    """What reads an image by its number: (image, digest, "").

    image: float32 [h, w, c] as the network sees it. digest: of the pixels, uint8 [32].
    Of an image that cannot be read: (zeros, zeros, reason).
    """

    def read(number: int) -> tuple[np.ndarray, np.ndarray, str]:
        try:
            photo = source.pixels(number, channels)
            x = preprocessing.apply(images.fit(photo, preprocessing, resize))
            if x.shape[:2] != size:
                raise UserError(
                    f"it is {x.shape[0]} x {x.shape[1]}, "
                    f"and this run has images of {size[0]} x {size[1]}"
                )
            return np.asarray(x, np.float32), digest_of(photo), ""
        except UserError as error:
            return *nothing(), str(error) or "it cannot be read"
        except MemoryError:
            return *nothing(), "there is not enough memory for it"

    def nothing() -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((*size, channels), np.float32), np.zeros(32, np.uint8)

    return read


def digest_of(photo: np.ndarray) -> np.ndarray:
    """sha256 of an image's dtype, shape and pixels, uint8 [32]."""
    digest = hashlib.sha256(f"{photo.dtype.str} {photo.shape} ".encode())
    digest.update(np.ascontiguousarray(photo).data)
    return np.frombuffer(digest.digest(), np.uint8)


def batches(
    read: Callable[[int], tuple[np.ndarray, np.ndarray, str]],
    numbers: Sequence[int] | np.ndarray,
    batch: int,
    shape: tuple[int, int, int],
    ahead: int = 1,
) -> Iterator[Batch]:
    """Images by their numbers, `batch` at a time: x [batch, h, w, c], digests [m, 32], m reasons.

    m is `batch`, and less in the last batch, which is filled up with zeros. Images are read side by
    side, `ahead` batches before they are asked for.
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
    data = data.map(load, num_parallel_calls=os.cpu_count() or 1, deterministic=True)
    data = data.batch(batch).prefetch(ahead)
    # autotuning adds 8 s to a 12 s run: the tuner thread is joined at the end
    options = tf.data.Options()
    options.autotune.enabled = False
    for x, digests, reasons in data.with_options(options).as_numpy_iterator():
        filled = np.zeros((batch, *shape), np.float32)
        filled[: len(x)] = x
        yield filled, digests, [os.fsdecode(reason) for reason in reasons]
