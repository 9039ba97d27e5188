"""What explore shows: a network with its weights, and perhaps a run of it."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import arguments, class_options, console
from .models import model_fields, read_model
from .notebook import default_request
from .recipes import recipe_of

if TYPE_CHECKING:
    from ..data.dataset import Source
    from ..data.preprocessing import Preprocessing
    from ..explorer.run_features import RunFeatures
    from ..explorer.subject import Subject
    from ..scan.run import Run
    from ..weights.load import Weights
    from .notes import Notes
    from .visualise_photos import PhotoRequest

EXPLORE, DRAW = "explore", "visualise"  # this command, and the one that draws the same


def subject_of(given: Namespace, notes: Notes) -> Subject:
    """What the options ask for; raises UserError where it is not there. Imports TensorFlow."""
    request = replace(
        default_request(),
        **model_fields(given),
        labels=given.labels,
        resize=given.resize or arguments.RESIZES[0],
        bands=given.bands,
        colours=given.colours,
        features=None,
        top=None,
    )
    run = run_of(given) if given.run else None
    if run:
        request, weights = of_run(given, request, run)
    else:
        weights = read_model(request, None, notes)
    weights_path = Path(weights.path)
    network = weights.network
    arguments.check_targets(network, (), None, request.bands)
    weights = with_labels(request, weights)
    console.import_tensorflow(given.verbose, request.precision, request.jit)
    from ..explorer.run_features import RunFeatures
    from ..explorer.subject import Subject
    from ..figures import naming
    from ..figures.style import Style
    from ..network.selection import available_layers
    from ..weights.load import as_tensors

    title = naming.network_title(network.name, weights_path)
    recipe = recipe_of(request, weights, weights_path, title)
    recipe = replace(recipe, program=recipe.program.replace(EXPLORE, DRAW))
    reached = [node.name for node in available_layers(network, weights)]
    features = None
    if run:
        features = RunFeatures(Path(given.run), run.run, run.source, run.preprocessing)
    first = first_layer(weights, reached, features)
    return Subject(
        title,
        as_tensors(weights),
        first,
        Style(request.colours, request.scale, request.bands),
        request.resize,
        recipe,
        request.preprocess == "none",
        sample_for(network.channels),
        console.complain,
        features,
    )


class OpenedRun(NamedTuple):
    """A run, with what it is of."""

    run: Run
    weights: Weights  # of all layers that their file has
    preprocessing: Preprocessing
    source: Source  # its images, where they are now


def run_of(given: Any) -> OpenedRun:
    """--run; raises UserError where it, its weights or its images cannot be used.

    given: the options of a command, or a request, with run, images, weights, architecture, lambdas.
    """
    from ..scan import provenance, run_file

    run = run_file.load(given.run)
    path = provenance.weights_file(run, given.run, given.weights)
    described = (given.architecture, given.lambdas)
    network = provenance.network_of(run, path, *described)
    provenance.refuse_damaged(run, given.run, network, run.settings.layers)
    source = provenance.images_of(run, given.run, given.images)
    preprocessing = provenance.preprocessing_of(run, given.run, network)
    weights = provenance.weights_of(run, given.run, path, network, None, *described)
    return OpenedRun(run, weights, preprocessing, source)


def of_run(
    given: Namespace, request: PhotoRequest, opened: OpenedRun
) -> tuple[PhotoRequest, Weights]:
    """Photos become inputs of the run's network as its images did."""
    settings = opened.run.settings
    weights = opened.weights
    seen = replace(opened.preprocessing, size=settings.image_size)
    if seen != weights.preprocessing:
        request = replace(request, preprocess=json.dumps(asdict(seen)))
    if settings.resize != arguments.KEEP:
        request = replace(request, resize=settings.resize)
    request = replace(request, precision=settings.precision, jit=settings.jit)
    return replace(request, weights=weights.path), replace(weights, preprocessing=seen)


def with_labels(request: PhotoRequest, weights: Weights) -> Weights:
    """The weights with the names of classes asked for; raises UserError where they do not fit."""
    from ..network.classes import last_class_layer

    if not request.labels:
        return weights
    head = last_class_layer(weights.network)
    layers = [head or arguments.default_layer(weights.network)]
    return class_options.resolve(request, weights, layers, None)[1]


def first_layer(weights: Weights, reached: list[str], run: RunFeatures | None) -> str:
    """Where the page begins: of a run's layers, or the default one, or the last map there is."""
    from ..network.selection import last_map

    network = weights.network
    default = arguments.default_layer(network)
    layers = [name for name in reached if run is None or name in run.layers]
    if default in layers:
        return default
    return last_map(network, layers)


def sample_for(channels: int) -> Path | None:
    """The clone's photo, for a network that photos serve."""
    if not arguments.IN_CLONE or channels not in (1, 3):
        return None
    return arguments.sample_photo("")
