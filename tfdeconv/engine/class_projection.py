"""Projects the classes of a layer whose values are logits.

What comes back of a class is what raises it, whatever the sign of its logit (Simonyan et al. 2014,
section 3): a negative logit is sent back as its magnitude. As it is, it would turn the picture into
one of what lowers the class, which nothing in the picture shows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import projection
from .deconvnet import Deconvnet
from .projection import Projection
from .units import requested_channels, strongest_channels

ONE_CELL = (1, 1)


def has_one_unit(deconvnet: Deconvnet, x: np.ndarray) -> bool:
    """Whether the target's map for images x [n, h, w, c] is of one cell, as a vector's is."""
    shapes = deconvnet.network.input_shapes(deconvnet.target, *x.shape[1:3])
    return shapes[deconvnet.target][:2] == ONE_CELL


def project_classes(
    deconvnet: Deconvnet,
    x: np.ndarray,
    classes: Sequence[int] | None = None,
    top: int | None = None,
    mode: str = "max",
) -> Projection:
    """Projects classes of the deconvnet's target to the pixels of one image x [1, h, w, c].

    classes, top, mode: as Deconvnet.project's; the projection has all `logits` besides. The target
    is a vector. Raises UserError for what does not fit.

    >>> from tfdeconv.network.graph import Builder
    >>> from tfdeconv.network.layers import Dense, Flatten
    >>> builder = Builder("tiny", (1, 2, 1))
    >>> names = builder.add("flatten", Flatten()), builder.add("classes", Dense(2))
    >>> weights = {"classes": {"kernel": np.array([[1.0, -1], [0, -2]]), "bias": np.zeros(2)}}
    >>> deconvnet = Deconvnet(builder.network(), weights, "classes", "gradient")
    >>> found = project_classes(deconvnet, np.array([3.0, 1]).reshape(1, 1, 2, 1))
    >>> found.logits.tolist(), found.patches[0, :, 0, :, 0].tolist()
    ([[3.0, -5.0]], [[3.0, 0.0], [-5.0, -10.0]])
    """
    network = deconvnet.network
    requested, count = requested_channels(network, deconvnet.target, classes, top, 1)
    forward_pass = deconvnet.forward(x)
    y = forward_pass.maps[deconvnet.target]
    chosen = strongest_channels(y, count) if requested is None else requested
    logits = y.reshape(1, -1)
    seeds = logits[0, chosen[0]]
    units = projection.concatenate(
        deconvnet.backward(forward_pass, np.zeros(count, np.int32), chosen[0], seeds=np.abs(seeds))
    )
    positions = units.positions
    if mode == "all":
        positions = np.full_like(positions, -1)
    return Projection(
        chosen,
        units.activations[None],
        (seeds == 0)[None],
        units.saturated[None],
        positions[None],
        units.boxes[None],
        units.receptive_fields[None],
        units.patches[None],
        x.shape[1:3],
        logits,
        deconvnet.origin(x, mode),
    )
