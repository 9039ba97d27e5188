"""The strongest units of every channel over many images: one pass up for all layers, and what is kept of it on the device."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from . import folding, passes
from .deconvnet import refuse_beyond_memory
from .errors import UserError
from .layers import Activation, Add, Conv, Dense, DepthwiseConv
from .network import INPUT, Network

EDGES = 2.0 ** np.arange(-15, 16, 0.5)          # of the histogram: bin 0 has what is not above 0, bin 1 the rest below the first
BINS = len(EDGES) + 2
State = dict[str, dict[str, np.ndarray]]        # by layer, and by the names of run.py


def everything(network: Network, held: Mapping[str, Any]) -> list[str]:
    """The layers that `all` stands for, as far as the weights held reach: convolutions, block outputs and dense layers.

    A block's output is the activation behind a sum, and the sum itself where there is none.
    """
    needed, within, found = network.parameters(), {INPUT}, []
    kinds = {node.name: type(node.layer) for node in network.nodes}
    activated = {node.inputs[0] for node in network.nodes if isinstance(node.layer, Activation)}
    for node in network.nodes:
        if within.issuperset(node.inputs) and (node.name not in needed or node.name in held):
            within.add(node.name)
            output = kinds.get(node.inputs[0]) is Add if isinstance(node.layer, Activation) else (
                isinstance(node.layer, Add) and node.name not in activated)
            if output or isinstance(node.layer, Conv | DepthwiseConv | Dense):
                found.append(node.name)
    return found


class Scan:
    """Keeps for every channel of some layers its `top` strongest images, and counts.

    weights: tensors or arrays by layer and parameter. size: height and width of the images; batch: how many go up at a time.
    An image counts once a channel, with the first of its strongest units in row order; of images that fire a channel alike the
    earlier one comes first. Raises UserError where the weights or the size do not fit the layers.
    """

    def __init__(self, network: Network, weights: Mapping[str, Mapping[str, Any]], layers: Sequence[str], size: tuple[int, int],
                 batch: int = 16, top: int = 9):
        held = {name: {key: tuple(value.shape) for key, value in p.items()} for name, p in weights.items()}
        self.layers = list(dict.fromkeys(network.node(layer).name for layer in layers))
        for layer in self.layers:
            network.require(layer, held)
            shapes = network.input_shapes(layer, *size)
        nodes = network.up_to(*self.layers)
        needed = {node.name: {key: tf.cast(value, tf.float32) for key, value in weights[node.name].items()}
                  for node in nodes if node.name in weights}
        folded, self.parameters = folding.fold(nodes, needed, self.layers)
        self.nodes = replace(network, nodes=tuple(folded)).at(*size).nodes
        self.channels, self.batch, self.top = network.channels, batch, top
        self.counts = [shapes[layer][2] for layer in self.layers]
        largest = max(prod(shapes[node.name]) + sum(prod(shapes[name]) for name in node.inputs) for node in self.nodes)
        refuse_beyond_memory(4 * batch * largest, f"{batch} images of {size[0]} x {size[1]}", "scan fewer at a time (--batch)")
        channels = sum(self.counts)
        self._best = tf.Variable(tf.fill((channels, top), tf.constant(-np.inf, tf.float32)))
        self._places = tf.Variable(tf.fill((channels, top, 3), -1))         # image, row, column
        self._sums = tf.Variable(tf.zeros((channels, 3), tf.float64))       # of means, of shares that fire, of maxima
        self._fired = tf.Variable(tf.zeros(channels, tf.int32))
        self._histogram = tf.Variable(tf.zeros((channels, BINS), tf.int32))
        self._step = tf.function(self._stepped, autograph=False, input_signature=[
            tf.TensorSpec((batch, *size, network.channels), tf.float32), tf.TensorSpec(batch, tf.int32)])

    def step(self, x: np.ndarray, index: np.ndarray) -> None:
        """Takes a batch in: images x [batch, h, w, c] as the network sees them, and their numbers, -1 where one does not count.

        Raises UserError where a layer computes what is no number; then nothing of the batch was taken in.
        """
        finite = self._step(tf.constant(x, tf.float32), tf.constant(index, tf.int32)).numpy()
        if not finite.all():
            raise UserError(f"{self.layers[int(finite.argmin())]} comes out as infinite or no number at all for an image among "
                            f"{index[index >= 0].min()} to {index.max()}: are these the right weights and preprocessing?")

    def _stepped(self, x: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
        """step() as a graph; returns for each layer whether all of it was finite."""
        there = index >= 0
        maps, _ = passes.maps(self.nodes, self.parameters, x, None, self.layers)
        found = [summary(y) for y in maps]
        finite = tf.stack([tf.reduce_all(tf.math.is_finite(tf.boolean_mask(means, there))) for _, _, _, means, _ in found])
        maxima, rows, columns, means, shares = (tf.concat(parts, 1) for parts in zip(*found))
        maxima = tf.where(there[:, None], maxima, -np.inf)
        good = tf.reduce_all(finite)

        def count() -> tf.Tensor:
            kept = tf.boolean_mask(tf.stack([means, shares, maxima], 2), there)
            updates = [self._sums.assign_add(tf.reduce_sum(tf.cast(kept, tf.float64), 0)),
                       self._fired.assign_add(tf.reduce_sum(tf.cast(maxima > 0, tf.int32), 0)),
                       self._histogram.scatter_nd_add(bins(kept[..., 2]), tf.ones(tf.size(kept[..., 2]), tf.int32))]
            with tf.control_dependencies(updates):
                return tf.constant(True)

        def merge() -> tf.Tensor:
            index_of = tf.broadcast_to(index[:, None], rows.shape)
            new = tf.transpose(tf.stack([index_of, rows, columns], 2), (1, 0, 2))
            # of equal ones top_k takes the first first: what is there before what comes, and that in the order of the batch
            best, at = tf.math.top_k(tf.concat([self._best, tf.transpose(maxima)], 1), self.top)
            places = tf.gather(tf.concat([self._places, new], 1), at, batch_dims=1)
            with tf.control_dependencies([self._best.assign(best), self._places.assign(places)]):
                return tf.constant(True)

        enters = tf.reduce_any(maxima > self._best[:, -1])
        with tf.control_dependencies([tf.cond(good, count, lambda: tf.constant(True)),
                                      tf.cond(good & enters, merge, lambda: tf.constant(True))]):
            return tf.identity(finite)

    def state(self) -> State:
        """All that was kept, by layer; see run.py."""
        arrays = [variable.numpy() for variable in (self._best, self._places, self._sums, self._fired, self._histogram)]
        found, start = {}, 0
        for layer, count in zip(self.layers, self.counts):
            best, places, sums, fired, histogram = (array[start:start + count] for array in arrays)
            found[layer] = {"values": best, "images": places[..., 0], "positions": places[..., 1:], "means": sums[:, 0],
                            "firing_positions": sums[:, 1], "maxima": sums[:, 2], "firing_images": fired, "histogram": histogram}
            start += count
        return found

    def restore(self, state: State) -> None:
        """Goes on from a state() of the same layers and top."""
        def joined(name: str) -> np.ndarray:
            return np.concatenate([state[layer][name] for layer in self.layers])
        self._best.assign(joined("values"))
        self._places.assign(np.concatenate([joined("images")[..., None], joined("positions")], 2))
        self._sums.assign(np.stack([joined(name) for name in ("means", "firing_positions", "maxima")], 1))
        self._fired.assign(joined("firing_images"))
        self._histogram.assign(joined("histogram"))


def summary(y: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """y [n, h, w, c], n static -> [n, c] each: maxima, their first rows and columns in row order, means, shares above 0.

    Where a maximum lies is looked for among the maxima of the rows, and then in its row alone: an argmax over the whole map would
    take longer than some convolutions.
    """
    n, h, w, c = y.shape
    by_row = tf.reduce_max(y, 2)
    maxima = tf.reduce_max(by_row, 1)
    rows = first(by_row, 1)
    starts = (tf.range(n, dtype=tf.int64)[:, None] * h + tf.cast(rows, tf.int64)) * (w * c) + tf.range(c, dtype=tf.int64)
    lines = tf.gather(tf.reshape(y, [-1]), starts[..., None] + tf.range(w, dtype=tf.int64) * c)
    flat, ones = tf.reshape(y, (n, h * w, c)), tf.ones((n, 1, h * w))
    # a product with ones is the fastest sum over positions
    means, shares = (tf.matmul(ones, values)[:, 0] / (h * w) for values in (flat, tf.cast(flat > 0, tf.float32)))
    return maxima, rows, first(lines, 2), means, shares


def first(values: tf.Tensor, axis: int) -> tf.Tensor:
    """Where on an axis the largest value is, the first of equal ones: int32. (tf.argmax promises nothing on a tie.)"""
    extent = values.shape[axis]
    places = tf.reshape(tf.range(extent), [extent if i == axis else 1 for i in range(3)])
    largest = values == tf.reduce_max(values, axis, keepdims=True)
    return tf.reduce_min(tf.where(largest, places, extent - 1), axis)


def bins(maxima: tf.Tensor) -> tf.Tensor:
    """maxima [n, c] -> indices [n * c, 2]: channel, and bin of its histogram."""
    flat = tf.reshape(maxima, [-1])
    at = tf.where(flat > 0, tf.searchsorted(tf.constant(EDGES, tf.float32), flat, "right") + 1, 0)
    channels = tf.broadcast_to(tf.range(maxima.shape[1]), tf.shape(maxima))
    return tf.stack([tf.reshape(channels, [-1]), at], 1)
