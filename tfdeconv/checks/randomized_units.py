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
from ..figures.view import energy_box
from ..network.graph import Network
from ..network.rectified import before_rectifier
from ..network.weight_blocks import WeightBlock, weight_blocks
from .random_weights import Weights
from .randomization import EDGES, Method
from .unit_pictures import EdgePictures, UnitPictures, cut_out, seen


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
    # int [k, 4]: which part of the photo each unit's pictures are of
    views: np.ndarray
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
    for block in weight_blocks(network, layer, division):
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
    views = np.zeros((0, 4), int)
    if firing.size:
        views = telling_parts(list(deconvnets.values()), x, numbers, positions)
    methods: dict[str, Method] = {}
    for rule, deconvnet in deconvnets.items():
        methods[rule] = UnitPictures(deconvnet, x, numbers, positions, views)
    methods[EDGES] = EdgePictures(x, views)
    return RandomizedUnits(projection, firing, views, methods, parameters, blocks[::-1])


def telling_parts(
    deconvnets: Sequence[Deconvnet], x: np.ndarray, channels: np.ndarray, positions: np.ndarray
) -> np.ndarray:
    """Boxes [k, 4] within a photo that hold nearly all that comes back of units by each rule.

    Around them next to nothing comes back, in which any two pictures are alike.
    """
    parts = []
    for deconvnet in deconvnets:
        ones = np.ones(len(channels), x.dtype)
        units = deconvnet.units(x, np.zeros_like(channels), channels, positions, ones)
        inner = seen(units.boxes, x.shape[1:3])
        of_rule = []
        for patch, box, view in zip(units.patches, units.boxes, inner):
            of_rule.append(energy_box(cut_out(patch, box, view), view))
        parts.append(np.reshape(of_rule, (-1, 4)))
    least, most = np.min(parts, 0), np.max(parts, 0)
    union = np.concatenate([least[:, :2], most[:, 2:]], 1)
    return np.array([square(part, view) for part, view in zip(union, inner)])


def square(part: np.ndarray, view: np.ndarray) -> np.ndarray:
    """The square around a part of a view, moved into it; as far as the view has room for one.

    >>> square(np.array([4, 0, 6, 20]), np.array([0, 0, 30, 30])).tolist()
    [0, 0, 20, 20]
    """
    side = (part[2:] - part[:2]).max()
    squared = part.copy()
    for axis in (0, 1):
        first, last = view[axis], view[axis + 2]
        length = min(side, last - first)
        centre = (part[axis] + part[axis + 2]) // 2
        start = min(max(centre - length // 2, first), last - length)
        squared[axis], squared[axis + 2] = start, start + length
    return squared
