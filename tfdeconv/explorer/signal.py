"""What came down from a unit, as a picture and in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.projection import paste
from ..figures import pixels, png
from ..figures.cutout import clipped
from ..words import number
from .answer import Answer, picture
from .subject import Subject


def signal_answer(
    subject: Subject,
    layer: str,
    feature: int,
    at: tuple[int, int] | None,
    activation: float,
    logits: np.ndarray | None,
    patch: np.ndarray,
    box: np.ndarray,
    field: np.ndarray,
    saturated: bool,
) -> Answer:
    """A patch [p, q, c] of a box of the input, as far as it lies within the photo.

    at: row and column of the unit; None: of the whole map. logits: of a layer of classes, those of
    all of them. field: the receptive field.
    """
    inside = clipped(box, subject.size)
    signal = paste(patch, box, inside)
    facts: dict[str, Any] = {
        "layer": layer,
        "feature": feature,
        "at": at,
        "box": inside.tolist(),
        "field": field.tolist(),
        "scale": "",
    }
    names = subject.names(layer)
    # a rectified 0 may be -0
    text = names.text(feature, activation + 0.0, logits, False, saturated)
    facts["title"], facts["detail"] = text.title, text.detail
    facts["noun"] = names.noun
    facts["silent"] = not signal.any()
    if not signal.size:
        return picture(png.encode(png.as_picture(np.full((1, 1), 128, np.uint8)), {}), facts)
    tones = pixels.toned(signal, subject.weights.preprocessing, subject.style)
    end = pixels.scale_end(tones)
    facts["scale"] = number(float(f"{end:.2g}"))
    return picture(png.encode(png.as_picture(pixels.levels(tones, end)), {}), facts)
