"""Signals that come to nothing on their way back."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

# the part of what a seed could give below which its picture shows nothing
FAINT = 1e-6


def squares_of(seeds: np.ndarray | tf.Tensor) -> np.ndarray:
    """The sums of the squares of seeds [k, n, m]: [k]."""
    if isinstance(seeds, np.ndarray):
        return np.square(seeds, dtype=np.float64).sum((1, 2))
    return tf.reduce_sum(tf.square(tf.cast(seeds, tf.float64)), (1, 2)).numpy()


def is_saturated(sent: np.ndarray, patches: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """Which items' signals came to nothing on their way, or below FAINT of what they could give.

    As they do behind a saturated sigmoid, or where a rule's rectifiers drop all of a signal.
    sent [k]: squares_of() the seeds; patches [k, p, q, c]; largest [k]: the greatest
    |value| of the item's image; bool [k]. A seed of 0 is dead, and not saturated.

    >>> patches = np.array([1e-3, 1e-9, 0.0, 0.0]).reshape(4, 1, 1, 1)
    >>> is_saturated(np.array([1.0, 1.0, 1.0, 0.0]), patches, np.ones(4)).tolist()
    [False, True, True, False]
    """
    # A network of rectifiers without biases is homogeneous: by Euler the product of its gradient
    # and the image is the activation, so that of the patch (seed times gradient) and the image is
    # the seed's square. The sum of the |patch| times the image's largest value is at least that.
    saturated = np.zeros(len(sent), bool)
    for i, patch in enumerate(patches):
        arrived = np.abs(patch).sum(dtype=np.float64) * max(float(largest[i]), 1.0)
        saturated[i] = sent[i] > 0 and arrived <= FAINT * sent[i]
    return saturated
