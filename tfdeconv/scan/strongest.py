"""A run's strongest units in words: of each channel the images that fire it most, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .image_labels import labels_of

if TYPE_CHECKING:
    from .run import Run

COLUMNS = ("layer", "channel", "rank", "activation", "row", "column", "number", "image", "label")


def unit_rows(run: Run, layer: str, channels: Sequence[int] | None) -> Iterator[dict[str, Any]]:
    """A row for each unit that a run kept of a layer's channels, or of all; strongest first.

    rank: from 1; row and column: of the unit in the layer's map; number: of the image in the list;
    image: its path, relative to where the list is, or "" in an array; label: of its list or its
    directory, or "". Raises UserError for a channel that the layer lacks.
    """
    arrays = run.state[layer]
    labels = labels_of(run)
    count = len(arrays["values"])
    if channels is None:
        channels = range(count)
    for channel in channels:
        if not 0 <= channel < count:
            raise UserError(f"{layer} has channels 0 to {count - 1}, not {channel}")
    for channel in channels:
        images = arrays["images"][channel].tolist()
        for i, number in enumerate(images):
            if number < 0:  # fewer images than places
                break
            row, column = arrays["positions"][channel, i].tolist()
            yield {
                "layer": layer,
                "channel": int(channel),
                "rank": i + 1,
                "activation": float(arrays["values"][channel, i]),
                "row": row,
                "column": column,
                "number": number,
                "image": run.names[number] if run.names else "",
                "label": labels[number] if labels else "",
            }
