"""From a photo to its picture in one call, for notebooks: what visualise.py does, as a function."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.compilation import choose_jit, is_jit
from ..engine.precision import choose_precision, noted_precision
from ..engine.rules import DECONVNET
from ..errors import UserError
from ..tensorflow_import import import_tensorflow
from . import arguments, class_options, photo_picture, photo_projection, visualise
from .models import read_model
from .notes import Notes, admission_of
from .visualise_photos import PhotoRequest, check_request, layers_of

if TYPE_CHECKING:
    from ..data.sources import Source
    from ..engine.projection import Projection
    from ..weights.load import Weights


def show(
    image: Source,
    layer: str | None = None,
    features: int | Sequence[int] | None = None,
    *,
    classes: str | Sequence[str] | None = None,
    labels: str | os.PathLike[str] | None = None,
    top: int | None = None,
    mode: str = "max",
    rule: str = DECONVNET.name,
    cam: str | None = None,
    fidelity: bool = False,
    interior: bool = False,
    at: tuple[int, int] | None = None,
    weights: str | os.PathLike[str] | Weights | None = None,
    network: str | None = None,
    variant: str | None = None,
    architecture: str | os.PathLike[str] | None = None,
    lambdas: Mapping[str, str] | None = None,
    preprocess: str | None = None,
    precision: str | None = None,
    jit: bool | None = None,
    resize: str | None = None,
    max_side: int | None = None,
    bands: Sequence[int] | None = None,
    colours: str | None = None,
    scale: str | None = None,
) -> Projection:
    """What in a photo made features of a layer fire: the projection, which Jupyter shows drawn.

    image: a photo's path, a PIL image, or an array. All else is as visualise.py's options of these
    names are (scripts/README.md): without `features` it is the 9 that fire strongest, or `top`;
    without `layer` one in the network's middle; without `weights` those that the weights folder has
    for the network. weights may be what load_weights returned, too, and is then read only once.
    The result has all values; result.picture() is the picture as a PIL image, result.pages() its
    pages where there are many features. What was assumed is warned of. Raises UserError.

    >>> found = show("tests/data/chelsea.jpg", "block1_conv1", features=3)
    >>> found.channels.tolist(), found.picture().mode
    ([[3]], 'RGB')
    """
    if sum(each is not None for each in (features, classes, top)) > 1:
        raise UserError("features, classes and top choose features in several ways: give one")
    if at is not None and (interior or mode != "max"):
        raise UserError("at chooses the unit of each map: give it without mode and interior")
    if max_side is not None and (max_side < 1 or resize not in (None, arguments.KEEP)):
        raise UserError('max_side: expected pixels, at least 1, and resize="keep"')
    options: dict[str, Any] = {
        "layers": () if layer is None else (layer,),
        "features": None if features is None else listed(features),
        "classes": [classes] if isinstance(classes, str) else classes and list(classes),
        "labels": labels and os.fspath(labels),
        "top": top,
        "mode": mode,
        "rule": rule,
        "cam": cam,
        "fidelity": fidelity,
        "interior": interior,
        "at": at,
        "network": network,
        "variant": variant,
        "architecture": architecture and os.fspath(architecture),
        "lambdas": lambdas and dict(lambdas),
        "preprocess": preprocess,
        "precision": precision or noted_precision(),
        "jit": is_jit(jit),
        "resize": resize or (max_side and arguments.KEEP),
        "max_side": max_side,
        "bands": bands and tuple(bands),
        "colours": colours,
        "scale": scale,
    }
    given = {name: value for name, value in options.items() if value is not None}
    request: Any = replace(default_request(), **given)
    if jit is not None:
        choose_jit(jit)
    notes = Notes()
    projection = project(image, request, weights, notes)
    for note in notes.waiting:
        warnings.warn(note, stacklevel=2)
    return projection


def listed(features: int | Sequence[int]) -> list[int]:
    """Features as visualise.py has them; raises UserError for what are not integers."""
    import_tensorflow()
    from ..engine.units import checked_channels

    return checked_channels(features, images=1)[0].tolist()


def default_request() -> PhotoRequest:
    """What visualise.py does where nothing is asked for."""
    request = visualise.parse(["image"])
    assert isinstance(request, PhotoRequest)
    return replace(request, layers=())


def project(
    image: Source,
    request: PhotoRequest,
    weights: str | os.PathLike[str] | Weights | None,
    notes: Notes,
) -> Projection:
    """The projection of a photo that a request asks for, which knows how it is drawn."""
    from ..data import images

    import_tensorflow()
    if request.precision:
        choose_precision(request.precision)
    from ..engine import limits
    from ..engine.deconvnet import Deconvnet
    from ..figures.projection import style_of

    style_of(request.colours, request.scale)
    loaded = loaded_weights(request, weights, notes)
    network = loaded.network
    layer = class_options.target_layer(network, request.classes)
    if request.layers:
        layer = request.layers[0]
    tell = notes.tell if weights is not None else None
    request, loaded = class_options.resolve(request, loaded, [layer], tell)
    if request.resize != arguments.KEEP:
        limits.refuse_costly(network, layer, loaded.preprocessing.size, request.mode)
    deconvnet = Deconvnet(network, loaded, layer, request.rule)
    grad_cam = photo_projection.grad_cam_of(deconvnet, loaded, request)
    name = name_of(image)
    x = images.read(
        image,
        loaded.preprocessing,
        request.resize,
        network.channels,
        admission_of(request.preprocess, notes),
        request.max_side,
    )
    if len(x) != 1:
        raise UserError(f"expected one image, found {len(x)}: show them one after the other")
    projection = photo_projection.project(
        Path(name), x, deconvnet, request, notes.tell, grad_cam=grad_cam
    )
    photo_projection.tell_saturated(Path(name), layer, projection, notes.tell)
    assert projection.origin is not None
    drawing = photo_picture.drawing(name, x, request)
    return replace(projection, origin=replace(projection.origin, drawing=drawing))


def name_of(image: Source) -> str:
    """The name of an image's file: PIL's images know which they were opened from."""
    file = getattr(image, "filename", image)
    if isinstance(file, str | os.PathLike):
        return Path(file).name or "image"
    return "image"


def loaded_weights(
    request: PhotoRequest, weights: str | os.PathLike[str] | Weights | None, notes: Notes
) -> Weights:
    """The weights as tensors, with the preprocessing asked for."""
    from ..data.stated_preprocessing import load_preprocessing
    from ..weights.load import Weights, as_tensors

    if isinstance(weights, Weights):
        shape = weights.network.input_shape
        asked = load_preprocessing(request.preprocess, shape, notes.tell)
        check_request(request, weights.network, request.layers)
        return replace(weights, preprocessing=asked or weights.preprocessing)
    given = None if weights is None else os.fspath(weights)
    request = replace(request, weights=given)
    layers = layers_of(request)
    loaded = read_model(request, layers, notes)
    check_request(request, loaded.network, layers)
    return as_tensors(loaded)
