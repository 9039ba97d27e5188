"""Measures whether projections show the pixels that matter to a unit: deletes what it sees, the
most important pixels first, and writes a figure and tables of its activation.

    python scripts/fidelity.py cat.jpg -l block4_conv2 -f 46 --rule deconvnet,guided,gradient
    python scripts/fidelity.py --run run.h5 -l block4_conv2 -f 46,128
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Sequence

from ..engine.rules import DECONVNET, RULES
from ..figures.style import COLOURS, PLAIN
from . import arguments, class_options, console, lists
from .constraints import Constraint, check_constraints, options_given
from .fidelity_request import FidelityRequest
from .models import add_model_options, model_fields
from .output_options import OVERWRITE_NEEDS_FILE, add_output_options, kind_of_output
from .visualise_options import place_in_map, rank_range, rgb_bands

FILLS = ("mean", "blur")
DEFAULT_STEPS, DEFAULT_RANDOM = 20, 5
CONSTRAINTS = (
    arguments.ARCHITECTURE_NEEDS_WEIGHTS,
    Constraint(
        "--run",
        "{options}: with --run these are the settings of the scan: leave them out",
        excludes=(
            "--network",
            "--variant",
            "--preprocess",
            "--precision",
            "--jit",
            "--resize",
            "--at",
        ),
    ),
    Constraint(
        "--feature", "-f and --top both choose features: give one of them", excludes=("--top",)
    ),
    Constraint(
        "--classes",
        "--class chooses features by name: give it without {options}",
        excludes=("--feature", "--top"),
    ),
    Constraint(
        "--ranks", "--ranks is for the images of a --run: give --run FILE as well", needs=("--run",)
    ),
    OVERWRITE_NEEDS_FILE,
)


def rule_list(text: str) -> tuple[str, ...]:
    """`deconvnet,guided` -> ("deconvnet", "guided"), each once."""
    rules = tuple(dict.fromkeys(text.split(",")))
    for rule in rules:
        if rule not in RULES:
            raise argparse.ArgumentTypeError(
                f"there is no rule {rule!r}: expected {', '.join(RULES)}, or several with commas"
            )
    return rules


def build_parser() -> console.Parser:
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    option(
        "image",
        nargs="?",
        metavar="PHOTO",
        help="a photo, or an .npy [h, w, c] (default: a sample); with --run, where its images are "
        "now, if they have moved",
    )
    option("--run", metavar="FILE", help="measure the strongest images that a scan found")
    add_model_options(parser)
    arguments.add_layers(parser, "default: block4_conv2, or the last layer that has a map")
    lists.add_features(parser, "channels of the layer, from 0 (default: the strongest)")
    class_options.add_class_options(parser)
    option(
        "--top",
        type=arguments.positive_int,
        metavar="N",
        help="the N features that fire strongest (default: 1, of a run 9)",
    )
    option(
        "--rule",
        type=rule_list,
        default=(DECONVNET.name,),
        metavar="RULE[,RULE...]",
        help=f"of {', '.join(RULES)}, side by side (default: {DECONVNET.name})",
    )
    option(
        "--at",
        type=place_in_map,
        metavar="ROW,COLUMN",
        help="the unit in that row and column of each map, from 0, instead of its strongest",
    )
    option(
        "--ranks",
        type=rank_range,
        metavar="FIRST-LAST",
        help="with --run: only these of each feature's strongest images, from 1",
    )
    option(
        "--steps",
        type=arguments.positive_int,
        default=DEFAULT_STEPS,
        metavar="N",
        help=f"from no pixel to all (default: {DEFAULT_STEPS})",
    )
    option(
        "--block",
        type=arguments.positive_int,
        metavar="PIXELS",
        help="rank squares of so many pixels a side (default: 4, less of units that see less than "
        "32)",
    )
    option(
        "--random",
        type=arguments.positive_int,
        default=DEFAULT_RANDOM,
        metavar="N",
        help=f"random rankings to compare with (default: {DEFAULT_RANDOM})",
    )
    option("--seed", type=arguments.seed, default=0, help="of the random rankings (default: 0)")
    option(
        "--fill",
        choices=FILLS,
        default=FILLS[0],
        help="insertion begins with the preprocessing's mean (the default), or the blurred photo; "
        "deleted pixels always become the mean",
    )
    option("--resize", choices=arguments.RESIZES, help="as of visualise.py (default: crop)")
    option(
        "--bands", type=rgb_bands, metavar="R,G,B", help="channels of an .npy to draw as colours"
    )
    option("--colours", choices=COLOURS, default=PLAIN.colours, help="of projections")
    add_output_options(parser)
    arguments.add_verbose(parser)
    return parser


def parse(argv: Sequence[str]) -> FidelityRequest:
    """The command line as a request; exits with one line for what it alone can show to be wrong."""
    parser = build_parser()
    given = parser.parse_args(argv)
    present = options_given(given)
    present |= kind_of_output(given)
    check_constraints(parser, CONSTRAINTS, present)
    return request_of(given)


def request_of(given: Namespace) -> FidelityRequest:
    photos: tuple[str, ...] = ()
    if not given.run:
        photos = (given.image or str(arguments.sample_photo("name one")),)
    top = None
    if not given.feature and not given.classes:
        top = given.top or (9 if given.run else 1)
    return FidelityRequest(
        **model_fields(given),
        photos=photos,
        run=given.run,
        images=given.image if given.run else None,
        layers=tuple(given.layer or ()),
        features=lists.without_repeats(given.feature),
        classes=given.classes,
        labels=given.labels,
        top=top,
        rule=given.rule,
        at=given.at,
        ranks=given.ranks,
        block=given.block,
        steps=given.steps,
        random=given.random,
        seed=given.seed,
        fill=given.fill,
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
        if request.run:
            from .fidelity_run import measure_run

            return measure_run(request, destination)
        from .fidelity_photo import measure_photo

        return measure_photo(request, destination)
