"""Measures projections of a photo: a figure and its tables for each feature."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from . import arguments, class_options, console
from .experiment_cost import announce_rankings
from .models import read_model, read_network
from .notes import Notes
from .photos import Photo, existing_photos, read_photo
from .recipes import recipe_of

if TYPE_CHECKING:
    from ..checks.fidelity import Settings
    from ..checks.fidelity_meter import FidelityMeter, Measured
    from ..figures.destination import Destination
    from ..figures.fidelity_figure import FidelityFigure
    from ..figures.fidelity_text import MeasuredUnit
    from ..figures.recipe import Recipe
    from ..weights.load import Weights
    from .fidelity_request import FidelityRequest


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
    destination.refuse_many(len(layers) * (len(request.features or ()) or request.top or 1))
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(request.verbose, request.precision, request.jit)
    from ..figures import naming
    from ..weights.load import as_tensors

    photo = read_photo(path, request, weights, notes)
    title = naming.network_title(network.name, Path(weights.path))
    recipe = recipe_of(request, weights, Path(weights.path), title)
    weights = as_tensors(weights)
    complete = True
    for layer in layers:
        for unit, measured in measured_units(request, weights, layer, photo, progress):
            if unit.fidelity.undefined:
                complete = False
                why = unit.fidelity.undefined
                console.complain(f"{path}: {layer}, feature {unit.channel}: {why}")
            for file in save(request, weights, photo, unit, measured, recipe, destination):
                progress.clear()
                notes.show()
                console.print_path(file)
    for pdf in destination.finish():
        console.print_path(pdf)
    return console.exit_status(destination.pages, complete)


def measured_units(
    request: FidelityRequest, weights: Weights, layer: str, photo: Photo, progress: console.Progress
) -> Iterator[tuple[MeasuredUnit, Measured]]:
    """The units asked for of a photo's map, and what came of them, one after the other."""
    from ..figures.fidelity_text import MeasuredUnit

    meter = meter_of(request, weights, layer)
    projection = meter.first.project(photo.x, request.features, "max", request.top, at=request.at)
    channels, positions = projection.channels[0].tolist(), projection.positions[0]
    size = photo.x.shape[1:3]
    announce_rankings(
        weights.network, layer, size, len(channels), len(request.rule), meter.settings
    )
    results = meter.measure(photo.x[0], channels, positions)
    for number, (channel, (row, column)) in enumerate(zip(channels, positions.tolist()), 1):
        progress.say(f"{layer}, feature {channel}: {number} of {len(channels)}")
        measured = next(results)
        position = (row, column)
        yield MeasuredUnit(layer, channel, photo.path.name, position, measured.fidelity), measured


def meter_of(request: FidelityRequest, weights: Weights, layer: str) -> FidelityMeter:
    """What measures a layer's units by the rules asked for."""
    from ..checks.fidelity_meter import FidelityMeter
    from ..engine.deconvnet import Deconvnet

    deconvnets = {}
    for rule in request.rule:
        deconvnets[rule] = Deconvnet(weights.network, weights, layer, rule)
    return FidelityMeter(deconvnets, settings_of(request))


def settings_of(request: FidelityRequest) -> Settings:
    """How pixels are deleted."""
    from ..checks.fidelity import Settings

    return Settings(request.steps, request.block, request.random, request.seed, request.fill)


def figure_of(request: FidelityRequest, weights: Weights, title: str) -> FidelityFigure:
    """What all figures of the command have in common; title: what the network is called."""
    from ..figures.fidelity_figure import FidelityFigure
    from ..figures.style import PLAIN, Style

    style = Style(request.colours, PLAIN.scale, request.bands)
    settings = settings_of(request)
    return FidelityFigure(title, request.rule, settings, weights.preprocessing, style)


def save(
    request: FidelityRequest,
    weights: Weights,
    photo: Photo,
    unit: MeasuredUnit,
    measured: Measured,
    recipe: Recipe,
    destination: Destination,
) -> Iterator[Path]:
    """Saves a unit's figure with its tables; yields their paths."""
    from ..figures import fidelity_text, naming, photo_file
    from ..figures.unit_names import unit_names

    recipe = photo_file.photo_recipe(recipe, photo.path.name, photo.sha256, unit.layer)
    recipe = recipe.with_options(features=(unit.channel,), top=None)
    stem = naming.file_name(
        photo.path.stem,
        f"{recipe.facts['network']}-{unit.layer}",
        "fidelity",
        naming.place_part(request.at),
        naming.features_part([unit.channel]),
    )
    names = unit_names(weights.network, unit.layer, weights.labels)
    figure = figure_of(request, weights, recipe.facts["network"])
    page = figure.of_photo(unit, photo.x[0], measured.signals, measured.box, names)
    tables = {
        "": (fidelity_text.CURVE_COLUMNS, fidelity_text.curve_rows([unit])),
        "-areas": (fidelity_text.AREA_COLUMNS, fidelity_text.area_rows([unit])),
    }
    results = fidelity_text.results_of([unit])
    yield from destination.save(recipe, stem, [(1, 1, page)], results, None, tables)
