"""A network's layers as describe.py's table: columns, cells, and the notes below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .table import short

COLUMNS = (
    "layer",
    "kind",
    "output",
    "parameters",
    "field",
    "stride",
    "first centre",
    "multiply-adds",
)
NOTE = """\
Receptive field, stride and centre of the first unit are in pixels of the input; centres count from
the middle of its first pixel. `all`: every unit sees the whole image. Layers marked * have a window
that their stride does not divide, so their transpose covers some pixels more often than others: a
checkerboard in the projection (Odena et al. 2016)."""
OUTPUT_NOTE = """\
Layers marked + are transposed convolutions of such a window, which add up more values in some cells
of their output than in others: a checkerboard in what the network itself makes, in the forward
direction. Their projection is a convolution, and has none of them."""


def cells(layer: Mapping[str, Any]) -> tuple[str, ...]:
    """COLUMNS of a layer."""
    kind = layer["kind"]
    if layer["uneven"]:
        kind += "*"
    if layer["uneven_output"]:
        kind += "+"
    return (
        layer["layer"],
        kind,
        " x ".join(map(str, layer["shape"])),
        f"{layer['parameters']:,}",
        short(layer["receptive_field"]),
        short(layer["stride"]) if layer["stride"] else "",
        short(layer["first_centre"], ", ") if layer["first_centre"] else "",
        f"{layer['multiply_adds']:,}",
    )


def notes(layers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the columns and the marks of these layers mean."""
    yield NOTE
    if any(layer["uneven_output"] for layer in layers):
        yield OUTPUT_NOTE
