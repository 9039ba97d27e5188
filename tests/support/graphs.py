"""Small graphs of operations, what numpy makes of them, and what their networks make of them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from tfdeconv.network.layers import Activation
from tfdeconv.weights.graph import kinds
from tfdeconv.weights.graph.axes import BATCH, CHANNELS, COLUMNS, ROWS, Axes
from tfdeconv.weights.graph.feature_map import FeatureMap
from tfdeconv.weights.graph.folding import fold
from tfdeconv.weights.graph.image import image_input, image_of
from tfdeconv.weights.graph.kinds import Kind
from tfdeconv.weights.graph.not_understood import NotUnderstood
from tfdeconv.weights.graph.operation import Constant, Graph, GraphInput, Operation
from tfdeconv.weights.graph.recognition import recognised
from tfdeconv.weights.graph.translation import Translated, translate
from tfdeconv.weights.graph.translator import Translator

ERF = np.vectorize(math.erf, otypes=[float])
# what numpy has no function for, and the others under this program's names
FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "erf": ERF,
    "exponential": np.exp,
    "log": np.log,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "sqrt": np.sqrt,
    "square": np.square,
    "reciprocal": np.reciprocal,
    "negative": np.negative,
    "abs": np.abs,
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
}


class Sketch:
    """A graph that is written down operation by operation; tensors are strings, or constants."""

    def __init__(self, *shape: int | None, channel_axis: int = 1) -> None:
        self.input = GraphInput("x", shape)
        self.channel_axis = channel_axis
        self.operations: list[Operation] = []
        self.constants: dict[str, Constant] = {}

    def add(self, kind: Kind, *inputs: object, name: str = "", outputs: int = 1) -> str:
        """The first output's name; the others have a number behind it."""
        name = name or f"op{len(self.operations)}"
        names: list[str] = []
        for value in inputs:
            if not isinstance(value, str):
                constant = f"c{len(self.constants)}"
                self.constants[constant] = Constant.of_array(np.asarray(value))
                value = constant
            names.append(value)
        made = (name, *(f"{name}:{number}" for number in range(1, outputs)))
        title = type(kind).__name__
        self.operations.append(Operation(name, kind, tuple(names), made, title))
        return name

    def graph(self, *outputs: str) -> Graph:
        names = outputs or (self.operations[-1].outputs[0],)
        return Graph(
            "model", tuple(self.operations), (self.input,), names, self.constants, self.channel_axis
        )

    # operations that tests use most

    def plus(self, *inputs: object) -> str:
        return self.add(kinds.Elementwise("add"), *inputs)

    def minus(self, *inputs: object) -> str:
        return self.add(kinds.Elementwise("subtract"), *inputs)

    def times(self, *inputs: object) -> str:
        return self.add(kinds.Elementwise("multiply"), *inputs)

    def over(self, *inputs: object) -> str:
        return self.add(kinds.Elementwise("divide"), *inputs)

    def largest(self, *inputs: object) -> str:
        return self.add(kinds.Elementwise("maximum"), *inputs)

    def smallest(self, *inputs: object) -> str:
        return self.add(kinds.Elementwise("minimum"), *inputs)

    def apply(self, function: str, x: str) -> str:
        return self.add(kinds.Function(Activation(function), function), x)

    def relu6(self, x: str) -> str:
        return self.add(kinds.Function(Activation(ceiling=6.0)), x)

    def mean(self, x: str, *axes: int, of: str = "mean", keep: bool = True) -> str:
        return self.add(kinds.Reduction(of, axes, keep), x)  # type: ignore[arg-type]


def reference(graph: Graph, x: np.ndarray) -> np.ndarray:
    """What numpy makes of a graph's first output, in double precision."""
    return reference_tensors(graph, x)[graph.outputs[0]]


def reference_tensors(graph: Graph, x: np.ndarray) -> dict[str, np.ndarray]:
    """What numpy makes of a graph's operations, one by one; raises ValueError."""
    values: dict[str, np.ndarray] = {"x": x.astype(np.float64)}
    for name, constant in graph.constants.items():
        array = constant.read()
        values[name] = array.astype(np.float64) if array.dtype.kind == "f" else array
    for operation in graph.operations:
        inputs = [values[name] for name in operation.inputs]
        for name, value in zip(operation.outputs, numpy_outputs(operation.kind, inputs)):
            values[name] = value
    return values


def numpy_outputs(kind: Kind, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    if isinstance(kind, kinds.Function):
        layer = kind.layer
        y = FUNCTIONS[layer.kind](inputs[0])
        return [y if layer.ceiling is None else np.minimum(y, layer.ceiling)]
    # tests have pools of one cell only, as layers that need a map
    if isinstance(kind, kinds.Idle | kinds.Pooling):
        return [inputs[0]]
    try:
        outputs = fold(kind, [Constant.of_array(each) for each in inputs])
    except NotUnderstood as error:
        raise ValueError(str(error)) from None
    return [each.read() for each in outputs]


def tensors_of(graph: Graph, x: np.ndarray) -> dict[str, np.ndarray]:
    """The tensors of a graph that its layers come to, of images x [n, c, h, w]."""
    import tensorflow as tf

    from tfdeconv.engine import passes

    graph = recognised(graph)
    image = image_input(graph)
    translator = Translator(graph, image, image_of(graph, image)[0])
    translator.run()
    nodes = tuple(translator.builder.nodes.values())
    parameters: dict[str, dict[str, tf.Tensor]] = defaultdict(dict)
    for layer, own in translator.builder.parameters.items():
        for key, parameter in own.items():
            parameters[layer][key] = tf.constant(parameter.read(), tf.float64)
    names = [node.name for node in nodes]
    images = tf.constant(np.moveaxis(x, 1, 3), tf.float64)
    maps: list[tf.Tensor] = []
    if nodes:
        maps, _ = passes.forward_maps(nodes, parameters, images, None, names)
    arrays = {"input": images.numpy()}
    arrays |= {name: each.numpy() for name, each in zip(names, maps)}
    tensors: dict[str, np.ndarray] = {}
    for name, value in translator.values.items():
        if isinstance(value, FeatureMap) and value.node in arrays:
            tensors[name] = tensor_of(value.axes, arrays[value.node])
    return tensors


def tensor_of(axes: Axes, node: np.ndarray) -> np.ndarray:
    """The tensor that has these axes of a node's map, value by value as axes.py defines them."""
    if node.ndim == 2:
        node = node[:, None, None]
    places: list[np.ndarray] = []
    for dimension in (BATCH, ROWS, COLUMNS, CHANNELS):
        index = np.zeros((), int)
        for axis in axes:
            along = np.zeros(1, int)
            for factor in axis:
                steps = factor.stride * (factor.dimension == dimension)
                along = (along[:, None] + np.arange(factor.size) * steps).ravel()
            index = index[..., None] + along
        places.append(index)
    return node[tuple(places)]


def network_output(translated: Translated, x: np.ndarray, name: str = "") -> np.ndarray:
    """The map [n, h, w, c] of a node, the last one's if none is named, of images [n, h, w, c]."""
    import tensorflow as tf

    from tfdeconv.engine import passes

    nodes = translated.network.at(*x.shape[1:3]).nodes
    parameters: dict[str, dict[str, tf.Tensor]] = defaultdict(dict)
    for layer, own in translated.parameters.items():
        for key, parameter in own.items():
            parameters[layer][key] = tf.constant(parameter.read(), tf.float64)
    target = name or nodes[-1].name
    (y,), _ = passes.forward_maps(nodes, parameters, tf.constant(x, tf.float64), None, (target,))
    return y.numpy()


def layer_kinds(translated: Translated) -> list[str]:
    """The kinds of a network's layers, activations by what they are."""
    names: list[str] = []
    for node in translated.network.nodes:
        layer = node.layer
        names.append(layer.kind if isinstance(layer, Activation) else type(layer).__name__)
    return names


def check_equal(sketch: Sketch, x: np.ndarray, tolerance: float = 1e-5) -> Translated:
    """Translates, and compares the last operation's values, whose axes are as the input's.

    x [n, c, h, w] or [n, h, w, c], as the sketch has it. Parameters are in single precision.
    """
    graph = sketch.graph()
    translated = translate(graph)
    assert not translated.network.missing, dict(translated.network.missing)
    first = sketch.channel_axis % 4 == 1
    y = network_output(translated, np.moveaxis(x, 1, 3) if first else x)
    if first and y.ndim == 4:
        y = np.moveaxis(y, 3, 1)
    np.testing.assert_allclose(
        y, reference(graph, x).reshape(y.shape), rtol=tolerance, atol=tolerance
    )
    return translated
