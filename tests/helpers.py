"""Networks small enough to check, with random weights."""
from __future__ import annotations

import numpy as np
import tensorflow as tf

from tfdeconv.layers import LRN, Add, BatchNorm, Conv, Dense, Flatten, GlobalAvgPool, MaxPool, Relu
from tfdeconv.network import Builder, Network

# one of every layer, each window of another kind; the layers' own tests, adjoints and windows run over it
EXAMPLES = {
    "conv 3x3": Conv(5, 3, pad=1),
    "conv 1x1 stride 2": Conv(5, 1, stride=2),
    "conv 5x5 stride 2, rectified": Conv(4, 5, stride=2, pad=((1, 2), (2, 0)), rectify=True),
    "conv 7x7 stride 4": Conv(3, 7, stride=4, pad=3),
    "conv 2x3 stride 3x1, 2 groups": Conv(4, (2, 3), stride=(3, 1), groups=2),
    "conv 3x3 without bias": Conv(5, 3, bias=False),
    "relu": Relu(),
    "pool 2x2": MaxPool(2, 2),
    "pool 3x3 stride 2, padded": MaxPool(3, 2, pad=1),
    "pool 3x3 stride 2": MaxPool(3, 2),
    "pool 2x3 stride 1x2": MaxPool((2, 3), (1, 2), pad=((0, 1), (1, 1))),
    "pool 2x2 stride 3": MaxPool(2, 3),
    "batch norm": BatchNorm(1e-3),
    "lrn": LRN(5, 1.0, 0.2, 0.75),
    "add": Add(),
    "dense": Dense(6),
    "flatten": Flatten(),
    "global average pool": GlobalAvgPool(),
}


def example(name: str, height: int = 13, width: int = 11, channels: int = 4) -> Network:
    """A network around one example layer: a convolution before it, so that a signal goes on below, and where it can be behind."""
    layer = EXAMPLES[name]
    net = Builder(name, (height, width, channels))
    net.add("before", Conv(4, 3, pad=1, rectify=True))
    if isinstance(layer, Dense):
        net.add("flat", Flatten())
    net.add("layer", layer, *(["before", "before2"] if isinstance(layer, Add) else []))
    if isinstance(layer, Add):
        net.nodes.insert(1, type(net.nodes[0])("before2", Conv(4, 5, pad=2), ("before",)))
    if not layer.vector:
        net.add("behind", Conv(3, 3, pad=1, rectify=True))
    return net.network()


def random_weights(network: Network, rng, target: str | None = None, dtype=np.float64) -> dict[str, dict[str, tf.Tensor]]:
    """Weights that keep signals of about the same size from layer to layer, with biases and statistics that matter."""
    needed = {node.name for node in network.up_to(target or network.nodes[-1].name)}
    last = {name for name in needed if name.endswith("_3_bn")}      # a residual branch adds little, or the sum would explode
    weights = {}
    for layer, shapes in network.parameters().items():
        if layer not in needed:
            continue
        p = {}
        for name, shape in shapes.items():
            values = rng.standard_normal(shape, np.float32)
            if name == "kernel":
                values *= np.sqrt(2 / np.prod(shape[:-1]))
            elif name == "variance":
                values = 0.5 + rng.random(shape)
            elif name == "gamma":
                values = (0.3 if layer in last else 1) * (0.5 + rng.random(shape))
            else:
                values *= 0.2
            p[name] = tf.constant(values, dtype)
        weights[layer] = p
    return weights
