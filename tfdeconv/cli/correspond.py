"""Hides the same part of several photos and measures how alike what changes in a network is: draws
a table and writes it as CSV, and prints their paths.

    python scripts/correspond.py tests/data/faces --parts tests/data/faces/parts.json
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Sequence

from ..experiment_limits import MAX_DRAWS
from . import arguments, console
from .constraints import check_constraints, options_given
from .corresponding_photos import CorrespondenceRequest, correspond
from .models import add_model_options, model_fields
from .output_options import OVERWRITE_NEEDS_FILE, add_output_options, kind_of_output

CONSTRAINTS = (arguments.ARCHITECTURE_NEEDS_WEIGHTS, OVERWRITE_NEEDS_FILE)
USUAL_DRAWS = 6


def draws(text: str) -> int:
    """`6` -> 6; 1 to MAX_DRAWS."""
    count = arguments.positive_int(text)
    if count > MAX_DRAWS:
        raise argparse.ArgumentTypeError(f"found {count:,}, expected at most {MAX_DRAWS:,}")
    return count


def parse(argv: Sequence[str]) -> CorrespondenceRequest:
    """The command line; exits with one line for what it alone can show to be wrong."""
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    option("folder", metavar="DIR", help="where the photos are that the parts are of")
    option(
        "--parts",
        required=True,
        metavar="JSON",
        help='of each photo: {"a.jpg": {"nose": [top, left, bottom, right], ...}, ...}',
    )
    add_model_options(parser)
    arguments.add_layers(parser, "at least one (default: an inner layer and the last one)")
    option(
        "--draws",
        type=draws,
        default=USUAL_DRAWS,
        metavar="N",
        help=f"random places in each photo that the parts are compared with (default: "
        f"{USUAL_DRAWS})",
    )
    option("--seed", type=arguments.seed, default=0, help="of the random places (default: 0)")
    option(
        "--resize",
        choices=arguments.RESIZES[:2],
        default=arguments.RESIZES[0],
        help="photos as in training (the default), or to the input's size",
    )
    add_output_options(parser)
    arguments.add_verbose(parser)
    given = parser.parse_args(argv)
    check_constraints(parser, CONSTRAINTS, options_given(given) | kind_of_output(given))
    return request_of(given)


def request_of(given: Namespace) -> CorrespondenceRequest:
    return CorrespondenceRequest(
        **model_fields(given),
        photos=given.folder,
        parts=given.parts,
        layers=tuple(given.layer or ()),
        draws=given.draws,
        seed=given.seed,
        resize=given.resize,
        out=given.out,
        overwrite=given.overwrite,
        verbose=given.verbose,
    )


def main(argv: Sequence[str]) -> int:
    request = parse(argv)
    from .output import destination_of

    with destination_of(request.out, request.overwrite) as destination:
        return correspond(request, destination)
