"""Shows how much of projections is left when the network's weights are made random, layer by layer:
writes a figure for each feature and a table of similarities, and prints their paths.

    python scripts/randomise.py cat.jpg -l block3_conv3 -f 46
    python scripts/randomise.py cat.jpg --weights model.onnx -l Conv_12 --by layer --draws 5
"""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence

from ..experiment_limits import MAX_RANDOM_NETWORKS
from ..figures.style import COLOURS, PLAIN
from ..network.weight_blocks import DIVISIONS
from . import arguments, class_options, console, lists
from .constraints import Constraint, check_constraints, options_given
from .models import add_model_options, model_fields
from .output_options import OVERWRITE_NEEDS_FILE, add_output_options, kind_of_output
from .randomise_photo import RandomiseRequest, randomise_photo
from .visualise_options import rgb_bands

DEFAULT_TOP, DEFAULT_DRAWS = 1, 3
# as checks.random_weights.KERNELS has them, which needs numpy
HOW = ("normal", "shuffle")
CONSTRAINTS = (
    arguments.ARCHITECTURE_NEEDS_WEIGHTS,
    Constraint(
        "--feature", "-f and --top both choose features: give one of them", excludes=("--top",)
    ),
    Constraint(
        "--classes",
        "--class chooses features by name: give it without {options}",
        excludes=("--feature", "--top"),
    ),
    OVERWRITE_NEEDS_FILE,
)


def draws(text: str) -> int:
    """`3` -> 3; at most MAX_RANDOM_NETWORKS."""
    count = arguments.positive_int(text)
    if count > MAX_RANDOM_NETWORKS:
        raise ArgumentTypeError(f"found {count}, expected at most {MAX_RANDOM_NETWORKS}")
    return count


def build_parser() -> console.Parser:
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    option(
        "image",
        nargs="?",
        metavar="PHOTO",
        help="a photo, or an .npy, .npz or .h5 [h, w, c] for other channels (default: a sample)",
    )
    add_model_options(parser)
    arguments.add_layers(
        parser, "may be repeated (default: block4_conv2, or the last layer that has a map)"
    )
    lists.add_features(
        parser, "channels of the layer, from 0; may be repeated (default: the strongest)"
    )
    class_options.add_class_options(parser)
    option(
        "--top",
        type=arguments.positive_int,
        metavar="N",
        help=f"the N features that fire strongest (default: {DEFAULT_TOP})",
    )
    option(
        "--by",
        choices=DIVISIONS,
        default=DIVISIONS[0],
        help="what becomes random at a time: what lies between two maps through which all goes, "
        "as a residual block, an Inception module, or a convolution with neither beside it (the "
        "default), or each layer with a kernel",
    )
    option(
        "--how",
        choices=HOW,
        default=HOW[0],
        help="kernels become normally distributed numbers of the same root mean square (the "
        "default), or their own numbers in random order",
    )
    option(
        "--draws",
        type=draws,
        default=DEFAULT_DRAWS,
        metavar="N",
        help=f"how often all is drawn anew (default: {DEFAULT_DRAWS})",
    )
    option("--seed", type=arguments.seed, default=0, help="of the random numbers (default: 0)")
    option("--resize", choices=arguments.RESIZES, help="as of visualise.py (default: crop)")
    option(
        "--bands",
        type=rgb_bands,
        metavar="R,G,B",
        help="channels of an .npy to draw as colours, from 0",
    )
    option("--colours", choices=COLOURS, default=PLAIN.colours, help="of projections")
    add_output_options(parser)
    arguments.add_verbose(parser)
    return parser


def parse(argv: Sequence[str]) -> RandomiseRequest:
    """The command line as a request; exits with one line for what it alone can show to be wrong."""
    parser = build_parser()
    given = parser.parse_args(argv)
    check_constraints(parser, CONSTRAINTS, options_given(given) | kind_of_output(given))
    return request_of(given)


def request_of(given: Namespace) -> RandomiseRequest:
    """Raises UserError for a layer or channel that a built-in network lacks."""
    layers = given.layer or []
    if not given.weights:
        network = arguments.built_in_network(given.network, given.variant)
        layers = layers or [class_options.target_layer(network, given.classes)]
        arguments.check_targets(network, layers, given.feature, given.bands)
    top = None
    if not given.feature and not given.classes:
        top = given.top or DEFAULT_TOP
    return RandomiseRequest(
        **model_fields(given),
        photos=(given.image or str(arguments.sample_photo("name one")),),
        layers=tuple(layers),
        features=lists.without_repeats(given.feature),
        classes=given.classes,
        labels=given.labels,
        top=top,
        by=given.by,
        how=given.how,
        draws=given.draws,
        seed=given.seed,
        resize=given.resize or arguments.RESIZES[0],
        bands=given.bands,
        colours=given.colours,
        out=given.out,
        overwrite=given.overwrite,
        verbose=given.verbose,
    )


def main(argv: Sequence[str]) -> int:
    request = parse(argv)
    from .output import destination_of

    with destination_of(request.out, request.overwrite) as destination:
        return randomise_photo(request, destination)
