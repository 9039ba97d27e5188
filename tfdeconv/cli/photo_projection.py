"""Projects features of a photo, and says of which there is nothing to be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import arguments, console, photo_cost

if TYPE_CHECKING:
    import numpy as np

    from ..engine.deconvnet import Deconvnet
    from ..engine.grad_cam import GradCam
    from ..engine.projection import Projection
    from ..weights.load import Weights

Tell = Callable[[str], None]


def project(
    path: Path,
    x: np.ndarray,
    deconvnet: Deconvnet,
    request: Any,
    tell: Tell = console.complain,
    pace: photo_cost.Pace | None = None,
    grad_cam: GradCam | None = None,
) -> Projection:
    """The projections of the features that a PhotoRequest asks for, of a photo x [1, h, w, c].

    Without those that are not finite, of which it tells, as of a cost that is high; with their
    heat maps, if grad_cam is given. Raises UserError where none is left, and for what should not
    be begun with a photo of this size.
    """
    from ..engine import limits

    network, layer = deconvnet.network, deconvnet.target
    size = (x.shape[1], x.shape[2])
    if request.resize == arguments.KEEP:
        limits.refuse_costly(network, layer, size, request.mode, deconvnet.rule.mask)
    cost = photo_cost.estimate_of(request, network, layer, size)
    warning = photo_cost.warning(request, network, layer, size, cost)
    if warning:
        tell(f"{path}: {warning}")
    if pace:
        pace.begin(photo_cost.projection_estimate(request, network, layer, size).work)
    projection = finite_projection(path, x, deconvnet, request, tell)
    if request.fidelity:
        say = pace.say if pace else None
        projection = replace(projection, areas=measured_areas(projection, deconvnet, say))
    if grad_cam:
        return replace(projection, heat_maps=grad_cam.of(projection))
    return projection


def measured_areas(
    projection: Projection, deconvnet: Deconvnet, say: Tell | None = None
) -> np.ndarray:
    """Projection.areas of one photo's units, measured as fidelity.py does unless told otherwise.

    say: is told how far it is.
    """
    import numpy as np

    from ..checks.fidelity import Settings
    from ..checks.fidelity_meter import FidelityMeter

    assert projection.origin
    meter = FidelityMeter({deconvnet.rule.name: deconvnet}, Settings())
    x, channels = projection.origin.images[0], projection.channels[0].tolist()
    areas = []
    for measured in meter.measure(x, channels, projection.positions[0]):
        areas.append(measured.fidelity.beside_random(deconvnet.rule.name))
        if say:
            say(f"{len(areas)} of {len(channels)} measured")
    return np.stack(areas)[None]


def grad_cam_of(
    deconvnet: Deconvnet,
    weights: Weights,
    request: Any,
    worked: Callable[[int], None] = lambda work: None,
) -> GradCam | None:
    """Grad-CAM of a deconvnet's units, if a PhotoRequest asks for it."""
    from ..engine.grad_cam import GradCam

    if not request.cam:
        return None
    target = deconvnet.target
    return GradCam(deconvnet.network, weights, target, request.cam, worked=worked)


def finite_projection(
    path: Path, x: np.ndarray, deconvnet: Deconvnet, request: Any, tell: Tell
) -> Projection:
    """The projections that are finite; it tells of the others."""
    from ..engine.finite import NotFinite, finite_channels

    top = None if request.features else request.top
    which = (request.interior, request.at)
    try:
        return deconvnet.project(x, request.features, request.mode, top, *which)
    except NotFinite as error:
        usable = finite_channels(ranked_map(x, deconvnet, request)).tolist()
        features = request.features or usable[: request.top]
        left = [number for number in features if number in usable and number not in error.channels]
        if not left:
            raise
        tell(f"{path}: {error}")
        return deconvnet.project(x, left, request.mode, None, *which)


def ranked_map(x: np.ndarray, deconvnet: Deconvnet, request: Any) -> np.ndarray:
    """The units of a photo's map that features are ranked by: [..., c]."""
    from ..engine.region import asked_region

    y = deconvnet.activations(x)[0]
    network, layer = deconvnet.network, deconvnet.target
    shapes = network.input_shapes(layer, x.shape[1], x.shape[2])
    region = asked_region(network, layer, shapes, request.interior, request.at)
    # a vector has one unit a channel, which is there if there is a region
    if region is None or y.ndim == 1:
        return y
    return y[region.slices]


def tell_saturated(
    path: Path, layer: str, projection: Projection, tell: Tell = console.complain
) -> None:
    """Tells which features' pictures show nothing although they fired."""
    from ..figures.captions import saturated_note

    channels = projection.channels[0][projection.saturated[0]]
    if channels.size:
        tell(f"{path}: {saturated_note(layer, channels)}")
