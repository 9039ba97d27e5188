"""Prints what a scan's run counted: of its layers, of one layer's channels, of residual blocks."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import UserError, unknown
from ..scan.skipped import skipped_rows
from ..scan.summary import block_rows, channel_rows, headline, loaded, run_rows
from ..words import number
from . import console
from .channel_labels import print_labels, print_labels_note
from .table import print_table

if TYPE_CHECKING:
    from ..network.graph import Network
    from ..scan.border_bound import BorderUnits
    from ..scan.run import Run

RUN_COLUMNS = (
    "layer",
    "channels",
    "dead",
    "always on",
    "border",
    "positions that fire",
    "mean maximum: least",
    "quarter",
    "half",
    "three quarters",
    "greatest",
)
RUN_NOTE = """\
Dead: fired (above 0) in no image; always on: fired in every one. Mean maximum: of a channel over
the images, then the least, the quartiles and the greatest of a layer's channels."""
BORDER_NOTE = """\
Border: border-bound channels. Most of their strongest units stand at the border of the map, where
padding is read, and so many as chance brings there in less than one of 1,000 channels: they fire at
the edge that padding makes rather than at what is in the images (scan.py --interior leaves such
units out). -: in so small a map the units kept cannot tell; scan with a larger --top."""
INTERIOR_NOTE = """\
Border: none can be, since the run looked only at units that see no padding."""
DUPLICATES_NOTE = """\
Near duplicates: channels of which the maxima over the images have a rank correlation (Spearman's)
of 0.95 at least, where scan.py kept them (--keep-maxima) of 30 images or more."""
UNKNOWN_NOTE = """\
Border: not known, because the weights that the run was made with are gone: give them with
--weights FILE."""
CHANNEL_COLUMNS = ("channel", "at the border", "images that fire it", "strongest")
SHOWN = 20  # channels of those that are dead or always on

# heading, key in scan.summary's rows, digits behind the point; a mean and three quartiles each
BLOCK_FIGURES = (
    ("shared images", "shared", 1),
    ("rank correlation", "correlation", 2),
    ("shortcut share", "shortcut_share", 2),
)
BLOCKS_NOTE = """\
Mean and quartiles over the channels of a block's output. Shared images: how many of a channel's
strongest images are among those of the same channel one block before. Rank correlation: Spearman's,
of its maxima over the images with those one block before, where the scan kept them (--keep-maxima).
Shortcut: the block's input as it is (identity), or a projection of it to another shape. Shortcut
share: of its strongest units' activations, what came through the shortcut and not through the
residual branch; below 0 or above 1 where one of the two was negative."""


def describe_run(given: Namespace) -> None:
    """Prints what a run counted in each layer; of layers that are named their channels, too."""
    run = loaded(given.run)
    borders = borders_of(given, run)
    layers = run_rows(run, borders)
    by_channel: dict[str, list[dict[str, Any]]] = {}
    if given.layer:
        layers = [named(given.run, name, layers) for name in given.layer]
        by_channel = channels_of(given, run, borders)
    title = headline(given.run, run)
    if given.json:
        for layer in layers:
            if given.layer:
                layer["by_channel"] = by_channel[layer["layer"]]
        print(json.dumps({"run": title, "layers": layers}, indent=1))
        return
    print(console.printable(title))
    print_layers(layers)
    for name, rows in by_channel.items():
        print(console.printable(layer_title(name, rows, borders)))
        print_channels(rows, run.scanned)
    print(RUN_NOTE)
    print(border_note(run, borders))
    if given.layer:
        print(DUPLICATES_NOTE)
        print_labels_note(by_channel.values())


def channels_of(
    given: Namespace, run: Run, borders: Mapping[str, BorderUnits] | None
) -> dict[str, list[dict[str, Any]]]:
    """The rows of the channels of the layers that are named."""
    from ..scan import maxima
    from ..scan.duplicates import likeness

    file = None
    try:
        file = maxima.load(given.run, run)
    except UserError as error:  # all but the near duplicates is known without
        console.complain(error)
    found = {}
    for layer in given.layer:
        found[layer] = channel_rows(run, layer, borders, likeness(file, layer))
    return found


def named(path: str, name: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The row of a layer; raises UserError for one that the run does not have."""
    for row in rows:
        if row["layer"] == name:
            return row
    raise unknown(f"{path} has no layer", name, [row["layer"] for row in rows])


def print_layers(layers: Sequence[Mapping[str, Any]]) -> None:
    """Prints a line for each layer of a run."""
    table: list[Sequence[str]] = [RUN_COLUMNS]
    for layer in layers:
        counts = [f"{layer[key]:,}" for key in ("channels", "dead", "always_on")]
        bound = layer["border_bound"]
        counts.append("-" if bound is None else f"{bound:,}")
        firing = f"{layer['firing_positions']:.1%}"
        maxima = [number(value) for value in layer["mean_maximum"]]
        table.append([layer["layer"], *counts, firing, *maxima])
    print_table(table, left=1)


def print_channels(rows: Sequence[Mapping[str, Any]], images: int) -> None:
    """Prints which channels of a layer are border-bound, dead or always on; images: the run's."""
    bound = [row for row in rows if row["border_bound"]]
    if bound:
        table: list[Sequence[str]] = [CHANNEL_COLUMNS]
        for row in sorted(bound, key=lambda row: -row["largest"]):
            at_border = f"{row['at_border']} of {row['counted_units']}"
            share = f"{row['firing_images'] / images:.1%}"
            table.append([str(row["channel"]), at_border, share, number(row["largest"])])
        print_table(table, left=0)
    for key, words in (("dead", "dead"), ("always_on", "always on")):
        numbers = [str(row["channel"]) for row in rows if row[key]]
        if numbers:
            more = ", ..." if len(numbers) > SHOWN else ""
            print(f"{words} ({len(numbers)}): {', '.join(numbers[:SHOWN])}{more}")
    print_labels(rows)
    pairs = near_duplicates(rows)
    if pairs:
        more = ", ..." if len(pairs) > SHOWN else ""
        print(f"near duplicates ({len(pairs)}): {', '.join(pairs[:SHOWN])}{more}")


def near_duplicates(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """`3 and 17 (0.98)`, most alike first: pairs of which one is most like the other."""
    from ..scan.duplicates import ALIKE

    pairs: dict[tuple[int, int], float] = {}
    for row in rows:
        if row["rank_correlation"] is not None and row["rank_correlation"] >= ALIKE:
            first, second = sorted((row["channel"], row["most_like"]))
            pairs[first, second] = row["rank_correlation"]
    texts = []
    for (first, second), value in sorted(pairs.items(), key=lambda item: -item[1]):
        texts.append(f"{first} and {second} ({value:.2f})")
    return texts


def layer_title(
    layer: str, channels: Sequence[Mapping[str, Any]], borders: Mapping[str, BorderUnits] | None
) -> str:
    """`conv1: 64 channels of 112 x 112 units, of which 4 % are at the border; ...`."""
    title = f"{layer}: {len(channels):,} channels"
    if not borders:
        return title
    border = borders[layer]
    rows, columns = border.extents
    title += f" of {rows} x {columns} units, of which {border.chance:.0%} are at the border"
    if not border.can_tell:
        return title
    return f"{title}; border-bound: {border.bound.sum():,}"


def borders_of(given: Namespace, run: Run) -> Mapping[str, BorderUnits] | None:
    """How many of a run's units are at the border; None where its network is not known."""
    from ..scan.border_bound import border_units

    network = network_of(given, run)
    return None if network is None else border_units(run, network)


def network_of(given: Namespace, run: Run) -> Network | None:
    """The network of a run; None where it is not known."""
    from ..scan.run_network import network_at_hand

    return network_at_hand(run, given.run, given.weights, given.architecture, given.lambdas)


def border_note(run: Run, borders: Mapping[str, BorderUnits] | None) -> str:
    """What is said of channels at the border."""
    if run.settings.interior:
        return INTERIOR_NOTE
    return UNKNOWN_NOTE if borders is None else BORDER_NOTE


def describe_blocks(given: Namespace) -> None:
    """Prints what the residual blocks of a run do."""
    from ..scan import run_file

    blocks = block_rows(given.run, network_of(given, run_file.load(given.run)))
    if given.json:
        print(json.dumps({"run": given.run, "blocks": blocks}, indent=1))
        return
    columns = ["layer", "channels", "shortcut"]
    for heading, _, _ in BLOCK_FIGURES:
        columns += [f"{heading}: mean", "1/4", "2/4", "3/4"]
    table = [columns]
    for block in blocks:
        cells = [block["layer"], f"{block['channels']:,}", block["shortcut"] or "-"]
        for _, key, digits in BLOCK_FIGURES:
            figures = [f"{value:.{digits}f}" for value in block[key] or []]
            cells += figures or ["-"] * 4
        table.append(cells)
    print_table(table, left=1)
    print(BLOCKS_NOTE)


def describe_skipped(path: str, as_json: bool) -> None:
    """Prints which images a run skipped, and why."""
    from ..scan import run_file

    rows = skipped_rows(run_file.load(path))
    if as_json:
        print(json.dumps({"run": path, "skipped": rows}, indent=1))
        return
    for row in rows:
        print(console.printable(f"{row['number']}: {row['image']}: {row['reason']}"))
