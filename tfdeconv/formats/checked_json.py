"""Values of JSON that nobody vouches for, each checked for type and range."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

NODES, NAME, MOST = 20_000, 200, 1 << 24


def number(value: Any, low: int = 1) -> int:
    if type(value) is not int or not low <= value <= MOST:
        raise ValueError(f"{str(value)[:40]} stands where a whole number of at least {low} must")
    return value


def items(value: Any, kind: type, most: int = NODES) -> list:
    if (
        not isinstance(value, list)
        or len(value) > most
        or not all(isinstance(item, kind) for item in value)
    ):
        raise ValueError("a list is none, or too long")
    return value


def whole_numbers(value: Any, count: int = 2) -> tuple:
    if len(items(value, int)) != count:
        raise ValueError(f"{count} numbers must stand where there are {len(value)}")
    return tuple(number(each) for each in value)


def numbers(value: Any) -> int | tuple:
    """One number for both axes, or a pair."""
    return whole_numbers(value) if isinstance(value, list) else number(value)


def real(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > 1e9:
        raise ValueError(f"{str(value)[:40]} stands where a number must")
    return float(value)


def flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{str(value)[:40]} stands where true or false must")
    return value


def one_of(*values: Any) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value not in values:
            raise ValueError(f"{str(value)[:40]!r} is none of {', '.join(map(str, values))}")
        return value

    return check


def name(value: Any) -> str:
    """A layer's or network's name, if it may be one."""
    if not isinstance(value, str) or not 0 < len(value) <= NAME or not value.isprintable():
        raise ValueError(f"{ascii(value)[:60]} is no name (1 to {NAME} printable characters)")
    return value


def names(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > NODES:
        raise ValueError("a table is none, or too long")
    return {name(key): str(text)[:500] for key, text in value.items()}


JSON = 1 << 24  # bytes


def parsed(text: str | bytes) -> dict[str, Any]:
    """A JSON object; raises ValueError for anything else."""
    if len(text) > JSON:
        raise ValueError(
            f"its description of the model has {len(text):,} bytes, at most {JSON:,} are read"
        )
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("its description of the model is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"its description of the model is no JSON ({str(error)[:80]})") from None
    if not isinstance(found, dict):
        raise ValueError("its description of the model is no JSON object")
    return found


def shown(value: Any) -> str:
    """A value of the file's in an error, however long it is."""
    try:
        text = ascii(value)
    except (RecursionError, ValueError):  # Python writes no integer of thousands of digits
        return "something that cannot be written"
    return text if len(text) <= 60 else text[:57] + "..."
