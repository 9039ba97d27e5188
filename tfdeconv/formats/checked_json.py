"""Values of JSON that nobody vouches for, each checked for its type and range.

The functions return the value they are given, and raise ValueError for what it must not be.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from ..limits import MAX_ENTRIES, MAX_FLOAT, MAX_INT, MAX_JSON, MAX_NAME, MAX_SHOWN_TEXT, MAX_VALUES

SHOWN = 60  # characters


def check_int(value: Any, low: int = 1) -> int:
    """An integer from low to MAX_INT; true and false are not integers."""
    if type(value) is not int or not low <= value <= MAX_INT:
        raise ValueError(f"expected an integer from {low} to {MAX_INT}, got {shown(value)}")
    return value


def check_float(value: Any) -> float:
    """A number, whole or not."""
    if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > MAX_FLOAT:
        raise ValueError(f"expected a number, got {shown(value)}")
    return float(value)


def check_bool(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"expected true or false, got {shown(value)}")
    return value


def check_list(value: Any, kind: type, most: int = MAX_ENTRIES) -> list:
    """A list of values of one type."""
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"expected a list of at most {most} entries, got {shown(value)}")
    if not all(isinstance(item, kind) for item in value):
        raise ValueError(f"expected a list of {kind.__name__} entries, got {shown(value)}")
    return value


def check_ints(value: Any, count: int = 2) -> tuple:
    """A list of so many integers from 1 on."""
    if len(check_list(value, int)) != count:
        raise ValueError(f"expected {count} integers, got {len(value)}")
    return tuple(check_int(item) for item in value)


def check_pair(value: Any) -> int | tuple:
    """An integer for both axes, or one for each of the two."""
    return check_ints(value) if isinstance(value, list) else check_int(value)


def check_one_of(*values: Any) -> Callable[[Any], Any]:
    """A function that checks whether a value is one of these."""

    def check(value: Any) -> Any:
        if value not in values:
            choices = ", ".join(map(str, values))
            raise ValueError(f"expected one of {choices}, got {shown(value)}")
        return value

    return check


def check_name(value: Any) -> str:
    """A layer's or network's name."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise ValueError(
            f"expected a name (1 to {MAX_NAME} printable characters), got {shown(value)}"
        )
    return value


def check_names(value: Any) -> dict[str, str]:
    """An object of texts by name; texts that are too long are cut off."""
    if not isinstance(value, dict) or len(value) > MAX_ENTRIES:
        raise ValueError(f"expected an object of at most {MAX_ENTRIES} names, got {shown(value)}")
    return {check_name(key): str(text)[:MAX_SHOWN_TEXT] for key, text in value.items()}


def parse_object(text: str | bytes) -> dict[str, Any]:
    """The object in a description of a model; raises ValueError for anything else."""
    check_size(text)
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("its description of the model is nested too deep") from None
    except ValueError as error:
        reason = str(error)[:80]
        raise ValueError(f"its description of the model is not valid JSON ({reason})") from None
    if not isinstance(value, dict):
        raise ValueError(f"its description of the model is not a JSON object: {shown(value)}")
    return value


def check_size(text: str | bytes) -> None:
    """Raises ValueError for JSON that is too long, or whose values would take too much memory."""
    if len(text) > MAX_JSON:
        raise ValueError(
            f"its description of the model has {len(text):,} bytes, at most {MAX_JSON:,} are read"
        )
    # each value but the first stands behind one of these
    encoded = text if isinstance(text, bytes) else text.encode(errors="replace")
    values = encoded.count(b"[") + encoded.count(b"{") + encoded.count(b",")
    if values > MAX_VALUES:
        raise ValueError(
            f"its description of the model has {values:,} values, at most {MAX_VALUES:,} are read"
        )


def shown(value: Any) -> str:
    """A value of a file's in an error, however long it is."""
    try:
        text = ascii(value)
    except (RecursionError, ValueError):
        # Python writes no integer of thousands of digits
        return "something that cannot be written"
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
