"""Says what a weight file holds, and with --out converts it to the project's own format: one file
is then enough.

    python scripts/convert_weights.py model.keras --out weights/mine.h5
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence

from ..data.stated_preprocessing import load_preprocessing
from ..errors import UserError
from ..files import refuse_source
from ..weights.report import list_names, report_rows
from . import arguments, console
from .constraints import Constraint, check_constraints, options_given

CONSTRAINTS = (
    Constraint(
        "--half", "--half is for --out FILE: without it nothing is written", needs=("--out",)
    ),
    Constraint(
        "--partial", "--partial is for --out FILE: without it nothing is written", needs=("--out",)
    ),
)


def parse(argv: Sequence[str]) -> Namespace:
    """The command line; exits with one line for what it alone can show to be wrong."""
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    option(
        "source",
        metavar="FILE",
        help="of Keras (.keras, .h5, .weights.h5), torch (.pt2), torchvision (.pth, .safetensors), "
        "ONNX (.onnx), TensorFlow (a SavedModel's folder, .pb, .tflite), Caffe (.npy, .npz), or of "
        "this program (.h5)",
    )
    arguments.add_network(
        parser, "the built-in network it is for (default: what the file says or shows)"
    )
    arguments.add_architecture(parser)
    arguments.add_lambda(parser)
    arguments.add_variant(parser)
    arguments.add_preprocess(
        parser,
        "how photos become the network's input: a usual way, "
        "or JSON of order, mean, scale, size, resize",
    )
    option("--out", metavar="FILE", help="where to write (default: nothing is written)")
    option(
        "--half", action="store_true", help="half precision: half the size, see weights/README.md"
    )
    option(
        "--partial",
        action="store_true",
        help="of a model that is not understood as a whole, write the part that is",
    )
    option(
        "--origin", metavar="TEXT", help="the source to note in the file (default: the file's name)"
    )
    option("--licence", metavar="TEXT", help="the licence of the weights, and who made them")
    given = parser.parse_args(argv)
    check_constraints(parser, CONSTRAINTS, options_given(given))
    return given


def main(argv: Sequence[str]) -> int:
    given = parse(argv)
    if given.out:
        convert(given)
    else:
        describe(given)
    return 0


def describe(given: Namespace) -> None:
    """Prints what was recognised in the file, and why."""
    from ..weights.detect import open_weights

    with open_weights(
        given.source, given.network, given.variant, given.architecture, given.lambdas
    ) as file:
        preprocessing = load_preprocessing(given.preprocess, file.network.input_shape, print)
        table = list(report_rows(file, preprocessing or file.preprocessing))
        notes = file.notes
    for heading, text in table:
        print(f"{heading:<16} {text}")
    tell_part(notes)


def convert(given: Namespace) -> None:
    """Writes the file's weights in the project's own format, and prints what was assumed."""
    from ..weights.load import read_weights
    from ..weights.native_write import save_weights

    refuse_source(given.source, given.out)
    refuse_foreign(given.out)
    weights = read_weights(
        given.source,
        given.network,
        variant=given.variant,
        architecture=given.architecture,
        lambdas=given.lambdas,
    )
    network = weights.network
    if network.part and not given.partial:
        raise UserError(
            f"{given.source}: {network.part}; nothing was written: --partial writes this part"
        )
    notes: list[str] = []
    preprocessing = load_preprocessing(given.preprocess, network.input_shape, notes.append)
    digest = save_weights(
        given.out,
        network,
        weights,
        preprocessing or weights.preprocessing,
        given.origin or weights.source,
        given.licence or weights.licence or "not stated",
        given.half,
        # the pixels are in the file themselves
        weights.notes_to_tell(preprocessing_known=True),
        weights.labels.names if weights.labels else (),
    )
    precision = "half" if given.half else "single"
    ignored = f"; not used: {list_names(list(weights.ignored))}" if weights.ignored else ""
    print(
        f"{given.out}: {network.name}, {len(weights)} layers, {precision} precision, "
        f"sha256 {digest}{ignored}"
    )
    notes += weights.notes_to_tell(preprocessing_known=bool(given.preprocess))
    for note in tell_part(notes):
        print(note)


def tell_part(notes: Sequence[str]) -> list[str]:
    """Says on stderr what part of a model is understood, and returns the other notes."""
    from ..weights.notes import PartNote

    others: list[str] = []
    for note in notes:
        if isinstance(note, PartNote):
            console.complain(note)
        else:
            others.append(note)
    return others


def refuse_foreign(path: str) -> None:
    """Raises UserError where there is a file at path that is not of this program's own format."""
    from ..weights.detect import NATIVE, detect

    # a link is replaced, and what it leads to stays
    if os.path.islink(path) or not os.path.exists(path):
        return
    try:
        with detect(path) as reader:
            kind = reader.kind
    except UserError:
        kind = ""
    if kind != NATIVE:
        raise UserError(
            f"{path} exists, and is not {NATIVE}: move it away, or give another name as --out"
        )
