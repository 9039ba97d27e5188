"""Shows what in a photo, or in the strongest images of a scan's run, made features fire: writes
PNGs and prints their paths.

    python scripts/visualise.py cat.jpg -l block4_conv2 -f 46,128
    python scripts/visualise.py --run run.h5 -l block4_conv2 -f 46,128
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from . import arguments, class_options, lists
from .constraints import Constraint, check_constraints, options_given
from .models import model_fields
from .output_options import OVERWRITE_NEEDS_FILE, kind_of_output
from .visualise_options import DEFAULT_TOP, build_parser
from .visualise_photos import PhotoRequest, visualise_photos
from .visualise_run import ALL, RunRequest, visualise_run

TOP_OF_BLOCKS = 1  # a picture each
FIXED_BY_RUN = (
    "--network",
    "--variant",
    "--preprocess",
    "--precision",
    "--jit",
    "--mode",
    "--resize",
    "--max-side",
    "--interior",
    "--at",
)

# Options that fit together only so; the first row that is broken is the mistake reported.
# "IMAGE IMAGE" stands for more than one image, "--top all" for that value of --top.
CONSTRAINTS = (
    arguments.ARCHITECTURE_NEEDS_WEIGHTS,
    Constraint(
        "--feature", "-f and --top both choose features: give one of them", excludes=("--top",)
    ),
    Constraint(
        "--classes",
        "--class chooses features by name: give it without {options}",
        excludes=("--feature", "--top", "--blocks"),
    ),
    Constraint(
        "--run",
        "{options}: with --run these are the settings of the scan: leave them out",
        excludes=FIXED_BY_RUN,
    ),
    Constraint(
        "--run",
        "--cam is for photos: it shows a whole photo for each feature, and a run has nine; give "
        "one as IMAGE, without --run",
        excludes=("--cam",),
    ),
    Constraint(
        "--cam",
        "--tiles writes patches and projections, and no heat maps: give it without --cam, or --raw "
        "for the heat maps as numbers",
        excludes=("--tiles",),
    ),
    Constraint(
        "--max-side",
        "--max-side is for photos at their own size: give --resize keep as well",
        needs=("--resize keep",),
    ),
    Constraint(
        "--run",
        "--run takes the one directory, list or array that was scanned: give one IMAGE",
        excludes=("IMAGE IMAGE",),
    ),
    Constraint(
        "--at",
        "--at chooses the unit of each map: give it without {options}",
        excludes=("--mode all", "--interior"),
    ),
    Constraint(
        "--step", "--step is for --blocks: give --blocks STAGE as well", needs=("--blocks",)
    ),
    Constraint(
        "--split", "--split is for --blocks: give --blocks STAGE as well", needs=("--blocks",)
    ),
    Constraint(
        "--blocks",
        "--blocks is for a --run: give --run FILE, of a network with residual blocks",
        needs=("--run",),
    ),
    Constraint(
        "--blocks", "-l and --blocks both choose layers: give one of them", excludes=("--layer",)
    ),
    Constraint(
        "--ranks", "--ranks is for the images of a --run: give --run FILE as well", needs=("--run",)
    ),
    Constraint(
        "--ranks",
        "--ranks is for layers: notes under the rows of --blocks are on all ranks",
        excludes=("--blocks",),
    ),
    Constraint(
        "--fidelity",
        "--fidelity measures single units: give it without {options}",
        excludes=("--mode all", "--blocks"),
    ),
    Constraint(
        "--names", "--names is for the layers of a --run: give --run FILE as well", needs=("--run",)
    ),
    Constraint(
        "--names",
        "--names is for layers: the rows of --blocks have no room for names",
        excludes=("--blocks",),
    ),
    Constraint(
        "--tiles",
        "--tiles is for layers: give -l with the outputs of blocks",
        excludes=("--blocks",),
    ),
    Constraint(
        "--of-label",
        "--of-label is for the images of a --run: give --run FILE as well",
        needs=("--run",),
    ),
    Constraint(
        "--of-label",
        "--of-label is for layers: notes under the rows of --blocks are on all images",
        excludes=("--blocks",),
    ),
    OVERWRITE_NEEDS_FILE,
    Constraint(
        "--top all",
        "--top all is for a --run: a photo's picture has no room for all features; give a number",
        needs=("--run",),
    ),
)


def parse(argv: Sequence[str]) -> PhotoRequest | RunRequest:
    """The command line as a request; exits with one line for what it alone can show to be wrong."""
    parser = build_parser(__doc__ or "")
    options = list(argv)
    dashed_photos: list[str] = []
    if "--" in options:  # behind it stand photos only, whatever their names begin with
        dashes = options.index("--")
        dashed_photos = options[dashes + 1 :]
        options = options[:dashes]
    given = parser.parse_intermixed_args(options)
    given.images += dashed_photos
    present = options_given(given)
    if given.top == ALL:
        present.add("--top all")
    if given.mode == "all":
        present.add("--mode all")
    if given.resize == arguments.KEEP:
        present.add("--resize keep")
    present |= kind_of_output(given)
    if len(given.images) > 1:
        present.add("IMAGE IMAGE")
    check_constraints(parser, CONSTRAINTS, present)
    lists.refuse_stray(given)
    if given.run:
        return run_request(given)
    return photo_request(given)


def photo_request(given: Namespace) -> PhotoRequest:
    """Raises UserError for a layer or channel that a built-in network lacks."""
    layers = given.layer or []
    if not given.weights:  # otherwise the file says which layers and channels there are
        network = arguments.built_in_network(given.network, given.variant)
        layers = layers or [class_options.target_layer(network, given.classes)]
        arguments.check_targets(network, layers, given.feature, given.bands, given.cam)
    photos = given.images or [str(arguments.sample_photo("name one, or a folder of them"))]
    return PhotoRequest(
        photos=tuple(photos),
        **model_fields(given),
        layers=tuple(layers),
        features=lists.without_repeats(given.feature),
        classes=given.classes,
        labels=given.labels,
        top=None if given.feature or given.classes else given.top or DEFAULT_TOP,
        mode=given.mode or "max",
        interior=given.interior,
        at=given.at,
        rule=given.rule,
        fidelity=given.fidelity,
        cam=given.cam,
        resize=given.resize or "crop",
        max_side=given.max_side,
        bands=given.bands,
        colours=given.colours,
        scale=given.scale,
        out=given.out,
        overwrite=given.overwrite,
        raw=given.raw,
        tiles=given.tiles,
        verbose=given.verbose,
    )


def run_request(given: Namespace) -> RunRequest:
    count = given.top
    if given.feature or given.classes:
        count = None
    elif count is None:
        count = TOP_OF_BLOCKS if given.blocks else DEFAULT_TOP
    return RunRequest(
        run=given.run,
        images=given.images[0] if given.images else None,
        weights=given.weights,
        architecture=given.architecture,
        lambdas=given.lambdas,
        layers=tuple(given.layer or ()),
        blocks=given.blocks,
        step=given.step,
        split=given.split,
        features=lists.without_repeats(given.feature),
        classes=given.classes,
        labels=given.labels,
        top=count,
        rule=given.rule,
        bands=given.bands,
        colours=given.colours,
        scale=given.scale,
        out=given.out,
        overwrite=given.overwrite,
        raw=given.raw,
        tiles=given.tiles,
        ranks=given.ranks,
        fidelity=given.fidelity,
        names=given.names,
        of_label=given.of_label,
        verbose=given.verbose,
    )


def main(argv: Sequence[str]) -> int:
    request = parse(argv)
    if isinstance(request, RunRequest):
        return visualise_run(request)
    return visualise_photos(request)
