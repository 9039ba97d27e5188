"""What invariance.py is to measure, known before anything is computed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import UserError
from . import arguments
from .invariance_options import InvarianceRequest, translations_for
from .models import read_model, weight_path
from .notes import Notes
from .photos import existing_photos
from .watched_classes import names_of_classes, watched_numbers

if TYPE_CHECKING:
    from ..experiments.scenes import Scenery
    from ..experiments.sweeps import Sweep
    from ..figures.destination import Destination
    from ..figures.unit_names import UnitNames
    from ..network.classes import ClassLayer
    from ..weights.load import Weights


class Plan(NamedTuple):
    """What is to be measured, of which nothing is computed yet."""

    request: InvarianceRequest
    weights: Weights
    paths: list[Path]
    layers: tuple[str, ...]
    names: UnitNames | None  # of the classes, where there are some
    scenery: Scenery

    @property
    def head(self) -> ClassLayer | None:
        return self.names.classes if self.names else None


def plan_of(request: InvarianceRequest, destination: Destination, notes: Notes) -> Plan:
    """Raises UserError for mistakes that concern all photos. Needs no TensorFlow."""
    from ..engine import limits
    from ..experiments.scenes import Scenery
    from ..files import refuse_source

    # of the files in the weights folder the one that is meant has these, if there is one
    weight_path(request, request.layers)
    weights = read_model(request, None, notes)
    network = weights.network
    arguments.check_targets(network, request.layers, None, request.bands)
    paths = existing_photos(request.photos, notes)
    for path in paths:
        refuse_source(path, destination.path)
    layers = layers_of(request, weights)
    weights, names = names_of_classes(request, request.labels, request.classes, weights, notes)
    request = replace(request, followed=watched_numbers(request.classes, names, len(paths)))
    height, width = weights.preprocessing.size
    request = replace(request, translations=request.translations or translations_for(height))
    sweeps = sweeps_of(request, height, width)
    options = (request.resize, request.interpolation)
    scenery = Scenery(weights.preprocessing, sweeps, *options)
    plan = Plan(request, weights, paths, layers, names, scenery)
    heads = [plan.head.name] if plan.head else []
    limits.refuse_costly_forward(network, [*layers, *heads], (height, width), 1)
    return plan


def layers_of(request: InvarianceRequest, weights: Weights) -> tuple[str, ...]:
    """The layers to compare; raises UserError for one that the weights do not reach."""
    from ..network.selection import first_and_last

    network = weights.network
    if not request.layers:
        return first_and_last(network, weights)
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for layer, arrays in weights.items():
        shapes[layer] = {name: tuple(array.shape) for name, array in arrays.items()}
    for layer in request.layers:
        network.require(layer, shapes)
    return tuple(dict.fromkeys(network.node(layer).name for layer in request.layers))


def sweeps_of(request: InvarianceRequest, height: int, width: int) -> list[Sweep]:
    """Raises UserError where photos would be moved out of an input of that size."""
    from ..experiments.sweeps import HORIZONTAL, ROTATION, SCALE, VERTICAL, Sweep

    assert request.translations
    moves = request.translations.amounts
    sides = {VERTICAL: height}
    if request.horizontal:
        sides[HORIZONTAL] = width
    sweeps = []
    for kind, side in sides.items():
        if max(map(abs, moves)) > side:
            raise UserError(
                f"--translations {request.translations}: the input has {side} pixels in the way "
                f"of a {kind}: give at most -{side}:{side}:STEP"
            )
        sweeps.append(Sweep(kind, moves))
    sweeps.append(Sweep(SCALE, request.scales.amounts))
    return [*sweeps, Sweep(ROTATION, request.rotations.amounts)]
