"""Every operator of TensorFlow's table against TensorFlow itself, in all forms that it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import graphs
import numpy as np
import pytest
import tensorflow as tf

from tfdeconv.formats.graph_def.nodes import graph_nodes
from tfdeconv.formats.graph_def.server import GraphFile
from tfdeconv.formats.lazy_tensor import Tensor
from tfdeconv.weights.graph import kinds
from tfdeconv.weights.graph.translation import Translated, translate
from tfdeconv.weights.tensorflow.graphs import saved_model
from tfdeconv.weights.tensorflow.graphs.operations import Operation, Source
from tfdeconv.weights.tensorflow.operators.naming import layer_names
from tfdeconv.weights.tensorflow.operators.network_graph import graph_of
from tfdeconv.weights.tensorflow.operators.node import Node
from tfdeconv.weights.tensorflow.operators.table import OPERATORS, PASSING, operations_of

v1 = tf.compat.v1
RNG = np.random.default_rng(0)
# two images of six channels, on sides that show what is swapped
SHAPE = (2, 11, 8, 6)
X = RNG.standard_normal(SHAPE).astype(np.float32)
# single precision
TOLERANCE = 2e-5


def numbers(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def positive(*shape: int) -> np.ndarray:
    return (0.5 + RNG.random(shape)).astype(np.float32)


def op(name: str, **arguments: Any) -> Callable[[tf.Tensor], Any]:
    """An operator of one input, whatever it calls it."""
    first = {"MatMul": "a", "ExpandDims": "input", "Split": "value"}.get(name)
    names = [first] if first else ["input", "x", "features", "value", "logits", "t", "tensor"]

    def call(x: tf.Tensor) -> Any:
        function = getattr(tf.raw_ops, name)
        known = function.__wrapped__.__code__.co_varnames
        return function(**{next(each for each in names if each in known): x}, **arguments)

    return call


def conv(name: str = "Conv2D", kernel: np.ndarray | None = None, **options: Any):
    given = {"strides": [1, 1, 1, 1], "padding": "SAME"} | options
    return op(name, filter=numbers(3, 3, 6, 4) if kernel is None else kernel, **given)


def up(shape: list[int], size: int = 3, **options: Any):
    """The gradient of a convolution, which makes a map of a shape."""

    def call(x: tf.Tensor) -> tf.Tensor:
        return tf.raw_ops.Conv2DBackpropInput(
            input_sizes=shape, filter=numbers(size, size, 5, 6), out_backprop=x, **options
        )

    return call


def first_channels(function: Callable[[tf.Tensor], Any]) -> Callable[[tf.Tensor], Any]:
    """With the channels first in between."""

    def call(x: tf.Tensor) -> Any:
        return tf.transpose(function(tf.transpose(x, [0, 3, 1, 2])), [0, 2, 3, 1])

    return call


def windows(name: str, size: int, stride: int, padding: str, **options: Any):
    return op(
        name, ksize=[1, size, size, 1], strides=[1, stride, stride, 1], padding=padding, **options
    )


def norm(name: str, **options: Any) -> Callable[[tf.Tensor], tf.Tensor]:
    given = {"scale": positive(6), "offset": numbers(6), "mean": numbers(6)}
    given["variance"] = positive(6)
    return lambda x: op(name, **given, epsilon=1e-2, is_training=False, **options)(x)[0]


def shape(x: tf.Tensor) -> tf.Tensor:
    """An operation even where TensorFlow knows it."""
    return tf.raw_ops.Shape(input=x)


def by_size(x: tf.Tensor) -> tf.Tensor:
    """Twice the rows, and a size that is worked out from the image's."""
    size = tf.stack([shape(x)[1] * 2, shape(x)[2] + 3])
    return tf.raw_ops.ResizeBilinear(images=x, size=size, half_pixel_centers=True)


def resized(name: str, **options: bool) -> Callable[[tf.Tensor], tf.Tensor]:
    return lambda x: getattr(tf.raw_ops, name)(images=x, size=[20, 7], **options)


def dilated(
    name: str, kernel: np.ndarray, by_shape: bool = False
) -> Callable[[tf.Tensor], tf.Tensor]:
    """A convolution over every second row and every third column."""

    def call(x: tf.Tensor) -> tf.Tensor:
        pieces = tf.raw_ops.SpaceToBatchND(input=x, block_shape=[2, 3], paddings=[[2, 3], [3, 4]])
        y = conv(name, kernel, padding="VALID")(pieces)
        return tf.raw_ops.BatchToSpaceND(input=y, block_shape=[2, 3], crops=[[0, 1], [0, 1]])

    return call


def mirrored(mode: str) -> Callable[[tf.Tensor], tf.Tensor]:
    return op("MirrorPad", paddings=[[0, 0], [2, 1], [0, 3], [0, 0]], mode=mode)


def spread(size: int = 2) -> Callable[[tf.Tensor], tf.Tensor]:
    return lambda x: tf.raw_ops.SpaceToDepth(input=x[:, :10], block_size=size)


ONES = [1, 1, 1, 1]
POSITIVE = positive(2, 11, 8, 6)
CASES: dict[str, Callable[[tf.Tensor], Any]] = {
    "Conv2D": conv(),
    "Conv2D valid": conv(strides=[1, 2, 3, 1], padding="VALID"),
    "Conv2D dilated": conv(dilations=[1, 2, 3, 1]),
    "Conv2D explicit": conv(padding="EXPLICIT", explicit_paddings=[0, 0, 1, 2, 0, 3, 0, 0]),
    "Conv2D groups": conv(kernel=numbers(3, 3, 2, 9)),
    "DepthwiseConv2dNative": conv("DepthwiseConv2dNative", numbers(3, 2, 6, 2)),
    "SpaceToBatchND": dilated("Conv2D", numbers(3, 3, 6, 4)),
    "SpaceToBatchND by shape": dilated("Conv2D", numbers(3, 3, 6, 4), True),
    "SpaceToBatchND depthwise": dilated("DepthwiseConv2dNative", numbers(3, 3, 6, 1)),
    "Conv2DBackpropInput": up([2, 22, 24, 5], strides=[1, 2, 3, 1], padding="SAME"),
    "Conv2DBackpropInput odd": up([2, 21, 15, 5], strides=[1, 2, 2, 1], padding="SAME"),
    "Conv2DBackpropInput valid": up([2, 23, 17, 5], strides=[1, 2, 2, 1], padding="VALID"),
    "Conv2DBackpropInput more": up([2, 24, 18, 5], strides=[1, 2, 2, 1], padding="VALID"),
    "MatMul": lambda x: tf.reshape(x, [2, -1]) @ numbers(11 * 8 * 6, 5),
    "MatMul transposed": lambda x: tf.raw_ops.MatMul(
        a=tf.reshape(x, [2, -1]), b=numbers(5, 11 * 8 * 6), transpose_b=True
    ),
    "BatchMatMulV2": lambda x: tf.raw_ops.BatchMatMulV2(
        x=tf.reshape(x, [2, 88, 6]), y=numbers(5, 6), adj_y=True
    ),
    "BatchMatMul": lambda x: tf.raw_ops.BatchMatMul(
        x=tf.reshape(x, [2, -1]), y=numbers(11 * 8 * 6, 5)
    ),
    "BatchMatMulV3": lambda x: tf.raw_ops.BatchMatMulV3(
        x=tf.reshape(x, [2, 88, 6]), y=numbers(6, 5), Tout=tf.float32
    ),
    "FusedBatchNorm": norm("FusedBatchNorm"),
    "FusedBatchNormV2": norm("FusedBatchNormV2"),
    "FusedBatchNormV3": norm("FusedBatchNormV3"),
    "LRN": op("LRN", depth_radius=2, bias=2.0, alpha=0.3, beta=0.6),
    "Abs": op("Abs"),
    "ClipByValue": lambda x: tf.raw_ops.ClipByValue(
        t=x, clip_value_min=np.float32(-0.5), clip_value_max=np.float32(0.7)
    ),
    "Elu": op("Elu"),
    "Erf": op("Erf"),
    "Erfc": op("Erfc"),
    "Exp": op("Exp"),
    "Expm1": op("Expm1"),
    "Inv": lambda x: tf.raw_ops.Inv(x=x + 9.0),
    "LeakyRelu": op("LeakyRelu", alpha=0.3),
    "LeakyRelu as usual": op("LeakyRelu"),
    "Log": lambda x: tf.raw_ops.Log(x=tf.abs(x)),
    "Log1p": lambda x: tf.raw_ops.Log1p(x=tf.abs(x)),
    "Neg": op("Neg"),
    "Pow": lambda x: tf.raw_ops.Pow(x=tf.abs(x), y=np.float32(1.5)),
    "Reciprocal": lambda x: tf.raw_ops.Reciprocal(x=x + 9.0),
    "Relu": op("Relu"),
    "Relu6": lambda x: tf.raw_ops.Relu6(features=9.0 * x),
    "Rsqrt": lambda x: tf.raw_ops.Rsqrt(x=tf.abs(x) + 0.1),
    "Selu": op("Selu"),
    "Sigmoid": lambda x: tf.raw_ops.Relu(features=tf.raw_ops.Sigmoid(x=x)),
    "Softplus": op("Softplus"),
    "Softsign": op("Softsign"),
    "Sqrt": lambda x: tf.raw_ops.Sqrt(x=tf.abs(x)),
    "Square": op("Square"),
    "Tanh": op("Tanh"),
    "Softmax": lambda x: tf.raw_ops.Relu(features=tf.raw_ops.Softmax(logits=x)),
    "LogSoftmax": lambda x: tf.raw_ops.Tanh(x=tf.raw_ops.LogSoftmax(logits=x)),
    "Add": op("Add", y=numbers(6)),
    "AddV2": lambda x: tf.raw_ops.AddV2(x=numbers(1, 1, 6), y=x),
    "AddN": lambda x: tf.raw_ops.AddN(inputs=[x, tf.tanh(x), tf.abs(x)]),
    "BiasAdd": op("BiasAdd", bias=numbers(6)),
    "BiasAddV1": op("BiasAddV1", bias=numbers(6)),
    "Div": lambda x: tf.raw_ops.Div(x=x, y=POSITIVE[0, 0, 0]),
    "Maximum": lambda x: tf.raw_ops.Maximum(x=x, y=tf.tanh(2.0 * x)),
    "Minimum": lambda x: tf.raw_ops.Minimum(x=x, y=np.float32(0.3)),
    "Mul": lambda x: tf.raw_ops.Mul(x=x, y=tf.reduce_mean(x, [1, 2], keepdims=True)),
    "RealDiv": lambda x: tf.raw_ops.RealDiv(x=np.float32(2), y=x + 9.0),
    "SquaredDifference": lambda x: tf.raw_ops.SquaredDifference(x=x, y=numbers(6)),
    "Sub": lambda x: tf.raw_ops.Sub(x=numbers(6), y=x),
    "AvgPool": windows("AvgPool", 3, 2, "SAME"),
    "MaxPool": windows("MaxPool", 3, 2, "VALID"),
    "MaxPool explicit": lambda x: windows(
        "MaxPool", 3, 2, "EXPLICIT", explicit_paddings=[0, 0, 1, 0, 1, 1, 0, 0]
    )(x),
    "MaxPoolV2": windows("MaxPoolV2", 2, 2, "SAME"),
    "MaxPoolWithArgmax": lambda x: windows("MaxPoolWithArgmax", 2, 2, "SAME")(x)[0],
    "Max": lambda x: tf.raw_ops.Max(input=x, axis=[1, 2]),
    "Mean": lambda x: tf.raw_ops.Mean(input=x, axis=[-2, 1], keep_dims=True),
    "Mean of nothing": lambda x: tf.tanh(tf.raw_ops.Mean(input=x, axis=np.zeros(0, np.int32))),
    "Sum": lambda x: tf.raw_ops.Sum(input=x, axis=3, keep_dims=True),
    "BroadcastTo": lambda x: tf.broadcast_to(tf.reduce_mean(x, [1, 2], True), [2, 4, 5, 6]),
    "Concat": lambda x: tf.raw_ops.Concat(concat_dim=3, values=[x, tf.tanh(x)]),
    "ConcatV2": lambda x: tf.concat([x, tf.tanh(x)], -1),
    "DepthToSpace": lambda x: tf.raw_ops.DepthToSpace(input=x[..., :4], block_size=2),
    "ExpandDims": lambda x: tf.squeeze(tf.expand_dims(tf.tanh(x), 2), [2]),
    "Gather": lambda x: x * tf.raw_ops.Gather(params=numbers(4, 6), indices=[2]),
    "GatherV2": lambda x: tf.gather(x, [1, 3, 5], axis=3),
    "MirrorPad": mirrored("REFLECT"),
    "MirrorPad symmetric": mirrored("SYMMETRIC"),
    "Pad": op("Pad", paddings=[[0, 0], [1, 2], [0, 3], [0, 0]]),
    "PadV2": op("PadV2", paddings=[[0, 0], [1, 2], [0, 3], [0, 0]], constant_values=0.0),
    "Pad by shape": lambda x: tf.pad(x, [[0, 0], [shape(x)[2] - 7, 2], [0, 0], [0, 0]]),
    "Reshape": lambda x: tf.reshape(x, [shape(x)[0], 88, 6]) @ numbers(6, 3),
    "ResizeBilinear": by_size,
    "ResizeBilinear old": resized("ResizeBilinear"),
    "ResizeBilinear corners": resized("ResizeBilinear", align_corners=True),
    "ResizeNearestNeighbor": resized("ResizeNearestNeighbor", half_pixel_centers=True),
    "ResizeNearestNeighbor old": resized("ResizeNearestNeighbor"),
    "ResizeNearestNeighbor corners": resized("ResizeNearestNeighbor", align_corners=True),
    "Slice": lambda x: tf.slice(x, [0, 1, 2, 1], [-1, 6, -1, 3]),
    "SpaceToDepth": spread(),
    "Tile": lambda x: tf.tanh(tf.repeat(tf.repeat(x, 2, 1), 3, 2)),
    "Tile of numbers": lambda x: x * tf.raw_ops.Tile(input=numbers(2), multiples=[3]),
    "Split": lambda x: tf.add(*tf.split(x, 2, 3)),
    "SplitV": lambda x: tf.concat(tf.split(x, [1, 3, 2], 3)[::-1], 3),
    "Squeeze": lambda x: tf.squeeze(tf.reduce_max(x, [1, 2], True), [1, 2]),
    "StridedSlice": lambda x: x[:, 1:-1:2, ..., 3:],
    "StridedSlice of a cell": lambda x: tf.tanh(x)[:, :, :, 4][..., tf.newaxis],
    "Transpose": lambda x: (
        tf.reshape(tf.transpose(tf.reshape(x, [2, 88, 3, 2]), [0, 1, 3, 2]), [2, 88, 6])
        @ numbers(6, 4)
    ),
    "ReverseV2": lambda x: 2.0 * tf.reverse(x, [-1]),
    "SplitV of what is left": lambda x: 2.0 * tf.concat(tf.split(x, [2, -1], 3)[::-1], 3),
    "Transpose by numbers": lambda x: tf.transpose(
        tf.tanh(tf.transpose(x, tf.concat([tf.range(2), tf.constant([2]) + 1, [2]], 0))),
        [0, 1, 3, 2],
    ),
    "Unpack": lambda x: tf.reshape(x, [tf.unstack(shape(x))[0], -1]) @ numbers(528, 2),
    "Cast": lambda x: tf.tanh(tf.cast(tf.cast(x, tf.float64), tf.float32)),
    "Identity": lambda x: tf.identity(tf.raw_ops.IdentityN(input=[tf.stop_gradient(x), 1])[0]) * 2,
    "Fill": lambda x: x + tf.fill([tf.raw_ops.Rank(input=x) + 2], 0.5),
    "Range": lambda x: tf.reduce_mean(x, tf.range(1, tf.raw_ops.Size(input=shape(x)) // 2 + 1)),
    "ShapeN": lambda x: tf.reshape(x, tf.raw_ops.ShapeN(input=[x, x])[1]) * 2.0,
    "PlaceholderWithDefault": lambda x: x * v1.placeholder_with_default(tf.constant(3.0), []),
}
# of what is handed on as it is
HANDED_ON = ("CheckNumerics", "DeepCopy", "EnsureShape", "GuaranteeConst", "PreventGradient")
ARGUMENTS = {"CheckNumerics": {"message": ""}, "EnsureShape": {"shape": SHAPE}}
for name in (*HANDED_ON, "Snapshot"):
    CASES[name] = lambda x, name=name: 2.0 * op(name, **ARGUMENTS.get(name, {}))(tf.tanh(x))
# of numbers that shapes are worked out with: each makes 1 of 11 and 2.5, or whether it is so
COMPUTED = {
    "Ceil": lambda n, r: tf.math.ceil(r) - 2,
    "Equal": lambda n, r: tf.raw_ops.Equal(x=n, y=11),
    "Floor": lambda n, r: tf.floor(r) - 1,
    "FloorDiv": lambda n, r: n // 6,
    "FloorMod": lambda n, r: -n % 12,
    "Greater": lambda n, r: n > 3,
    "Less": lambda n, r: n < 12,
    "LogicalAnd": lambda n, r: tf.logical_and(n > 3, n < 12),
    "LogicalNot": lambda n, r: tf.logical_not(n > 12),
    "LogicalOr": lambda n, r: tf.logical_or(n > 12, n < 12),
    "Min": lambda n, r: tf.reduce_min([n - 10, n], 0),
    "Round": lambda n, r: tf.round(r) - 1,
    "SelectV2": lambda n, r: tf.where(n > 3, 1, 2),
}
for name, number in COMPUTED.items():
    CASES[name] = lambda x, number=number: (
        x
        * (
            1.5
            + tf.cast(number(shape(x)[1], 2.5 * tf.cast(shape(x)[1] // 11, "float32")), "float32")
        )
    )
CASES["Pack"] = CASES["Reshape"]
CASES["Prod"] = lambda x: tf.reshape(x, [-1, tf.reduce_prod(shape(x)[1:])]) @ numbers(528, 2)
# orders that TensorFlow itself has no functions for on CPUs
UNRUN = {
    "Conv2D": conv(data_format="NCHW", strides=[1, 1, 2, 3], kernel=numbers(3, 3, 6, 4)),
    "BiasAdd": op("BiasAdd", bias=numbers(6), data_format="NCHW"),
    "MaxPool": op(
        "MaxPool", ksize=[1, 1, 2, 2], strides=[1, 1, 2, 3], padding="VALID", data_format="NCHW"
    ),
}


def translated(folder, function, shape=SHAPE) -> tuple[Translated, Any]:
    """The network of a function's graph, and that graph."""
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, shape, name="x")
        tf.identity(function(x), name="y")
    path = folder / "x.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    file = GraphFile(str(path))
    values = []
    for number, (lengths, name) in enumerate(file.description["tensors"]):
        values.append(Tensor(tuple(lengths), name, lambda n=number: file.values(n, None)))
    nodes = graph_nodes(file.description, values)
    return translate(graph_of(saved_model.frozen_graph(nodes), "model")), graph


@pytest.mark.parametrize("case", CASES)
def test_values_are_tensorflows(tmp_path, case):
    made, graph = translated(tmp_path, CASES[case])
    with v1.Session(graph=graph) as session:
        expected = session.run("y:0", {"x:0": X})

    assert not made.network.missing
    found = graphs.network_output(made, X)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=TOLERANCE, rtol=1e-4)


@pytest.mark.parametrize("case", UNRUN)
def test_channels_may_come_first(tmp_path, case):
    """Compared with the same function of the same numbers with the channels last."""
    made, _ = translated(tmp_path, first_channels(UNRUN[case]))
    x = tf.constant(X)
    expected = {
        "Conv2D": lambda: tf.nn.conv2d(x, kernel_of(made), [2, 3], "SAME"),
        "BiasAdd": lambda: x + graphs_bias(made),
        "MaxPool": lambda: tf.nn.max_pool2d(x, 2, [2, 3], "VALID"),
    }[case]()

    assert not made.network.missing
    np.testing.assert_allclose(graphs.network_output(made, X), expected, atol=TOLERANCE)


def kernel_of(made: Translated) -> np.ndarray:
    [parameters] = made.parameters.values()
    return parameters["kernel"].read()


def graphs_bias(made: Translated) -> np.ndarray:
    [parameters] = made.parameters.values()
    return parameters["shift"].read()


def chosen(x: tf.Tensor, training: tf.Tensor) -> tf.Tensor:
    """The sum of a branch that is taken unless training, and of one that is not."""
    x, other = tf.raw_ops.Switch(data=x, pred=training)
    one = tf.raw_ops.Merge(inputs=[tf.tanh(x), 3.0 * other])[0]
    x, other = tf.raw_ops.Switch(data=one, pred=tf.logical_not(training))
    return one + tf.raw_ops.Merge(inputs=[tf.raw_ops.Sinh(x=x), tf.abs(other)])[0]


def test_constants_choose_branches(tmp_path):
    """Not in training, as nobody says otherwise; what is not taken need not be understood."""
    made, _ = translated(
        tmp_path, lambda x: chosen(x, v1.placeholder_with_default(tf.constant(False), []))
    )
    assert not made.network.missing
    expected = np.tanh(X) + np.abs(np.tanh(X))
    np.testing.assert_allclose(graphs.network_output(made, X), expected, atol=TOLERANCE)
    made, _ = translated(tmp_path, lambda x: chosen(tf.abs(x), tf.greater(x[0, 0, 0, 0], 0)))
    assert "it chooses between functions" in made.network.missing["Switch"]


REFUSED = {
    "FusedBatchNormV3": (
        lambda x: tf.raw_ops.FusedBatchNormV3(
            x=x, scale=positive(6), offset=numbers(6), mean=[], variance=[], is_training=True
        )[0],
        "statistics of the images that go in",
    ),
    "RandomUniform": (lambda x: x + tf.random.uniform([6]), "its output is random"),
    "Sinh": (op("Sinh"), "there is no layer for it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_understood_is_named(tmp_path, case):
    function, says = REFUSED[case]
    made, _ = translated(tmp_path, lambda x: function(tf.tanh(x)))
    reasons = "; ".join(made.network.missing.values())
    assert f"TensorFlow's {case}: " in reasons and says in reasons


def test_messages_are_one_line_whatever_a_file_says():
    attributes = {"padding": "a\nb\0", "strides": (1, 1, 1, 1)}
    inputs = Source("x", 0), Source("y", 0)
    own = Operation("a", "Conv2D", inputs, attributes)
    [made] = operations_of(Node(own, "a", (), inputs, {}), 1)
    assert made.kind.reason.startswith("its padding is a") and made.kind.reason.isprintable()
    own = Operation("a", "New\nLine", inputs, {})
    assert Node(own, "a", (), inputs, {}).title.isprintable()
    _, names = layer_names([Operation("a\n/b", "Relu", inputs, {})])
    assert names["a\n/b"][0].isprintable()


def test_attributes_without_a_meaning_are_refused():
    own = Operation("a", "Relu", (Source("x", 0),), {"saturation": 3})
    [made] = operations_of(Node(own, "a", (), own.inputs, {}), 1)
    assert made.kind.reason == "its attribute saturation is not understood"


def test_the_oldest_norm_scales_or_not():
    """BatchNormWithGlobalNormalization, which TensorFlow itself runs no more."""
    inputs = [Source(name, 0) for name in ("x", "mean", "variance", "beta", "gamma")]
    for scales, gamma in ((True, "gamma"), (False, "")):
        attributes = {"variance_epsilon": 0.25, "scale_after_normalization": scales}
        own = Operation("a", "BatchNormWithGlobalNormalization", tuple(inputs), attributes)
        [made] = operations_of(Node(own, "a", (), own.inputs, {}), 1)
        assert made.kind == kinds.BatchNormalization(3, 0.25)
        assert made.inputs == ("x", gamma, "beta", "mean", "variance")


# tried elsewhere: with a SavedModel's variables, and by hand
ELSEWHERE = {"ReadVariableOp", "BatchNormWithGlobalNormalization"}


def test_every_operator_has_a_case():
    tried = ELSEWHERE | {case.partition(" ")[0] for case in CASES}
    graphs_of_cases = set()
    for function in CASES.values():
        with tf.Graph().as_default() as graph:
            function(v1.placeholder(tf.float32, SHAPE, name="x"))
        graphs_of_cases |= {each.type for each in graph.get_operations()}
    untried = {*OPERATORS, *PASSING} - tried - graphs_of_cases
    assert not untried, sorted(untried)
