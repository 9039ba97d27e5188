"""What unpickler.py makes of a pickle beside plain Python values, and which globals it allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# torch's kinds of storages, and the dtype of each
STORAGES = {
    "torch.DoubleStorage": "float64",
    "torch.FloatStorage": "float32",
    "torch.HalfStorage": "float16",
    "torch.BFloat16Storage": "bfloat16",
    "torch.LongStorage": "int64",
    "torch.IntStorage": "int32",
    "torch.ShortStorage": "int16",
    "torch.CharStorage": "int8",
    "torch.ByteStorage": "uint8",
    "torch.BoolStorage": "bool",
    "torch.storage.UntypedStorage": "uint8",
}
ALLOWED_GLOBALS = {
    *STORAGES,
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.ndarray",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "_codecs.encode",
    "__builtin__.bytes",
    # what training leaves beside tensors
    "collections.OrderedDict",
    "collections.Counter",
    "argparse.Namespace",
    "torch.Size",
    "torch.device",
}


class Global(str):
    """What a pickle names to import: only a text here."""


@dataclass(eq=False, slots=True)
class Call:
    """What a pickle would have made: by calling which global, of what arguments, in what state."""

    name: str
    args: tuple
    state: Any = None


def fill(target: dict, pairs: Iterable) -> None:
    """Adds pairs to a dictionary; raises ValueError for keys that are not names or small numbers.

    A nested tuple's hash can overflow C's stack, and long integers can be chosen to have one hash.
    """
    for key, value in pairs:
        kind = type(key).__name__
        if type(key) is int and abs(key) >> 31:
            kind = "int beyond 31 bits"
        if kind not in ("str", "bytes", "int"):
            raise ValueError(
                f"its pickle has a dictionary with a key of type {kind}, "
                f"expected names or small numbers"
            )
        target[key] = value
