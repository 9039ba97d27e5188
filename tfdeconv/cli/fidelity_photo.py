"""Measures projections of a photo: a figure and its tables for each feature."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from . import arguments, class_options, console
from .models import read_model, read_network
from .notes import Notes
from .photos import Photo, existing_photos, read_photo
from .recipes import recipe_of

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from ..checks.fidelity_meter import FidelityMeter, Measured
    from ..figures.destination import Destination
    from ..figures.fidelity_text import MeasuredUnit
    from ..figures.recipe import Recipe
    from ..weights.load import Weights
    from .fidelity import FidelityRequest


def measure_photo(request: FidelityRequest, destination: Destination) -> int:
    """Draws a figure for each layer and feature of a photo; returns the exit status."""
    notes = Notes()
    network = read_network(request)
    layers = request.layers or (class_options.target_layer(network, request.classes),)
    arguments.check_targets(network, layers, request.features, request.bands)
    weights = read_model(request, layers, notes)
    tell = notes.tell if request.weights else None
    request, weights = class_options.resolve(request, weights, layers, tell)
    (path,) = existing_photos(request.photos, notes)
    count = len(request.features or ()) or request.top or 1
    destination.refuse_many(len(layers) * count)
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(request.verbose)
    from ..figures import naming
    from ..weights.load import as_tensors

    photo = read_photo(path, weights, notes, request.resize, preprocess=request.preprocess)
    title = naming.network_title(weights.network.name, Path(weights.path))
    recipe = recipe_of(request, weights, Path(weights.path), title)
    tensors = as_tensors(weights)
    undefined = False
    for layer in layers:
        for unit, measured in measured_units(request, tensors, layer, photo, progress):
            undefined |= bool(unit.fidelity.undefined)
            progress.say(f"{layer}, feature {unit.channel}: drawing")
            for figure in save(request, tensors, photo, unit, measured, recipe, destination):
                progress.clear()
                notes.show()
                console.print_path(figure)
    for pdf in destination.finish():
        console.print_path(pdf)
    return console.exit_status(destination.pages, complete=not undefined)


def measured_units(
    request: FidelityRequest,
    weights: Weights,
    layer: str,
    photo: Photo,
    progress: console.Progress,
) -> Iterator[tuple[MeasuredUnit, Measured]]:
    """The units asked for of a photo's map, and what came of them, one after the other."""
    from ..figures.fidelity_text import MeasuredUnit

    meter = meter_of(request, weights, layer)
    projection = meter.first.project(photo.x, request.features, "max", request.top, at=request.at)
    channels, positions = projection.channels[0].tolist(), projection.positions[0]
    found = meter.measure(photo.x[0], channels, positions)
    for number, (channel, position) in enumerate(zip(channels, positions.tolist()), 1):
        progress.say(f"{layer}, feature {channel}: {number} of {len(channels)}")
        measured = next(found)
        place = (position[0], position[1])
        unit = MeasuredUnit(layer, channel, photo.path.name, place, measured.fidelity)
        yield unit, measured


def meter_of(request: FidelityRequest, weights: Weights, layer: str) -> FidelityMeter:
    """What measures a layer's units by the rules asked for."""
    from ..checks.fidelity_meter import FidelityMeter
    from ..engine.deconvnet import Deconvnet

    deconvnets = {}
    for rule in request.rule:
        deconvnets[rule] = Deconvnet(weights.network, weights, layer, rule)
    return FidelityMeter(deconvnets, settings_of(request))


def settings_of(request: FidelityRequest) -> Settings:
    from ..checks.fidelity import Settings

    return Settings(request.steps, request.block, request.random, request.seed, request.fill)


def save(
    request: FidelityRequest,
    weights: Weights,
    photo: Photo,
    unit: MeasuredUnit,
    measured: Measured,
    recipe: Recipe,
    destination: Destination,
) -> Iterator[Path]:
    """Saves a unit's figure with its tables; yields its path."""
    from ..figures import fidelity_figure, fidelity_text, naming, photo_file

    recipe = photo_file.photo_recipe(recipe, photo.path.name, photo.sha256, unit.layer)
    recipe = recipe.with_options(features=(unit.channel,), top=None)
    stem = naming.file_name(
        photo.path.stem,
        f"{recipe.facts['network']}-{unit.layer}",
        "fidelity",
        naming.place_part(request.at),
        naming.features_part([unit.channel]),
    )
    page = fidelity_figure.photo_sheet(unit, photo.x[0], measured, ...)
    tables = {
        "": (fidelity_text.CURVE_COLUMNS, fidelity_text.curve_rows([unit])),
        "-areas": (fidelity_text.AREA_COLUMNS, fidelity_text.area_rows([unit])),
    }
    results = fidelity_text.results_of([unit])
    yield from destination.save(recipe, stem, [(1, 1, page)], results, tables=tables)
