"""The arrays of a run's units, which --raw saves beside their picture."""

from __future__ import annotations

import numpy as np

from ..data.dataset import Source
from .top_units import image_name
from .unit_tiles import UnitTiles


def unit_arrays(unit_tiles: UnitTiles, source: Source) -> dict[str, np.ndarray]:
    """What is known of a layer's units, [channels, top, ...].

    The signals of the layer itself are called `patches`, those of its parts by their layer.
    """
    names = []
    for numbers in unit_tiles.images:
        names.append([image_name(source, n) if n >= 0 else "" for n in numbers])
    arrays = {
        "channels": unit_tiles.channels,
        "activations": unit_tiles.values,
        "positions": unit_tiles.positions,
        "images": unit_tiles.images,
        "names": np.array(names),
        "words": unit_tiles.placeholders,
    }
    if unit_tiles.areas.size:
        arrays["areas"] = unit_tiles.areas
    for name, array in unit_tiles.raw.items():
        arrays["patches" if name == unit_tiles.layer else name] = array
    return arrays
