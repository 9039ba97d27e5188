"""Areas of deletion and insertion of a run's units, measured as their images go up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..checks.fidelity import Settings
from ..checks.fidelity_meter import FidelityMeter
from ..engine.deconvnet import Deconvnet
from ..words import counted
from .top_units import Batch, Progress, units_by_image
from .unit_tiles import UnitTiles


def measuring(
    deconvnet: Deconvnet, progress: Progress
) -> Callable[[Batch, Mapping[str, UnitTiles]], None]:
    """What measures the units of the deconvnet's target as draw_top_units() sees their images.

    As fidelity.py does unless told otherwise.
    """
    rule = deconvnet.rule.name
    meter = FidelityMeter({rule: deconvnet}, Settings())
    done = 0

    def measure(batch: Batch, tiles_of: Mapping[str, UnitTiles]) -> None:
        nonlocal done
        unit_tiles = tiles_of[deconvnet.target]
        for i, places in units_by_image(batch, unit_tiles):
            channels = unit_tiles.channels[places[0]].tolist()
            results = meter.measure(batch.x[i], channels, unit_tiles.positions[places])
            for place, measured in zip(zip(*places), results):
                unit_tiles.areas[place] = measured.fidelity.beside_random(rule)
                done += 1
                progress(f"{counted(done, 'unit')} measured")

    return measure
