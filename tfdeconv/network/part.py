"""How much of a file's model its network is, where not all of the model is understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..formats.checked_json import check_int, check_name, check_one_of
from ..limits import MAX_SHOWN_TEXT

COUNTED = ("layers", "operations")
# how the reason begins why a layer is not available that reads one that is not understood
DEPENDS = "it depends on"


@dataclass(frozen=True)
class Part:
    """So many of a model's layers are in its network, and why the others are not.

    counted: what the counts are of, "layers" or "operations". layer, reason: the first that is not
    understood. others: how many more are not understood by themselves; what only depends on them
    is not counted here.
    """

    understood: int
    total: int
    counted: str
    layer: str
    reason: str
    others: int = 0

    def __str__(self) -> str:
        """`2 of 180 layers are understood; stopped at attention (it is unknown), ...`"""
        more = f" and at {self.others} more" if self.others else ""
        return (
            f"{self.understood} of {self.total} {self.counted} are understood; "
            f"stopped at {self.layer} ({self.reason}){more}; layers before it work"
        )


def part_of(description: Mapping[str, Any]) -> Part | None:
    """A network's part in its description. Raises ValueError, TypeError or LookupError."""
    missing: Mapping[str, str] = description["missing"]
    if missing and "part" not in description:
        # as files of earlier versions have it: names of layers, and why some are not available
        return part_by_names(len(description["nodes"]), missing)
    entry = description.get("part")
    if entry is None:
        return None
    return Part(
        understood=check_int(entry["understood"], 0),
        total=check_int(entry["total"], 0),
        counted=check_one_of(*COUNTED)(entry["counted"]),
        layer=check_name(entry["layer"]),
        reason=str(entry["reason"])[:MAX_SHOWN_TEXT],
        others=check_int(entry["others"], 0),
    )


def part_by_names(understood: int, missing: Mapping[str, str]) -> Part:
    """What is known by names alone: layers that are there, and why others are not."""
    own = [name for name, reason in missing.items() if not str(reason).startswith(DEPENDS)]
    first, *others = own or missing
    total = understood + len(missing)
    reason = str(missing[first])[:MAX_SHOWN_TEXT]
    return Part(understood, total, "layers", check_name(first), reason, len(others))
