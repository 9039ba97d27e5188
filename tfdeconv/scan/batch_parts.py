"""A batch goes forward whole, or after a lack of memory in two halves.

A layer's values can depend, in their last bits, on how many images are computed at a time, because
a library chooses its kernels by that. On two x86 processors' cores with oneDNN the convolutions of
VGG16 and ResNet-18 were the same for 16 images and for 8, and other than for one; dense layers
were not.
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
        """What is wrong where memory is not enough."""
        if self.size == 1:
            return out_of_memory("scan fewer or earlier layers (-l)", "with one image at a time")
        return out_of_memory(
            f"scan fewer (--batch {self.size // 2}), or fewer or earlier layers (-l)",
            f"with {self.size} images at a time",
        )


def joined(parts: Sequence[Result], batch: int) -> Result:
    """One structure of tensors [batch, ...] from those of a batch's parts [n, ...]."""

    def join(*tensors: tf.Tensor) -> tf.Tensor:
        *before, last = tensors
        missing = batch - sum(tensor.shape[0] for tensor in before)
        return tf.concat([*before, last[-missing:]], 0)

    return tf.nest.map_structure(join, *parts) if len(parts) > 1 else parts[0]
