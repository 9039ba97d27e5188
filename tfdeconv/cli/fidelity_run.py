"""Measures projections of the strongest images of a run: a figure and its tables for each layer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from . import arguments, class_options, console
from .experiment_cost import announce_rankings
from .explored import OpenedRun, run_of
from .fidelity_photo import figure_of, meter_of
from .notes import Notes
from .recipes import recipe_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..figures.destination import Destination
    from ..figures.fidelity_text import MeasuredUnit
    from ..figures.recipe import Recipe
    from ..weights.load import Weights
    from .fidelity_request import FidelityRequest


def measure_run(request: FidelityRequest, destination: Destination) -> int:
    """Draws a figure for each layer of a run; returns the exit status.

    1 where something is not as it was scanned, or a unit has no curves.
    """
    from ..scan import provenance

    opened = run_of(request)
    run, network = opened.run, opened.weights.network
    layers = request.layers
    if request.classes and not layers:
        layers = (class_options.target_layer(network, request.classes),)
    layers = tuple(provenance.layers_of(run, request.run or "", network, layers))
    arguments.check_targets(network, layers, request.features, request.bands)
    if request.ranks:
        request.ranks.refuse_beyond(request.run or "", run.settings.top, run.scanned, None)
    notes = Notes()
    for note in opened.weights.notes_to_tell(preprocessing_known=True):
        notes.tell(note)
    weights = replace(opened.weights, preprocessing=opened.preprocessing)
    request, weights = class_options.resolve(request, weights, layers, notes.tell)
    destination.refuse_many(len(layers))
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(request.verbose, run.settings.precision, run.settings.jit)
    from ..figures import naming
    from ..weights.load import as_tensors

    path = Path(weights.path)
    recipe = recipe_of(request, weights, path, naming.network_title(network.name, path))
    weights = as_tensors(weights)
    complete = True
    with opened.source:
        for layer in layers:
            units, warnings = measured_by_feature(request, weights, opened, layer, progress)
            silent = [str(channel) for channel, found in units.items() if not found]
            if silent:
                warnings.append(f"{layer}: no image of feature {', '.join(silent)} can be measured")
            for line in warnings:
                console.complain(line)
            complete &= not warnings
            units = {channel: found for channel, found in units.items() if found}
            if not units:
                continue
            for file in save(request, weights, opened, layer, units, recipe, destination):
                progress.clear()
                notes.show()
                console.print_path(file)
    for pdf in destination.finish():
        console.print_path(pdf)
    return console.exit_status(destination.pages, complete)


def measured_by_feature(
    request: FidelityRequest,
    weights: Weights,
    opened: OpenedRun,
    layer: str,
    progress: console.Progress,
) -> tuple[dict[int, list[MeasuredUnit]], list[str]]:
    """What came of a layer's units by their channels, strongest image first; and warnings."""
    from ..figures.fidelity_text import MeasuredUnit
    from ..figures.run_warnings import Warnings
    from ..figures.style import PLAIN
    from ..figures.tiles import allocate
    from ..figures.top_units import batches_of, image_name, units_by_image
    from ..figures.unit_tiles import TileOptions
    from ..scan import provenance

    run = opened.run
    channels = provenance.channels_of(run, layer, request.features, request.top)
    meter = meter_of(request, weights, layer)
    options = TileOptions(ranks=request.ranks)
    strongest = allocate(meter.first, run, layer, channels, (), options)
    first_rank = request.ranks.first if request.ranks else 1
    warnings = Warnings()
    measured: dict[int, list[MeasuredUnit]] = {int(channel): [] for channel in channels}
    total = int((strongest.placeholders == "").sum())
    size = opened.preprocessing.size
    announce_rankings(weights.network, layer, size, total, len(request.rule), meter.settings)
    done = 0
    for batch in batches_of(
        meter.first,
        run,
        opened.source,
        opened.preprocessing,
        {layer: strongest},
        warnings,
        PLAIN,
        progress.say,
    ):
        for i, places in units_by_image(batch, strongest):
            image = int(batch.numbers[i])
            numbers = strongest.channels[places[0]].tolist()
            positions = strongest.positions[places]
            results = meter.measure(batch.x[i], numbers, positions)
            for channel, position, rank in zip(numbers, positions.tolist(), places[1].tolist()):
                done += 1
                progress.say(f"{layer}: unit {done} of {total}")
                fidelity = next(results).fidelity
                name = image_name(opened.source, image)
                place = (position[0], position[1])
                unit = MeasuredUnit(layer, channel, name, place, fidelity, first_rank + rank)
                measured[channel].append(unit)
    for units in measured.values():
        units.sort(key=lambda unit: unit.rank or 0)
    return measured, warnings.lines()


def save(
    request: FidelityRequest,
    weights: Weights,
    opened: OpenedRun,
    layer: str,
    by_feature: Mapping[int, list[MeasuredUnit]],
    recipe: Recipe,
    destination: Destination,
) -> Iterator[Path]:
    """Saves a layer's figure with its tables; yields their paths."""
    from ..figures import captions, fidelity_text, naming
    from ..figures.unit_names import unit_names

    run, source = opened.run, opened.source
    every = [unit for units in by_feature.values() for unit in units]
    recipe = recipe.with_options(layers=(layer,), images=captions.source_name(source))
    recipe = recipe.with_facts(captions.run_facts(run, source))
    stem = naming.file_name(
        Path(request.run or "").stem,
        f"{recipe.facts['network']}-{layer}",
        "fidelity",
        f"ranks{request.ranks}" if request.ranks else f"top{run.settings.top}",
        naming.features_part(recipe.options.get("features")),
    )
    names = unit_names(weights.network, layer, weights.labels)
    caption = f"{captions.source_caption(run, source, request.ranks)}; {len(every)} units"
    figure = figure_of(request, weights, recipe.facts["network"])
    page = figure.of_run(layer, by_feature, names, caption)
    tables = {
        "": (fidelity_text.CURVE_COLUMNS, fidelity_text.curve_rows(every)),
        "-areas": (fidelity_text.AREA_COLUMNS, fidelity_text.area_rows(every)),
        "-means": (fidelity_text.MEAN_COLUMNS, fidelity_text.mean_rows(by_feature)),
    }
    results = fidelity_text.results_of(every)
    yield from destination.save(recipe, stem, [(1, 1, page)], results, None, tables)
