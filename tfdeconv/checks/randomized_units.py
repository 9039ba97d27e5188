"""Units of a photo, as randomization.randomize() takes them: by every rule, and the blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..engine.deconvnet import Deconvnet
from ..engine.parameters import parameters_of
from ..engine.projection import Projection
from ..engine.rules import DECONVNET, RULES
from ..errors import UserError
from ..network.graph import Network
from ..network.rectified import before_rectifier
from ..network.spans import overlap
from ..network.weight_blocks import WeightBlock, weight_blocks
from .random_weights import Weights
from .randomization import EDGES, Method
from .unit_pictures import EdgePictures, UnitPictures


@dataclass(frozen=True)
class RandomizedUnits:
    """Units of a photo that fire in a layer, and what is needed to make the weights random.

    They are the strongest of their channels with the network's own weights, and stay the same ones
    whatever the weights are.
    """

    # of all channels asked for, with the network's own weights
    projection: Projection
    # the places in it of those that fire, which alone are units here
    firing: np.ndarray
    # int [k, 4]: where in the photo each unit's pictures are
    boxes: np.ndarray
    # the rules, and EDGES
    methods: dict[str, Method]
    parameters: Weights
    # from the target down
    blocks: Sequence[WeightBlock]


def randomized_units(
    network: Network,
    weights: Mapping[str, Mapping[str, Any]],
    layer: str,
    x: np.ndarray,
    channels: Sequence[int] | None,
    top: int | None,
    division: str,
) -> RandomizedUnits:
    """Of a photo x [1, h, w, c] those of these channels of a layer, or of the `top` strongest.

    division: one of weight_blocks.DIVISIONS. Raises UserError where there is nothing to be made
    random before the layer.
    """
    part = before_rectifier(network, layer)
    target = part.nodes[-1].name
    deconvnets = {rule: Deconvnet(part, weights, target, rule) for rule in RULES}
    parameters = parameters_of(deconvnets[DECONVNET.name])
    blocks = []
    for block in weight_blocks(part, target, division):
        # batch norms are inside their convolutions, and these have their names
        computed = tuple(name for name in block.layers if parameters.get(name))
        blocks.append(replace(block, layers=computed))
    if not blocks:
        raise UserError(
            f"{network.name}'s {layer} has no convolution or dense layer before it, so that there "
            f"are no weights to make random: choose a later layer with -l"
        )
    projection = Deconvnet(network, weights, layer).project(x, channels, top=top)
    firing = np.flatnonzero(~projection.dead[0])
    numbers, positions = projection.channels[0, firing], projection.positions[0, firing]
    # those of this one's patches: maps before and behind a rectifier have the same places
    boxes = within(projection.boxes[0, firing], x.shape[1:3])
    methods: dict[str, Method] = {}
    for rule, deconvnet in deconvnets.items():
        methods[rule] = UnitPictures(deconvnet, x, numbers, positions)
    methods[EDGES] = EdgePictures(x, boxes)
    return RandomizedUnits(projection, firing, boxes, methods, parameters, blocks[::-1])


def within(boxes: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """The parts of boxes [k, 4] that lie within an image of that size."""
    clipped = []
    for top, left, bottom, right in boxes.tolist():
        rows, columns = overlap(top, bottom, size[0]), overlap(left, right, size[1])
        clipped.append((rows.start, columns.start, rows.stop, columns.stop))
    return np.reshape(clipped, (len(clipped), 4))
