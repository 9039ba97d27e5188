"""The figure of a photo over which a grey square slides, and its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..files import refuse_source
from ..network.classes import ClassLayer, class_layer, last_class_layer
from ..words import counted
from . import arguments, class_options, console
from .experiment_cost import announce_squares
from .models import ModelRequest, read_model, weight_path
from .notes import Notes
from .photos import Photo, existing_photos, read_photo
from .recipes import recipe_of

if TYPE_CHECKING:
    from ..figures.destination import Destination
    from ..figures.occlusion_figure import OcclusionFigure
    from ..weights.load import Weights

# of inputs of 224 pixels, in proportion for others: a square as in the paper's figure 7
USUAL_INPUT, USUAL_SIZE, USUAL_STRIDE = 224, 50, 8


@dataclass(frozen=True)
class OcclusionRequest(ModelRequest):
    """What to hide of which photo, and what to watch."""

    photos: tuple[str, ...]  # one
    layers: tuple[str, ...]  # one, or none: the default layer of the network
    features: list[int] | None  # one; None: the one that fires strongest
    followed: str | None  # a class, by name or number; None: the most likely one
    labels: str | None
    size: int | None
    stride: int | None
    rule: str
    mode: str
    resize: str
    bands: tuple[int, int, int] | None
    colours: str
    out: Path
    overwrite: bool
    verbose: bool


def occlude(request: OcclusionRequest, destination: Destination) -> int:
    """Draws and saves the figure and its numbers; raises UserError for what cannot be done."""
    notes = Notes()
    weights = read_weights(request, notes)
    network = weights.network
    layer = (request.layers or (arguments.default_layer(network),))[0]
    arguments.check_targets(network, [layer], request.features, request.bands)
    layer = network.node(layer).name
    photo_path = only_photo(request, notes)
    refuse_source(photo_path, destination.path)
    head = head_of(weights, request)
    request = replace(request, layers=(layer,))
    weights = with_labels(weights, request, head)
    request = replace(request, followed=class_number(weights, request, head))
    if request.resize != arguments.KEEP:
        # what can be known is said before TensorFlow is imported
        with_square(request, weights.preprocessing.size)
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(request.verbose, request.precision, request.jit)
    photo = read_photo(photo_path, request, weights, notes)
    request = with_square(request, photo.x.shape[1:3])
    figure = figure_of(request, weights, photo, head, progress)
    progress.clear()
    notes.show()
    for path in save(request, weights, photo, figure, destination):
        console.print_path(path)
    for path in destination.finish():
        console.print_path(path)
    return 0


def read_weights(request: OcclusionRequest, notes: Notes) -> Weights:
    """All that the weight file has; without --weights of a file that has what is asked for."""
    if not request.weights:
        network = arguments.built_in_network(request.network, request.variant)
        layers = list(request.layers) or [arguments.default_layer(network)]
        arguments.check_targets(network, layers, request.features, request.bands)
        if request.followed:
            layers.append(class_options.target_layer(network, [request.followed]))
        weight_path(request, layers)
    return read_model(request, None, notes)


def only_photo(request: OcclusionRequest, notes: Notes) -> Path:
    photos = existing_photos(request.photos, notes)
    if len(photos) > 1:
        raise UserError(f"{request.photos[0]}: {len(photos)} photos are there, expected one")
    return photos[0]


def head_of(weights: Weights, request: OcclusionRequest) -> ClassLayer | None:
    """The layer of the classes; None where the network has none, or the file not its weights.

    Raises UserError where a class is asked for and there is none.
    """
    from ..network.selection import available_layers

    network = weights.network
    name = last_class_layer(network)
    if name in [node.name for node in available_layers(network, weights)]:
        assert name
        return class_layer(network, name, has_names=True)
    if request.followed:
        missing = f"its file has no weights for {name}" if name else "it has no layer of classes"
        raise UserError(f"--class: {network.name} cannot say what is likely: {missing}")
    return None


def with_labels(weights: Weights, request: OcclusionRequest, head: ClassLayer | None) -> Weights:
    """The weights with the names of --labels; raises UserError where they do not fit."""
    from ..data import labels
    from ..figures.unit_names import check_labels

    if not request.labels:
        return weights
    names = labels.read(request.labels)
    check_labels(names, weights.network, [head.name] if head else request.layers)
    return replace(weights, labels=names)


def class_number(
    weights: Weights, request: OcclusionRequest, head: ClassLayer | None
) -> str | None:
    """The number of the class asked for, as text; raises UserError for one that there is not."""
    if not request.followed or not head:
        return None
    from ..figures.unit_names import unit_names

    names = unit_names(weights.network, head.name, weights.labels)
    numbers = class_options.chosen_classes(names, head.name, [request.followed])
    if len(numbers) > 1:
        raise UserError(f"--class takes one class here, found {len(numbers)}")
    return str(numbers[0])


def with_square(request: OcclusionRequest, image: tuple[int, int]) -> OcclusionRequest:
    """The request with the square's size and stride, for an image of that height and width.

    Raises UserError for those that are of no use.
    """
    from ..experiments.squares import squares_on

    # of a square of the same area: a line of a signal has one row
    side = sqrt(prod(image))
    size = request.size or max(1, round(USUAL_SIZE * side / USUAL_INPUT))
    stride = request.stride or max(1, round(USUAL_STRIDE * side / USUAL_INPUT))
    squares_on(image, size, stride)
    return replace(request, size=size, stride=stride)


def figure_of(
    request: OcclusionRequest,
    weights: Weights,
    photo: Photo,
    head: ClassLayer | None,
    progress: console.Progress,
) -> OcclusionFigure:
    """Slides the square; imports TensorFlow."""
    from ..engine import limits
    from ..experiments import occlusion
    from ..experiments.grey import grey_for
    from ..experiments.squares import squares_on
    from ..figures.occlusion_figure import OcclusionFigure
    from ..figures.style import Style
    from ..figures.unit_names import unit_names
    from ..weights.load import as_tensors

    network = weights.network
    (layer,) = request.layers
    image = photo.x.shape[1:3]
    limits.refuse_costly(network, layer, image, request.mode)
    if head and network.shapes(*image)[head.name][:2] != (1, 1):
        # an image of another size has several places with classes of their own
        head = None
    assert request.size and request.stride
    squares = squares_on(image, request.size, request.stride)
    count = squares.rows * squares.columns
    announce_squares(network, [layer, head.name] if head else [layer], squares)
    found = occlusion.occlude(
        network,
        as_tensors(weights),
        photo.x,
        layer,
        request.features[0] if request.features else None,
        squares,
        grey_for(weights.preprocessing, photo.x),
        request.rule,
        request.mode,
        head,
        int(request.followed) if request.followed else None,
        lambda done: progress.say(f"{done:,} of {count:,} places"),
    )
    return OcclusionFigure(
        found,
        photo.x[0],
        weights.preprocessing,
        Style(request.colours, bands=request.bands),
        request.rule,
        request.mode,
        unit_names(network, layer, weights.labels),
        unit_names(network, head.name, weights.labels) if head else None,
    )


def save(
    request: OcclusionRequest,
    weights: Weights,
    photo: Photo,
    figure: OcclusionFigure,
    destination: Destination,
) -> Iterator[Path]:
    """Saves the figure with its numbers beside it; yields the figure's path."""
    from ..figures import naming, photo_file

    path = Path(weights.path)
    title = naming.network_title(weights.network.name, path)
    recipe = recipe_of(request, weights, path, title)
    (layer,) = request.layers
    name = photo.path.name
    recipe = photo_file.photo_recipe(recipe, name, photo.sha256, layer)
    stem = naming.file_name(
        photo.path.stem,
        f"{title}-{layer}",
        "occlusion",
        naming.features_part([figure.occlusion.channel]),
    )
    assert request.size
    caption = f"{name}, a square of {counted(request.size, 'pixel')} at every {request.stride}"
    page = 1, 1, figure.draw(f"{title}   {layer}   {figure.unit}", caption)
    tables = {"": figure.table()}
    yield from destination.save(recipe, stem, [page], figure.results(), tables=tables)
