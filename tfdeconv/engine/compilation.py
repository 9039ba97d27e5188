"""Where TensorFlow compiles: the one place, so that tests can do without.

XLA does it where that is chosen. It compiles a graph anew for each length of its arguments, takes
seconds for the first photo, and adds up in another order: values differ in rounding. On one of two
CPUs measured single units were faster then, on the other nothing (scripts/README.md, speed); on a
GPU it is unmeasured. So it is off.

The command line makes the choice before TensorFlow is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_chosen = False  # of this process


def choose_jit(jit: bool) -> None:
    """Sets whether graphs that are made from now on are compiled with XLA."""
    global _chosen
    _chosen = jit


def is_jit(jit: bool | None = None) -> bool:
    """What is asked for; None: as is chosen."""
    return _chosen if jit is None else jit


def compiled(function: Callable, *specs: Any, jit: bool = False) -> Callable:
    """The graph of a function of tensors that specs describe; jit: compiled with XLA."""
    import tensorflow as tf

    graph = tf.function(function, jit_compile=jit, autograph=False)
    return graph.get_concrete_function(*specs)


def part(function: Callable) -> Callable:
    """A function that a graph calls; where XLA is chosen it compiles that part alone."""
    import tensorflow as tf

    if not _chosen:
        return function
    return tf.function(function, jit_compile=True, autograph=False)
