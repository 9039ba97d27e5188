"""Says what a weight file holds, and with --out converts it to the project's own format: one file is then enough.

python scripts/convert_weights.py model.keras --out weights/mine.h5
"""

from __future__ import annotations

import argparse

from ..data.preprocessing import PRESETS, load_preprocessing
from ..weights.report import listed, rows
from ..zoo import NETWORKS, VARIANTS
from . import console


def main() -> int:
    parser = console.Parser(__doc__)
    parser.add_argument(
        "source",
        metavar="FILE",
        help="of Keras (.keras, .h5, .weights.h5), torchvision (.pth, .safetensors), "
        "Caffe (.npy, .npz), or of this format",
    )
    parser.add_argument(
        "--network",
        choices=NETWORKS,
        help="the built-in network it is for (default: what the file says or shows)",
    )
    parser.add_argument(
        "--variant",
        choices=sorted({name for names in VARIANTS.values() for name in names}),
        help="which of the networks of that name, where the file cannot tell",
    )
    parser.add_argument("--flavour", dest="variant", help=argparse.SUPPRESS)  # its old name
    parser.add_argument(
        "--preprocess",
        metavar="|".join([*PRESETS, "FILE"]),
        help="how photos become the network's input: a usual way, or JSON of order, mean, scale, size, resize",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="where to write (default: nothing is written)"
    )
    parser.add_argument(
        "--half",
        action="store_true",
        help="in half precision: half the size, see weights/README.md",
    )
    parser.add_argument(
        "--origin",
        metavar="TEXT",
        help="what to write down as the source (default: the file's name)",
    )
    parser.add_argument(
        "--licence", metavar="TEXT", help="the licence of the weights, and who made them"
    )
    options = parser.parse_args()
    if options.half and not options.out:
        parser.error("--half says how to write, and without --out nothing is written")

    from ..weights.detect import open_weights
    from ..weights.load import read_weights
    from ..weights.native import save_weights

    if not options.out:
        with open_weights(options.source, options.network, options.variant) as found:
            network = found.held
            table = list(
                rows(
                    found,
                    load_preprocessing(options.preprocess, network.input_shape)
                    or found.preprocessing,
                )
            )
        for heading, text in table:
            print(f"{heading:<16} {text}")
        return 0
    weights = read_weights(options.source, options.network, variant=options.variant)
    network = weights.network
    preprocessing = (
        load_preprocessing(options.preprocess, network.input_shape) or weights.preprocessing
    )
    digest = save_weights(
        options.out,
        network,
        weights,
        preprocessing,
        options.origin or weights.source,
        options.licence or weights.licence or "not stated",
        options.half,
    )
    left = f"; left alone: {listed(list(weights.ignored))}" if weights.ignored else ""
    precision = "half" if options.half else "single"
    print(
        f"{options.out}: {network.name}, {len(weights)} layers, {precision} precision, sha256 {digest}{left}"
    )
    for note in [] if options.preprocess else weights.assumed:
        print(note)
    return 0
