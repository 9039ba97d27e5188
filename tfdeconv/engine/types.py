"""The types that forward and backward share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ..network.base import Shape

Parameters = Mapping[str, tf.Tensor]  # of one layer, by name
Tensors = Mapping[str, Parameters]  # of a network, by layer and parameter

Trace = Any  # what a layer's backward needs of its forward: a tensor, several or None
Traces = Mapping[str, Trace]  # by layer
Traced = tuple[tf.Tensor, Trace]  # a layer's output, and the trace of it

Signals = tuple[tf.Tensor, ...]  # one for each input of a layer
Shapes = tuple[Shape, ...]  # of the whole maps that are a layer's inputs
ShapesByLayer = Mapping[str, Shape]  # of all whole maps of a network, INPUT's too

# the row [k] and the column [k] of each item's unit in the target map
Positions = tuple[tf.Tensor, tf.Tensor]
