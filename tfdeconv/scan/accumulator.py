"""The strongest units of every channel over many images: one pass up for all layers, and what is kept of it on the device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from ..engine import folding, passes, types
from ..errors import UserError
from ..memory import refuse_beyond_memory
from ..network.graph import Network
from .reductions import BINS, bins, summary, units
from .state import State, merged


class Accumulator:
    """Keeps for every channel of some layers its `top` strongest images, and counts.

    weights: tensors or arrays by layer and parameter. size: height and width of the images; batch: how many go up at a time, on
    each device of the strategy (by default the one there is). kept: layers whose maxima of every image step() returns.
    An image counts once a channel, with the first of its strongest units in row order; of images that fire a channel alike the
    earlier one comes first. Raises UserError where the weights or the size do not fit the layers.
    """

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, Mapping[str, Any]],
        layers: Sequence[str],
        size: tuple[int, int],
        batch: int = 16,
        top: int = 9,
        kept: Sequence[str] = (),
        strategy: tf.distribute.Strategy | None = None,
    ):
        held = {
            name: {key: tuple(value.shape) for key, value in p.items()}
            for name, p in weights.items()
        }
        self.layers = list(dict.fromkeys(network.node(layer).name for layer in layers))
        for layer in self.layers:
            network.require(layer, held)
            shapes = network.input_shapes(layer, *size)
        nodes = network.up_to(*self.layers)
        needed = {
            node.name: {
                key: tf.cast(value, tf.float32) for key, value in weights[node.name].items()
            }
            for node in nodes
            if node.name in weights
        }
        sums = network.residuals()
        self.sums = {layer: sums[layer] for layer in self.layers if layer in sums}
        inputs = [name for sum_ in self.sums.values() for name in (sum_.shortcut, sum_.branch)]
        folded, self.parameters = folding.fold(nodes, needed, [*self.layers, *inputs])
        self.nodes = replace(network, nodes=tuple(folded)).at(*size).nodes
        self.channels, self.batch, self.top, self.kept = network.channels, batch, top, tuple(kept)
        self.counts = [shapes[layer][2] for layer in self.layers]
        largest = max(
            prod(shapes[node.name]) + sum(prod(shapes[name]) for name in node.inputs)
            for node in self.nodes
        )
        refuse_beyond_memory(
            4 * batch * largest,
            f"{batch} images of {size[0]} x {size[1]}",
            "scan fewer at a time (--batch)",
        )
        self.strategy, devices = (
            strategy or tf.distribute.get_strategy(),
            strategy.extended.worker_devices if strategy else (None,),
        )
        # a copy of everything on each device, none of it shared: what they found is brought together when it is asked for
        self._copies: list[tuple[types.Tensors, dict[str, tf.Variable]]] = []
        for device in devices:
            with tf.device(device):
                self._copies.append(
                    (
                        {
                            layer: {name: tf.identity(value) for name, value in p.items()}
                            for layer, p in self.parameters.items()
                        },
                        {
                            name: tf.Variable(value, trainable=False)
                            for name, value in self._empty().items()
                        },
                    )
                )
        self.devices = len(devices)
        self._step = tf.function(
            lambda x, index: self.strategy.run(self._stepped, (x, index)), autograph=False
        )

    @property
    def channels_of(self) -> dict[str, int]:
        """How many channels each layer has."""
        return dict(zip(self.layers, self.counts))

    @property
    def kept_channels(self) -> int:
        """How many columns the maxima have that step() returns."""
        return sum(self.channels_of[layer] for layer in self.kept)

    def _empty(self) -> dict[str, np.ndarray]:
        """What is kept before the first image, of the channels of all layers, one layer's after the other's.

        Whole numbers have 64 bits: those of 32 stay in the host's memory, wherever the rest is.
        """
        channels, top = sum(self.counts), self.top
        return {
            "values": np.full((channels, top), -np.inf, np.float32),
            "places": np.full((channels, top, 3), -1),  # image, row, column
            "parts": np.full(
                (channels, top, 2 if self.sums else 0), np.nan, np.float32
            ),  # of a sum: shortcut, branch
            "sums": np.zeros((channels, 3)),  # of means, of shares that fire, of maxima
            "fired": np.zeros(channels, np.int64),
            "histogram": np.zeros((channels, BINS), np.int64),
        }

    def step(self, x: Sequence[np.ndarray], index: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Takes a batch on each device in: images x [batch, h, w, c] as the network sees them, and their numbers, -1 where one
        does not count. Returns of each batch the maxima of the layers that are kept, float32 [batch, channels].

        Raises UserError where a layer computes what is no number; then nothing of that batch was taken in.
        """

        def placed(parts: Sequence[np.ndarray], dtype: tf.DType) -> Any:
            return self.strategy.experimental_distribute_values_from_function(
                lambda context: tf.constant(parts[self._place(context)], dtype)
            )

        found = self._step(placed(x, tf.float32), placed(index, tf.int64))
        finite, maxima = (self.strategy.experimental_local_results(part) for part in found)
        for there, all_finite in zip(index, (part.numpy() for part in finite)):
            if not all_finite.all():
                raise UserError(
                    f"{self.layers[int(all_finite.argmin())]} comes out as infinite or no number at all for an image "
                    f"among {there[there >= 0].min()} to {there.max()}: are these the right weights and preprocessing?"
                )
        return [part.numpy() for part in maxima]

    def _place(self, context: Any) -> int:
        """Which of this process's devices that is, from 0."""
        return int(tf.get_static_value(context.replica_id_in_sync_group)) % self.devices

    def _stepped(self, x: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """step() on one device, as a graph; returns for each layer whether all of it was finite, and the maxima kept."""
        there, (parameters, kept) = (
            index >= 0,
            self._copies[self._place(tf.distribute.get_replica_context())],
        )
        wanted = [
            *self.layers,
            *(name for sum_ in self.sums.values() for name in (sum_.shortcut, sum_.branch)),
        ]
        maps = dict(zip(wanted, passes.forward_maps(self.nodes, parameters, x, None, wanted)[0]))
        found = [summary(maps[layer]) for layer in self.layers]
        finite = tf.stack(
            [
                tf.reduce_all(tf.math.is_finite(tf.boolean_mask(means, there)))
                for _, _, _, means, _ in found
            ]
        )
        maxima, rows, columns, means, shares = (tf.concat(parts, 1) for parts in zip(*found))
        parts = self._parts(maps, found)
        maxima = tf.where(there[:, None], maxima, -np.inf)
        good = tf.reduce_all(finite)

        def count() -> tf.Tensor:
            counted = tf.boolean_mask(tf.stack([means, shares, maxima], 2), there)
            highest = counted[..., 2]
            histogram = tf.scatter_nd(
                bins(highest), tf.ones(tf.size(highest), tf.int64), kept["histogram"].shape
            )
            updates = [
                kept["sums"].assign_add(tf.reduce_sum(tf.cast(counted, tf.float64), 0)),
                kept["fired"].assign_add(tf.reduce_sum(tf.cast(maxima > 0, tf.int64), 0)),
                kept["histogram"].assign_add(histogram),
            ]
            with tf.control_dependencies(updates):
                return tf.constant(True)

        def merge() -> tf.Tensor:
            index_of = tf.broadcast_to(index[:, None], rows.shape)
            new = tf.transpose(tf.stack([index_of, rows, columns], 2), (1, 0, 2))
            # of equal ones top_k takes the first first: what is there before what comes, and that in the order of the batch
            values, at = tf.math.top_k(
                tf.concat([kept["values"], tf.transpose(maxima)], 1), self.top
            )
            updates = [kept["values"].assign(values)]
            for name, entries in (("places", new), ("parts", tf.transpose(parts, (1, 0, 2)))):
                updates.append(
                    kept[name].assign(
                        tf.gather(tf.concat([kept[name], entries], 1), at, batch_dims=1)
                    )
                )
            with tf.control_dependencies(updates):
                return tf.constant(True)

        enters = tf.reduce_any(maxima > kept["values"][:, -1])
        columns_kept = tf.concat(
            [
                tf.zeros((self.batch, 0)),
                *(found[self.layers.index(layer)][0] for layer in self.kept),
            ],
            1,
        )
        with tf.control_dependencies(
            [
                tf.cond(good, count, lambda: tf.constant(True)),
                tf.cond(good & enters, merge, lambda: tf.constant(True)),
            ]
        ):
            return tf.identity(finite), tf.identity(columns_kept)

    def _parts(
        self, maps: Mapping[str, tf.Tensor], found: Sequence[tuple[tf.Tensor, ...]]
    ) -> tf.Tensor:
        """What came to each channel's strongest unit through the shortcut and through the branch of a residual sum, NaN at other
        layers: [n, channels, 2], or [n, channels, 0] where no layer is such a sum's.
        """
        if not self.sums:
            return tf.zeros((self.batch, sum(self.counts), 0))
        parts = []
        for layer, (_, rows, columns, _, _) in zip(self.layers, found):
            inputs = (
                (self.sums[layer].shortcut, self.sums[layer].branch) if layer in self.sums else ()
            )
            parts.append(
                tf.stack([units(maps[name], rows, columns) for name in inputs], 2)
                if inputs
                else tf.fill((*rows.shape, 2), np.float32(np.nan))
            )
        return tf.concat(parts, 1)

    def state(self) -> State:
        """All that was kept, by layer; see run.py."""
        states = []
        for _, kept in self._copies:
            whole = [array.numpy() for array in kept.values()]
            whole = [
                array.astype(np.int32) if array.dtype == np.int64 else array for array in whole
            ]
            found, start = {}, 0
            for layer, count in zip(self.layers, self.counts):
                values, places, parts, sums, fired, histogram = (
                    array[start : start + count] for array in whole
                )
                found[layer] = {
                    "values": values,
                    "images": places[..., 0],
                    "positions": places[..., 1:],
                    "means": sums[:, 0],
                    "firing_positions": sums[:, 1],
                    "maxima": sums[:, 2],
                    "firing_images": fired,
                    "histogram": histogram,
                }
                if layer in self.sums:
                    found[layer] |= {"shortcuts": parts[..., 0], "branches": parts[..., 1]}
                start += count
            states.append(found)
        return merged(states)

    def restore(self, state: State) -> None:
        """Goes on from a state() of the same layers and top."""

        def joined(name: str) -> np.ndarray:
            return np.concatenate([state[layer][name] for layer in self.layers])

        arrays = self._empty()
        arrays["values"], arrays["fired"], arrays["histogram"] = map(
            joined, ("values", "firing_images", "histogram")
        )
        arrays["places"] = np.concatenate([joined("images")[..., None], joined("positions")], 2)
        arrays["sums"] = np.stack(
            [joined(name) for name in ("means", "firing_positions", "maxima")], 1
        )
        start = 0
        for layer, count in zip(self.layers, self.counts):
            if layer in self.sums:
                arrays["parts"][start : start + count] = np.stack(
                    [state[layer][name] for name in ("shortcuts", "branches")], 2
                )
            start += count
        for name, array in arrays.items():
            self._copies[0][1][name].assign(array)
