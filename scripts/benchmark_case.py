"""What the cases of the benchmark of experiments have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tfdeconv.engine.deconvnet import Deconvnet
    from tfdeconv.engine.layer_maps import LayerMaps
    from tfdeconv.weights.load import Weights

Call = Callable[[np.ndarray], Any]
SQUARE = 50  # pixels on the side of what is hidden


@dataclass(frozen=True)
class Model:
    """The network that all experiments are on, and a photo [1, h, w, c] as it sees it."""

    weights: Weights
    photo: np.ndarray


@dataclass(frozen=True)
class Sizes:
    """How much each experiment is given to do."""

    layer: str  # of the units
    stride: int  # pixels from one hidden square to the next
    photos: int
    places: int  # that are hidden on each photo
    units: int
    steps: int  # of deletion and insertion
    blocks: int  # that become random, at most
    sweep: int  # steps of each kind of transformation
    images: int  # that are scanned with each of two files


@dataclass(frozen=True)
class Case:
    """An experiment and its passes alone, each called with a photo [1, h, w, c]."""

    measure: str
    layer: str
    against: str
    ours: Call
    bare: Call
    unit: str = "cost"  # of benchmark_table.VALUES


def pass_images(maps: LayerMaps, x: np.ndarray, count: int) -> None:
    """The forward pass of an image so many times, in batches."""
    batch = maps.batch((x.shape[1], x.shape[2]))
    for start in range(0, count, batch):
        maps.of(np.repeat(x, min(batch, count - start), 0))


def send_back(
    deconvnet: Deconvnet, x: np.ndarray, channels: np.ndarray, positions: np.ndarray
) -> None:
    """The forward pass of one image, and the backward pass of some of its units."""
    deconvnet.units(x, np.zeros(len(channels), np.int32), channels, positions)
