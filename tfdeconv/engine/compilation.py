"""Where TensorFlow compiles: the one place, so that tests can do without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def compiled(function: Callable, *specs: Any, jit: bool = False) -> Callable:
    """The graph of a function of tensors that specs describe; jit: compiled with XLA."""
    graph = tf.function(function, jit_compile=jit, autograph=False)
    return graph.get_concrete_function(*specs)
