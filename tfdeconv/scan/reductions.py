"""A batch's maps, reduced to what is kept of them: the strongest units, sums and counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import tensorflow as tf

from ..engine.maxima import first_at_least, least_tie
from .state import BINS, EDGES


class Summary(NamedTuple):
    """Of each map: [n, c], or, of several layers, [n, all their channels]."""

    maxima: tf.Tensor
    # of the first unit in row order that has the maximum within rounding: int64
    rows: tf.Tensor
    columns: tf.Tensor
    means: tf.Tensor
    firing: tf.Tensor  # shares of the maps above 0


def summary(y: tf.Tensor) -> Summary:
    """The summary of maps y [n, h, w, c], n static.

    A maximum's place is looked for among the maxima of the rows, and then in its row alone: an
    argmax over whole maps would take longer than some convolutions.
    """
    n, h, w, c = y.shape
    row_maxima = tf.reduce_max(y, 2)
    maxima = tf.reduce_max(row_maxima, 1)
    least = least_tie(maxima)
    rows = first_at_least(row_maxima, least[:, None], 1)
    # flat index of the first unit in each image's and channel's row; the next one is c behind
    row_starts = (tf.range(n, dtype=tf.int64)[:, None] * h + rows) * (w * c)
    row_starts += tf.range(c, dtype=tf.int64)
    units = row_starts[..., None] + tf.range(w, dtype=tf.int64) * c
    row_values = tf.gather(tf.reshape(y, [-1]), units)
    flat = tf.reshape(y, (n, h * w, c))
    return Summary(
        maxima=maxima,
        rows=rows,
        columns=first_at_least(row_values, least[..., None], 2),
        means=position_means(flat),
        firing=position_means(tf.cast(flat > 0, tf.float32)),
    )


def position_means(flat: tf.Tensor) -> tf.Tensor:
    """The means over positions: [n, positions, c] -> [n, c]."""
    n, positions, _ = flat.shape
    # a product with ones is the fastest sum over positions
    return tf.matmul(tf.ones((n, 1, positions)), flat)[:, 0] / positions


def unit_values(y: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Maps y [n, h, w, c], n static, at one unit of each: rows, columns [n, c] -> [n, c]."""
    n, h, w, c = y.shape
    positions = (tf.range(n, dtype=tf.int64)[:, None] * h + rows) * w + columns
    return tf.gather(tf.reshape(y, [-1]), positions * c + tf.range(c, dtype=tf.int64))


def sums_and_counts(found: Summary, counts: tf.Tensor) -> dict[str, tf.Tensor]:
    """What a batch adds to the fields that are added up (state.py); counts [n]: which images do."""
    parts = tf.boolean_mask(tf.stack([found.means, found.firing, found.maxima], 2), counts)
    sums = tf.reduce_sum(tf.cast(parts, tf.float64), 0)
    return {
        "means": sums[:, 0],
        "firing_positions": sums[:, 1],
        "maxima": sums[:, 2],
        "firing_images": tf.reduce_sum(tf.cast(parts[..., 2] > 0, tf.int64), 0),
        "histogram": histogram(parts[..., 2]),
    }


def histogram(maxima: tf.Tensor) -> tf.Tensor:
    """Counts of maxima [n, c] by channel and bin of EDGES: int64 [c, bins]."""
    channels = maxima.shape[1]
    flat = tf.reshape(maxima, [-1])
    edges = tf.constant(EDGES, tf.float32)
    bin_of = tf.where(flat > 0, tf.searchsorted(edges, flat, "right", tf.int64) + 1, 0)
    channel_of = tf.broadcast_to(tf.range(channels, dtype=tf.int64), tf.shape(maxima))
    indices = tf.stack([tf.reshape(channel_of, [-1]), bin_of], 1)
    ones = tf.ones(tf.size(flat), tf.int64)
    return tf.scatter_nd(indices, ones, tf.constant([channels, BINS], tf.int64))


def finite_images(means: tf.Tensor, counts: tf.Tensor) -> tf.Tensor:
    """Whether each image's means [n, c] are finite, and so all of its maps, or it does not count.

    counts [n]; bool [n].
    """
    return tf.reduce_all(tf.math.is_finite(means), 1) | ~counts


def ranked_entries(
    whole: Summary, shares: Mapping[str, tf.Tensor], numbers: tf.Tensor
) -> dict[str, tf.Tensor]:
    """A batch's entries of the fields that are ranked (state.py): [channels, batch, ...].

    shares: of outputs of residual blocks, [batch, channels] by field.
    """
    entries = {
        "values": whole.maxima,
        "images": tf.broadcast_to(numbers[:, None], whole.rows.shape),
        "positions": tf.stack([whole.rows, whole.columns], 2),
        **shares,
    }
    for name, entry in entries.items():
        entries[name] = tf.transpose(entry, (1, 0, *range(2, entry.shape.rank)))
    return entries


def when(condition: tf.Tensor, update: Callable[[], list[tf.Operation]]) -> tf.Tensor:
    """Runs updates where the condition holds; returns a tensor to depend on."""

    def updated() -> tf.Tensor:
        with tf.control_dependencies(update()):
            return tf.constant(True)

    return tf.cond(condition, updated, lambda: tf.constant(True))


def add(
    arrays: Mapping[str, tf.Variable], additions: Mapping[str, tf.Tensor]
) -> list[tf.Operation]:
    """Adds a batch's sums and counts."""
    return [arrays[name].assign_add(value) for name, value in additions.items()]


def rank(
    arrays: Mapping[str, tf.Variable], entries: Mapping[str, tf.Tensor], top: int
) -> list[tf.Operation]:
    """Ranks a batch's entries among those kept."""
    candidates = tf.concat([arrays["values"], entries["values"]], 1)
    # top_k keeps the earlier of equal values: old entries win over new ones, and of the batch's the
    # first
    _, ranking = tf.math.top_k(candidates, top)
    updates = []
    for name, entry in entries.items():
        candidates = tf.concat([arrays[name], entry], 1)
        updates.append(arrays[name].assign(tf.gather(candidates, ranking, batch_dims=1)))
    return updates
