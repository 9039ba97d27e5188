"""What the page asks: JSON that is checked before anything is done with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ..engine.modes import MODES
from ..engine.rules import DECONVNET, RULES
from ..formats.checked_json import check_int, check_name, check_one_of
from .answer import Refusal

FORMATS = ("png", "npz")


@dataclass(frozen=True)
class Question:
    """What is asked of a photo; what a question needs of it, its answer checks."""

    photo: str = ""  # a photo's number, as the page was told it
    layer: str = ""
    rule: str = DECONVNET.name
    mode: str = "max"
    feature: int = 0
    # row and column of a unit; None: the strongest of its map
    at: tuple[int, int] | None = None
    sheet: int = 0  # of the layer's thumbnails
    format: str = FORMATS[0]  # of what is saved


def check_place(value: Any) -> tuple[int, int] | None:
    """Row and column, or null."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("expected a row and a column")
    return check_int(value[0], 0), check_int(value[1], 0)


def check_count(value: Any) -> int:
    """An integer from 0."""
    return check_int(value, 0)


# of each field, what it must be
CHECKS = {
    "photo": check_name,
    "layer": check_name,
    "rule": check_one_of(*RULES),
    "mode": check_one_of(*MODES),
    "feature": check_count,
    "at": check_place,
    "sheet": check_count,
    "format": check_one_of(*FORMATS),
}


def parse(body: bytes) -> Question:
    """The question in a request's body; raises Refusal for anything else."""
    try:
        fields = json.loads(body)
        if not isinstance(fields, dict):
            raise ValueError("expected an object")
        unknown = sorted(fields.keys() - CHECKS.keys())
        if unknown:
            raise ValueError(f"there is no {unknown[0][:40]}")
        return Question(**{name: CHECKS[name](value) for name, value in fields.items()})
    except (ValueError, TypeError, RecursionError) as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"the request is not understood: {error}") from None
