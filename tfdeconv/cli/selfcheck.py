"""Checks on this machine that weights and program do what they should: figures, a verdict, exit status 1 if something is off.

python scripts/selfcheck.py --weights weights/vgg16.h5
"""

from __future__ import annotations

from ..checks.adjoint import adjoint_gap
from ..checks.selfcheck import DEPTHS, SINGLE, Report, check_target, likeliest
from ..network.graph import INPUT
from ..network.selection import available_layers
from ..zoo import NETWORKS
from . import console
from .arguments import ROOT

SAMPLE = ROOT / "tests" / "data" / "chelsea.jpg"


def main() -> int:
    parser = console.Parser(__doc__)
    parser.add_argument(
        "--weights",
        default=str(ROOT / "weights" / "vgg16.h5"),
        metavar="FILE",
        help="default: weights/vgg16.h5",
    )
    parser.add_argument("--network", choices=NETWORKS, help="default: what the weights are for")
    parser.add_argument(
        "--image", default=str(SAMPLE), metavar="FILE", help="default: a sample photo"
    )
    options = parser.parse_args()
    from ..data import images
    from ..weights.load import as_tensors, read_weights

    weights = read_weights(options.weights, options.network)
    network = weights.network
    console.import_tensorflow()
    import numpy as np

    x = images.read([options.image], weights.preprocessing, "squash", network.channels)
    single = as_tensors(weights)
    print(
        f"{options.weights}: {f'{network.name} {network.variant}'.strip()}, {len(single)} layers with weights, "
        f"sha256 {weights.digest}\n"
    )
    print(f"{'check':<34}{'layer':<34}{'gap':>10}{'allowed':>10}")
    report, rng = Report(), np.random.default_rng(0)
    sized = network.at(*network.input_shape[:2])
    shapes, nodes = {INPUT: network.input_shape} | network.shapes(), available_layers(sized, single)
    for node in nodes:
        difference = adjoint_gap(node, single.get(node.name, {}), shapes, rng)
        report.row(f"adjoint, {type(node.layer).__name__}", node.name, difference, SINGLE)
    maps = [
        node.name
        for node in nodes
        if node.name not in network.vectors and min(shapes[node.name][:2]) > 1
    ]
    for target in dict.fromkeys(maps[round(depth * (len(maps) - 1))] for depth in DEPTHS if maps):
        check_target(report, network, single, x, target)
    if nodes[-1].name == network.nodes[-1].name and nodes[-1].name in network.vectors:
        likeliest(network, single, x)
    print(
        f"\n{report.failed} of these are OFF: trust nothing drawn with these weights here"
        if report.failed
        else "\nall is well"
    )
    return 1 if report.failed else 0
