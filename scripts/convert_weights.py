"""Says what a weight file holds, and with --out converts it to the project's own format: one file is then enough.

    python scripts/convert_weights.py model.keras --out weights/mine.h5
"""
from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tfdeconv.cli import console  # noqa: E402
from tfdeconv.data.preprocessing import PRESETS, Preprocessing, chosen  # noqa: E402
from tfdeconv.network.graph import mismatches  # noqa: E402
from tfdeconv.zoo import FLAVOURS, NETWORKS  # noqa: E402

if TYPE_CHECKING:
    from tfdeconv.weights.contents import Contents

SHOWN = 12          # names listed before the rest are counted


def rows(found: Contents, preprocessing: Preprocessing | None) -> Iterator[tuple[str, str]]:
    """What was recognised and why, as heading and text."""
    network, needed = found.held, found.held.parameters()
    height, width, channels = network.input_shape
    yield "network", f"{network.name} {network.flavour}".strip() + f", {len(network.nodes)} layers"
    yield "recognised", "; ".join(found.notes)
    yield "input", f"{height} x {width} x {channels}"
    yield "classes", str(network.classes) if network.nodes[-1].name in network.vectors else "none: it ends in a map"
    yield "preprocessing", described(preprocessing) if preprocessing else "not known"
    kinds = Counter(type(node.layer).__name__ for node in network.nodes)
    yield "kinds of layers", ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    wrong = (mismatches(layer, needed[layer], found.shapes.get(layer, {})) for layer in needed)
    yield "missing", listed([mismatch for reasons in wrong for mismatch in reasons])
    yield "extra", listed([*(layer for layer in found.shapes if layer not in needed), *found.ignored])
    if network.missing:
        yield "not understood", listed([f"{name}: {reason}" for name, reason in network.missing.items()])
    yield "layers", listed([node.name for node in network.nodes])


def listed(names: list[str]) -> str:
    """Names with commas; many are counted."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return "; ".join(names[:SHOWN]) + more or "nothing"


def described(preprocessing: Preprocessing) -> str:
    """How pixels become the network's input, in words."""
    parts = [{"as is": "values as they are", "rgb": "RGB", "bgr": "BGR"}[preprocessing.order]]
    parts += [f"less {', '.join(f'{value:g}' for value in preprocessing.mean)}"] if any(preprocessing.mean) else []
    parts += [f"over {', '.join(f'{value:g}' for value in preprocessing.scale)}"] if preprocessing.scale else []
    return ", ".join([*parts, f"short side {preprocessing.resize}, cut to {' x '.join(map(str, preprocessing.size))}"])


def main() -> int:
    parser = console.Parser(__doc__)
    parser.add_argument("source", metavar="FILE", help="of Keras (.keras, .h5, .weights.h5), torchvision (.pth, .safetensors), "
                        "Caffe (.npy, .npz), or of this format")
    parser.add_argument("--network", choices=NETWORKS, help="the built-in network it is for (default: what the file says or shows)")
    parser.add_argument("--flavour", choices=sorted({name for names in FLAVOURS.values() for name in names}),
                        help="which of the networks of that name, where the file cannot tell")
    parser.add_argument("--preprocess", metavar="|".join([*PRESETS, "FILE"]),
                        help="how photos become the network's input: a usual way, or JSON of order, mean, scale, size, resize")
    parser.add_argument("--out", metavar="FILE", help="where to write (default: nothing is written)")
    parser.add_argument("--half", action="store_true", help="in half precision: half the size, see weights/README.md")
    parser.add_argument("--origin", metavar="TEXT", help="what to write down as the source (default: the file's name)")
    parser.add_argument("--licence", metavar="TEXT", help="the licence of the weights, and who made them")
    options = parser.parse_args()
    if options.half and not options.out:
        parser.error("--half says how to write, and without --out nothing is written")

    from tfdeconv.weights.detect import contents
    from tfdeconv.weights.load import read_weights
    from tfdeconv.weights.native import save_weights
    if not options.out:
        with contents(options.source, options.network, options.flavour) as found:
            network = found.held
            table = list(rows(found, chosen(options.preprocess, network.input_shape) or found.preprocessing))
        for heading, text in table:
            print(f"{heading:<16} {text}")
        return 0
    weights = read_weights(options.source, options.network, flavour=options.flavour)
    network = weights.network
    preprocessing = chosen(options.preprocess, network.input_shape) or weights.preprocessing
    digest = save_weights(options.out, network, weights, preprocessing, options.origin or weights.source,
                          options.licence or weights.licence or "not stated", options.half)
    left = f"; left alone: {listed(list(weights.ignored))}" if weights.ignored else ""
    precision = "half" if options.half else "single"
    print(f"{options.out}: {network.name}, {len(weights)} layers, {precision} precision, sha256 {digest}{left}")
    for note in [] if options.preprocess else weights.assumed:
        print(note)
    return 0


if __name__ == "__main__":
    console.call(main)
