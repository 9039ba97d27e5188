"""Preprocessing as a person or a file states it: a name, JSON, or a mean."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from ..errors import UserError, one_line, unknown
from ..files import require_regular_file
from ..limits import MAX_IMAGE_SIDE, MAX_PIXEL, MAX_START, MIN_SCALE
from .preprocessing import (
    ALIASES,
    ORDERS,
    PRESETS,
    Preprocessing,
    identity,
    preset_name,
    say_nothing,
    short_side,
)

SHOWN = 50  # characters of JSON that an error shows


def load_preprocessing(
    text: str | None, shape: tuple[int, int, int], tell: Callable[[str], None] = say_nothing
) -> Preprocessing | None:
    """The preset of that name, or what JSON or a file says, for inputs of that shape.

    JSON has a Preprocessing's fields: as it is, as the text of pictures has it, or in a file. Any
    other file has a mean to subtract (mean_files.py). None for None. tell: takes a note on what is
    assumed of a file. Raises UserError for anything else.
    """
    if text is None:
        return None
    preset = PRESETS.get(preset_name(text))
    if preset:
        return preset(shape[:2], shape[2])
    from . import mean_files

    stated, name = text, text[:SHOWN]
    if not text.startswith("{"):
        if mean_files.is_mean(text):
            order, mean, note = mean_files.read_mean(text, shape[2])
            tell(note)
            return Preprocessing(order, shape[:2], short_side(shape[:2]), mean)
        stated, name = read_text(text), text
    try:
        return from_json(stated, shape)
    except ValueError as error:
        raise UserError(f"--preprocess {name}: {one_line(error)}") from None


def read_text(path: str) -> str:
    """A file's text; raises UserError for one that is not there, which may be a preset's name."""
    if not os.path.exists(path):
        names = [*PRESETS, *ALIASES, "or a file: JSON, or a mean"]
        raise unknown("--preprocess: there is no way or file called", path, names)
    try:
        require_regular_file(path)
        with open(path, encoding="utf-8") as file:
            return file.read(MAX_START)
    except UnicodeDecodeError:
        raise UserError(f"--preprocess {path}: it is not JSON, but bytes") from None
    except OSError as error:
        raise UserError(f"--preprocess {path}: {one_line(error)}") from None


def from_json(text: str, shape: tuple[int, int, int]) -> Preprocessing:
    """The Preprocessing whose fields a JSON object has, for inputs (height, width, channels).

    Fields that are left out have their values in identity(); a single number as mean, scale or size
    is that of all channels, or both sides. Raises ValueError for anything else.

    >>> from_json('{"scale": 255}', (8, 8, 3)).scale
    (255.0, 255.0, 255.0)
    """
    height, width, channels = shape
    try:
        entry = object_of(text)
        size = pair_of(entry.get("size", [height, width]))
        usual = identity(size, channels)
        preprocessing = Preprocessing(
            order=entry.get("order", usual.order),
            size=size,
            resize=entry.get("resize", usual.resize),
            mean=numbers_of(entry.get("mean", []), "mean", channels),
            scale=numbers_of(entry.get("scale", []), "scale", channels),
        )
        check(preprocessing, channels)
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return preprocessing


def object_of(text: str) -> dict[str, Any]:
    """A JSON object with a Preprocessing's fields; ValueError for another one."""
    try:
        entry = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f'it is not JSON such as {{"scale": 255}}: {error}') from None
    if not isinstance(entry, dict):
        raise ValueError('expected an object such as {"scale": 255}')
    known = sorted(field.name for field in fields(Preprocessing))
    others = sorted(set(entry) - set(known))
    if others:
        raise ValueError(f"found {', '.join(others)}, expected some of {', '.join(known)}")
    return entry


def pair_of(size: Any) -> tuple[int, int]:
    """Height and width, from a list of the two or one number for both."""
    sides = size if isinstance(size, list) else [size, size]
    if len(sides) != 2:
        raise ValueError(f"size: found {size}, expected height and width")
    for side in sides:
        check_side(side, "size")
    return sides[0], sides[1]


def check_side(side: Any, name: str) -> None:
    if type(side) is not int or not 1 <= side <= MAX_IMAGE_SIDE:
        raise ValueError(f"{name}: found {side}, expected integers from 1 to {MAX_IMAGE_SIDE}")


def numbers_of(values: Any, name: str, channels: int) -> tuple[float, ...]:
    """A number for each channel, from a list of them or one for all; () for an empty list."""
    listed = values if isinstance(values, list) else [values] * channels
    are_numbers = all(type(value) in (int, float) for value in listed)
    if not are_numbers or len(listed) not in (0, channels):
        found = str(values)[:40]
        raise ValueError(f"{name}: found {found}, expected one number, or {channels} of them")
    return tuple(map(float, listed))


def check(preprocessing: Preprocessing, channels: int) -> None:
    """Raises ValueError for values that cannot be applied to images of so many channels."""
    if preprocessing.order not in ORDERS:
        raise ValueError(
            f"order: found {preprocessing.order!r}, expected one of {', '.join(ORDERS)}"
        )
    if preprocessing.order != "as is" and channels != 3:
        raise ValueError(f"order: expected 'as is' for {channels} channels")
    for name in ("mean", "scale"):
        for value in getattr(preprocessing, name):
            if not math.isfinite(value) or abs(value) > MAX_PIXEL:
                raise ValueError(
                    f"{name}: found {value:g}, expected numbers up to {MAX_PIXEL:,.0f}"
                )
    for value in preprocessing.scale:
        if abs(value) < MIN_SCALE:
            raise ValueError(f"scale: found {value:g}, expected at least {MIN_SCALE:g}")
    check_side(preprocessing.resize, "resize")
    if preprocessing.resize < min(preprocessing.size):
        raise ValueError(
            f"resize: found {preprocessing.resize}, less than the size's {min(preprocessing.size)}"
        )
