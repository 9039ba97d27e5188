"""Checks on this machine that weights and program do what they should: figures, a verdict, exit status 1 if something is off.

    python scripts/selfcheck.py --weights weights/vgg16.h5
"""
from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tfdeconv.cli import console  # noqa: E402
from tfdeconv.engine.rules import DECONVNET, GRADIENT, Rule  # noqa: E402
from tfdeconv.errors import UserError  # noqa: E402
from tfdeconv.network.graph import INPUT, Network, Node  # noqa: E402
from tfdeconv.network.layers import MaxPool  # noqa: E402
from tfdeconv.network.spans import whole  # noqa: E402
from tfdeconv.zoo import NETWORKS  # noqa: E402

if TYPE_CHECKING:
    import numpy as np

SAMPLE = ROOT / "tests" / "data" / "chelsea.jpg"
CLASSES = ROOT / "weights" / "imagenet_classes.txt"
# float32: sums of up to a hundred thousand products (an adjoint off by 0.1 % has 1e-3); float64: 1e-16 a layer, up to 300 of them
SINGLE, DOUBLE = 1e-4, 1e-9
DEPTHS = (0.3, 0.6, 1.0)            # of the targets, as a share of the layers that have a map


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
        print(f"{check:<34}{where:<34}{figure:>10.1e}{allowed:>10.0e}  {'ok' if fine else 'OFF'}", flush=True)


def gap(found: Any, wanted: Any, nothing: float = 0.0) -> float:
    """The largest difference over the largest value; 0 where no value is above what is as good as nothing."""
    import numpy as np
    found, wanted = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    largest = max(np.abs(found).max(), np.abs(wanted).max())
    return float(np.abs(found - wanted).max() / largest) if largest > nothing else 0.0


def reachable(network: Network, weights: Mapping[str, Any]) -> list[Node]:
    """The layers that can be had with these weights."""
    needed, there = network.parameters(), {INPUT}
    for node in network.nodes:
        if there.issuperset(node.inputs) and (node.name not in needed or node.name in weights):
            there.add(node.name)
    return [node for node in network.nodes if node.name in there]


def adjoint_gap(node: Node, p: Mapping[str, Any], shapes: Mapping[str, Any], rng: np.random.Generator) -> float:
    """|J u|^2 against <u, J* J u> for the derivative J of a layer at a random input, u random; J* is its step down."""
    import numpy as np
    import tensorflow as tf

    from tfdeconv.engine import dispatch, windows
    below = tuple(shapes[name] for name in node.inputs)
    inputs, tangents = ([tf.constant(rng.standard_normal((1, *shape), np.float32)) for shape in below] for _ in range(2))
    with tf.autodiff.ForwardAccumulator(inputs, tangents) as accumulator:
        y, trace = dispatch.up(node.layer, p, *inputs, rule=GRADIENT)
    forward = accumulator.jvp(y, tf.UnconnectedGradients.ZERO)
    landings = [node.layer.through(whole(shapes[node.name]), shape) for shape in below]
    a, b = (windows.outside(span, extent) for span, extent in zip(landings[0], below[0]))
    parts = dispatch.down(node.layer, dispatch.prepare(node.layer, p), forward, trace, GRADIENT, below, (a, b))
    nowhere = (tf.constant([0]), tf.constant([0]))
    back = 0.0
    for part, landing, shape, tangent in zip(parts, landings, below, tangents, strict=True):
        moved = windows.move(part, windows.trimmed(landing, (a, b)), whole(shape), shape, nowhere)
        back += float(tf.reduce_sum(tf.cast(tangent * moved, tf.float64)))
    square = float(tf.reduce_sum(tf.cast(forward, tf.float64) ** 2))
    return abs(square - back) / square if square else abs(back)


def walked(network: Network, weights: Mapping[str, Any], x: Any, target: str, channel: int, unit: Any, rule: Rule) -> tuple:
    """One unit's projection on whole maps, the nodes walked, and their traces."""
    import numpy as np
    import tensorflow as tf

    from tfdeconv.engine import dispatch, folding, passes
    nodes, parameters = folding.fold(network.up_to(target), weights)
    shapes = network.input_shapes(target, *x.shape[1:3])
    sized = replace(network, nodes=tuple(nodes)).at(*x.shape[1:3])
    y, traces = passes.up(sized.nodes, parameters, tf.constant(x), rule)
    seed = np.zeros(y.shape, y.dtype.as_numpy_dtype)
    seed[(0, *unit, channel)] = y[(0, *unit, channel)]
    ready = {node.name: dispatch.prepare(node.layer, parameters[node.name]) for node in sized.nodes}
    route = sized.route(target, whole(shapes[target]), shapes)
    positions = (tf.constant([int(unit[0])]), tf.constant([int(unit[1])]))
    return passes.down(sized.nodes, ready, traces, tf.constant(seed), tf.constant([0]), positions, rule, route,
                       shapes), sized.nodes, traces, shapes


def taped(network: Network, weights: Mapping[str, Any], x: Any, target: str, channel: int, unit: Any) -> Any:
    """The derivative of half the squared activation of a unit, by TensorFlow's own differentiation of the plain way up."""
    import tensorflow as tf

    from tfdeconv.engine import passes
    nodes = network.at(*x.shape[1:3]).up_to(target)
    parameters = {node.name: weights.get(node.name, {}) for node in nodes}

    @tf.function(jit_compile=any(getattr(node.layer, "dilation", 1) not in (1, (1, 1)) for node in nodes), autograph=False)
    def gradient(x: tf.Tensor) -> tf.Tensor:        # of a dilated convolution the CPU has a gradient only by XLA
        with tf.GradientTape() as tape:
            tape.watch(x)
            half = passes.up(nodes, parameters, x, None)[0][(0, *unit, channel)] ** 2 / 2
        return tape.gradient(half, x)

    return gradient(tf.constant(x))


def misplaced(nodes: tuple[Node, ...], traces: Mapping[str, Any], shapes: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """For each max pool the share of its switches that point outside of their window or of the map."""
    import numpy as np
    for node in nodes:
        if isinstance(node.layer, MaxPool):
            window, switches = node.layer.window, traces[node.name].numpy().astype(int)
            dy, dx = np.divmod(switches, window.size[1])
            rows = np.arange(switches.shape[1])[:, None, None] * window.stride[0] - window.pad[0][0] + dy
            columns = np.arange(switches.shape[2])[:, None] * window.stride[1] - window.pad[1][0] + dx
            height, width, _ = shapes[node.inputs[0]]
            inside = (dy < window.size[0]) & (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
            yield node.name, float(1 - inside.mean())


def check_target(report: Report, network: Network, single: Mapping[str, Any], x: Any, target: str) -> None:
    """What can be checked of a layer's strongest unit, in float64, and how far float32 is from it."""
    import numpy as np
    import tensorflow as tf

    from tfdeconv.engine.deconvnet import Deconvnet
    needed = {node.name for node in network.up_to(target)}
    double = {layer: {name: tf.cast(value, tf.float64) for name, value in p.items()}
              for layer, p in single.items() if layer in needed}
    for rule in (DECONVNET, GRADIENT):
        projection = Deconvnet(network, double, target, rule.name).project(x, top=1)
        if projection.dead.all():
            raise UserError(f"{network.name}'s {target} does not fire on this photo: give another by --image")
        channel, unit = int(projection.channels[0, 0]), projection.positions[0, 0]
        found, nodes, traces, shapes = walked(network, double, np.asarray(x, np.float64), target, channel, unit, rule)
        report.row(f"{rule.name}: window = whole map", target, gap(projection.pixels[0, 0], found[0]), DOUBLE)
    # behind a saturated sigmoid TensorFlow has 0, and this program the little that there is
    nothing = np.finfo(np.float64).eps * float(projection.activations[0, 0]) ** 2 / max(float(np.abs(x).max()), 1.0)
    tape = taped(network, double, np.asarray(x, np.float64), target, channel, unit)[0]
    report.row("gradient = TensorFlow's tape", target, gap(projection.pixels[0, 0], tape, nothing), DOUBLE)
    for pool, share in misplaced(nodes, traces, shapes):
        report.row("switches outside their window", pool, share, 0)
    rounded, exact = (Deconvnet(network, weights, target).activations(x) for weights in (single, double))
    report.row("float32 = float64, way up", target, gap(rounded, exact), SINGLE)


def likeliest(network: Network, weights: Mapping[str, Any], x: Any) -> None:
    """Prints the five likeliest classes of the photo, by name where they are ImageNet's."""
    import numpy as np

    from tfdeconv.engine.deconvnet import Deconvnet
    logits = Deconvnet(network, weights, network.nodes[-1].name).activations(x)[0].reshape(-1).astype(np.float64)
    share = np.exp(logits - logits.max())
    share /= share.sum()
    names = [line.partition(" ")[2] for line in CLASSES.read_text().splitlines()]
    print("\nlikeliest classes of the photo")
    for i in np.argsort(-share)[:5]:
        print(f"{share[i]:7.1%}  {names[i] if len(share) == len(names) else f'class {i}'}")


def main() -> int:
    parser = console.Parser(__doc__)
    parser.add_argument("--weights", default=str(ROOT / "weights" / "vgg16.h5"), metavar="FILE", help="default: weights/vgg16.h5")
    parser.add_argument("--network", choices=NETWORKS, help="default: what the weights are for")
    parser.add_argument("--image", default=str(SAMPLE), metavar="FILE", help="default: a sample photo")
    options = parser.parse_args()
    from tfdeconv.data import images
    from tfdeconv.weights.load import as_tensors, read_weights
    weights = read_weights(options.weights, options.network)
    network = weights.network
    console.import_tensorflow()
    import numpy as np
    x = images.read([options.image], weights.preprocessing, "squash", network.channels)
    single = as_tensors(weights)
    print(f"{options.weights}: {f'{network.name} {network.flavour}'.strip()}, {len(single)} layers with weights, "
          f"sha256 {weights.digest}\n")
    print(f"{'check':<34}{'layer':<34}{'gap':>10}{'allowed':>10}")
    report, rng = Report(), np.random.default_rng(0)
    sized = network.at(*network.input_shape[:2])
    shapes, nodes = {INPUT: network.input_shape} | network.shapes(), reachable(sized, single)
    for node in nodes:
        difference = adjoint_gap(node, single.get(node.name, {}), shapes, rng)
        report.row(f"adjoint, {type(node.layer).__name__}", node.name, difference, SINGLE)
    maps = [node.name for node in nodes if node.name not in network.vectors and min(shapes[node.name][:2]) > 1]
    for target in dict.fromkeys(maps[round(depth * (len(maps) - 1))] for depth in DEPTHS if maps):
        check_target(report, network, single, x, target)
    if nodes[-1].name == network.nodes[-1].name and nodes[-1].name in network.vectors:
        likeliest(network, single, x)
    print(f"\n{report.failed} of these are OFF: trust nothing drawn with these weights here" if report.failed else "\nall is well")
    return 1 if report.failed else 0


if __name__ == "__main__":
    console.call(main)
