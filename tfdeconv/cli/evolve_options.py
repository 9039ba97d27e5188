"""The options of evolve, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..engine.rules import DECONVNET, RULES
from ..figures.style import COLOURS, PLAIN, SCALES
from . import arguments, class_options, console, lists
from .models import add_computation
from .output_options import add_output_options
from .visualise_options import rgb_bands

FEATURES = 6  # rows of a layer's picture, as in Zeiler & Fergus's figure 4


@dataclass(frozen=True)
class EvolveRequest:
    """Which files to compare over which images, and what of them to draw."""

    files: tuple[str, ...]
    architecture: str | None
    lambdas: dict[str, str] | None
    network: str | None
    variant: str | None
    preprocess: str | None
    precision: str | None  # None: float32
    jit: bool
    image_source: str
    runs: Path | None  # None: beside the pictures
    layers: tuple[str, ...]  # none: all that the files have alike
    features: list[int] | None  # None: `random` of each layer by chance
    classes: list[str] | None  # features of a layer of classes, by their names
    labels: str | None  # a file of such names
    random: int
    seed: int
    top: int  # images whose sharing is counted
    interior: bool
    resize: str
    batch: int
    every: float
    rule: str
    bands: tuple[int, int, int] | None
    colours: str
    scale: str
    out: Path
    overwrite: bool
    verbose: bool


def build_parser(docstring: str) -> console.Parser:
    parser = console.Parser(docstring)
    option = parser.add_argument
    option(
        "files", metavar="WEIGHTS", nargs="+", help="files of one network, in order; two at least"
    )
    option(
        "--images",
        required=True,
        metavar="IMAGES",
        help="a directory tree, a list, an archive or an array of images, as for scan",
    )
    option(
        "--runs",
        type=Path,
        metavar="DIR",
        help="where each file's run is kept: with it the same command goes on, and a new file "
        "costs its own scan alone (default: evolve-runs beside the pictures)",
    )
    arguments.add_network(parser, "default: what the files are for")
    arguments.add_architecture(parser)
    arguments.add_lambda(parser)
    arguments.add_variant(parser)
    arguments.add_preprocess(parser, "how images become the network's input, as for visualise")
    add_computation(parser)
    arguments.add_layers(
        parser,
        "to compare and draw (default: all are compared that the files have alike, and five of "
        "them drawn)",
    )
    lists.add_features(parser, "channels of the layers to draw, from 0 (default: some by chance)")
    class_options.add_class_options(parser)
    option(
        "--random",
        type=arguments.positive_int,
        metavar="N",
        help=f"so many features of each layer by chance (default: {FEATURES})",
    )
    option("--seed", type=arguments.seed, metavar="S", help="of the chance (default: 0)")
    option(
        "--top",
        type=arguments.positive_int,
        default=9,
        metavar="N",
        help="how many of each feature's strongest images are looked for in the next file's "
        "(default: 9)",
    )
    option(
        "--interior",
        action="store_true",
        help="only units whose receptive field lies within the image",
    )
    option(
        "--resize",
        choices=arguments.RESIZES,
        default=arguments.RESIZES[0],
        help="as in training (the default), to the input's size, or not at all",
    )
    option(
        "--batch",
        type=arguments.positive_int,
        default=16,
        metavar="N",
        help="images in a forward pass (default: 16)",
    )
    option(
        "--every",
        type=arguments.seconds,
        default=60,
        metavar="SECONDS",
        help="how often the runs are saved (default: 60)",
    )
    option(
        "--rule",
        choices=RULES,
        default=DECONVNET.name,
        help=f"what rectifiers do to the signal on its way back (default: {DECONVNET.name})",
    )
    option("--bands", type=rgb_bands, metavar="R,G,B", help="channels of arrays to draw as colours")
    option(
        "--colours", choices=COLOURS, default=PLAIN.colours, help="of projections, as for visualise"
    )
    option("--scale", choices=SCALES, default=PLAIN.scale, help="of projections, as for visualise")
    add_output_options(parser)
    arguments.add_verbose(parser)
    return parser
