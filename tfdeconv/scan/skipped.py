"""The images of a run that could not be read or used, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run import Run


def skipped_rows(run: Run) -> list[dict[str, Any]]:
    """A row for each such image, in the order of the list: number, image (its name) and reason."""
    rows = []
    for number in sorted(run.skipped):
        rows.append(
            {"number": number, "image": name_of(run, number), "reason": run.skipped[number]}
        )
    return rows


def name_of(run: Run, number: int) -> str:
    """An image's name in the list, or which of an array it is."""
    return run.names[number] if run.names else f"image {number}"


def sentence(row: dict[str, Any]) -> str:
    """Why an image was skipped, with its name."""
    if row["image"] in row["reason"]:
        return str(row["reason"])
    return f"{row['image']}: {row['reason']}"
