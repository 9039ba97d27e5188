"""On a GPU every operation of the compiled graphs has a kernel there, and no map lives on the host.

No GPU is needed: TensorFlow's wheel for Linux registers the kernels of both devices (2.21's has
5,017 for GPUs). Of one that has none (tensorflow-cpu, macOS) nothing can be looked up.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
import tensorflow as tf
from helpers import EXAMPLES, example, random_weights
from tensorflow.python.framework import kernels

from tfdeconv.engine import compilation, cropping, dispatch, limits, passes
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.modes import MODES
from tfdeconv.engine.occluded_pass import OccludedPass
from tfdeconv.engine.rules import GUIDED
from tfdeconv.engine.unit_forward import UnitForward
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import Conv, MaxPool
from tfdeconv.network.reach import Rectangle
from tfdeconv.network.spans import UNIT, whole
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.zoo import NETWORKS

# DEFAULT: of any device that has none of its own
GPU_DEVICES = "GPU", "DEFAULT"
# axes of what may live on the host: places along one axis of each item's window, and sizes
HOST_AXES = 2
# switches of two and of four bytes, and channels of which no whole number fills an int32
POOLS = {
    "bytes, odd": MaxPool(2, 2),
    "uint16, odd": MaxPool(20, 3),
    "uint32": MaxPool((1, 70_000), 1),
}

CONVOLUTIONS = kernels.get_registered_kernels_for_op("Conv2D").kernel
pytestmark = [
    pytest.mark.skipif(
        "GPU" not in {kernel.device_type for kernel in CONVOLUTIONS},
        reason="this build of TensorFlow has no kernels for GPUs",
    ),
    # the graphs are those that are made where there is a GPU
    pytest.mark.usefixtures("gpu"),
]


@cache
def gpu_kernels(operation: str) -> list:
    """A kind of operation's kernels on a GPU."""
    registered = kernels.get_registered_kernels_for_op(operation).kernel
    return [kernel for kernel in registered if kernel.device_type in GPU_DEVICES]


def kernel_of(node) -> object | None:
    """The kernel that computes a NodeDef on a GPU, if there is one."""
    for kernel in gpu_kernels(node.op):
        for constraint in kernel.constraint:
            value = node.attr[constraint.name]
            types = value.list.type or [value.type]
            if not set(types) <= set(constraint.allowed_values.list.type):
                break
        else:
            return kernel
    return None


def off_the_gpu(graph: tf.Graph) -> set[str]:
    """What a graph has for which there is no kernel, and maps that live on the host."""
    found = set()
    definition = graph.as_graph_def()
    for function in definition.library.function:
        for node in function.node_def:
            if kernel_of(node) is None:
                found.add(described(node, "no kernel"))
    for node in definition.node:
        kernel = kernel_of(node)
        if kernel is None:
            found.add(described(node, "no kernel"))
            continue
        if not kernel.host_memory_arg:
            continue
        operation = graph.get_operation_by_name(node.name)
        for name, tensor in named_tensors(operation):
            if name in kernel.host_memory_arg and len(tensor.shape) > HOST_AXES:
                found.add(described(node, f"{name} {tensor.shape} on the host"))
    return found


def named_tensors(operation: tf.Operation) -> Iterator[tuple[str, tf.Tensor]]:
    """An operation's inputs and outputs, each with the name of its argument."""
    definition = operation.op_def
    for arguments, tensors in (
        (definition.input_arg, operation.inputs),
        (definition.output_arg, operation.outputs),
    ):
        remaining = iter(tensors)
        for argument in arguments:
            count = operation.get_attr(argument.number_attr) if argument.number_attr else 1
            for _, tensor in zip(range(count), remaining):
                yield argument.name, tensor


def described(node, what: str) -> str:
    types = []
    for name, value in sorted(node.attr.items()):
        if value.WhichOneof("value") == "type":
            types.append(f"{name} {tf.as_dtype(value.type).name}")
    return f"{node.name}: {node.op}({', '.join(types)}): {what}"


def around(layer: MaxPool, channels: int) -> Network:
    """A network of a layer between two others, as helpers.example makes them."""
    size = tuple(extent + 3 for extent in layer.window.taps)
    net = Builder("around", (*size, 2))
    net.add("before", Conv(channels, 1))
    net.add("layer", layer)
    net.add("behind", Conv(2, 1))
    return net.network()


def add_layer(network: Network) -> None:
    """Adds the network's `layer`, forward and backward, on a unit's route and on a map's."""
    target = network.nodes[-1].name
    shapes = network.input_shapes(target, *network.input_shape[:2])
    sized = cropping.size(network, symbolic_parameters(network), shapes)
    node = sized.cropped.node("layer")
    p = sized.parameters["layer"]
    inputs = [symbolic(*shapes[name]) for name in node.inputs]
    dispatch.forward(node.layer, p, *inputs, rule=None)
    _y, trace = dispatch.forward(node.layer, p, *inputs, rule=GUIDED)
    prepared = dispatch.prepare(node.layer, p)
    names = ("layer", *node.inputs)
    item = tf.compat.v1.placeholder(tf.int32, (None,))
    # without a trace a whole map's route brings no other operation
    starts = (UNIT, whole(shapes[target])) if trace is not None else (UNIT,)
    for start in starts:
        route = sized.cropped.route(target, start, shapes)
        rows, columns = route["layer"]
        passes.layer_backward(
            node.layer,
            prepared,
            symbolic(rows.size, columns.size, shapes["layer"][2]),
            trace,
            item,
            (item, item),
            GUIDED,
            [route[name] for name in names],
            [shapes[name] for name in names],
        )


def symbolic(*shape: int) -> tf.Tensor:
    """Any number of maps."""
    return tf.compat.v1.placeholder(tf.float32, (None, *shape))


def symbolic_parameters(network: Network) -> dict[str, dict[str, tf.Tensor]]:
    parameters: dict = {node.name: {} for node in network.nodes}
    for layer, shapes in network.parameters().items():
        for name, shape in shapes.items():
            parameters[layer][name] = tf.compat.v1.placeholder(tf.float32, shape)
    return parameters


@pytest.fixture
def compiled(monkeypatch):
    """The graphs that are compiled, in their order."""
    made: list[tf.Graph] = []

    def recorded(function, *specs, jit=False):
        call = compiled(function, *specs, jit=jit)
        made.append(call.graph)
        return call

    compiled = compilation.compiled
    monkeypatch.setattr(compilation, "compiled", recorded)
    return made


def test_networks_stay_on_the_gpu(rng, compiled):
    for name, target in (("vgg16", "block5_pool"), ("resnet18", "conv3_block1_out")):
        network = NETWORKS[name]()
        deconvnet = Deconvnet(network, random_weights(network, rng, target, np.float32), target)
        x = rng.standard_normal((1, 32, 32, 3))
        for mode in MODES:
            deconvnet.project(x, [0], mode)
    # of VGG16's target a unit is the whole map
    assert len(compiled) == 2 + 3
    for graph in compiled:
        assert off_the_gpu(graph) == set()


def test_parts_of_an_image_stay_on_the_gpu(rng, compiled, monkeypatch):
    network = example("pool 3x3 stride 2, padded", 29, 31)
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.standard_normal((1, 29, 31, 4)).astype(np.float32)
    deconvnet = Deconvnet(network, weights, "behind")
    UnitForward(deconvnet, (29, 31)).activations(x[:, :9, :9], (3, 3), 0)
    occluded = OccludedPass(network, weights, ["behind"])
    list(occluded.occluded(occluded.whole(x), [Rectangle(3, 3, 6, 6)], np.zeros(4)))
    # all images count as large
    monkeypatch.setattr(limits, "LARGE_BYTES", 0)
    Deconvnet(network, weights, "behind").project(x, [0], "all")
    assert len(compiled) >= 5
    for graph in compiled:
        assert off_the_gpu(graph) == set()


def test_a_scan_stays_on_the_gpu(rng):
    network = example("add")
    weights = random_weights(network, rng, dtype=np.float32)
    scan = Accumulator(network, weights, ["before", "behind"], (13, 11), batch=2)
    # halves of a batch, which are joined
    forward = scan._forward.get_concrete_function(tf.TensorSpec((1, 13, 11, 4), tf.float32))
    half = tf.nest.map_structure(tf.TensorSpec.from_tensor, forward.structured_outputs)
    numbers = tf.TensorSpec((2,), tf.int64)
    take_in = scan._take_in.get_concrete_function([half, half], numbers)
    for function in (forward, take_in):
        assert off_the_gpu(function.graph) == set()


def test_every_layer_stays_on_the_gpu():
    networks = {name: example(name) for name in EXAMPLES}
    for name, pool in POOLS.items():
        networks[name] = around(pool, channels=3 if "odd" in name else 4)

    def all_layers():
        for name, network in networks.items():
            with tf.name_scope(name.replace(" ", "_").replace(",", "")):
                add_layer(network)

    # one for all: a graph has a cost of its own
    assert off_the_gpu(compilation.compiled(all_layers).graph) == set()
