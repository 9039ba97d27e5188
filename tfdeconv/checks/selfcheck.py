"""Does all of this work here, with these weights?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..engine.rules import DECONVNET, GRADIENT
from ..errors import UserError
from ..network.graph import Network
from .adjoint import gap
from .autodiff import misplaced, taped, walked

CLASSES = Path(__file__).resolve().parents[2] / "weights" / "imagenet_classes.txt"
# float32: sums of up to a hundred thousand products (an adjoint off by 0.1 % has 1e-3); float64: 1e-16 a layer, up to 300 of them
SINGLE, DOUBLE = 1e-4, 1e-9
DEPTHS = (0.3, 0.6, 1.0)  # of the targets, as a share of the layers that have a map


@dataclass
class Report:
    """A table on stdout, a row at a time; none twice."""

    failed: int = 0
    told: set[tuple[str, str]] = field(default_factory=set)

    def row(self, check: str, where: str, figure: float, allowed: float) -> None:
        if (check, where) in self.told:
            return
        self.told.add((check, where))
        fine = figure <= allowed
        self.failed += not fine
        print(
            f"{check:<34}{where:<34}{figure:>10.1e}{allowed:>10.0e}  {'ok' if fine else 'OFF'}",
            flush=True,
        )


def check_target(
    report: Report, network: Network, single: Mapping[str, Any], x: Any, target: str
) -> None:
    """What can be checked of a layer's strongest unit, in float64, and how far float32 is from it."""
    import numpy as np
    import tensorflow as tf

    from ..engine.deconvnet import Deconvnet

    needed = {node.name for node in network.up_to(target)}
    double = {
        layer: {name: tf.cast(value, tf.float64) for name, value in p.items()}
        for layer, p in single.items()
        if layer in needed
    }
    for rule in (DECONVNET, GRADIENT):
        projection = Deconvnet(network, double, target, rule.name).project(x, top=1)
        if projection.dead.all():
            raise UserError(
                f"{network.name}'s {target} does not fire on this photo: give another by --image"
            )
        channel, unit = int(projection.channels[0, 0]), projection.positions[0, 0]
        found, nodes, traces, shapes = walked(
            network, double, np.asarray(x, np.float64), target, channel, unit, rule
        )
        report.row(
            f"{rule.name}: window = whole map",
            target,
            gap(projection.pixels[0, 0], found[0]),
            DOUBLE,
        )
    # behind a saturated sigmoid TensorFlow has 0, and this program the little that there is
    nothing = (
        np.finfo(np.float64).eps
        * float(projection.activations[0, 0]) ** 2
        / max(float(np.abs(x).max()), 1.0)
    )
    tape = taped(network, double, np.asarray(x, np.float64), target, channel, unit)[0]
    report.row(
        "gradient = TensorFlow's tape", target, gap(projection.pixels[0, 0], tape, nothing), DOUBLE
    )
    for pool, share in misplaced(nodes, traces, shapes):
        report.row("switches outside their window", pool, share, 0)
    rounded, exact = (
        Deconvnet(network, weights, target).activations(x) for weights in (single, double)
    )
    report.row("float32 = float64, way up", target, gap(rounded, exact), SINGLE)


def likeliest(network: Network, weights: Mapping[str, Any], x: Any) -> None:
    """Prints the five likeliest classes of the photo, by name where they are ImageNet's."""
    import numpy as np

    from ..engine.deconvnet import Deconvnet

    logits = (
        Deconvnet(network, weights, network.nodes[-1].name)
        .activations(x)[0]
        .reshape(-1)
        .astype(np.float64)
    )
    share = np.exp(logits - logits.max())
    share /= share.sum()
    names = [line.partition(" ")[2] for line in CLASSES.read_text().splitlines()]
    print("\nlikeliest classes of the photo")
    for i in np.argsort(-share)[:5]:
        print(f"{share[i]:7.1%}  {names[i] if len(share) == len(names) else f'class {i}'}")
