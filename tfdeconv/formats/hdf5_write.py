"""Texts as this program's HDF5 files hold them."""

from __future__ import annotations

import os
from typing import Any

import h5py
import numpy as np


def packed(names: Any) -> np.ndarray:
    """Texts as bytes, each with a 0 behind it."""
    return np.frombuffer(b"".join(os.fsencode(name) + b"\0" for name in names), np.uint8)


def unpacked(values: np.ndarray) -> tuple[str, ...]:
    return tuple(
        os.fsdecode(part) for part in np.asarray(values, np.uint8).tobytes().split(b"\0")[:-1]
    )


def text(value: str) -> np.ndarray:
    """A string of fixed length: those without one lie in a heap of HDF5 whose reader goes round in circles when it is damaged."""
    return np.array(value.encode(), h5py.string_dtype("utf-8", max(1, len(value.encode()))))
