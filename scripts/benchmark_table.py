"""The benchmark's table: its rows, their values and their targets."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

COLUMNS = "{:28} {:17} {:>8} {:>8}  {:19} {:>24}  {}"
HEADINGS = ("measure", "layer", "ours", "peer", "against", "value", "target")
MAPS = 16  # whole maps at a time
# a row's value, by its unit, of what ours and the peer took
VALUES: dict[str, Callable[[float, float], float]] = {
    "x": lambda ours, peer: peer / ours,
    "ms": lambda ours, peer: 1e3 * (ours - peer),
    "s": lambda ours, peer: ours - peer,
    "GB": lambda ours, peer: ours,
    "cost": lambda ours, peer: ours / peer,
}
# by measure and layer: a ratio (x) at least, a cost, seconds, ms and GB at most
TARGETS = {
    ("one unit", "block3_conv3"): 2.0,
    ("hidden squares", "block3_conv3"): 3.0,
    ("one unit", "block5_conv3"): 1.2,
    ("one unit", "conv4_block23_out"): 1.3,
    ("every unit", "block3_conv3"): 80,
    ("every unit", "block4_conv2"): 22,
    ("every unit", "block5_conv3"): 3.3,
    ("every unit", "conv2_block3_out"): 80,
    ("every unit", "conv3_block4_out"): 18,
    (f"{MAPS} whole maps", "block5_conv3"): 1.8,
    ("forward against ONNX Runtime", "block5_conv3"): 0.8,
    ("forward against ONNX Runtime", "conv4_block23_out"): 0.7,
    ("cold start", "block4_conv2"): 2.5,
    ("cold start", "conv4_block23_out"): 5.0,
    ("a click in the explorer", "block4_conv2"): 60,
    ("memory of visualise.py", "block4_conv2"): 1.6,
    ("memory of every unit", "block4_conv2"): 2.2,
}


def print_headings() -> None:
    print(COLUMNS.format(*HEADINGS))


def print_row(
    measure: str, layer: str, against: str, ours: list[float], peer: list[float], unit: str = "x"
) -> dict[str, Any]:
    """Prints a row of the table and returns it as it is written to the JSON file.

    ours, peer: what each took, turn by turn (GB where the unit is GB); no peer: not installed,
    and the row has no value. The value is that of the medians.
    """
    value = None
    value_text = ""
    suffix = "" if unit in ("x", "cost") else f" {unit}"
    if peer:
        value = VALUES[unit](median(ours), median(peer))
        turns = [VALUES[unit](*pair) for pair in zip(ours, peer)]
        value_text = f"{value:.2f}{suffix} ({min(turns):.2f}..{max(turns):.2f})"
    target = TARGETS.get((measure, layer))
    met = meets(value, target, unit)
    cells = (
        measure,
        layer,
        median_text(ours, unit),
        median_text(peer, unit),
        against,
        value_text,
        target_text(target, met, unit, suffix),
    )
    print(COLUMNS.format(*cells).rstrip(), flush=True)
    return {
        "measure": measure,
        "layer": layer,
        "against": against,
        "ours": ours,
        "peer": peer,
        "unit": unit,
        "value": value,
        "target": target,
        "met": met,
    }


def meets(value: float | None, target: float | None, unit: str) -> bool | None:
    """Whether a value meets its target; None where one of them is missing."""
    if value is None or target is None:
        return None
    if unit == "x":
        return value >= target
    return value <= target


def target_text(target: float | None, met: bool | None, unit: str, suffix: str) -> str:
    if not target:
        return ""
    comparison = ">=" if unit == "x" else "<="
    missed = "  MISSED" if met is False else ""
    return f"{comparison} {target}{suffix}{missed}"


def median_text(times: list[float], unit: str) -> str:
    """`1.25 s` or `62.5 ms`; nothing for memory, which the value has."""
    if not times or unit == "GB":
        return ""
    seconds = median(times)
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms"
