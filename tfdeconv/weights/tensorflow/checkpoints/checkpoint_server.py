"""The other end of checkpoint.py: a process that reads one checkpoint of TensorFlow's."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import tensorflow as tf

from ....formats import reading_server

LIBRARY = "TensorFlow"
# of what numpy has no type of its own for
WIDENED = (tf.float16, tf.bfloat16)


class Checkpoint:
    """A checkpoint that is open.

    Its description is {"tensors": [[name, shape, numpy's code], ...]} of those that are numbers,
    and {"others": [name, ...]}. Halves of either kind become float32.
    """

    def __init__(self, prefix: str) -> None:
        # as old checkpoints are searched for by patterns, no folder's name is to be one
        folder, name = os.path.split(prefix)
        os.chdir(folder)
        self.reader = tf.train.load_checkpoint(name)
        self.types = self.reader.get_variable_to_dtype_map()
        shapes = self.reader.get_variable_to_shape_map()
        self.names: list[str] = []
        tensors: list[Any] = []
        others: list[str] = []
        for name in sorted(shapes):
            dtype = self.types[name]
            if dtype.is_floating or dtype.is_integer:
                self.names.append(name)
                tensors.append([name, shapes[name], self.stored_type(name).str])
            else:
                others.append(name)
        self.description = {"tensors": tensors, "others": others}

    def stored_type(self, name: str) -> np.dtype:
        """What a tensor is handed on as."""
        dtype = self.types[name]
        return np.dtype(np.float32 if dtype in WIDENED else dtype.as_numpy_dtype)

    def values(self, number: int, rows: list[int] | None) -> np.ndarray:
        """All values of a tensor."""
        name = self.names[number]
        array = np.asarray(self.reader.get_tensor(name))
        return np.ascontiguousarray(array, self.stored_type(name)).reshape(array.shape)


def main() -> None:
    """Serves one checkpoint until nobody asks any more."""
    reading_server.run(Checkpoint, LIBRARY)
