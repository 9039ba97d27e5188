"""The options of invariance.py, and what they ask for."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from . import arguments, class_options, console
from .constraints import check_constraints, options_given
from .models import ModelRequest, add_model_options, model_fields
from .output_options import OVERWRITE_NEEDS_FILE, add_output_options, kind_of_output
from .steps import Steps, positive_steps, steps, whole_steps
from .visualise_options import rgb_bands

# Zeiler & Fergus 2014, figure 5: of an input of 224 x 224 pixels, in proportion for others
SIDE, FARTHEST, STEP = 224, 60, 5
SCALES = Steps(Fraction(1), Fraction("1.8"), Fraction("0.05"))
ROTATIONS = Steps(Fraction(0), Fraction(350), Fraction(10))
RESIZES = ("crop", "squash")
INTERPOLATIONS = ("bicubic", "bilinear")  # those of data.transformation, which would import numpy

CONSTRAINTS = (arguments.ARCHITECTURE_NEEDS_WEIGHTS, OVERWRITE_NEEDS_FILE)


@dataclass(frozen=True)
class InvarianceRequest(ModelRequest):
    """Which photos are transformed how, and what of the network is watched."""

    photos: tuple[str, ...]  # files and directories
    layers: tuple[str, ...]  # none: the first and the last
    classes: list[str] | None
    followed: tuple[int, ...]  # their numbers, one of each photo or of all; none: the most likely
    labels: str | None
    translations: Steps | None  # None: in proportion to the input
    horizontal: bool
    scales: Steps
    rotations: Steps
    interpolation: str
    resize: str
    bands: tuple[int, int, int] | None
    out: Path
    overwrite: bool
    verbose: bool


def translations_for(side: int) -> Steps:
    """The steps of the paper, in proportion to an input of so many pixels.

    >>> str(translations_for(224)), str(translations_for(32)), str(translations_for(1))
    ('-60:60:5', '-8:8:1', '0:0:1')
    """
    step = max(1, round(STEP * side / SIDE))
    farthest = FARTHEST * side // SIDE // step * step
    return Steps(Fraction(-farthest), Fraction(farthest), Fraction(step))


def parse(docstring: str, argv: Sequence[str]) -> InvarianceRequest:
    """The command line as a request; exits with one line for what it alone can show to be wrong."""
    parser = console.Parser(docstring)
    option = parser.add_argument
    option(
        "photos",
        nargs="*",
        metavar="PHOTO",
        help="photos, or directories of them; .npy, .npz or .h5 [h, w, c] for other channels "
        "(default: a sample)",
    )
    add_model_options(parser)
    arguments.add_layers(
        parser, "compare these (default: the first, and the last before the classes)"
    )
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        metavar="CLASS[,CLASS...]",
        help="watch the probability of this class, a name or a number, or of one for each photo "
        "(default: the most likely class of each untransformed photo)",
    )
    class_options.add_labels_option(parser)
    option(
        "--translations",
        type=whole_steps,
        metavar="FIRST:LAST:STEP",
        help=f"pixels of the input down (default: -{FARTHEST}:{FARTHEST}:{STEP} of {SIDE} pixels, "
        "in proportion for other inputs)",
    )
    option("--horizontal", action="store_true", help="move photos to the right by as many, too")
    option(
        "--scales",
        type=positive_steps,
        default=SCALES,
        metavar="FIRST:LAST:STEP",
        help=f"about the centre (default: {SCALES})",
    )
    option(
        "--rotations",
        type=steps,
        default=ROTATIONS,
        metavar="FIRST:LAST:STEP",
        help=f"degrees anticlockwise about the centre (default: {ROTATIONS})",
    )
    option(
        "--interpolation",
        choices=INTERPOLATIONS,
        default=INTERPOLATIONS[0],
        help=f"between pixels of a turned photo (default: {INTERPOLATIONS[0]})",
    )
    option(
        "--resize",
        choices=RESIZES,
        default=RESIZES[0],
        help="photos as in training (the default), or to the input's size",
    )
    option(
        "--bands",
        type=rgb_bands,
        metavar="R,G,B",
        help="channels of an .npy to draw as colours, from 0",
    )
    add_output_options(parser)
    arguments.add_verbose(parser)
    given = parser.parse_args(argv)
    check_constraints(parser, CONSTRAINTS, options_given(given) | kind_of_output(given))
    return request_of(given)


def request_of(given: Namespace) -> InvarianceRequest:
    """Raises UserError for a layer that a built-in network lacks."""
    layers = tuple(given.layer or ())
    if not given.weights:  # otherwise the file says which layers there are
        network = arguments.built_in_network(given.network, given.variant)
        arguments.check_targets(network, layers, None, given.bands)
    photos = given.photos or [str(arguments.sample_photo("name one, or a folder of them"))]
    return InvarianceRequest(
        **model_fields(given),
        photos=tuple(photos),
        layers=layers,
        classes=given.classes,
        followed=(),
        labels=given.labels,
        translations=given.translations,
        horizontal=given.horizontal,
        scales=given.scales,
        rotations=given.rotations,
        interpolation=given.interpolation,
        resize=given.resize,
        bands=given.bands,
        out=given.out,
        overwrite=given.overwrite,
        verbose=given.verbose,
    )
