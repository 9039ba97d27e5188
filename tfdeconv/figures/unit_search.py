"""Where units stand of which the activation alone is known, rounded: found in their maps again."""

from __future__ import annotations

import numpy as np

from ..engine.forward_pass import ForwardPass
from ..network.borders import Region, entire, interior
from ..network.graph import Network
from ..scan.maxima import half
from ..scan.run import Run
from .unit_tiles import UnitTiles


def region_of(network: Network, run: Run, layer: str) -> Region:
    """The units of a layer that a run looked at."""
    size = run.settings.image_size
    if run.settings.interior:
        return interior(network, layer, *size)
    return entire(network.shapes(*size)[layer])


def find_units(
    unit_tiles: UnitTiles, numbers: np.ndarray, forward_pass: ForwardPass, region: Region
) -> None:
    """Notes where the strongest units of some images stand, and what they fire exactly.

    numbers: of the images of the forward pass, ascending. An activation that is not the known one,
    rounded, is not noted, so that it is found to differ.
    """
    is_sought = np.isin(unit_tiles.images, numbers) & (unit_tiles.placeholders == "")
    is_sought &= unit_tiles.positions[..., 0] < 0
    if not is_sought.any():
        return
    maps = forward_pass.map_of(unit_tiles.layer)
    for place in zip(*np.nonzero(is_sought)):
        image = np.searchsorted(numbers, unit_tiles.images[place])
        plane = maps[image, ..., unit_tiles.channels[place[0]]][region.slices]
        # of equal units the first in row order, as in a scan
        row, column = divmod(int(plane.argmax()), plane.shape[1])
        unit_tiles.positions[place] = row + region.rows.start, column + region.columns.start
        activation = plane[row, column]
        if abs(half(activation) - unit_tiles.values[place]) <= unit_tiles.tolerance:
            unit_tiles.values[place] = activation
