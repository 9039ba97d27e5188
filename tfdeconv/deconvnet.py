"""From an image and a layer to pixels: picks units, compiles the passes once per target, projects in chunks."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from . import folding, passes, steps
from .errors import UserError, unknown
from .layers import Shape
from .network import INPUT, Network
from .rules import RULES
from .spans import UNIT, Spans, overlap, whole

MODES = ("max", "all")
ITEM_BYTES = 64 << 20           # for the largest signal of a chunk of items: more brought nothing (scripts/benchmark.py)
IMAGE_BYTES = 256 << 20         # for the largest map of a chunk of images on the way up
MOST = 64                       # items or images in a chunk

Shapes = Mapping[str, Shape]


@dataclass(frozen=True)
class Projection:
    """What came down for each image and channel; arrays are [images, channels, ...].

    Boxes are top, left, bottom, right in cells of the input (bottom and right exclusive); they may reach outside of it.
    """
    channels: np.ndarray            # int32 [n, m]
    activations: np.ndarray         # [n, m] the unit's; in mode all the map's maximum
    dead: np.ndarray                # bool [n, m] nothing to project: the seed is 0, and so is the patch
    positions: np.ndarray           # int32 [n, m, 2] row and column of the unit in its map; -1 in mode all
    boxes: np.ndarray               # int32 [n, m, 4] of the patches
    receptive_fields: np.ndarray    # int32 [n, m, 4] of what was projected, borders ignored: may be larger than the image
    patches: np.ndarray             # [n, m, p, q, channels of the image] signed, in the network's input space
    size: tuple[int, int]           # height and width of the images

    @cached_property
    def pixels(self) -> np.ndarray:
        """The patches laid into whole images: [n, m, height, width, channels of the image], 0 elsewhere."""
        n, m, _, _, c = self.patches.shape
        laid = np.zeros((n, m, *self.size, c), self.patches.dtype)
        for i, j in np.ndindex(n, m):
            top, left, bottom, right = self.boxes[i, j]
            rows, columns = overlap(top, bottom, self.size[0]), overlap(left, right, self.size[1])
            laid[i, j, rows, columns] = self.patches[i, j, rows.start - top:rows.stop - top,
                                                     columns.start - left:columns.stop - left]
        return laid


class Deconvnet:
    """The deconvnet of one layer: the network and weights up to it, compiled once for each size of image.

    weights: tensors (or arrays) by layer and parameter, as load_weights returns them; their dtype is the computation's.
    rule: "deconvnet", "guided" or "gradient" (rules.py). jit: compile with XLA, which takes seconds for each new size of image
    and paid for nothing on the CPUs measured (scripts/benchmark.py); False: plain graphs, at once.
    Raises UserError where the weights do not hold what the layer needs.
    """

    def __init__(self, network: Network, weights: Mapping[str, Mapping[str, Any]], target: str, rule: str = "deconvnet",
                 jit: bool = False):
        if rule not in RULES:
            raise unknown("there is no rule", rule, RULES)
        network.require(target, {name: {key: tuple(value.shape) for key, value in p.items()} for name, p in weights.items()})
        target = network.node(target).name
        self.network, self.target, self.rule, self.jit = network, target, RULES[rule], jit
        nodes = network.up_to(target)
        needed = {node.name: {name: tf.convert_to_tensor(value) for name, value in weights[node.name].items()}
                  for node in nodes if node.name in weights}
        self._dtype = next((value.dtype for p in needed.values() for value in p.values()), tf.float32)
        folded, self._parameters = folding.fold(nodes, needed)
        self._folded = replace(network, nodes=tuple(folded))
        self._graphs: dict[tuple, Callable] = {}

    def activations(self, x: np.ndarray) -> np.ndarray:
        """The layer's output for images x [n, h, w, c] as the network sees them: [n, h', w', c'], or [n, c'] for vectors."""
        x, shapes = self._admit(x)
        up = self._up(shapes, traced=False)
        y = np.concatenate([up(tf.constant(x[index]))[0].numpy()[:stop - start]
                            for start, stop, index in self._images(len(x), shapes)])
        return y[:, 0, 0] if self.target in self.network.vectors else y

    def project(self, x: np.ndarray, channels: Sequence[int] | np.ndarray | None = None, mode: str = "max",
                top: int | None = None) -> Projection:
        """Projects channels of the layer down to the pixels of images x [n, h, w, c].

        channels: numbers from 0, the same for every image, or [n, m] for each image its own. None: every channel, or with
        `top` the channels that fire strongest in each image, strongest first. mode "max" keeps the strongest unit of a feature
        map (the first on a tie), "all" the whole map. Raises UserError for what does not fit.
        """
        if mode not in MODES:
            raise unknown("there is no mode", mode, MODES)
        x, shapes = self._admit(x)
        wanted = self._wanted(channels, top, len(x))
        start = UNIT if mode == "max" else whole(shapes[self.target])
        route = self._sized(shapes).route(self.target, start, shapes)
        count = wanted.size * prod(span.size for span in route[INPUT]) * self.network.channels
        refuse_beyond_memory(count * self._dtype.size, f"{wanted.size} projections", "ask for fewer channels or images at a time")
        found = [self._project(x[index], wanted[begin:end], mode, shapes, route)
                 for begin, end, index in self._images(len(x), shapes)]
        chosen, peaks, dead, positions, patches = found[0] if len(found) == 1 else map(np.concatenate, zip(*found))
        fields = self._sized(shapes).receptive_fields(shapes)[self.target]
        a, b = (span.seen_through(field) for span, field in zip(start, fields))
        return Projection(chosen, peaks, dead, positions if mode == "max" else np.full_like(positions, -1),
                          boxes(route[INPUT], positions), boxes((a, b), positions), patches, shapes[INPUT][:2])

    def _project(self, x: np.ndarray, wanted: np.ndarray, mode: str, shapes: Shapes, route: Mapping[str, Spans]) -> tuple:
        """One way up for some images and the ways down for their channels: the arrays of a Projection for them.

        x may have more images than wanted has rows, to fill a chunk.
        """
        y, traces = self._up(shapes, traced=True)(tf.constant(x))
        y = y.numpy()[:len(wanted)]
        if wanted.dtype == bool:            # a row of as many places as channels asked for, to be filled with the strongest
            wanted = np.argsort(-y.max((1, 2)), 1, kind="stable")[:, :wanted.shape[1]].astype(np.int32)
        image, channel = np.repeat(np.arange(len(wanted), dtype=np.int32), wanted.shape[1]), wanted.reshape(-1)
        maps = y.transpose(0, 3, 1, 2)[image, channel]
        at = maps.reshape(len(maps), -1).argmax(1)              # the first on a tie
        rows, columns = np.divmod(at.astype(np.int32), np.int32(y.shape[2]))
        peaks = maps[np.arange(len(maps)), rows, columns]
        seeds = peaks[:, None, None] if mode == "max" else maps
        down = self._down(shapes, route, traces)
        patches = np.empty((len(image), *(span.size for span in route[INPUT]), self.network.channels), y.dtype)
        largest = max(a.size * b.size * shapes[name][2] for name, (a, b) in route.items()) * y.itemsize
        for start, stop, index in chunks(len(image), ITEM_BYTES // largest, self.jit):
            items = (tf.constant(array[index]) for array in (seeds, image, channel, rows, columns))
            patches[start:stop] = down(traces, *items).numpy()[:stop - start]
        positions = np.stack([rows, columns], 1)
        return tuple(array.reshape(*wanted.shape, *array.shape[1:])
                     for array in (channel, peaks, ~seeds.any((1, 2)), positions, patches))

    def _admit(self, x: np.ndarray) -> tuple[np.ndarray, Shapes]:
        """Images as an array of the computation's dtype, and the shapes of all maps for their size."""
        try:
            x = np.asarray(x, self._dtype.as_numpy_dtype)
        except (TypeError, ValueError):
            raise UserError(f"{self.network.name} takes images as an array of numbers [n, h, w, {self.network.channels}]") from None
        if x.ndim != 4 or x.shape[3] != self.network.channels or not x.size:
            raise UserError(f"{self.network.name} takes images [n, h, w, {self.network.channels}], this array is {list(x.shape)}")
        shapes = self.network.input_shapes(self.target, *x.shape[1:3])
        needed = self._dtype.size * max(prod(shapes[node.name]) + sum(prod(shapes[name]) for name in node.inputs)
                                        for node in self._folded.nodes)
        refuse_beyond_memory(needed, f"an image of {x.shape[1]} x {x.shape[2]} on the way up to {self.target}", "scale it down")
        return x, shapes

    def _wanted(self, channels: Sequence[int] | np.ndarray | None, top: int | None, images: int) -> np.ndarray:
        """Channels by image: int32 [n, m]; or bool [n, m] where the m strongest are wanted."""
        count = self.network.shapes()[self.target][2]
        if top is not None:
            if channels is not None or not isinstance(top, int) or top < 1:
                raise UserError("top takes a number from 1 up, and stands in place of channels")
            return np.empty((images, min(top, count)), bool)
        wanted = np.arange(count) if channels is None else np.asarray(channels)
        if wanted.dtype.kind not in "iu" or not wanted.size or not (wanted.ndim == 1 or wanted.ndim == 2 and len(wanted) == images):
            raise UserError(f"channels are whole numbers, at least one, [m] or [{images}, m] for these images; "
                            f"found {wanted.dtype} {list(wanted.shape)}")
        for channel in (wanted.min(), wanted.max()):
            self.network.channel(self.target, int(channel))
        return np.broadcast_to(wanted, (images, wanted.shape[-1])).astype(np.int32)

    def _images(self, count: int, shapes: Shapes) -> Iterator[tuple[int, int, np.ndarray]]:
        """Chunks of images that go up at a time."""
        largest = max(prod(shapes[name]) for name in (INPUT, *(node.name for node in self._folded.nodes)))
        return chunks(count, IMAGE_BYTES // (largest * self._dtype.size), self.jit)

    def _sized(self, shapes: Shapes) -> Network:
        """The folded network for images of that size."""
        return self._folded.at(*shapes[INPUT][:2])

    def _up(self, shapes: Shapes, traced: bool) -> Callable:
        """The compiled way up: images -> the target's map, and with `traced` what its rule needs on the way down."""
        key = ("up", shapes[INPUT], traced)
        if key not in self._graphs:
            nodes, rule = self._sized(shapes).nodes, self.rule if traced else None
            self._graphs[key] = tf.function(
                lambda x: passes.up(nodes, self._parameters, x, rule), jit_compile=self.jit, autograph=False,
            ).get_concrete_function(tf.TensorSpec((None, *shapes[INPUT]), self._dtype))
        return self._graphs[key]

    @cached_property
    def _down_parameters(self) -> passes.Tensors:
        """The parameters as the way down wants them; made when something first comes down."""
        return {node.name: steps.prepare(node.layer, self._parameters[node.name]) for node in self._folded.nodes}

    def _down(self, shapes: Shapes, route: Mapping[str, Spans], traces: Mapping[str, tf.Tensor]) -> Callable:
        """The compiled way down: traces and items -> pixels. An item: seed [n, m], image, channel, row, column."""
        key = ("down", shapes[INPUT], route[self.target])
        if key not in self._graphs:
            nodes, parameters, count = self._sized(shapes).nodes, self._down_parameters, shapes[self.target][2]

            def down(traces, seeds, image, channel, row, column):
                signal = seeds[..., None] * tf.one_hot(channel, count, dtype=self._dtype)[:, None, None]
                return passes.down(nodes, parameters, traces, signal, image, (row, column), self.rule, route, shapes)

            extents = [span.size for span in route[self.target]]
            self._graphs[key] = tf.function(down, jit_compile=self.jit, autograph=False).get_concrete_function(
                tf.nest.map_structure(lambda trace: tf.TensorSpec((None, *trace.shape[1:]), trace.dtype), traces),
                tf.TensorSpec((None, *extents), self._dtype), *[tf.TensorSpec((None,), tf.int32)] * 4)
        return self._graphs[key]


def refuse_beyond_memory(needed: int, what: str, remedy: str) -> None:
    """Raises UserError where something would need more bytes than there are, before they are taken."""
    if needed > memory():
        raise UserError(f"{what} would need {needed / 1e9:.1f} GB, and there are {memory() / 1e9:.1f}: {remedy}")


def memory() -> float:
    """Bytes of memory that this machine has, or this container may use; infinite where neither says."""
    try:
        there: float = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        there = float("inf")
    try:
        return min(there, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):       # no such limit, or `max`
        return there


def chunks(count: int, size: int, fixed: bool) -> Iterator[tuple[int, int, np.ndarray]]:
    """Splits `count` things, `size` (1 to MOST) at a time: start, stop, and the numbers of those to compute.

    With `fixed` there are chunks of two lengths only, `size` and 1, since each length is compiled anew: what is left over
    goes one by one when it is little, and otherwise fills up a chunk with its last.
    """
    size = max(1, min(size, MOST))
    start = 0
    while start < count:
        left = min(count - start, size)
        length = left
        if fixed and left < size:
            length, left = (1, 1) if left <= size // 3 else (size, left)
        yield start, start + left, np.minimum(np.arange(start, start + length), start + left - 1)
        start += left


def boxes(spans: Spans, positions: np.ndarray) -> np.ndarray:
    """positions [..., 2] -> top, left, bottom, right of the spans there: int32 [..., 4]."""
    top, left = (span.origin(positions[..., axis]) for axis, span in enumerate(spans))
    return np.stack([top, left, top + spans[0].size, left + spans[1].size], -1).astype(np.int32)
