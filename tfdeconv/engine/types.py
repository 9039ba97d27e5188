"""The tensors that go round between forward and backward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

Parameters = Mapping[str, tf.Tensor]
Trace = Any  # a tensor, several or None
Step = tuple[tf.Tensor, Trace]
Tensors = Mapping[str, Mapping[str, tf.Tensor]]  # by layer and parameter
Traces = Mapping[str, Trace]  # by layer
Positions = tuple[
    tf.Tensor, tf.Tensor
]  # row [k] and column [k] of each item's unit in the target map
