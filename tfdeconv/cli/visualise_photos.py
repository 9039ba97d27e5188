"""Draws what in photos made features of layers fire: a picture for each photo and layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.stated_preprocessing import load_preprocessing
from ..errors import UserError
from ..files import refuse_source
from . import arguments, class_options, console, photo_projection
from .notes import Notes, admission_of
from .photo_cost import Pace
from .photo_picture import Photo, save_photo
from .recipes import recipe_of

if TYPE_CHECKING:
    from ..data.admission import Admission
    from ..figures.destination import Destination
    from ..weights.load import Weights


@dataclass(frozen=True)
class PhotoRequest:
    """What to draw of which photos, and how. None: as the weight file says."""

    photos: tuple[str, ...]  # files and directories
    weights: str | None
    architecture: str | None
    lambdas: dict[str, str] | None
    network: str | None
    variant: str | None
    preprocess: str | None
    layers: tuple[str, ...]  # none: the default layer of the weight file's network
    features: list[int] | None  # None: the `top` that fire strongest
    classes: list[str] | None  # features of a layer of classes, by their names
    labels: str | None  # a file of such names
    top: int | None
    mode: str
    interior: bool  # only units whose receptive field lies within the image
    at: tuple[int, int] | None  # only units in that row and column of the maps
    rule: str
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

    weights_path = arguments.weight_file(
        request.weights, request.network, request.variant, request.layers
    )
    notes = Notes()
    weights = read_weights(request, weights_path, notes)
    photos = existing_photos(request.photos, notes)
    admission = admission_of(request.preprocess, notes)
    network = weights.network
    layers = request.layers or (class_options.target_layer(network, request.classes),)
    # notes are on the user's files, and not on those of the weights folder
    tell = notes.tell if request.weights else None
    request, weights = class_options.resolve(request, weights, layers, tell)
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
    console.import_tensorflow(request.verbose)
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
    deconvnets = []
    for layer in layers:
        deconvnets.append(Deconvnet(network, tensors, layer, request.rule, worked=pace.add))
    drawn = 0
    complete = True
    for number, path in enumerate(photos, 1):
        try:
            photo = read_photo(path, request, tensors, admission)
        except (UserError, OSError) as error:  # OSError: it vanished while it was read
            console.complain(error)
            continue
        for deconvnet in deconvnets:
            layer = deconvnet.target
            pace.announce(f"photo {number} of {len(photos)}, {layer}")
            try:
                projection = photo_projection.project(path, photo.x, deconvnet, request, pace=pace)
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
    return console.exit_status(drawn, complete and drawn == len(photos) * len(deconvnets))


def read_weights(request: PhotoRequest, path: Path, notes: Notes) -> Weights:
    """What the layers need of a weight file, as arrays, with the preprocessing asked for.

    Raises UserError where the file or its network is not as the request needs it. Notes are on what
    was assumed of a file of the user's.
    """
    from ..weights import load

    layers = request.layers
    if not layers:
        network = load.network_in(
            path, request.network, request.variant, request.architecture, request.lambdas
        )
        layers = (class_options.target_layer(network, request.classes),)
        arguments.check_targets(network, layers, request.features, request.bands)
    weights = load.read_weights(
        path,
        request.network,
        layers,
        "float32",
        request.variant,
        request.architecture,
        request.lambdas,
    )
    network = weights.network
    preprocessing = load_preprocessing(request.preprocess, network.input_shape, notes.tell)
    arguments.check_targets(network, layers, request.features, request.bands)
    if request.weights:
        for note in weights.notes_to_tell(preprocessing_known=bool(request.preprocess)):
            notes.tell(note)
    return replace(weights, preprocessing=preprocessing or weights.preprocessing)


def existing_photos(paths: tuple[str, ...], notes: Notes) -> list[Path]:
    """The photos in files and directories; raises UserError if not one of them exists."""
    from ..data import dataset, images

    photos = images.find(paths, notes.tell)
    if not any(dataset.exists(str(photo)) for photo in photos):
        names = ", ".join(map(str, photos[:3]))
        more = ", ..." if len(photos) > 3 else ""
        raise UserError(f"{names}{more}: there is no such file")
    return photos


def read_photo(path: Path, request: PhotoRequest, weights: Weights, admission: Admission) -> Photo:
    """Raises UserError for a file that is not a photo, OSError where it cannot be read again."""
    from ..data import arrays, images
    from ..files import sha256

    channels = weights.network.channels
    x = images.read(
        [path], weights.preprocessing, request.resize, channels, admission, request.max_side
    )
    file, array = arrays.split_name(str(path))
    # of several arrays of one file each has a picture of its own
    return Photo(path, x, f"{sha256(file)} {array}".strip())
