"""Random weights of the same scale as a layer's own.

kernel              "normal": numbers from a normal distribution around 0, their root mean square
                    the kernel's. Around 0, because a kernel's mean was learned too; the root mean
                    square, because the signal's strength depends on it. "shuffle": the kernel's
                    own numbers in random order, so with their mean and their large ones.
all others          of channels (biases, norms, slopes) are given to other channels, those of one
                    layer together: how strongly and how often channels fire stays as it was, and a
                    norm's variance keeps the factor that belongs to it. What was learned of which
                    channel is lost. (Batch norms are inside convolutions by then, see
                    engine/folding.py: what is drawn is the kernel with its factors.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

# by layer and parameter: tensors, or arrays
Weights = Mapping[str, Mapping[str, Any]]
KERNEL = "kernel"


def normal(kernel: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Numbers from a normal distribution around 0 with the kernel's root mean square."""
    scale = np.sqrt(np.mean(np.square(kernel, dtype=np.float64)))
    drawn = random.standard_normal(kernel.shape, np.float32)
    return (drawn * scale).astype(kernel.dtype)


def shuffle(kernel: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The kernel's numbers in random order."""
    return random.permutation(kernel.reshape(-1)).reshape(kernel.shape)


# --how, and how kernels are drawn
KERNELS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "normal": normal,
    "shuffle": shuffle,
}


def random_parameters(
    parameters: Mapping[str, np.ndarray], how: str, random: np.random.Generator
) -> dict[str, np.ndarray]:
    """Random ones in place of a layer's parameters, of the same shapes and scale.

    how: "normal" or "shuffle", for the kernel.
    """
    drawn = {}
    orders: dict[int, np.ndarray] = {}
    for name in sorted(parameters):
        value = parameters[name]
        if name == KERNEL:
            drawn[name] = KERNELS[how](value, random)
            continue
        # channels are the last axis, or there is but one value
        channels = value.shape[-1] if value.ndim else 1
        if channels not in orders:
            orders[channels] = random.permutation(channels)
        drawn[name] = value[..., orders[channels]] if value.ndim else value
    return drawn


def random_layers(
    weights: Weights, layers: Iterable[str], how: str, seeds: tuple[int, ...]
) -> dict[str, dict[str, Any]]:
    """Random tensors in place of those of these layers.

    A layer's are decided by the seeds and its name, whatever else is random.
    """
    import tensorflow as tf

    drawn = {}
    for layer in layers:
        name = int.from_bytes(hashlib.sha256(layer.encode()).digest()[:8], "little")
        arrays = {key: np.asarray(value) for key, value in weights[layer].items()}
        parameters = random_parameters(arrays, how, np.random.default_rng((*seeds, name)))
        drawn[layer] = {key: tf.constant(value) for key, value in parameters.items()}
    return drawn
