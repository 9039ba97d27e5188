"""Which units of a map are looked at, where not all of them are."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import UserError
from ..network import borders
from ..network.base import INPUT, Shape
from ..network.borders import Region
from ..network.graph import Network


def asked_region(
    network: Network,
    target: str,
    shapes: Mapping[str, Shape],
    interior: bool,
    at: tuple[int, int] | None,
) -> Region | None:
    """The units of the target's maps that are looked at; None: all of them.

    shapes: of all maps. Raises UserError where there are none.
    """
    if at is not None:
        return single_unit(target, shapes[target], at)
    if not interior:
        return None
    height, width, _channels = shapes[INPUT]
    return borders.interior(network, target, height, width)


def single_unit(layer: str, shape: Shape, at: tuple[int, int]) -> Region:
    """The units in a row and column of a layer's maps; raises UserError where these end before.

    >>> single_unit("conv", (4, 5, 64), (3, 4))
    Region(rows=range(3, 4), columns=range(4, 5))
    """
    height, width, _channels = shape
    row, column = at
    if not (0 <= row < height and 0 <= column < width):
        raise UserError(
            f"{layer} has no unit in row {row} and column {column}: its map is {height} x {width}, "
            f"expected rows 0 to {height - 1} and columns 0 to {width - 1}"
        )
    return Region(range(row, row + 1), range(column, column + 1))
