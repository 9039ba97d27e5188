"""Lists a network's layers: shape, parameters, and what of the image each unit sees; or what a run of scan.py counted in them.

Needs no TensorFlow.

    python scripts/describe.py --network resnet101 --input 320x480x3
"""
from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console  # noqa: E402
from tfdeconv.errors import UserError  # noqa: E402
from tfdeconv.network.base import Layer  # noqa: E402
from tfdeconv.network.graph import INPUT, Network  # noqa: E402
from tfdeconv.network.layers import Activation  # noqa: E402
from tfdeconv.network.spans import Span  # noqa: E402
from tfdeconv.zoo import NETWORKS  # noqa: E402

NOTE = """Receptive field, stride and centre of the first unit are in pixels of the input; centres count from the middle of its
first pixel. `all`: every unit sees the whole image. Layers marked * have a window that their stride does not divide, so their
transpose covers some pixels more often than others: a checkerboard in the projection (Odena et al. 2016)."""
RUN_NOTE = """Dead: fired (above 0) in no image; always on: fired in every one. Mean maximum: of a channel over the images, then the
least, the quartiles and the greatest of a layer's channels."""

BLOCKS_NOTE = """Mean and quartiles over the channels of a block's output. Shared images: how many of a channel's strongest images
are among those of the same channel one block before. Rank correlation: Spearman's, of its maxima over the images with those one
block before, where scan.py kept them (--keep-maxima). Identity share: of its strongest units' activations, what came through the
shortcut and not through the residual branch; below 0 or above 1 where one of the two was negative."""


def shape(text: str) -> tuple[int, ...]:
    """`320x480x3`, height x width x channels."""
    if not re.fullmatch(r"[1-9]\d{0,5}(x[1-9]\d{0,5}){2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no height x width x channels such as 320x480x3")
    return tuple(map(int, text.split("x")))


def rows(network: Network) -> list[dict[str, Any]]:
    """A row a layer, each value as a number or None where it has no meaning."""
    shapes = {INPUT: network.input_shape} | network.shapes()
    seen, table = network.receptive_fields(shapes), []
    for node in network.nodes:
        before, vector, fields = shapes[node.inputs[0]], node.name in network.vectors, seen[node.name]
        everything = vector or not any(field.stride for field in fields)
        table.append({
            "layer": node.name, "kind": kind(node.layer), "shape": shapes[node.name][2:] if vector else shapes[node.name],
            "parameters": sum(map(prod, node.layer.parameters(before).values())), "multiply_adds": node.layer.multiply_adds(before),
            "receptive_field": None if everything else [field.size for field in fields],
            "stride": None if everything else [field.stride for field in fields],
            "first_centre": None if everything else [centre(field) for field in fields], "uneven": node.layer.window.uneven,
            "inputs": list(node.inputs)})
    return table


def kind(layer: Layer) -> str:
    """The layer's class, of an activation its function."""
    return layer.kind if isinstance(layer, Activation) else type(layer).__name__


def centre(field: Span) -> float:
    """Where the first unit's receptive field has its middle, in pixels from the middle of the first one."""
    return field.offset + (field.size - 1) / 2


def short(values: list[Any] | tuple[Any, ...] | None, times: str = "x") -> str:
    """A value an axis, or one for both where they agree."""
    if values is None:
        return "all"
    texts = [f"{value:g}" for value in values]
    return texts[0] if len(set(texts)) == 1 else times.join(texts)


def network_of(options: argparse.Namespace) -> Network:
    """The network asked for, for inputs of the size asked for; raises UserError where a file's takes others."""
    if options.weights:
        from tfdeconv.weights.load import network_in
        network = network_in(options.weights, options.network)
        height, width, channels = options.input or network.input_shape
        if channels != network.channels:
            raise UserError(f"{options.weights} is for images of {network.channels} channels, not of {channels}")
        network.input_shapes(network.nodes[-1].name, height, width)
        return network.at(height, width)
    build = NETWORKS[options.network or "vgg16"]
    height, width, channels = options.input or build().input_shape
    return build(channels=channels, classes=options.classes or 1000, size=(height, width))


def run_rows(path: str) -> tuple[str, list[dict[str, Any]]]:
    """What a run is of, and for each of its layers how many channels fired never and in every image, and their mean maxima."""
    import numpy as np

    from tfdeconv.scan import run_file
    found = run_file.load(path)
    if not found.scanned:
        raise UserError(f"{path} has no images yet: scan.py goes on with it")
    table = []
    for layer, counted in found.state.items():
        fired = counted["firing_images"]
        table.append({
            "layer": layer, "channels": len(fired),
            "dead": int((fired == 0).sum()), "always_on": int((fired == found.scanned).sum()),
            "firing_positions": float(counted["firing_positions"].mean() / found.scanned),
            "mean_maximum": [float(value) for value in np.percentile(counted["maxima"] / found.scanned, (0, 25, 50, 75, 100))]})
    part, parts = found.settings.shard
    state = "" if parts == 1 else f", part {part} of {parts}"
    state += "" if found.finished else f", {found.done} of {len(found.settings.range)} seen"
    return (f"{path}: {found.settings.network}, {found.scanned} images of {found.root}{state}; "
            f"{len(found.skipped)} could not be read, {int((found.same >= 0).sum())} came again"), table


def describe_run(options: argparse.Namespace) -> int:
    """Prints what is in a run."""
    title, table = run_rows(options.run)
    if options.json:
        print(json.dumps({"run": title, "layers": table}, indent=1))
        return 0
    cells = [("layer", "channels", "dead", "always on", "positions that fire", "mean maximum: least", "quarter", "half",
              "three quarters", "greatest")]
    cells += [(row["layer"], f"{row['channels']:,}", f"{row['dead']:,}", f"{row['always_on']:,}", f"{row['firing_positions']:.1%}",
               *(f"{value:.4g}" for value in row["mean_maximum"])) for row in table]
    print("".join(c if c.isprintable() else "?" for c in title))
    print_table(cells, 1)
    print(RUN_NOTE)
    return 0


def block_rows(path: str) -> list[dict[str, Any]]:
    """What each residual block of a run does to its stage's channels: means and quartiles over them."""
    import numpy as np

    from tfdeconv.scan import maxima, residual, run_file
    found = run_file.load(path)
    kept, table = maxima.load(path, found), []
    stages = residual.stages(found)
    if not stages:
        raise UserError(f"{path} has no outputs of residual blocks: scan a network that has some, with --layers all")

    def spread(values: np.ndarray | None) -> list[float] | None:
        """Mean and quartiles."""
        there = np.zeros(0) if values is None else values[~np.isnan(values)]
        return [float(value) for value in (there.mean(), *np.percentile(there, (25, 50, 75)))] if there.size else None

    for stage, layers in stages.items():
        for before, layer in zip([None, *layers], layers):
            share = residual.identity_share(found, layer)
            table.append({
                "stage": stage, "layer": layer, "channels": len(share), "before": before, "identity": spread(share),
                "shared": spread(residual.shared(found, before, layer).astype(float)) if before else None,
                "correlation": spread(residual.correlations(kept, before, layer)) if before else None})
    return table


def describe_blocks(options: argparse.Namespace) -> int:
    """Prints what the residual blocks of a run do."""
    table = block_rows(options.run)
    if options.json:
        print(json.dumps({"run": options.run, "blocks": table}, indent=1))
        return 0
    heads = ("shared images", "rank correlation", "identity share")
    cells = [("layer", "channels", *(f"{head}: mean" if not i else f"{i}/4" for head in heads for i in range(4)))]
    for row in table:
        numbers: list[str] = []
        for name, digits in (("shared", 1), ("correlation", 2), ("identity", 2)):
            numbers += [f"{value:.{digits}f}" for value in row[name]] if row[name] else ["-"] * 4
        cells.append((row["layer"], f"{row['channels']:,}", *numbers))
    print_table(cells, 1)
    print(BLOCKS_NOTE)
    return 0


def print_table(cells: Sequence[tuple[str, ...]], left: int) -> None:
    """Columns as wide as they need, the first so many flush left."""
    widths = [max(map(len, column)) for column in zip(*cells)]
    for line in cells:
        texts = [cell.ljust(wide) if i < left else cell.rjust(wide) for i, (cell, wide) in enumerate(zip(line, widths))]
        print("  ".join(texts).rstrip())


def main() -> int:
    parser = console.Parser(__doc__)
    parser.add_argument("--network", choices=NETWORKS, help="default: what --weights is for, or vgg16")
    parser.add_argument("--weights", metavar="FILE", help="list the network of a weight file or model")
    parser.add_argument("--input", type=shape, metavar="HxWxC", help="height x width x channels (default: the training's)")
    parser.add_argument("--classes", type=console.counting, metavar="N", help="of a built-in network (default: 1000)")
    parser.add_argument("--run", metavar="FILE", help="describe a run of scan.py instead")
    parser.add_argument("--blocks", action="store_true", help="of a run: what residual blocks do to the channels of a stage")
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    options = parser.parse_args()
    if options.run and (options.network or options.weights or options.input or options.classes):
        parser.error("--run describes a run, and its network is its own: leave out --network, --weights, --input and --classes")
    if options.blocks and not options.run:
        parser.error("--blocks needs --run FILE: a run of scan.py over a network with residual blocks")
    if options.run:
        return describe_blocks(options) if options.blocks else describe_run(options)
    if options.weights and options.classes:
        parser.error("--classes is for built-in networks: those of --weights are in the file")
    network = network_of(options)
    small = next((name for name, (h, w, _) in network.shapes().items() if min(h, w) < 1), None)
    if small:
        height, width, _ = network.input_shape
        raise UserError(f"an image of {height} x {width} is too small for {network.name}: nothing is left of it at {small}")
    table = rows(network)
    total = {name: sum(row[name] for row in table) for name in ("parameters", "multiply_adds")}
    if options.json:
        print(json.dumps({"network": network.name, "input": network.input_shape, **total, "layers": table}, indent=1))
        return 0
    cells = [("layer", "kind", "output", "parameters", "field", "stride", "first centre", "multiply-adds")]
    cells += [(row["layer"], row["kind"] + "*" * row["uneven"], " x ".join(map(str, row["shape"])), f"{row['parameters']:,}",
               short(row["receptive_field"]), short(row["stride"]) if row["stride"] else "", short(row["first_centre"], ", ")
               if row["first_centre"] else "", f"{row['multiply_adds']:,}") for row in table]
    print(f"{network.name}, input {' x '.join(map(str, network.input_shape))}")
    print_table(cells, 3)
    for name, reason in network.missing.items():
        print(f"{name} cannot be had: {reason}")
    print(f"{total['parameters']:,} parameters, {total['multiply_adds']:,} multiply-adds\n{NOTE}")
    return 0


if __name__ == "__main__":
    console.call(main)
