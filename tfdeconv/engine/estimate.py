"""What projecting features of a large image will take: bytes of memory, and seconds.

Measured on a CPU with AVX2, TensorFlow 2.21, VGG16 and ResNet-50, images of 300 x 400 to
1500 x 2000, both modes: the bytes are 0.9 to 1.4 of the process's peak.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from statistics import median

from ..network import receptive_field
from ..network.cost import backward_cost, forward_cost, windows_work
from ..network.cuts import cut_before, part_behind
from ..network.graph import INPUT, Network
from ..network.reach import Rectangle, changed_windows, extents
from ..network.spans import UNIT, whole
from ..network.strips import backward_values, forward_values, traces_of
from ..network.unit_window import all_by_window
from .limits import FLOAT32, cropped_nodes, segments_of_large

# bytes that Python and its libraries take, with the weights, before anything is computed
BASE_BYTES = 800e6
# what TensorFlow's allocator takes for a byte that is needed: blocks of another size lie idle
SLACK = 1.3
# the convolution by which a machine's speed is measured: cells on a side, channels, cells of kernel
SIDE, CHANNELS, KERNEL = 56, 128, 3
# others may have the processor for a moment
REPEATS = 7


@dataclass(frozen=True)
class Estimate:
    """values: in memory at a time; work: multiply-adds, or what takes as long as one."""

    values: int
    work: int

    @property
    def bytes(self) -> float:
        """Of the whole process at its peak."""
        return BASE_BYTES + SLACK * FLOAT32 * self.values


def estimate(
    network: Network,
    target: str,
    size: tuple[int, int],
    mode: str,
    masked: bool,
    features: int,
    entry: str = INPUT,
) -> Estimate:
    """Of a projection of so many features of one image of this height and width.

    mode: "max" or "all"; masked: whether the rule masks; entry: an inner layer to which they are
    projected instead. Raises UserError where the size does not suit the target.
    """
    shapes, nodes = cropped_nodes(network, [target], size)
    parts = []
    back = nodes
    if entry == INPUT:
        parts = segments_of_large(nodes, shapes, FLOAT32, masked)
    else:
        back = nodes[[node.name for node in nodes].index(entry) + 1 :]
    start = UNIT if mode == "max" else whole(shapes[nodes[-1].name])
    route = receptive_field.route(nodes, start, shapes)
    forward = forward_cost(nodes, shapes, traced=True, masked=masked, unrolled=True)
    backward = backward_cost(back, shapes, route, unrolled=True)
    values = forward.values
    signals = backward.values
    if parts:
        values = forward_values(nodes, shapes, parts, masked)
        if route[parts[-1].end] == whole(shapes[parts[-1].end]):
            signals = backward_values(shapes, parts)
    traces = traces_of(nodes, shapes, masked)
    patch = prod(span.size for span in route[entry]) * shapes[entry][2]
    image = prod(shapes[INPUT])
    most = max(values, traces + signals + features * patch) + image
    return Estimate(most, forward.work + features * backward.work)


def heat_estimate(
    network: Network, target: str, layer: str, size: tuple[int, int], mode: str, features: int
) -> Estimate:
    """Of Grad-CAM's heat maps at an inner layer, without guided Grad-CAM, as grad_cam.py goes.

    Raises UserError where the size does not suit the target.
    """
    target, layer = network.node(target).name, network.node(layer).name
    entry = cut_before(network, target, layer)
    work = 0
    if entry != INPUT:
        shapes, nodes = cropped_nodes(network, [entry], size)
        work = forward_cost(nodes, shapes, traced=False).work
        size = shapes[entry][:2]
        network = part_behind(network, entry, target)
    inner = INPUT if entry == layer else layer
    behind = estimate(network, target, size, mode, True, features, inner)
    return Estimate(behind.values, work + behind.work)


def forward_work(network: Network, targets: Sequence[str], size: tuple[int, int]) -> int:
    """Multiply-adds of a forward pass to the targets, of one image of this height and width."""
    shapes, nodes = cropped_nodes(network, targets, size)
    return forward_cost(nodes, shapes, traced=False).work


def hidden_work(
    network: Network, targets: Sequence[str], size: tuple[int, int], rectangles: Sequence[Rectangle]
) -> int:
    """Multiply-adds of occluded_pass.py for one of these rectangles of an image of this size."""
    shapes, nodes = cropped_nodes(network, targets, size)
    windows = changed_windows(nodes, shapes, rectangles)
    return windows_work(nodes, shapes, {name: extents(each) for name, each in windows.items()})


def unit_work(network: Network, target: str, size: tuple[int, int]) -> int:
    """Multiply-adds of unit_forward.py for one version of an image of this size."""
    shapes, nodes = cropped_nodes(network, [target], size)
    if not all_by_window(nodes):
        return forward_cost(nodes, shapes, traced=False).work
    seen = receptive_field.route(nodes, UNIT, shapes)
    sizes = {name: (rows.size, columns.size) for name, (rows, columns) in seen.items()}
    return windows_work(nodes, shapes, sizes)


def multiply_adds_per_second() -> float:
    """How fast this machine is now: measured with a convolution, in a fifth of a second."""
    import tensorflow as tf

    x = tf.ones((1, SIDE, SIDE, CHANNELS))
    kernel = tf.ones((KERNEL, KERNEL, CHANNELS, CHANNELS))
    # the first one prepares the kernel
    tf.nn.conv2d(x, kernel, 1, "SAME").numpy()
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        tf.nn.conv2d(x, kernel, 1, "SAME").numpy()
        seconds.append(time.perf_counter() - began)
    return SIDE * SIDE * KERNEL * KERNEL * CHANNELS * CHANNELS / median(seconds)
