"""The table of how alike hiding the same part of several photos is to a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..files import refuse_source, sha256
from . import arguments, console
from .experiment_cost import announce_hidden_parts
from .models import ModelRequest, read_model, weight_path
from .notes import Notes
from .photos import Photo, read_photo
from .recipes import recipe_of

if TYPE_CHECKING:
    from ..experiments.photo_parts import Parts
    from ..figures.correspondence_figure import CorrespondenceFigure
    from ..figures.destination import Destination
    from ..network.graph import Network
    from ..network.reach import Rectangle
    from ..weights.load import Weights


@dataclass(frozen=True)
class CorrespondenceRequest(ModelRequest):
    """Which photos, which parts of them to hide, and in which layers to look."""

    photos: str  # the folder
    parts: str  # the file that says where the parts are
    layers: tuple[str, ...]  # none: usual_layers()
    draws: int
    seed: int
    resize: str
    out: Path
    overwrite: bool
    verbose: bool


def correspond(request: CorrespondenceRequest, destination: Destination) -> int:
    """Draws and saves the table; raises UserError for what cannot be done."""
    from ..experiments import photo_parts

    parts = photo_parts.read_parts(request.parts)
    notes = Notes()
    weights = read_weights(request, notes)
    network = weights.network
    layers = request.layers or usual_layers(network, weights)
    arguments.check_targets(network, layers, None, None)
    layers = tuple(dict.fromkeys(network.node(layer).name for layer in layers))
    request = replace(request, layers=layers)
    for name in parts:
        refuse_source(Path(request.photos, name), destination.path)
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(request.verbose, request.precision, request.jit)
    photos = []
    for name in parts:
        photos.append(read_photo(Path(request.photos, name), request, weights, notes))
    figure = figure_of(request, weights, photos, parts, progress)
    progress.clear()
    notes.show()
    for path in save(request, weights, photos, figure, destination):
        console.print_path(path)
    for path in destination.finish():
        console.print_path(path)
    return 0


def read_weights(request: CorrespondenceRequest, notes: Notes) -> Weights:
    """All that the weight file has; without --weights of a file that has the layers."""
    if not request.weights:
        network = arguments.built_in_network(request.network, request.variant)
        arguments.check_targets(network, request.layers, None, None)
        weight_path(request, request.layers)
    return read_model(request, None, notes)


def usual_layers(network: Network, weights: Weights) -> tuple[str, ...]:
    """Two, as in the paper's table 1: one of a map two thirds up, and the last with a kernel."""
    from ..network.selection import KERNELS, available_layers

    reached = [node for node in available_layers(network, weights)]
    kernels = [node.name for node in reached if isinstance(node.layer, KERNELS)]
    if not kernels:
        raise UserError(f"{network.name} has no convolution or dense layer: choose layers with -l")
    return kernels[len(kernels) * 2 // 3], kernels[-1]


def figure_of(
    request: CorrespondenceRequest,
    weights: Weights,
    photos: Sequence[Photo],
    parts: Parts,
    progress: console.Progress,
) -> CorrespondenceFigure:
    """Hides the parts, and random places; imports TensorFlow."""
    import numpy as np

    from ..engine import limits
    from ..experiments import correspondence
    from ..experiments.grey import grey_for
    from ..figures.correspondence_figure import CorrespondenceFigure
    from ..weights.load import as_tensors

    network = weights.network
    for layer in request.layers:
        limits.refuse_costly_forward(network, [layer], weights.preprocessing.size, images=1)
    placed = []
    for photo, own in zip(photos, parts.values()):
        placed.append(parts_on_input(photo, own, request, weights))
    rng = np.random.default_rng(request.seed)
    draws = []
    for photo, own in zip(photos, placed):
        draws.append(random_places(photo, [*own.values()], request.draws, rng))
    greys = [grey_for(weights.preprocessing, photo.x) for photo in photos]
    places = len(placed[0]) + request.draws
    size = weights.preprocessing.size
    announce_hidden_parts(network, request.layers, size, len(photos), places)
    found = correspondence.correspond(
        network,
        as_tensors(weights),
        request.layers,
        [photo.x for photo in photos],
        [grey.value for grey in greys],
        placed,
        draws,
        lambda done: progress.say(f"photo {done:,} of {len(photos):,}"),
    )
    return CorrespondenceFigure(
        found,
        [photo.x[0] for photo in photos],
        [photo.path.name for photo in photos],
        placed,
        greys[0].name,
        weights.preprocessing,
    )


def parts_on_input(
    photo: Photo, parts: dict[str, Rectangle], request: CorrespondenceRequest, weights: Weights
) -> dict[str, Rectangle]:
    """Where a photo's parts are in what the network sees; raises UserError for one that is not."""
    from ..data import images
    from ..experiments.photo_parts import on_input

    preprocessing = weights.preprocessing
    height, width = images.pixels(photo.path, weights.network.channels).shape[:2]
    box = (0.0, 0.0, float(width), float(height))
    if request.resize == images.CROP:
        box = images.crop_box(height, width, preprocessing)
    placed = {}
    for name, part in parts.items():
        if part.bottom > height or part.right > width:
            raise UserError(
                f"{request.parts}: {photo.path.name}: {name} {list(part)} lies beyond the photo, "
                f"which has {height} rows and {width} columns"
            )
        seen = on_input(part, box, preprocessing.size)
        if seen is None:
            raise UserError(
                f"{request.parts}: {photo.path.name}: {name} {list(part)} is not in what the "
                f"network sees of the photo, its centre: give --resize squash"
            )
        placed[name] = seen
    return placed


def random_places(photo: Photo, parts: Sequence[Rectangle], count: int, rng) -> list[Rectangle]:
    """Places off the parts, as large as one part after the other; UserError where none fits."""
    from ..experiments.random_places import random_place

    places = []
    for number in range(count):
        like = parts[number % len(parts)]
        size = (like.bottom - like.top, like.right - like.left)
        place = random_place(rng, size, photo.x.shape[1:3], parts)
        if place is None:
            raise UserError(
                f"{photo.path}: there is no room beside its parts for a random place of "
                f"{size[0]} x {size[1]} pixels: give smaller parts"
            )
        places.append(place)
    return places


def save(
    request: CorrespondenceRequest,
    weights: Weights,
    photos: Sequence[Photo],
    figure: CorrespondenceFigure,
    destination: Destination,
) -> Iterator[Path]:
    """Saves the figure with its numbers beside it; yields their paths."""
    from ..figures import naming

    path = Path(weights.path)
    title = naming.network_title(weights.network.name, path)
    folder = Path(request.photos).resolve().name
    recipe = recipe_of(request, weights, path, title)
    digests = " ".join(photo.sha256.strip() for photo in photos)
    recipe = recipe.with_options(photos=folder, parts=Path(request.parts).name)
    recipe = recipe.with_facts({"parts sha256": sha256(request.parts), "images sha256": digests})
    stem = naming.file_name(folder, title, "correspondence")
    picture = figure.draw(title, f"{len(photos)} photos of {folder}, parts hidden")
    page = 1, 1, picture
    tables = {"": figure.table()}
    yield from destination.save(recipe, stem, [page], figure.results(), tables=tables)
