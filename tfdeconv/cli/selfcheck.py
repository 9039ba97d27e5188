"""Checks on this machine that weights and program do what they should: prints figures and a
verdict; exit status 1 if something is off, or could not be checked.

    python scripts/selfcheck.py --weights weights/vgg16.h5
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..checks.adjoint import adjoint_gap
from ..checks.selfcheck import DEPTHS, SINGLE, Report, check_target, top_classes
from ..network.graph import INPUT, Network, Node
from ..network.selection import available_layers
from ..network.summary import missing_rows
from ..weights.report import list_names
from . import arguments, console

if TYPE_CHECKING:
    from ..network.base import Shape


def parse(argv: Sequence[str]) -> Namespace:
    parser = console.Parser(__doc__ or "")
    arguments.add_weights(parser, "default: weights/vgg16.h5")
    arguments.add_architecture(parser)
    arguments.add_lambda(parser)
    arguments.add_network(parser, "default: what the weights are for")
    arguments.add_layers(
        parser, "project these (default: a few, of those that have maps, from first to last)"
    )
    parser.add_argument("--image", metavar="FILE", help="default: a sample photo")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    given = parse(argv)
    photo = given.image or str(arguments.sample_photo("name one with --image FILE"))
    weights_path = given.weights or str(default_weights(given.network))
    from ..data import images
    from ..data.admission import Admission
    from ..weights.load import as_tensors, read_weights

    weights = read_weights(
        weights_path, given.network, architecture=given.architecture, lambdas=given.lambdas
    )
    network = weights.network
    arguments.check_targets(network, given.layer or (), None, None)
    if given.weights:
        for note in weights.notes_to_tell(preprocessing_known=True):
            console.complain(note)
    console.import_tensorflow()
    x = images.read(photo, weights.preprocessing, "squash", network.channels, Admission())
    tensors = as_tensors(weights)
    name = f"{network.name} {network.variant}".strip()
    count = len(tensors)
    print(f"{weights_path}: {name}, {count} layers with weights, sha256 {weights.digest}\n")
    print(f"{'check':<34}{'layer':<34}{'gap':>10}{'allowed':>10}")
    report = Report()
    sized = network.at(*network.input_shape[:2])
    shapes = {INPUT: network.input_shape} | network.shapes()
    nodes = available_layers(sized, tensors)
    report.unchecked += not_understood(network)
    check_adjoints(report, nodes, tensors, shapes)
    checked = targets(network, nodes, shapes)
    if given.layer:
        checked = [network.node(layer).name for layer in given.layer]
    if not checked:
        report.unchecked.append("projections: no layer has a map of several rows and columns")
    for target in checked:
        check_target(report, network, tensors, x, target)
    last = network.nodes[-1].name
    if nodes[-1].name == last and last in network.vectors and not network.part:
        top_classes(network, tensors, x)
    if beyond := without_weights(network, nodes):
        print(f"\nthe file has no weights for {list_names(beyond)}")
    return verdict(report)


def not_understood(network: Network) -> list[str]:
    """Which layers of the file cannot be checked, and why: a line for each reason."""
    return [f"{layers} not available: {reason}" for layers, reason in missing_rows(network)]


def without_weights(network: Network, nodes: Sequence[Node]) -> list[str]:
    """The layers that the file has no weights for; nodes: those that can be computed."""
    reached = {node.name for node in nodes}
    understood = [node.name for node in network.nodes if node.name not in network.missing]
    return [name for name in understood if name not in reached]


def verdict(report: Report) -> int:
    """Prints what was not checked and how the rest did; returns the exit status."""
    if report.unchecked:
        print()
    for line in report.unchecked:
        print(f"not checked: {line}")
    if report.failed:
        print(f"\n{report.failed} of these are OFF: trust nothing drawn with these weights here")
        return 1
    if report.unchecked:
        print("\nwhat was checked is well, but not everything could be checked")
        return 1
    print("\nall is well")
    return 0


def default_weights(network: str | None) -> Path:
    """The clone's VGG16, or once installed what ./weights has; raises UserError for nothing."""
    if arguments.IN_CLONE:
        return arguments.weights_folder() / "vgg16.h5"
    return arguments.weight_file(None, network, None, None)


def check_adjoints(
    report: Report,
    nodes: Sequence[Node],
    weights: Mapping[str, Mapping[str, Any]],
    shapes: Mapping[str, Shape],
) -> None:
    """A row for each layer: whether its backward is the adjoint of its forward."""
    import numpy as np

    rng = np.random.default_rng(0)
    for node in nodes:
        gap = adjoint_gap(node, weights.get(node.name, {}), shapes, rng)
        report.row(f"adjoint, {type(node.layer).__name__}", node.name, gap, SINGLE)


def targets(network: Network, nodes: Sequence[Node], shapes: Mapping[str, Shape]) -> Sequence[str]:
    """Layers at DEPTHS of those that have a map of more than one cell, each once."""
    maps: list[str] = []
    for node in nodes:
        height, width, _ = shapes[node.name]
        if node.name not in network.vectors and min(height, width) > 1:
            maps.append(node.name)
    if not maps:
        return []
    deepest = len(maps) - 1
    return list(dict.fromkeys(maps[round(depth * deepest)] for depth in DEPTHS))
