"""Draws what in photos made features of layers fire: a picture for each photo and layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..files import refuse_source
from . import arguments, class_options, console, photo_projection
from .models import ModelRequest, read_model, read_network
from .notes import Notes
from .photo_cost import Pace
from .photo_picture import save_photo
from .photos import existing_photos, read_photo
from .recipes import recipe_of

if TYPE_CHECKING:
    from ..figures.destination import Destination
    from ..network.graph import Network


@dataclass(frozen=True)
class PhotoRequest(ModelRequest):
    """What to draw of which photos, and how. None: as the weight file says."""

    photos: tuple[str, ...]  # files and directories
    layers: tuple[str, ...]  # none: the default layer of the weight file's network
    features: list[int] | None  # None: the `top` that fire strongest
    classes: list[str] | None  # features of a layer of classes, by their names
    labels: str | None  # a file of such names
    top: int | None
    mode: str
    interior: bool  # only units whose receptive field lies within the image
    at: tuple[int, int] | None  # only units in that row and column of the maps
    rule: str
    fidelity: bool  # also areas of deletion and insertion
    cam: str | None  # also Grad-CAM at this layer, below all of the others
    resize: str
    max_side: int | None  # with resize keep: pixels that the longer side has at most
    bands: tuple[int, int, int] | None
    colours: str
    scale: str
    out: Path
    overwrite: bool
    raw: bool
    tiles: bool
    verbose: bool


def visualise_photos(request: PhotoRequest) -> int:
    """Draws each photo for each layer and prints the pictures' paths; returns the exit status.

    A photo that cannot be drawn is one line on stderr and costs the others nothing. Raises
    UserError for mistakes that concern all of them.
    """
    from .output import destination_of

    with destination_of(request.out, request.overwrite) as destination:
        return draw_photos(request, destination)


def draw_photos(request: PhotoRequest, destination: Destination) -> int:
    """Draws what is asked for of photos; returns the exit status."""
    from ..engine import limits
    from ..network import borders

    notes = Notes()
    layers = layers_of(request)
    weights = read_model(request, layers, notes)
    weights_path = Path(weights.path)
    network = weights.network
    check_request(request, network, layers)
    photos = existing_photos(request.photos, notes)
    # notes are on the user's files, and not on those of the weights folder
    tell = notes.tell if request.weights else None
    request, weights = class_options.resolve(request, weights, layers, tell)
    if request.cam:
        request = replace(request, cam=network.node(request.cam).name)
    destination.refuse_many(len(photos) * len(layers))
    for path in photos:
        refuse_source(path, destination.path)
    if request.resize != arguments.KEEP:
        for layer in layers:
            limits.refuse_costly(network, layer, weights.preprocessing.size, request.mode)
            if request.interior:
                borders.interior(network, layer, *weights.preprocessing.size)
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(request.verbose, request.precision, request.jit)
    from ..engine.deconvnet import Deconvnet
    from ..figures import naming, photo as photo_figure
    from ..weights.load import as_tensors

    pages = 0
    for layer in layers:
        channels = network.shapes()[layer][-1]
        count = len(request.features or ()) or min(request.top or channels, channels)
        pages += photo_figure.pages_for(count)
    destination.refuse_many(len(photos) * pages)
    title = naming.network_title(network.name, weights_path)
    recipe = recipe_of(request, weights, weights_path, title)
    tensors = as_tensors(weights)
    pace = Pace(progress)
    projectors = []
    for layer in layers:
        deconvnet = Deconvnet(network, tensors, layer, request.rule, worked=pace.add)
        grad_cam = photo_projection.grad_cam_of(deconvnet, tensors, request, pace.add)
        projectors.append((deconvnet, grad_cam))
    drawn = 0
    complete = True
    for number, path in enumerate(photos, 1):
        try:
            photo = read_photo(path, request, tensors, notes, request.max_side)
        except (UserError, OSError) as error:  # OSError: it vanished while it was read
            console.complain(error)
            continue
        for deconvnet, grad_cam in projectors:
            layer = deconvnet.target
            pace.announce(f"photo {number} of {len(photos)}, {layer}")
            try:
                projection = photo_projection.project(
                    path, photo.x, deconvnet, request, pace=pace, grad_cam=grad_cam
                )
                paths = save_photo(photo, projection, layer, recipe, request, destination)
            except UserError as error:
                named = any(str(name) in str(error) for name in (path, destination.path))
                console.complain(error if named else f"{path}: {error}")
                continue
            progress.clear()
            notes.show()
            for picture in paths:
                console.print_path(picture)
            photo_projection.tell_saturated(path, layer, projection)
            drawn += 1
            if request.features and projection.channels.size < len(request.features):
                complete = False
    for pdf in destination.finish():
        console.print_path(pdf)
    return console.exit_status(drawn, complete and drawn == len(photos) * len(layers))


def layers_of(request: PhotoRequest) -> tuple[str, ...]:
    """The layers asked for, or the default one of the weight file's network.

    Raises UserError where that lacks what is asked for.
    """
    if request.layers:
        return request.layers
    network = read_network(request)
    layers = (class_options.target_layer(network, request.classes),)
    check_request(request, network, layers)
    return layers


def check_request(request: PhotoRequest, network: Network, layers: Sequence[str]) -> None:
    """Raises UserError for layers, channels and bands asked for that the network lacks."""
    arguments.check_targets(network, layers, request.features, request.bands, request.cam)
