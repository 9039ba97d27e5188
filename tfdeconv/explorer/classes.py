"""The classes that a network finds most likely for a photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..figures.class_values import probabilities, probability_text
from ..figures.unit_names import UnitNames
from ..network.classes import last_class_layer
from .subject import Subject

TOP = 5


@dataclass(frozen=True)
class Head:
    """The layer of a network whose values are its classes' logits."""

    layer: str
    names: UnitNames


def head_of(subject: Subject) -> Head | None:
    """The head; None where the network has none, or no weights for it."""
    layer = last_class_layer(subject.network)
    if layer is None or layer not in subject.layers:
        return None
    names = subject.names(layer)
    return Head(layer, names) if names.classes else None


def most_likely(head: Head, logits: np.ndarray) -> list[dict[str, Any]]:
    """The classes of the greatest logits [classes], most likely first."""
    assert head.names.classes
    values = probabilities(logits, head.names.classes.probability)
    rows = []
    # probabilities of 0 are alike, their logits are not
    for number in np.argsort(-logits, kind="stable")[:TOP].tolist():
        share = float(values[number])
        rows.append(
            {
                "class": number,
                "name": head.names.name(number) or f"class {number}",
                "probability": probability_text(share),
                "share": share if np.isfinite(share) else 0.0,
            }
        )
    return rows
