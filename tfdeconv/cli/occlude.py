"""Slides a grey square over a photo and maps what becomes of a feature, and of the classes: writes
a PNG and a CSV, and prints the PNG's path.

    python scripts/occlude.py tests/data/chelsea.jpg -l block5_conv3 -f 92
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from ..engine.modes import MODES
from ..engine.rules import DECONVNET, RULES
from ..figures.style import COLOURS, PLAIN
from . import arguments, console, lists
from .constraints import check_constraints, options_given
from .models import add_model_options, model_fields
from .occluded_photo import USUAL_INPUT, USUAL_SIZE, USUAL_STRIDE, OcclusionRequest, occlude
from .output_options import OVERWRITE_NEEDS_FILE, add_output_options, kind_of_output
from .visualise_options import rgb_bands

CONSTRAINTS = (arguments.ARCHITECTURE_NEEDS_WEIGHTS, OVERWRITE_NEEDS_FILE)


def parse(argv: Sequence[str]) -> OcclusionRequest:
    """The command line; exits with one line for what it alone can show to be wrong."""
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    option("photo", nargs="?", metavar="PHOTO", help="or an .npy [h, w, c] (default: a sample)")
    add_model_options(parser)
    arguments.add_layers(parser, "one (default: block4_conv2, or the last layer that has a map)")
    option(
        *("-f", "--feature"),
        type=lists.channel_list,
        metavar="CHANNEL",
        help="a channel of the layer, from 0 (default: the one that fires strongest)",
    )
    option(
        "--class",
        dest="followed",
        metavar="CLASS",
        help="by name or number: its probability is mapped (default: the most likely one)",
    )
    option("--labels", metavar="FILE", help="names of the network's classes")
    option(
        "--size",
        type=arguments.positive_int,
        metavar="PIXELS",
        help=f"of the square (default: {USUAL_SIZE} of {USUAL_INPUT}, in proportion)",
    )
    option(
        "--stride",
        type=arguments.positive_int,
        metavar="PIXELS",
        help=f"from place to place (default: {USUAL_STRIDE} of {USUAL_INPUT}, in proportion)",
    )
    option("--rule", choices=RULES, default=DECONVNET.name, help="of the projection")
    option(
        *("-m", "--mode"),
        choices=MODES,
        default="all",
        help="of the projection: all of the feature's map, whose activation is summed (the "
        "default), or its strongest unit",
    )
    option(
        "--resize",
        choices=arguments.RESIZES,
        default=arguments.RESIZES[0],
        help="as in training (the default), to the input's size, or not at all",
    )
    option(
        "--bands", type=rgb_bands, metavar="R,G,B", help="channels of an .npy to draw as colours"
    )
    option("--colours", choices=COLOURS, default=PLAIN.colours, help="of the projection")
    add_output_options(parser)
    arguments.add_verbose(parser)
    given = parser.parse_args(argv)
    check_constraints(parser, CONSTRAINTS, options_given(given) | kind_of_output(given))
    for name, values in (("-l", given.layer), ("-f", given.feature)):
        if values and len(values) > 1:
            parser.error(f"{name} takes one here, found {len(values)}: a figure is of one feature")
    return request_of(given)


def request_of(given: Namespace) -> OcclusionRequest:
    photo = given.photo or str(arguments.sample_photo("name one"))
    return OcclusionRequest(
        **model_fields(given),
        photos=(photo,),
        layers=tuple(given.layer or ()),
        features=given.feature,
        followed=given.followed,
        labels=given.labels,
        size=given.size,
        stride=given.stride,
        rule=given.rule,
        mode=given.mode,
        resize=given.resize,
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
        return occlude(request, destination)
