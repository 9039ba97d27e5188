"""What ways to make the graphs take: each is the default for what is measured here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from benchmark_layers import Call, Turns, time_in_turn
from benchmark_peers import Arrays
from benchmark_table import print_row

from tfdeconv.network.graph import Network

BATCH = 16  # images of a scan's forward pass, as scan.py takes them


def narrowing_rows(
    network: Network, arrays: Arrays, layer: str, photo: np.ndarray, turns: Turns
) -> Iterator[dict]:
    """A unit: of the target its channel alone is computed (ours), or all of them (peer)."""
    from tfdeconv.engine.deconvnet import Deconvnet

    deconvnet = Deconvnet(network, arrays, layer)

    def of_all_channels(x: np.ndarray) -> list:
        return list(deconvnet.backward(deconvnet.forward(x), np.array([0]), np.array([1])))

    calls = [lambda x: deconvnet.project(x, [1]), of_all_channels]
    time_in_turn(1, photo, *calls)
    alone, everything = time_in_turn(turns.many, photo, *calls)
    yield print_row("its channel alone", layer, "all channels", alone, everything)


def constant_rows(
    network: Network, arrays: Arrays, layer: str, photo: np.ndarray, turns: Turns
) -> Iterator[dict]:
    """A scan's forward pass with kernels as arguments (ours), and as the graph's constants."""
    import tensorflow as tf

    from tfdeconv.engine import cropping, folding, passes
    from tfdeconv.engine.tensors import as_tensors

    nodes = network.up_to(layer)
    tensors = as_tensors(arrays, [node.name for node in nodes])
    folded, parameters = folding.fold(nodes, tensors, [layer])
    shapes = network.input_shapes(layer, *photo.shape[1:3])
    sized = cropping.size(replace(network, nodes=tuple(folded)), parameters, shapes)

    def constants() -> dict:
        return tf.nest.map_structure(lambda value: tf.constant(value.numpy()), sized.parameters)

    def forward(x: tf.Tensor, is_constant: bool) -> tf.Tensor:
        own = constants() if is_constant else sized.parameters
        return passes.forward(sized.cropped.nodes, own, x, None)[0]

    graph = tf.function(forward, autograph=False)
    batch = np.repeat(photo, BATCH, 0)
    calls = [lambda x, way=way: graph(tf.constant(x), way).numpy() for way in (False, True)]
    for when, rounds in (("first call", 1), ("warm", turns.few)):
        plain, constant = time_in_turn(rounds, batch, *calls)
        yield print_row(f"{BATCH} forward, {when}", layer, "kernels constant", plain, constant)


def jit_rows(
    network: Network, arrays: Arrays, layer: str, photo: np.ndarray, turns: Turns
) -> Iterator[dict]:
    """Plain graphs (ours) against XLA (peer): the first call, which compiles, and the next."""
    for measure, channels, rounds in (
        ("one unit", [1], turns.many),
        ("every unit", None, turns.few),
    ):
        calls = [projection(network, arrays, layer, channels, jit) for jit in (False, True)]
        for when, times in (("first call", 1), ("warm", rounds)):
            plain, compiled = time_in_turn(times, photo, *calls)
            yield print_row(f"{measure}, {when}", layer, "jit=True", plain, compiled)


def projection(
    network: Network, arrays: Arrays, layer: str, channels: list[int] | None, jit: bool
) -> Call:
    """A call that projects these channels with a new deconvnet."""
    from tfdeconv.engine.deconvnet import Deconvnet

    deconvnet = Deconvnet(network, arrays, layer, jit=jit)
    return lambda x: deconvnet.project(x, channels)
