"""Where the parts of photos are: a parts.json.

    {"cat.jpg": {"left eye": [126, 132, 158, 166], "nose": [163, 160, 190, 196]}, ...}

For each photo the same parts, each as pixels of the photo file, from its first row and column to
behind its last: [top, left, bottom, right]. Names of photos are relative to the folder of photos.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..data.labels import read_text
from ..errors import UserError, one_line
from ..experiment_limits import MAX_PART_PHOTOS, MAX_PART_SIDE, MAX_PARTS
from ..formats.checked_json import check_name, shown
from ..network.reach import Rectangle

# by photo, and by part
Parts = dict[str, dict[str, Rectangle]]
LEAST_PHOTOS = 2  # that there is something to compare


def read_parts(path: str | Path) -> Parts:
    """The parts of each photo; raises UserError where the file is not as the top of this says."""
    try:
        return parts_of(parsed(read_text(path)))
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"{path}: no parts of photos: {error}") from None


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its JSON is not valid ({one_line(error, 80)})") from None


def parts_of(value: Any) -> Parts:
    """The parts in what was JSON; raises ValueError for anything else."""
    if not isinstance(value, dict) or not LEAST_PHOTOS <= len(value) <= MAX_PART_PHOTOS:
        raise ValueError(
            f"found {shown(value)}, expected an object of {LEAST_PHOTOS} to {MAX_PART_PHOTOS:,} "
            f"photos by name"
        )
    parts: Parts = {}
    for name, entry in value.items():
        if not isinstance(entry, dict) or not 1 <= len(entry) <= MAX_PARTS:
            raise ValueError(
                f"{name}: found {shown(entry)}, expected an object of 1 to {MAX_PARTS} parts by "
                f"name"
            )
        boxes = {}
        for part, box in entry.items():
            try:
                boxes[check_name(part)] = rectangle_of(box)
            except ValueError as error:
                raise ValueError(f"{name}: {part}: {error}") from None
        parts[name] = boxes
    refuse_different(parts)
    return parts


def rectangle_of(box: Any) -> Rectangle:
    """[top, left, bottom, right] as a rectangle; raises ValueError for anything else."""
    sides = box if isinstance(box, list) else []
    whole = [side for side in sides if type(side) is int and 0 <= side <= MAX_PART_SIDE]
    if len(sides) != 4 or len(whole) != 4:
        raise ValueError(f"found {shown(box)}, expected pixels [top, left, bottom, right]")
    rectangle = Rectangle(*sides)
    if rectangle.bottom <= rectangle.top or rectangle.right <= rectangle.left:
        raise ValueError(
            f"found {shown(box)}, expected [top, left, bottom, right] with bottom > top and "
            f"right > left"
        )
    return rectangle


def refuse_different(parts: Parts) -> None:
    """Raises ValueError where photos have not the same parts."""
    first = next(iter(parts))
    for name, boxes in parts.items():
        if boxes.keys() != parts[first].keys():
            raise ValueError(
                f"{name} has {listed_names(boxes)}, {first} has {listed_names(parts[first])}: "
                f"expected the same parts of each"
            )


def listed_names(names: Sequence[str] | dict[str, Rectangle]) -> str:
    return ", ".join(names)


def on_input(
    part: Rectangle, box: tuple[float, float, float, float], size: tuple[int, int]
) -> Rectangle | None:
    """The pixels of a network's input that a part of a photo is seen in; None where it is outside.

    box: left, top, right, bottom of what of the photo the input shows; size: the input's.
    """
    left, top, right, bottom = box
    height, width = size
    rows = axis_on_input(part.top, part.bottom, top, bottom, height)
    columns = axis_on_input(part.left, part.right, left, right, width)
    if not rows or not columns:
        return None
    return Rectangle(rows.start, columns.start, rows.stop, columns.stop)


def axis_on_input(start: int, stop: int, low: float, high: float, extent: int) -> range:
    """The pixels of an input's axis that show those from start to stop of a photo's.

    At least one, where the middle of these is seen.
    """
    scale = extent / (high - low)
    first = max(round((start - low) * scale), 0)
    last = min(round((stop - low) * scale), extent)
    middle = (start + stop) / 2
    if first >= last and low <= middle < high:
        first = int((middle - low) * scale)
        last = first + 1
    return range(first, last)
