"""Lists a network's layers: shape, parameters, and what of the image each unit sees; or what a run of scan.py counted in them.

Needs no TensorFlow.

    python scripts/describe.py --network resnet101 --input 320x480x3
"""

from __future__ import annotations

import argparse
import json
import re

from ..errors import UserError
from ..network.graph import Network
from ..network.summary import rows
from ..scan.summary import block_rows, run_rows
from ..zoo import NETWORKS
from . import arguments, console
from .table import print_table, short

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
        raise argparse.ArgumentTypeError(
            f"{text!r} is no height x width x channels such as 320x480x3"
        )
    return tuple(map(int, text.split("x")))


def network_of(options: argparse.Namespace) -> Network:
    """The network asked for, for inputs of the size asked for; raises UserError where a file's takes others."""
    if options.weights:
        from ..weights.load import network_in

        network = network_in(options.weights, options.network)
        height, width, channels = options.input or network.input_shape
        if channels != network.channels:
            raise UserError(
                f"{options.weights} is for images of {network.channels} channels, not of {channels}"
            )
        network.input_shapes(network.nodes[-1].name, height, width)
        return network.at(height, width)
    build = NETWORKS[options.network or "vgg16"]
    height, width, channels = options.input or build().input_shape
    return build(channels=channels, classes=options.classes or 1000, size=(height, width))


def describe_run(options: argparse.Namespace) -> int:
    """Prints what is in a run."""
    title, table = run_rows(options.run)
    if options.json:
        print(json.dumps({"run": title, "layers": table}, indent=1))
        return 0
    cells = [
        (
            "layer",
            "channels",
            "dead",
            "always on",
            "positions that fire",
            "mean maximum: least",
            "quarter",
            "half",
            "three quarters",
            "greatest",
        )
    ]
    cells += [
        (
            row["layer"],
            f"{row['channels']:,}",
            f"{row['dead']:,}",
            f"{row['always_on']:,}",
            f"{row['firing_positions']:.1%}",
            *(f"{value:.4g}" for value in row["mean_maximum"]),
        )
        for row in table
    ]
    print("".join(c if c.isprintable() else "?" for c in title))
    print_table(cells, 1)
    print(RUN_NOTE)
    return 0


def describe_blocks(options: argparse.Namespace) -> int:
    """Prints what the residual blocks of a run do."""
    table = block_rows(options.run)
    if options.json:
        print(json.dumps({"run": options.run, "blocks": table}, indent=1))
        return 0
    heads = ("shared images", "rank correlation", "identity share")
    cells = [
        (
            "layer",
            "channels",
            *(f"{head}: mean" if not i else f"{i}/4" for head in heads for i in range(4)),
        )
    ]
    for row in table:
        numbers: list[str] = []
        for name, digits in (("shared", 1), ("correlation", 2), ("identity", 2)):
            numbers += [f"{value:.{digits}f}" for value in row[name]] if row[name] else ["-"] * 4
        cells.append((row["layer"], f"{row['channels']:,}", *numbers))
    print_table(cells, 1)
    print(BLOCKS_NOTE)
    return 0


def main() -> int:
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--network", choices=NETWORKS, help="default: what --weights is for, or vgg16"
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="list the network of a weight file or model"
    )
    parser.add_argument(
        "--input",
        type=shape,
        metavar="HxWxC",
        help="height x width x channels (default: the training's)",
    )
    parser.add_argument(
        "--classes",
        type=arguments.counting,
        metavar="N",
        help="of a built-in network (default: 1000)",
    )
    parser.add_argument("--run", metavar="FILE", help="describe a run of scan.py instead")
    parser.add_argument(
        "--blocks",
        action="store_true",
        help="of a run: what residual blocks do to the channels of a stage",
    )
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    options = parser.parse_args()
    if options.run and (options.network or options.weights or options.input or options.classes):
        parser.error(
            "--run describes a run, and its network is its own: leave out --network, --weights, --input and --classes"
        )
    if options.blocks and not options.run:
        parser.error(
            "--blocks needs --run FILE: a run of scan.py over a network with residual blocks"
        )
    if options.run:
        return describe_blocks(options) if options.blocks else describe_run(options)
    if options.weights and options.classes:
        parser.error("--classes is for built-in networks: those of --weights are in the file")
    network = network_of(options)
    small = next((name for name, (h, w, _) in network.shapes().items() if min(h, w) < 1), None)
    if small:
        height, width, _ = network.input_shape
        raise UserError(
            f"an image of {height} x {width} is too small for {network.name}: nothing is left of it at {small}"
        )
    table = rows(network)
    total = {name: sum(row[name] for row in table) for name in ("parameters", "multiply_adds")}
    if options.json:
        print(
            json.dumps(
                {"network": network.name, "input": network.input_shape, **total, "layers": table},
                indent=1,
            )
        )
        return 0
    cells = [
        (
            "layer",
            "kind",
            "output",
            "parameters",
            "field",
            "stride",
            "first centre",
            "multiply-adds",
        )
    ]
    cells += [
        (
            row["layer"],
            row["kind"] + "*" * row["uneven"],
            " x ".join(map(str, row["shape"])),
            f"{row['parameters']:,}",
            short(row["receptive_field"]),
            short(row["stride"]) if row["stride"] else "",
            short(row["first_centre"], ", ") if row["first_centre"] else "",
            f"{row['multiply_adds']:,}",
        )
        for row in table
    ]
    print(f"{network.name}, input {' x '.join(map(str, network.input_shape))}")
    print_table(cells, 3)
    for name, reason in network.missing.items():
        print(f"{name} cannot be had: {reason}")
    print(f"{total['parameters']:,} parameters, {total['multiply_adds']:,} multiply-adds\n{NOTE}")
    return 0
