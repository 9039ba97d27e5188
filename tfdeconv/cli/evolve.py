"""Shows how features evolve from one file of a network to the next, as epochs of a training or
before and after fine-tuning: draws the strongest image of features in each file and what came
down from it, and says which layers changed. Prints the pictures' paths.

    python scripts/evolve.py epoch1.h5 epoch2.h5 epoch3.h5 --images photos
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from . import lists
from .constraints import Constraint, check_constraints, options_given
from .evolve_options import FEATURES, EvolveRequest, build_parser
from .output_options import OVERWRITE_NEEDS_FILE, kind_of_output

ALL = "all"  # -l
CONSTRAINTS = (
    Constraint(
        "--feature",
        "-f and --random both choose features: give one of them",
        excludes=("--random",),
    ),
    Constraint("--feature", "--seed is of features by chance: leave out -f", excludes=("--seed",)),
    Constraint(
        "--feature", "-f needs the layers that have these features: give -l", needs=("--layer",)
    ),
    OVERWRITE_NEEDS_FILE,
)


def parse(argv: Sequence[str]) -> EvolveRequest:
    """The command line as a request; exits with one line for what it alone can show to be wrong."""
    parser = build_parser(__doc__ or "")
    given = parser.parse_intermixed_args(argv)
    present = options_given(given)
    if given.seed is not None:
        present.add("--seed")
    present |= kind_of_output(given)
    check_constraints(parser, CONSTRAINTS, present)
    if len(given.files) < 2:
        parser.error("one file alone cannot be compared: give two or more, in order")
    if given.images == "-":
        parser.error("--images: the list is read once for each file: give it as a file, not as -")
    return request_of(given)


def request_of(given: Namespace) -> EvolveRequest:
    layers = given.layer or []
    if ALL in layers:
        layers = []
    return EvolveRequest(
        files=tuple(given.files),
        architecture=given.architecture,
        lambdas=given.lambdas,
        network=given.network,
        variant=given.variant,
        preprocess=given.preprocess,
        precision=given.precision,
        jit=given.jit,
        image_source=given.images,
        runs=given.runs,
        layers=tuple(filter(None, layers)),
        features=lists.without_repeats(given.feature),
        classes=given.classes,
        labels=given.labels,
        random=given.random or FEATURES,
        seed=given.seed or 0,
        top=given.top,
        interior=given.interior,
        resize=given.resize,
        batch=given.batch,
        every=given.every,
        rule=given.rule,
        bands=given.bands,
        colours=given.colours,
        scale=given.scale,
        out=given.out,
        overwrite=given.overwrite,
        verbose=given.verbose,
    )


def main(argv: Sequence[str]) -> int:
    from .evolve_drawing import evolve

    return evolve(parse(argv))
