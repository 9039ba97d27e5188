"""Does all of this work here, with these weights?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..engine.rules import DECONVNET, GRADIENT
from ..network.graph import Network
from .adjoint import gap
from .autodiff import autodiff_gradient, invalid_switches, project_whole_maps

if TYPE_CHECKING:
    from ..weights.load import Weights

# float32: sums of up to a hundred thousand products (an adjoint off by 0.1 % has 1e-3)
SINGLE = 1e-4
# float64: 1e-16 a layer, up to 300 of them
DOUBLE = 1e-9
# of the targets, as a share of the layers that have a map
DEPTHS = (0.3, 0.6, 1.0)


@dataclass
class Report:
    """A table on stdout, a row at a time; no row twice. And what could not be checked, with why.

    >>> report = Report()
    >>> report.row("adjoint, Conv", "conv1", 2e-3, 1e-4)
    adjoint, Conv                     conv1                                2.0e-03     1e-04  OFF
    >>> report.failed
    1
    """

    failed: int = 0
    printed: set[tuple[str, str]] = field(default_factory=set)
    unchecked: list[str] = field(default_factory=list)

    def row(self, check: str, layer: str, figure: float, allowed: float) -> None:
        if (check, layer) in self.printed:
            return
        self.printed.add((check, layer))
        verdict = "ok" if figure <= allowed else "OFF"
        self.failed += verdict == "OFF"
        print(f"{check:<34}{layer:<34}{figure:>10.1e}{allowed:>10.0e}  {verdict}", flush=True)


def check_target(
    report: Report, network: Network, single: Mapping[str, Any], x: Any, target: str
) -> None:
    """What can be checked of a layer's strongest unit, in float64, and how far float32 is from it.

    single: the weights in float32.
    """
    import numpy as np

    from ..engine.deconvnet import Deconvnet

    double = in_float64(network, single, target)
    exact_x = np.asarray(x, np.float64)
    for rule in (DECONVNET, GRADIENT):
        projection = Deconvnet(network, double, target, rule.name).project(x, top=1)
        if projection.dead.all():
            report.unchecked.append(
                f"{target}: it does not fire on this photo; give another with --image"
            )
            return
        channel = int(projection.channels[0, 0])
        unit = projection.positions[0, 0]
        pixels = projection.pixels[0, 0]
        whole_maps, nodes, traces, shapes = project_whole_maps(
            network, double, exact_x, target, channel, unit, rule
        )
        report.row(f"{rule.name}: window = whole map", target, gap(pixels, whole_maps[0]), DOUBLE)
    # the last rule is the gradient; behind a saturated sigmoid TensorFlow has 0, and this program
    # the little that there is
    largest_input = max(float(np.abs(x).max()), 1.0)
    square = float(projection.activations[0, 0]) ** 2
    negligible = np.finfo(np.float64).eps * square / largest_input
    gradient = autodiff_gradient(network, double, exact_x, target, channel, unit)[0]
    report.row("gradient = TensorFlow's tape", target, gap(pixels, gradient, negligible), DOUBLE)
    for pool, share in invalid_switches(nodes, traces, shapes):
        report.row("switches outside their window", pool, share, 0)
    rounded = Deconvnet(network, single, target).activations(x)
    exact = Deconvnet(network, double, target).activations(x)
    report.row("float32 = float64, forward", target, gap(rounded, exact), SINGLE)


def in_float64(
    network: Network, weights: Mapping[str, Any], target: str
) -> dict[str, dict[str, Any]]:
    """The weights that the target needs, in float64."""
    import tensorflow as tf

    needed = {node.name for node in network.up_to(target)}
    double: dict[str, dict[str, Any]] = {}
    for layer, parameters in weights.items():
        if layer in needed:
            double[layer] = {}
            for name, value in parameters.items():
                double[layer][name] = tf.cast(value, tf.float64)
    return double


def top_classes(network: Network, weights: Weights, x: Any) -> None:
    """Prints the five likeliest classes of the photo, if the last layer has classes."""
    import numpy as np

    from ..engine.deconvnet import Deconvnet
    from ..figures.class_values import probabilities
    from ..figures.unit_names import unit_names

    last = network.nodes[-1].name
    names = unit_names(network, last, weights.labels)
    if names.classes is None:
        return
    logits = Deconvnet(network, weights, last).activations(x)[0].reshape(-1)
    shares = probabilities(logits, names.classes.probability)
    print(f"\nlikeliest classes of the photo. {'. '.join(names.legend())}")
    for number in np.argsort(-shares)[:5]:
        print(f"{shares[number]:7.1%}  class {number} {names.name(number)}".rstrip())
