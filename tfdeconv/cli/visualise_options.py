"""The options of visualise."""

from __future__ import annotations

import argparse
import re

from ..engine.modes import MODES
from ..engine.rules import DECONVNET, RULES
from ..figures.ranks import Ranks
from ..figures.style import COLOURS, PLAIN, SCALES
from ..limits import MAX_IMAGE_SIDE
from . import arguments, class_options, console, lists
from .models import add_model_options
from .output_options import add_output_options
from .visualise_run import ALL

DEFAULT_TOP = 9


def top(text: str) -> int | str:
    """`9` -> 9, `all` -> ALL."""
    if text == ALL:
        return ALL
    try:
        return arguments.positive_int(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error} or all") from None


def image_side(text: str) -> int:
    """`1500` -> 1500; a side that an image can have."""
    side = arguments.positive_int(text)
    if side > MAX_IMAGE_SIDE:
        raise argparse.ArgumentTypeError(f"found {side}, expected at most {MAX_IMAGE_SIDE:,}")
    return side


def rank_range(text: str) -> Ranks:
    """`10-18` -> Ranks(10, 18); `3` -> Ranks(3, 3)."""
    ends = re.fullmatch(r"(\d{1,9})(-(\d{1,9}))?", text)
    if not ends or not int(ends[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of ranks, from 1, as 10-18")
    first = int(ends[1])
    last = int(ends[3] or first)
    if last < first:
        raise argparse.ArgumentTypeError(f"{first}-{last} goes down: write {last}-{first}")
    return Ranks(first, last)


def place_in_map(text: str) -> tuple[int, int]:
    """`12,5` -> row and column of a unit."""
    numbers = re.fullmatch(r"(\d{1,9}),(\d{1,9})", text)
    if not numbers:
        raise argparse.ArgumentTypeError(f"{text!r} is not a row and a column, from 0, as 12,5")
    return int(numbers[1]), int(numbers[2])


def rgb_bands(text: str) -> tuple[int, int, int]:
    """`3,2,1` -> the channels that are drawn as red, green and blue."""
    channels = lists.int_list(text)
    if len(channels) != 3:
        raise argparse.ArgumentTypeError(
            f"needs three channels, for red, green and blue, as 3,2,1: found {len(channels)}"
        )
    return channels[0], channels[1], channels[2]


def build_parser(docstring: str) -> console.Parser:
    parser = console.Parser(docstring)
    option = parser.add_argument
    option(
        "images",
        nargs="*",
        metavar="IMAGE",
        help="photos, or directories of them; .npy, .npz or .h5 [h, w, c] for other channels "
        "(default: a sample); with --run, where its images are now, if they have moved",
    )
    option("--run", metavar="FILE", help="draw the strongest images that a scan found")
    option(
        "--blocks",
        metavar="STAGE",
        help="of a run: a feature in all block outputs of a stage (conv4), a row each",
    )
    option(
        "--step",
        type=arguments.positive_int,
        metavar="N",
        help="with --blocks: only every N-th block",
    )
    option(
        "--split",
        action="store_true",
        help="with --blocks: also the shortcut and the residual branch separately",
    )
    add_model_options(parser, "default: what weights/ has for the network and layer")
    arguments.add_layers(
        parser, "may be repeated (default: block4_conv2, or the last layer that has a map)"
    )
    lists.add_features(
        parser,
        "channels of the layer, from 0, as 3,46 or 0-8; may be repeated (default: the strongest)",
    )
    class_options.add_class_options(parser)
    option(
        "--top",
        type=top,
        metavar="N",
        help=f"the N features that fire strongest (default: {DEFAULT_TOP}); of a run also all",
    )
    option(
        "-m",
        "--mode",
        choices=MODES,
        help="keep the strongest unit of a feature map (the default), or all of it",
    )
    option(
        "--interior",
        action="store_true",
        help="only units whose receptive field lies within the image: none that see the padding "
        "around it (of a run: a setting of scan.py)",
    )
    option(
        "--at",
        type=place_in_map,
        metavar="ROW,COLUMN",
        help="the unit in that row and column of each map, from 0, instead of its strongest",
    )
    option(
        "--rule",
        choices=RULES,
        default=DECONVNET.name,
        help=f"what rectifiers do to the signal on its way back (default: {DECONVNET.name})",
    )
    option(
        "--fidelity",
        action="store_true",
        help="also whether each projection shows the pixels that matter: areas of deletion and "
        "insertion, as fidelity.py measures them",
    )
    option(
        "--cam",
        metavar="LAYER",
        help="also Grad-CAM of each feature or class at that layer below it, as a heat map over "
        "the photo, and guided Grad-CAM",
    )
    option(
        "--resize",
        choices=arguments.RESIZES,
        help="as in training (the default), to the input's size, or not at all",
    )
    option(
        "--max-side",
        type=image_side,
        metavar="PIXELS",
        help="with --resize keep: scale a photo down so that its longer side has at most so many",
    )
    option(
        "--bands",
        type=rgb_bands,
        metavar="R,G,B",
        help="channels of an .npy to draw as colours, from 0",
    )
    option(
        "--colours",
        choices=COLOURS,
        default=PLAIN.colours,
        help="of projections: softened to a third of their strength (the default), as they are, "
        "or grey",
    )
    option(
        "--scale",
        choices=SCALES,
        default=PLAIN.scale,
        help="of projections: each has its own contrast (the default), or all have the same",
    )
    add_output_options(parser)
    option(
        "--raw",
        action="store_true",
        help="also write the signed values, boxes and activations as .npz",
    )
    option(
        "--tiles",
        action="store_true",
        help="also write each patch and each projection as a PNG of its own, and a table of them",
    )
    option(
        "--ranks",
        type=rank_range,
        metavar="FIRST-LAST",
        help="with --run: only these of each feature's strongest images, from 1 (default: all "
        "that the scan kept)",
    )
    option(
        "--names",
        action="store_true",
        help="with --run: the name of its image and its activation under each tile",
    )
    option(
        "--of-label",
        metavar="LABEL",
        help="with --run: the strongest among the images of one label (needs a scan with "
        "--keep-maxima)",
    )
    arguments.add_verbose(parser)
    return parser
