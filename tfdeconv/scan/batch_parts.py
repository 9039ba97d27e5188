"""A batch goes forward whole, or after a lack of memory in two halves.

Values can depend, in their last bits, on how many images are computed at a time, because libraries
choose their kernels by that. With oneDNN, on a CPU with AVX2, convolutions (VGG16 to block3_conv3,
ResNet-18) gave the same bits for 16 images, 8 and 5, and others for one; a dense layer gave others
for 8 than for 16, by 4e-7 of the largest at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import tensorflow as tf

from ..engine.device import out_of_memory, owner
from ..errors import UserError

Result = TypeVar("Result")


class BatchParts:
    """Which images of batches of one size go forward at a time.

    tell: takes a line that says when they become fewer.
    """

    def __init__(self, batch: int, tell: Callable[[str], None]):
        self.batch = batch
        self.size = batch
        self.tell = tell

    def each(self, forward: Callable[[slice], Result]) -> list[Result]:
        """What `forward` returns for each part of a batch, of a range of its images.

        The first lack of memory halves the parts, from then on, and begins this batch again.
        Raises UserError at the second, and where a part has one image.
        """
        while True:
            try:
                return [forward(part) for part in self._parts()]
            except tf.errors.ResourceExhaustedError:
                if self.size < self.batch or self.size == 1:
                    raise self.error() from None
            # an odd batch has halves of one size, which share an image: one graph for both
            self.size = -(-self.batch // 2)
            self.tell(
                f"the memory of {owner()} ran out with {self.batch} images at a time: going on "
                f"with halves of each batch, {self.size} at a time"
            )

    def _parts(self) -> list[slice]:
        whole = slice(0, self.batch)
        if self.size == self.batch:
            return [whole]
        return [slice(0, self.size), slice(self.batch - self.size, self.batch)]

    def error(self) -> UserError:
        """What is wrong where memory is not enough.

        A run that was begun keeps its batch and layers.
        """
        images = "one image"
        fewer = ""
        if self.size > 1:
            images = f"{self.size} images"
            fewer = f" of fewer at a time (--batch {self.size // 2}) or"
        return out_of_memory(
            f"free some and run the same command again, or begin another run (--out){fewer} of "
            f"fewer or earlier layers (-l)",
            f"with {images} at a time",
        )


def joined(parts: Sequence[Result], batch: int) -> Result:
    """One structure of tensors [batch, ...] from those of a batch's parts [n, ...]."""

    def join(*tensors: tf.Tensor) -> tf.Tensor:
        *before, last = tensors
        missing = batch - sum(tensor.shape[0] for tensor in before)
        return tf.concat([*before, last[-missing:]], 0)

    return tf.nest.map_structure(join, *parts) if len(parts) > 1 else parts[0]
