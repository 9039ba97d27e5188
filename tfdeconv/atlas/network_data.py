"""What atlas.js says of a network and its layers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..network.graph import INPUT, Network
from ..network.layers import Activation, Conv, ConvTranspose, Dense, DepthwiseConv
from ..network.summary import kind, pixels_apart
from ..scan.summary import run_rows
from ..words import counted, extent
from .scripts import number, text

if TYPE_CHECKING:
    from ..network.base import Layer
    from ..scan.border_bound import BorderUnits
    from ..scan.run import Run

# `block4` of block4_conv2, `conv4` of conv4_block2_out, `layer3` of layer3.0.conv1
STAGE = re.compile(r"([A-Za-z]+\d+)[_./]")


def layer_entries(
    run: Run, network: Network, borders: Mapping[str, BorderUnits] | None
) -> dict[str, dict[str, Any]]:
    """The entries of a run's layers in atlas.js, by their names, in the network's order.

    The number is the layer's place in the run. They lack what depends on the atlas: `features`, how
    many of its channels it shows, and `has_into`.
    """
    height, width = run.settings.image_size
    shapes = {INPUT: (height, width, network.channels)} | network.shapes(height, width)
    fields = network.at(height, width).receptive_fields(shapes)
    residuals = network.residuals()
    stages = stages_of([node.name for node in network.nodes])
    rows = {row["layer"]: row for row in run_rows(run, borders)}
    entries = {}
    for node in network.nodes:
        name = node.name
        if name not in rows:
            continue
        has_map = max(shapes[name][:2]) > 1
        moves = has_map and any(span.stride for span in fields[name])
        entries[name] = {
            "number": run.settings.layers.index(name),
            "name": text(name),
            "kind": kind(node.layer),
            "about": "output of a residual block" if name in residuals else about(node.layer),
            "map": list(shapes[name][:2]),
            "channels": shapes[name][2],
            "field": field_size(fields[name], (height, width), moves),
            "stride": [number(pixels_apart(span)) for span in fields[name]],
            "stage": stages[name],
            "block_output": name in residuals,
            "dead": rows[name]["dead"],
            "always_on": rows[name]["always_on"],
            "border_bound": rows[name]["border_bound"],
            "has_map": has_map,
        }
    return entries


def field_size(spans: Sequence[Any], image: tuple[int, int], moves: bool) -> list[int]:
    """Height and width of a receptive field; the image's where all units see all of it."""
    return [span.size for span in spans] if moves else list(image)


def stages_of(layers: Sequence[str]) -> dict[str, str | None]:
    """The stage of each of a network's layers by what its name begins with.

    None where no other begins so.

    >>> stages_of(["block1_conv1", "block1_pool", "fc1"])
    {'block1_conv1': 'block1', 'block1_pool': 'block1', 'fc1': None}
    """
    beginnings = {}
    for name in layers:
        match = STAGE.match(name)
        beginnings[name] = match[1] if match else None
    counts = Counter(beginnings.values())
    return {name: one if counts[one] > 1 else None for name, one in beginnings.items()}


def about(layer: Layer) -> str:
    """A layer in a few words.

    >>> about(Conv(512, 3)), about(Dense(1000))
    ('3 x 3 convolution, 512 kernels', 'fully connected, 1,000 units')
    """
    if isinstance(layer, Conv):
        words = f"{extent(layer.taps)} convolution, {counted(layer.filters, 'kernel')}"
        if layer.groups > 1:
            words += f" in {layer.groups} groups"
        return words
    if isinstance(layer, DepthwiseConv):
        return f"{extent(layer.taps)} convolution of each channel by itself"
    if isinstance(layer, ConvTranspose):
        taps = layer.convolution.taps
        return f"{extent(taps)} transposed convolution, {counted(layer.filters, 'kernel')}"
    if isinstance(layer, Dense):
        return f"fully connected, {counted(layer.units, 'unit')}"
    if isinstance(layer, Activation):
        return f"activation {layer.kind}"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(layer).__name__).lower()


def notes_on(run: Run) -> list[str]:
    """What somebody who reads an atlas should know of its run, a line each."""
    settings = run.settings
    part, parts = settings.shard
    notes = []
    if parts != 1:
        notes.append(f"The run is part {part} of {parts} of its list of images.")
    if not run.finished:
        seen = f"{run.done:,} of {counted(len(settings.range), 'image')}"
        notes.append(f"The scan is not finished: it has seen {seen}.")
    if settings.interior:
        notes.append("Only units whose receptive field lies within the image count (--interior).")
    if run.skipped:
        notes.append(f"{counted(len(run.skipped), 'image')} could not be read.")
    return notes
