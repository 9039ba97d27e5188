"""Finds the images of a dataset that fire each channel of a network's layers most: writes one
HDF5 file and prints what is in it.

    python scripts/scan.py imagenet/val --out run.h5 --layers block3_conv3,block5_conv3
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from ..scan.rendezvous import PATIENCE
from . import arguments, console, lists
from .constraints import Constraint, check_constraints, options_given
from .models import add_model_options, model_fields
from .scan_images import scan
from .scan_merge import MergeRequest, merge
from .scan_settings import ScanRequest

ALL = "all"  # -l, --keep-maxima
CONSTRAINTS = (
    arguments.ARCHITECTURE_NEEDS_WEIGHTS,
    Constraint(
        "--merge",
        "--shard scans a part and --merge joins parts: give one of them",
        excludes=("--shard",),
    ),
    Constraint(
        "--merge",
        "--merge reads no skipped images again: use --retry with the parts, or with the whole",
        excludes=("--retry",),
    ),
    Constraint(
        "--merge",
        "--merge keeps the images, labels and --interior of the parts: leave out {options}",
        excludes=("--interior", "--labels", "--limit", "--sample", "--precision", "--jit"),
    ),
    Constraint(
        "--limit",
        "--limit takes the first images and --sample some by chance: give one of them",
        excludes=("--sample",),
    ),
    Constraint("--seed", "--seed is of --sample N: give it, too", needs=("--sample",)),
)


def build_parser() -> console.Parser:
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    option(
        "images",
        metavar="IMAGES",
        nargs="?",
        help="a directory tree, a text file with a path a line (- is one on standard input), a "
        ".tar or .zip of images, or an array [n, h, w, c] in an .npy, .npz or .h5 (FILE:NAME where "
        "it has several)",
    )
    option(
        "--labels",
        metavar="FILE",
        help="labels of the images: lines of PATH LABEL; for an array a label a line, or an array "
        "of whole numbers",
    )
    option("--limit", type=arguments.positive_int, metavar="N", help="only the first N images")
    option(
        "--sample",
        type=arguments.positive_int,
        metavar="N",
        help="only N images, by chance; the same ones for the same --seed",
    )
    option("--seed", type=arguments.seed, metavar="S", help="of --sample (default: 0)")
    option(
        "--out",
        required=True,
        type=Path,
        metavar="FILE",
        help="the run; if it exists, it is continued",
    )
    add_model_options(
        parser,
        "default: what weights/ has for the network and layers",
        "how images become the network's input, as for visualise",
    )
    arguments.add_layers(
        parser,
        "default: all, which is every convolution, block output and dense layer "
        "that the weights reach",
    )
    option(
        "--top",
        type=arguments.positive_int,
        default=9,
        metavar="N",
        help="images kept for each channel (default: 9)",
    )
    option(
        "--batch",
        type=arguments.positive_int,
        default=16,
        metavar="N",
        help="images in a forward pass, on each device (default: 16)",
    )
    option(
        "--resize",
        choices=arguments.RESIZES,
        default="crop",
        help="as in training (the default), to the input's size, or not at all: "
        "then only images of the first one's size count",
    )
    option(
        "--interior",
        action="store_true",
        help="only units whose receptive field lies within the image: none that see the padding "
        "around it",
    )
    option(
        "--every",
        type=arguments.seconds,
        default=60,
        metavar="SECONDS",
        help="how often the run is saved (default: 60)",
    )
    option(
        "--wait",
        type=arguments.seconds,
        default=PATIENCE,
        metavar="SECONDS",
        help=f"how long to wait for the other workers (default: {PATIENCE:g})",
    )
    option(
        "--keep-maxima",
        default="",
        metavar="LAYER[,LAYER...]",
        help="also write every image's maxima of these layers (or all) to a file beside the run",
    )
    option(
        "--shard",
        type=arguments.shard,
        metavar="I/N",
        help="scan only the I-th of N parts of the list; see --merge",
    )
    option(
        "--retry",
        action="store_true",
        help="read the images of the run again that were skipped, and take in those that can be "
        "read now",
    )
    option("--merge", nargs="+", metavar="RUN", help="make one run of the runs of all the parts")
    arguments.add_verbose(parser)
    return parser


def parse(argv: Sequence[str]) -> ScanRequest | MergeRequest:
    """The command line as a request; exits with one line for what it alone can show to be wrong."""
    parser = build_parser()
    given = parser.parse_args(argv)
    layers = None
    if given.layer and ALL not in given.layer:
        layers = [name for name in given.layer if name]
    if layers == []:
        parser.error("-l needs at least one layer, or all")
    check_constraints(parser, CONSTRAINTS, options_given(given))
    if not given.images and not given.merge:
        parser.error("IMAGES is missing: a directory, a text file of paths, or an array")
    if layers and (given.network or not given.weights):
        network = arguments.built_in_network(given.network, given.variant)
        layers = [network.node(layer).name for layer in layers]
    if given.merge:
        return MergeRequest(
            runs=tuple(given.merge),
            out=given.out,
            images=given.images,
            weights=given.weights,
            architecture=given.architecture,
            lambdas=given.lambdas,
            verbose=given.verbose,
        )
    return scan_request(given, layers)


def scan_request(given: Namespace, layers: list[str] | None) -> ScanRequest:
    keep_all_maxima = given.keep_maxima == ALL
    maxima_layers = [] if keep_all_maxima else lists.name_list(given.keep_maxima)
    return ScanRequest(
        **model_fields(given),
        images=given.images,
        labels=given.labels,
        limit=given.limit,
        sample=given.sample,
        seed=given.seed,
        out=given.out,
        layers=layers,
        top=given.top,
        batch=given.batch,
        resize=given.resize,
        interior=given.interior,
        every=given.every,
        wait=given.wait,
        maxima_layers=None if keep_all_maxima else maxima_layers,
        shard=given.shard,
        retry=given.retry,
        verbose=given.verbose,
    )


def main(argv: Sequence[str]) -> int:
    request = parse(argv)
    if isinstance(request, MergeRequest):
        return merge(request)
    return scan(request)
