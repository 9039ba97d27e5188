"""The strongest units of every channel over many images: one forward pass for all layers.

What is kept stays on the device, an array for each field of state.py, the channels of one layer
behind those of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from ..data.preprocessing import say_nothing
from ..engine import compilation, cropping, finite, folding, limits, types
from ..engine.precision import in_precision
from ..engine.tensors import parameter_shapes
from ..network import borders
from ..network.borders import Region
from ..network.graph import Network
from .batch_forward import BatchForward, Found
from .batch_parts import BatchParts, joined
from .layout import Layout
from .reductions import add, finite_images, rank, ranked_entries, sums_and_counts, when
from .state import State, merge_states
from .unusable import NotFinite, reason, refuse_overflow


@dataclass
class DeviceCopy:
    """What a device has for itself: nothing is shared, and state() merges what they kept."""

    parameters: types.Tensors
    arrays: dict[str, tf.Variable]  # by field


class Accumulator:
    """Keeps for every channel of some layers its `top` strongest images, and counts.

    weights: tensors or arrays by layer and parameter. size: height and width of the images. batch:
    images of a forward pass, on each device of the strategy (by default the one there is).
    kept: layers whose maxima of every image step() returns.
    interior: only units whose receptive field lies within the image are looked at.
    tell: takes a line that says that memory ran out, and fewer images go forward at a time.
    An image counts once a channel, with the first of its strongest units in row order; of images
    that fire a channel alike the earlier one comes first.
    Raises UserError where the weights or the size do not fit the layers.
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
        interior: bool = False,
        tell: Callable[[str], None] = say_nothing,
    ):
        self.layers = list(dict.fromkeys(network.node(layer).name for layer in layers))
        weight_shapes = parameter_shapes(weights)
        for layer in self.layers:
            network.require(layer, weight_shapes)
            shapes = network.input_shapes(layer, *size)
        self.channels = network.channels
        self.batch = batch
        self.top = top
        self.kept = tuple(kept)
        residuals = network.residuals()
        blocks = {layer: residuals[layer] for layer in self.layers if layer in residuals}
        # how many channels each layer has
        self.channels_of = {layer: shapes[layer][2] for layer in self.layers}
        # of each layer the units that are looked at, where they are not all
        regions: dict[str, Region] = {}
        if interior:
            regions = borders.required_interiors(network, self.layers, size)
        self.layout = Layout(self.channels_of, blocks, top)
        read = list(self.layers)
        for block in blocks.values():
            read += [block.shortcut, block.branch]
        nodes = network.up_to(*self.layers)
        needed: dict[str, dict[str, tf.Tensor]] = {}
        for node in nodes:
            if node.name in weights:
                needed[node.name] = {}
                for key, value in weights[node.name].items():
                    needed[node.name][key] = tf.cast(value, tf.float32)
        folded, parameters = folding.fold(nodes, needed, read)
        sized = cropping.size(replace(network, nodes=tuple(folded)), parameters, shapes)
        self.nodes, self.parameters = sized.cropped.nodes, sized.parameters
        float32_bytes = 4
        limits.refuse_large_images(self.nodes, shapes, float32_bytes, batch)
        self.wild = finite.is_wild(self.parameters)
        self.strategy = strategy or tf.distribute.get_strategy()
        devices = strategy.extended.worker_devices if strategy else (None,)
        self.devices = len(devices)
        self._copies = [self._copy_on(device) for device in devices]
        self.parts = BatchParts(batch, tell)
        forward = BatchForward(self.layers, self.nodes, read, regions, blocks)
        self._found = compilation.part(forward.found)
        # two graphs: what takes memory keeps nothing, and can be done again in smaller parts
        self._forward = tf.function(
            lambda x: self.strategy.run(self._forward_on_device, (x,)), autograph=False
        )
        self._take_in = tf.function(
            lambda parts, numbers: self.strategy.run(self._take_in_on_device, (parts, numbers)),
            autograph=False,
        )

    def _copy_on(self, device: str | None) -> DeviceCopy:
        """Parameters, and arrays that have no images yet, on a device."""
        with tf.device(device):
            parameters: dict[str, dict[str, tf.Tensor]] = {}
            for layer, tensors in self.parameters.items():
                parameters[layer] = {}
                for name, value in tensors.items():
                    parameters[layer][name] = tf.identity(value)
            arrays = {}
            for name, array in self.layout.empty().items():
                arrays[name] = tf.Variable(array, trainable=False)
            return DeviceCopy(parameters, arrays)

    @property
    def kept_channels(self) -> int:
        """How many columns the maxima have that step() returns."""
        return sum(self.channels_of[layer] for layer in self.kept)

    def step(self, x: Sequence[np.ndarray], numbers: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Takes in a batch on each device: images x [batch, h, w, c] as the network sees them.

        numbers [batch]: theirs in the list, -1 where one does not count. Returns of each batch the
        maxima of the layers that are kept, float32 [batch, channels].
        Raises NotFinite where a map is not; nothing of such a batch was taken in then. Raises
        UserError where memory is not enough for half a batch: what was kept is of no use then.
        """
        if self.wild:
            refuse_overflow(self.nodes, self.parameters, x, numbers)

        def found(part: slice) -> Found:
            images = [batch[part] for batch in x]
            return in_precision(self._forward)(self._distribute(images, tf.float32))

        parts = self.parts.each(found)
        try:
            results = in_precision(self._take_in)(parts, self._distribute(numbers, tf.int64))
        except tf.errors.ResourceExhaustedError:
            raise self.parts.error() from None
        are_finite, maxima = map(self.strategy.experimental_local_results, results)
        reasons: dict[int, str] = {}
        taken: list[np.ndarray | None] = []
        for batch_numbers, device_finite, device_maxima in zip(numbers, are_finite, maxima):
            wrong = self._not_finite(batch_numbers, device_finite.numpy())
            reasons |= wrong
            taken.append(None if wrong else device_maxima.numpy())
        if reasons:
            raise NotFinite(reasons, taken)
        return taken  # type: ignore[return-value]

    def _not_finite(self, numbers: np.ndarray, are_finite: np.ndarray) -> dict[int, str]:
        """Why images of a batch cannot count; are_finite [layers, batch]: whether maps are."""
        reasons = {}
        for image in np.flatnonzero(~are_finite.all(0)):
            layer = self.layers[int(are_finite[:, image].argmin())]
            reasons[int(numbers[image])] = reason(layer)
        return reasons

    def _distribute(self, parts: Sequence[np.ndarray], dtype: tf.DType) -> Any:
        """An array to each device."""
        return self.strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(parts[self._device_index(context)], dtype)
        )

    def _device_index(self, context: Any) -> int:
        """Which of this process's devices that is, from 0."""
        return int(tf.get_static_value(context.replica_id_in_sync_group)) % self.devices

    def _forward_on_device(self, x: tf.Tensor) -> Found:
        """What images x [n, h, w, c] show, on one device, as a graph: nothing is kept."""
        return self._found(self._own_copy().parameters, x)

    def _take_in_on_device(
        self, parts: Sequence[Found], numbers: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Keeps what a batch's parts show, on one device, as a graph.

        Returns for each layer and image whether it was finite, and the maxima of the layers kept.
        """
        arrays = self._own_copy().arrays
        whole, shares = joined(parts, self.batch)
        of_layer = self.layout.slices()
        counts = numbers >= 0
        kept = [whole.maxima[:, of_layer[layer]] for layer in self.kept]
        kept_maxima = tf.concat([tf.zeros((self.batch, 0)), *kept], 1)
        means = [whole.means[:, channels] for channels in of_layer.values()]
        finite = tf.stack([finite_images(part, counts) for part in means])
        whole = whole._replace(maxima=tf.where(counts[:, None], whole.maxima, -np.inf))
        good = tf.reduce_all(finite)
        enters = tf.reduce_any(whole.maxima > arrays["values"][:, -1])
        entries = ranked_entries(whole, shares, numbers)
        updates = [
            when(good, lambda: add(arrays, sums_and_counts(whole, counts))),
            when(good & enters, lambda: rank(arrays, entries, self.top)),
        ]
        with tf.control_dependencies(updates):
            return tf.identity(finite), tf.identity(kept_maxima)

    def _own_copy(self) -> DeviceCopy:
        """What the device has that a graph is made for."""
        return self._copies[self._device_index(tf.distribute.get_replica_context())]

    def state(self) -> State:
        """All that was kept, by layer."""
        states = []
        for copy in self._copies:
            arrays = {name: variable.numpy() for name, variable in copy.arrays.items()}
            states.append(self.layout.split(arrays))
        return merge_states(states)

    def restore(self, state: State) -> None:
        """Goes on from a state() of the same layers and top; raises UserError for another one."""
        for name, array in self.layout.join(state).items():
            self._copies[0].arrays[name].assign(array)
