"""Images that can be read, but not counted: a layer is infinite or NaN for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine import finite
from ..engine.types import Tensors
from ..errors import UserError
from ..network.graph import Node


class NotFinite(UserError):
    """Images for which a layer is infinite or NaN. Nothing of their batches was taken in.

    reasons: {number in the list: why it cannot count}. maxima: of the batches, by device, those
    that were taken in; None for the others.
    """

    def __init__(self, reasons: dict[int, str], maxima: list[np.ndarray | None]):
        number, reason = next(iter(reasons.items()))
        super().__init__(f"image {number} of the list: {reason}")
        self.reasons = reasons
        self.maxima = maxima


def reason(layer: str) -> str:
    """Why an image cannot count for which that layer is not finite."""
    return (
        f"{layer} has infinite values or NaN: are these the right weights, "
        f"and the right preprocessing?"
    )


def refuse_overflow(
    nodes: Sequence[Node],
    parameters: Tensors,
    x: Sequence[np.ndarray],
    numbers: Sequence[np.ndarray],
) -> None:
    """Raises NotFinite for images of which a layer overflows, where a graph could hide it.

    x [batch, h, w, c] and numbers [batch] by device: engine/finite.py says how it is hidden.
    """
    reasons: dict[int, str] = {}
    for images, batch_numbers in zip(x, numbers):
        for image in np.flatnonzero(batch_numbers >= 0):
            layer = finite.first_not_finite(nodes, parameters, images[image : image + 1])
            if layer:
                reasons[int(batch_numbers[image])] = reason(layer)
    if reasons:
        raise NotFinite(reasons, [None] * len(x))
