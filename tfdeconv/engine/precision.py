"""How exactly a GPU multiplies: float32, or TF32 with 10 bits of each factor's fraction.

TensorFlow computes in TF32 by default where a GPU has it (NVIDIA's from Ampere on). On VGG16 that
moves activations by 4e-4 to 7e-4 of their size and patches by up to a tenth, for switches flip
(emulated on a CPU). So it is off here, whatever TensorFlow's own setting is, unless asked for.

The command line knows the names before TensorFlow is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ..errors import UserError, unknown

Result = TypeVar("Result")
PRECISIONS = FLOAT32, TF32 = "float32", "tf32"
_chosen = FLOAT32  # of this process, as TensorFlow's own setting is


def choose_precision(name: str) -> None:
    """Sets what is computed from now on: "float32" or "tf32".

    Raises UserError for another name, and for TF32 where there is no GPU.
    """
    global _chosen
    import tensorflow as tf

    if name not in PRECISIONS:
        raise unknown("there is no precision", name, PRECISIONS)
    if name == TF32 and not tf.config.list_physical_devices("GPU"):
        raise UserError(
            "tf32 is a precision of NVIDIA's GPUs, and TensorFlow found no GPU: leave it out"
        )
    _chosen = name


def noted_precision() -> str | None:
    """What pictures say of the chosen precision; None: nothing, of float32."""
    return None if _chosen == FLOAT32 else _chosen


def in_precision(function: Callable[..., Result]) -> Callable[..., Result]:
    """The function, with everything that it starts on a GPU in the chosen precision."""

    def call(*arguments: object) -> Result:
        with precision():
            return function(*arguments)

    return call


@contextmanager
def precision() -> Iterator[None]:
    """The chosen precision as TensorFlow's setting, which its kernels read when they start."""
    import tensorflow as tf

    settings = tf.config.experimental
    before = settings.tensor_float_32_execution_enabled()
    settings.enable_tensor_float_32_execution(_chosen == TF32)
    try:
        yield
    finally:
        settings.enable_tensor_float_32_execution(before)
