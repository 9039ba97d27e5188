"""The device that computes: a GPU where TensorFlow finds one, otherwise the CPU.

Which one it is is not known before TensorFlow is imported, and commands that refuse a request from
its shapes alone do not import it. To them the computer's memory is the limit.
"""

from __future__ import annotations

import sys

from .. import memory
from ..errors import UserError


class OutOfMemory(UserError):
    """The device had no memory left in the middle of a task."""


def has_gpu() -> bool:
    """Whether there is a GPU. Nothing is started by asking."""
    if "tensorflow" not in sys.modules:
        return False
    import tensorflow as tf

    return bool(tf.config.get_visible_devices("GPU"))


def owner() -> str:
    """Whose memory is computed in, as messages say it."""
    return "the GPU" if has_gpu() else memory.COMPUTER


def available_memory() -> float:
    """Bytes that can be computed with: of the first GPU what TensorFlow has for itself."""
    return allotted("GPU") if has_gpu() else memory.memory()


def allotted(kind: str) -> float:
    """Bytes that TensorFlow allots to the first device of a kind ("GPU", "CPU")."""
    # TensorFlow's public list is that of a new session, which finds only what this process left
    from tensorflow.python import pywrap_tfe
    from tensorflow.python.client import pywrap_tf_session
    from tensorflow.python.eager import context

    context.ensure_initialized()
    devices = pywrap_tfe.TFE_ContextListDevices(context.context()._handle)
    try:
        for i in range(pywrap_tfe.TF_DeviceListCount(devices)):
            if pywrap_tfe.TF_DeviceListType(devices, i) == kind:
                return float(pywrap_tf_session.TF_DeviceListMemoryBytes(devices, i))
    finally:
        pywrap_tfe.TF_DeleteDeviceList(devices)
    raise LookupError(kind)


def refuse_beyond_device(needed: int, what: str, remedy: str) -> None:
    """Raises UserError where the device would need more bytes than it has, before they are taken.

    what: needs them; remedy: what to do.
    """
    memory.refuse_beyond(needed, available_memory(), owner(), what, remedy)


def out_of_memory(remedy: str, when: str = "") -> OutOfMemory:
    """What is wrong where the device had no memory left in the middle of a task.

    remedy: what to do; when: as "with 8 images at a time".
    """
    return OutOfMemory(f"the memory of {owner()} ran out{when and f' {when}'}: {remedy}")


def memory_errors() -> tuple[type[BaseException], ...]:
    """What is raised where memory runs out: Python's error, and TensorFlow's once it is there."""
    errors = getattr(sys.modules.get("tensorflow"), "errors", None)
    exhausted = getattr(errors, "ResourceExhaustedError", None)
    return (MemoryError, exhausted) if exhausted else (MemoryError,)
