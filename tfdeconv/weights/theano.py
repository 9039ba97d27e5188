"""Kernels as Theano kept them: [out, in, height, width], turned by 180 degrees.

Theano convolves where others correlate, so its kernels stand on their heads. Keras 1 and before had
this order with Theano, and for a while with either.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

# in the names of files whose kernels are in Theano's order, but TensorFlow's
UNTURNED = "tf_kernels"


def is_order_of(shapes: Iterable[tuple[int, ...]]) -> bool:
    """Whether kernels of these shapes are in Theano's order.

    The window is square: where the first two axes differ and the last two do not, it is last.
    """
    for shape in shapes:
        if len(shape) != 4:
            continue
        is_first, is_last = shape[0] == shape[1], shape[2] == shape[3]
        if is_first != is_last:
            return is_last
    return False


def are_turned(path: str | Path) -> bool:
    """Whether a file's kernels in this order are turned, which its name alone can deny."""
    return UNTURNED not in Path(path).name


def note(path: str | Path) -> str:
    """What is assumed of a file's kernels in this order."""
    if are_turned(path):
        return (
            "assumed: kernels [out, in, height, width] are Theano's, turned by 180 degrees "
            f"(they are not where the file's name has {UNTURNED})"
        )
    return (
        "assumed: kernels [out, in, height, width] are not turned, "
        f"as the file's name has {UNTURNED}"
    )


def hwio_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that a parameter has in this program's layout."""
    if len(shape) != 4:
        return shape
    out, into, height, width = shape
    return height, width, into, out


def to_hwio(array: np.ndarray, turned: bool) -> np.ndarray:
    """A kernel [out, in, h, w] as [h, w, in, out], turned back if it was; the rest as it is."""
    if array.ndim != 4:
        return array
    if turned:
        array = array[:, :, ::-1, ::-1]
    return np.ascontiguousarray(array.transpose(2, 3, 1, 0))
