"""Lists a network's layers: shape, parameters, and what of the image each unit sees; or what a
scan's run counted in them.

Needs no TensorFlow.

    python scripts/describe.py --network resnet101 --input 320x480x3
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict

from ..errors import UserError
from ..network.graph import Network
from ..network.summary import layer_rows, missing_rows
from ..zoo import NETWORKS
from . import arguments, console, layer_table, lists
from .constraints import Constraint, check_constraints, options_given
from .describe_labels import describe_labels
from .describe_run import describe_blocks, describe_run, describe_skipped
from .describe_units import describe_units
from .table import print_table

CONSTRAINTS = (
    Constraint(
        "--run",
        "--run describes a run, which has a network of its own: leave out {options}",
        excludes=("--network", "--variant", "--input", "--classes"),
    ),
    arguments.ARCHITECTURE_NEEDS_WEIGHTS,
    Constraint(
        "--blocks",
        "--blocks needs --run FILE: a scan of a network with residual blocks",
        needs=("--run",),
    ),
    Constraint(
        "--blocks", "--blocks lists all block outputs of a run: leave out -l", excludes=("--layer",)
    ),
    Constraint(
        "--feature",
        "-f lists the strongest units of a run's channels: give --run FILE and -l LAYER as well",
        needs=("--run", "--layer"),
    ),
    Constraint(
        "--csv",
        "--csv lists the strongest units of a run: give --run FILE as well",
        needs=("--run",),
    ),
    Constraint(
        "--by-label",
        "--by-label is for the labels of a run's images: give --run FILE as well",
        needs=("--run",),
    ),
    Constraint("--by-label", "--by-label and {options}: give one of them", excludes=("--blocks",)),
    Constraint("--csv", "--csv and {options}: give one of them", excludes=("--json", "--blocks")),
    Constraint(
        "--skipped", "--skipped needs --run FILE: what a scan has written", needs=("--run",)
    ),
    Constraint(
        "--skipped",
        "--skipped lists images: leave out {options}",
        excludes=("--layer", "--blocks", "--weights", "--feature", "--csv", "--by-label"),
    ),
    Constraint(
        "--classes",
        "--classes is for built-in networks; --weights has its own number: leave out --classes",
        excludes=("--weights",),
    ),
)


def parse(argv: Sequence[str]) -> Namespace:
    """The command line; exits with one line for what it alone can show to be wrong."""
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    arguments.add_network(parser)
    arguments.add_variant(parser)
    arguments.add_weights(parser, "list the network of a weight file or model")
    arguments.add_architecture(parser)
    arguments.add_lambda(parser)
    option(
        "--input",
        type=arguments.image_shape,
        metavar="HxWxC",
        help="height x width x channels (default: as in training)",
    )
    option(
        "--classes",
        type=arguments.positive_int,
        metavar="N",
        help="of a built-in network (default: 1000)",
    )
    arguments.add_layers(
        parser, "list these alone, of a run their channels, too (default: all layers)"
    )
    option(
        "--run",
        metavar="FILE",
        help="describe a scan's run instead; --weights says where those that it was made with are "
        "now",
    )
    option(
        "--blocks",
        action="store_true",
        help="of a run: what residual blocks do to the channels of a stage",
    )
    lists.add_features(
        parser, "of a run and its layer -l: the images that fire these channels most, and where"
    )
    option(
        "--skipped",
        action="store_true",
        help="of a run: the images that could not be read or used, and why",
    )
    option(
        "--by-label",
        action="store_true",
        help="of a run whose images have labels (a list's, or their directories'): which ones fire "
        "the channels of -l and -f, or the best one of each channel",
    )
    option("--json", action="store_true", help="print JSON instead of a table")
    option(
        "--csv",
        action="store_true",
        help="of a run: the strongest units of all channels, or of those of -l and -f, as CSV",
    )
    given = parser.parse_args(argv)
    check_constraints(parser, CONSTRAINTS, options_given(given))
    return given


def main(argv: Sequence[str]) -> int:
    given = parse(argv)
    if given.run and given.blocks:
        describe_blocks(given)
    elif given.by_label:
        describe_labels(given)
    elif given.csv or given.feature:
        describe_units(given)
    elif given.run and given.skipped:
        describe_skipped(given.run, given.json)
    elif given.run:
        describe_run(given)
    else:
        network = requested_network(given)
        refuse_too_small(network)
        describe_network(network, given.json, given.layer)
    return 0


def requested_network(given: Namespace) -> Network:
    """The network, for inputs of the size asked for; raises UserError where a file's cannot be."""
    if not given.weights:
        usual = arguments.built_in_network(given.network, given.variant)
        height, width, channels = given.input or usual.input_shape
        classes, size = given.classes or 1000, (height, width)
        return NETWORKS[usual.name](channels, classes, size, variant=given.variant or "")
    from ..weights.detect import open_weights
    from ..weights.notes import notes_to_tell

    with open_weights(
        given.weights,
        given.network,
        given.variant,
        architecture=given.architecture,
        lambdas=given.lambdas,
    ) as file:
        network = file.network
    for note in notes_to_tell(file.notes, preprocessing_known=True):
        console.complain(note)
    height, width, channels = given.input or network.input_shape
    if channels != network.channels:
        raise UserError(
            f"{given.weights} is for images of {network.channels} channels, not of {channels}"
        )
    network.input_shapes(network.nodes[-1].name, height, width)  # raises where nothing is left
    return network.at(height, width)


def refuse_too_small(network: Network) -> None:
    """Raises UserError where the input is so small that a layer has no cell."""
    for layer, (rows_of_map, columns, _) in network.shapes().items():
        if rows_of_map < 1 or columns < 1:
            height, width, _ = network.input_shape
            raise UserError(
                f"an image of {height} x {width} is too small for {network.name}: "
                f"the map of {layer} would be empty"
            )


def describe_network(network: Network, as_json: bool, names: Sequence[str] | None = None) -> None:
    """Prints a network's layers, or those named, and what of its file is not available."""
    layers = layer_rows(network)
    if names:
        listed = {network.node(name).name for name in names}
        layers = [row for row in layers if row["layer"] in listed]
    parameters = sum(layer["parameters"] for layer in layers)
    multiply_adds = sum(layer["multiply_adds"] for layer in layers)
    if as_json:
        description = {
            "network": network.name,
            "input": network.input_shape,
            "parameters": parameters,
            "multiply_adds": multiply_adds,
            "layers": layers,
            "part": asdict(network.part) if network.part else None,
            "missing": dict(network.missing),
        }
        print(json.dumps(description, indent=1))
        return
    print(f"{network.name}, input {' x '.join(map(str, network.input_shape))}")
    print_table([layer_table.COLUMNS, *map(layer_table.cells, layers)], left=3)
    for names, reason in missing_rows(network):
        print(f"{names} not available: {reason}")
    print(f"{parameters:,} parameters, {multiply_adds:,} multiply-adds")
    print("\n".join(layer_table.notes(layers)))
