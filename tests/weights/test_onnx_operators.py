"""Every operator of ONNX's table against onnx's own reference, in all forms that it has had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from onnx_models import model, node, tensor, value, write

from tfdeconv.engine import passes
from tfdeconv.weights.detect import open_weights

RNG = np.random.default_rng(0)
# two images of six channels, on sides that show what is swapped
SHAPE = (2, 6, 11, 8)
X = RNG.standard_normal(SHAPE).astype(np.float32)


def numbers(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def positive(*shape: int) -> np.ndarray:
    return (0.5 + RNG.random(shape)).astype(np.float32)


@dataclass
class Case:
    """Operations from x to y, each (type, inputs, attributes); its other inputs are constants."""

    steps: list[tuple[str, list[Any], dict[str, Any]]]
    opset: int = 17
    outputs: int = 1
    constants: dict[str, np.ndarray] = field(default_factory=dict)


def one(kind: str, *inputs: Any, opset: int = 17, outputs: int = 1, **attributes: Any) -> Case:
    """One operation on x."""
    return Case([(kind, list(inputs), attributes)], opset, outputs)


def several(*steps: Any, opset: int = 17) -> Case:
    """Operations one after the other: (type, further inputs, attributes)."""
    return Case([(kind, list(inputs), attributes) for kind, inputs, attributes in steps], opset)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


KERNEL, BIAS = numbers(4, 6, 3, 3), numbers(4)
GROUPS = numbers(6, 2, 3, 3)
UP = numbers(6, 5, 3, 3)
MATRIX = numbers(10, 6 * 11 * 8)
POOLED = ("GlobalAveragePool", [], {})
FLAT = ("Flatten", [], {})
STATISTICS = [positive(6), numbers(6), numbers(6), positive(6)]
TANH = ("Tanh", [], {})
HALF = np.float32(0.5)

CASES = {
    "conv": one("Conv", KERNEL, BIAS, pads=[1, 0, 2, 1], strides=[2, 1]),
    "conv groups": one("Conv", numbers(4, 3, 3, 3), group=2, dilations=[2, 1]),
    "conv depthwise": one("Conv", numbers(12, 1, 3, 2), group=6, kernel_shape=[3, 2]),
    "conv of a row": one("Conv", numbers(4, 6, 1, 5), BIAS, pads=[0, 2, 0, 2]),
    "conv same upper": one("Conv", KERNEL, auto_pad="SAME_UPPER", strides=[2, 3]),
    "conv same lower": one("Conv", numbers(4, 6, 2, 4), auto_pad="SAME_LOWER"),
    "conv same lower strides": one("Conv", KERNEL, auto_pad="SAME_LOWER", strides=[2, 3]),
    "conv valid": one("Conv", KERNEL, auto_pad="VALID"),
    "transposed": one("ConvTranspose", UP, numbers(5), strides=[2, 3], pads=[1, 0, 0, 2]),
    "transposed groups": one(
        "ConvTranspose", GROUPS, group=3, strides=[2, 2], output_padding=[1, 1]
    ),
    "transposed dilation": one("ConvTranspose", UP, dilations=[2, 1]),
    "transposed same": one("ConvTranspose", UP, strides=[2, 2], auto_pad="SAME_UPPER"),
    "transposed to a size": one("ConvTranspose", UP, strides=[2, 2], output_shape=[22, 15]),
    "gemm": several(
        FLAT, ("Gemm", [MATRIX, numbers(10)], {"transB": 1, "alpha": 0.5, "beta": 2.0})
    ),
    "gemm as it is": several(FLAT, ("Gemm", [MATRIX.T.copy()], {})),
    "matmul": several(FLAT, ("MatMul", [MATRIX.T.copy()], {}), ("Add", [numbers(10)], {})),
    "gather in no order": one("Gather", ints(2, 0, 0, 5), axis=1),
    "gather nd": several(
        ("Transpose", [], {"perm": [1, 0, 2, 3]}),
        ("GatherND", [ints(2, 1, 4).reshape(3, 1)], {}),
        ("Transpose", [], {"perm": [1, 0, 2, 3]}),
    ),
    "tile channels": one("Tile", ints(1, 2, 1, 1)),
    "expand a channel": several(
        ("Gather", [ints(2)], {"axis": 1}), ("Expand", [ints(1, 4, 1, 1)], {})
    ),
    "matmul of cells": several(
        ("Transpose", [], {"perm": [0, 2, 3, 1]}),
        ("MatMul", [numbers(6, 5)], {}),
        ("Transpose", [], {"perm": [0, 3, 1, 2]}),
    ),
    "batch norm": one("BatchNormalization", *STATISTICS, epsilon=1e-3, momentum=0.9),
    "batch norm 7": one("BatchNormalization", *STATISTICS, opset=7),
    "instance norm": one("InstanceNormalization", numbers(6), numbers(6), epsilon=1e-3),
    "group norm": one("GroupNormalization", numbers(6), numbers(6), num_groups=3, opset=21),
    "layer norm": several(
        ("Transpose", [], {"perm": [0, 2, 3, 1]}),
        ("LayerNormalization", [numbers(6), numbers(6)], {"epsilon": 1e-4}),
    ),
    "layer norm of all": one("LayerNormalization", numbers(*SHAPE[1:]), axis=1),
    "lrn": one("LRN", size=5, alpha=0.2, beta=0.6, bias=2.0),
    "lrn even": one("LRN", size=4, alpha=0.5),
    "unit length": one("LpNormalization", axis=1),
    "abs": one("Abs"),
    "celu": one("Celu", alpha=0.7),
    "clip": one("Clip", np.float32(-0.5), np.float32(0.75)),
    "clip at 0": one("Clip", np.float32(0), np.float32(0.75)),
    "clip below": one("Clip", "", np.float32(0.25)),
    "clip by attributes": one("Clip", min=-0.5, max=0.75, opset=7),
    "clip by nothing": several(("Clip", [], {}), TANH),
    "elu": one("Elu", alpha=0.7),
    "erf": one("Erf"),
    "exp": one("Exp"),
    "gelu": one("Gelu", opset=20),
    "gelu tanh": one("Gelu", approximate="tanh", opset=20),
    "hard sigmoid": one("HardSigmoid"),
    "hard sigmoid moved": one("HardSigmoid", alpha=0.3, beta=0.4),
    "hard sigmoid of torch": one("HardSigmoid", alpha=1 / 6),
    "hard swish": one("HardSwish"),
    "leaky relu": one("LeakyRelu", alpha=0.3),
    "log": several(("Abs", [], {}), ("Log", [], {})),
    "mish": one("Mish", opset=18),
    "neg": one("Neg"),
    "prelu": one("PRelu", positive(6, 1, 1)),
    "prelu of one": one("PRelu", np.float32([0.25])),
    "reciprocal": several(("Exp", [], {}), ("Reciprocal", [], {})),
    "relu": one("Relu"),
    "selu": one("Selu"),
    "shrink hard": one("Shrink", lambd=0.7),
    "shrink soft": one("Shrink", lambd=0.7, bias=0.7),
    "sigmoid": several(("Sigmoid", [], {}), ("Neg", [], {})),
    "softplus": one("Softplus"),
    "softsign": one("Softsign"),
    "sqrt": several(("Abs", [], {}), ("Sqrt", [], {})),
    "tanh": one("Tanh"),
    "thresholded": one("ThresholdedRelu", alpha=0.4),
    "softmax": several(("Softmax", [], {"axis": 1}), ("Neg", [], {})),
    "softmax 11": several(
        ("GlobalMaxPool", [], {}), ("Softmax", [], {}), ("Neg", [], {}), opset=11
    ),
    "log softmax": several(("LogSoftmax", [], {"axis": 1}), ("Neg", [], {})),
    "add a number": one("Add", HALF),
    "sub from": Case([("Sub", [HALF, "x"], {})]),
    "mul by channel": one("Mul", numbers(6, 1, 1)),
    "div by channel": one("Div", positive(1, 6, 1, 1)),
    "div of": several(("Exp", [], {})),
    "add cells": one("Add", numbers(1, 1, 11, 8)),
    "add everywhere": one("Add", numbers(6, 11, 8)),
    "max": one("Max", HALF),
    "min of maps": Case([("Neg", [], {}), ("Min", ["x", "$"], {})]),
    "mean of maps": Case([("Neg", [], {}), ("Exp", [], {}), ("Mean", ["x", "$", "x"], {})]),
    "sum of maps": Case([("Exp", [], {}), ("Sum", ["x", "$", "x"], {})]),
    "maps times gates": Case([POOLED, ("Sigmoid", [], {}), ("Mul", ["x", "$"], {})]),
    "map over map": Case([("Exp", [], {}), ("Div", ["x", "$"], {})]),
    "power": several(("Abs", [], {}), ("Pow", [np.float32(1.7)], {})),
    "max pool": one("MaxPool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1]),
    "max pool dilated": one("MaxPool", kernel_shape=[2, 2], dilations=[2, 3], ceil_mode=0),
    "max pool ceil": one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    "max pool same": one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"),
    "max pool same lower": one(
        "MaxPool", kernel_shape=[2, 4], strides=[2, 1], auto_pad="SAME_LOWER"
    ),
    "average pool": one("AveragePool", kernel_shape=[3, 3], strides=[2, 1], pads=[1, 1, 1, 1]),
    "average pool of pads": one(
        "AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1
    ),
    "average pool ceil": one("AveragePool", kernel_shape=[2, 3], strides=[2, 3], ceil_mode=1),
    "global average": one("GlobalAveragePool"),
    "global max": one("GlobalMaxPool"),
    "reduce mean": one("ReduceMean", axes=[2, 3], keepdims=0, opset=13),
    "reduce mean 18": one("ReduceMean", ints(-2, -1), opset=18),
    "reduce max": one("ReduceMax", axes=[3, 2]),
    "reduce sum": one("ReduceSum", ints(1), opset=13),
    "reduce l2": one("ReduceL2", axes=[1]),
    "concat": Case([("Neg", [], {}), ("Concat", ["x", "$"], {"axis": 1})]),
    "depth to space": one("DepthToSpace", blocksize=1, mode="CRD"),
    "space to depth": several(
        ("Pad", [ints(0, 0, 0, 0, 0, 0, 1, 0)], {}), ("SpaceToDepth", [], {"blocksize": 2})
    ),
    "dropout": Case([("Relu", [], {}), ("Dropout", ["$"], {}), TANH]),
    "dropout 7": several(("Dropout", [], {"ratio": 0.3}), TANH, opset=7),
    "identity": several(("Identity", [], {}), TANH),
    "cast": several(("Cast", [], {"to": 1}), ("Relu", [], {})),
    "pad": one("Pad", ints(0, 0, 1, 2, 0, 0, 0, 3)),
    "pad of a value": several(
        ("Relu", [], {}), ("Pad", [ints(0, 0, 1, 2, 0, 0, -3, 3), np.float32(0)], {})
    ),
    "pad 7": one("Pad", pads=[0, 0, 1, 2, 0, 0, 0, 3], opset=7),
    "pad of channels": one("Pad", ints(0, 1, 1, 0, 0, 2, 0, 3)),
    "pad of axes": one("Pad", ints(1, 2, 0, 3), "", ints(2, -1), opset=18),
    "slice": one("Slice", ints(1, 2), ints(-1, 7), ints(2, 3), ints(1, 2)),
    "slice channels": one("Slice", ints(5), ints(-100), ints(1), ints(-2)),
    "slice 9": one("Slice", starts=[1, 0], ends=[5, 9223372036854775807], axes=[1, 3], opset=9),
    "gather": one("Gather", ints(1, 3, 5), axis=1),
    "split": one("Split", ints(1, 5), axis=1, outputs=2),
    "split 11": one("Split", axis=1, split=[4, 2], outputs=2, opset=11),
    "split equally": one("Split", axis=1, num_outputs=3, outputs=3, opset=18),
    "squeeze": several(POOLED, ("Squeeze", [ints(2, 3)], {}), ("Unsqueeze", [ints(2, 3)], {})),
    "squeeze 11": several(
        POOLED, ("Squeeze", [], {"axes": [2, 3]}), ("Unsqueeze", [], {"axes": [2, 3]}), opset=11
    ),
    "reshape": several(
        ("Reshape", [ints(0, 2, 3, 11, -1)], {}),
        ("Transpose", [], {"perm": [0, 2, 1, 3, 4]}),
        ("Reshape", [ints(0, 6, 11, 8)], {}),
        ("Conv", [numbers(4, 6, 1, 1)], {}),
    ),
    "upsample 9": one("Upsample", np.float32([1, 1, 2, 3]), mode="nearest", opset=9),
    "resize 10": one("Resize", np.float32([1, 1, 2, 3]), mode="nearest", opset=10),
    "resize nearest": one(
        "Resize",
        "",
        np.float32([1, 1, 2, 3]),
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    ),
    "resize linear": one("Resize", "", "", ints(2, 6, 22, 12), mode="linear"),
    "resize corners": one(
        "Resize",
        "",
        np.float32([1, 1, 2, 1.5]),
        mode="linear",
        coordinate_transformation_mode="align_corners",
    ),
    "resize cubic": one(
        "Resize", "", np.float32([1, 1, 2, 2]), mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1
    ),
    "resize of axes": one("Resize", "", np.float32([2, 2]), axes=[2, 3], mode="linear", opset=18),
    "local response of torch": Case(
        [
            ("Mul", ["x", "x"], {}),
            ("Unsqueeze", ["$", ints(1)], {}),
            ("Pad", ["$", ints(0, 0, 2, 0, 0, 0, 0, 2, 0, 0)], {}),
            ("AveragePool", ["$"], {"kernel_shape": [5, 1, 1], "strides": [1, 1, 1]}),
            ("Squeeze", ["$", ints(1)], {}),
            ("Mul", ["$", np.float32(0.2)], {}),
            ("Add", ["$", np.float32(2)], {}),
            ("Pow", ["$", np.float32(0.6)], {}),
            ("Div", ["x", "$"], {}),
        ]
    ),
    "shapes": Case(
        [
            ("Shape", ["x"], {}),
            ("Gather", [ints(0)], {"axis": 0}),
            ("Concat", ["$", ints(-1)], {"axis": 0}),
            ("Reshape", ["x", "$"], {}),
            ("Gemm", [MATRIX], {"transB": 1}),
        ]
    ),
}


def transposed(
    x: np.ndarray, kernel: np.ndarray, stride: int, crop: tuple[slice, slice], behind: int = 0
) -> np.ndarray:
    """A transposed convolution in groups: each cell leaves its kernel behind."""
    n, c, height, width = x.shape
    each, side = kernel.shape[1], kernel.shape[2]
    groups = 1 if kernel is UP else 3
    extents = [(extent - 1) * stride + side + behind for extent in (height, width)]
    y = np.zeros((n, groups * each, *extents), x.dtype)
    for channel in range(c):
        first = channel * groups // c * each
        for row, column in np.ndindex(height, width):
            rows, columns = (slice(i * stride, i * stride + side) for i in (row, column))
            share = x[:, channel, row, column, None, None, None] * kernel[channel]
            y[:, first : first + each, rows, columns] += share
    return y[:, :, crop[0], crop[1]]


def local_response(x: np.ndarray, size: int, alpha: float, beta: float, bias: float) -> np.ndarray:
    """The operator's own definition."""
    channels = x.shape[1]
    sums = np.zeros_like(x)
    for channel in range(channels):
        first = max(0, channel - (size - 1) // 2)
        last = min(channels - 1, channel + -(-(size - 1) // 2))
        sums[:, channel] = (x[:, first : last + 1] ** 2).sum(1)
    return x / (bias + alpha / size * sums) ** beta


ALL = slice(None)
# what onnx's reference does not compute, or not as the operators are defined
BY_HAND = {
    "lrn": local_response(X, 5, 0.2, 0.6, 2.0),
    "lrn even": local_response(X, 4, 0.5, 0.75, 1.0),
    "pad of a value": np.pad(np.maximum(X, 0), ((0, 0), (0, 0), (1, 0), (2, 3)))[:, :, :-3],
    "resize 10": X.repeat(2, 2).repeat(3, 3),
    "transposed groups": transposed(X, GROUPS, 2, (ALL, ALL), behind=1),
    # of an odd number of cells too many, the spec takes more before
    "transposed to a size": transposed(X, UP, 2, (slice(1, None), slice(1, -1))),
}
SHARES = np.exp(X.max((2, 3), keepdims=True))
BELOW = np.pad(X, ((0, 0), (0, 0), (1, 0), (2, 1)), constant_values=-np.inf)
WINDOWS = np.lib.stride_tricks.sliding_window_view(BELOW, (2, 4), (2, 3))[:, :, ::2]
BY_HAND["max pool same lower"] = WINDOWS.max((-1, -2))
BY_HAND["softmax 11"] = -SHARES / SHARES.sum(1, keepdims=True)
# versions whose reference fails, and those that compute the same
NEWER = {"batch norm 7": 15}


def parts(name: str, case: Case) -> tuple[list[Any], list[Any], list[str]]:
    """The operations and constants of a case, and the names of its outputs."""
    nodes, constants = [], []
    last = "x"
    for number, (kind, inputs, attributes) in enumerate(case.steps):
        names = []
        if not any(isinstance(each, str) and each for each in inputs):
            names.append(last)
        for position, each in enumerate(inputs):
            if isinstance(each, str):
                names.append(last if each == "$" else each)
                continue
            constants.append(tensor(f"{name}/{number}/{position}", each))
            names.append(constants[-1].name)
        # what was dropped is the second
        count = 2 if kind == "Dropout" else 1
        if number + 1 == len(case.steps):
            count = case.outputs
        outputs = [f"{name}/{number}/y{position}" for position in range(count)]
        nodes.append(node(kind, names, outputs, f"{name}/{number}", **attributes))
        last = outputs[0]
    return nodes, constants, outputs


def model_of(cases: Mapping[str, Case], opset: int) -> Any:
    """A model of several cases, side by side."""
    nodes, constants, results = [], [], []
    for name, case in cases.items():
        own_nodes, own_constants, outputs = parts(name, case)
        nodes += own_nodes
        constants += own_constants
        results += [value(each, []) for each in outputs]
    return model(nodes, constants, [value("x", SHAPE)], results, opset)


def maps_of(path, x: np.ndarray) -> tuple[Any, dict[str, np.ndarray]]:
    """The network of a file, and the maps of all its layers."""
    with open_weights(path) as file:
        network = file.network
        parameters: dict[str, dict[str, tf.Tensor]] = {each.name: {} for each in network.nodes}
        for layer, shapes in file.shapes.items():
            for key in shapes:
                parameters[layer][key] = tf.constant(file.read(layer, key), tf.float32)
    names = [each.name for each in network.nodes]
    images = tf.constant(np.moveaxis(x, 1, -1))
    nodes = network.at(*images.shape[1:3]).nodes
    maps, _ = passes.forward_maps(nodes, parameters, images, None, names)
    return network, dict(zip(names, (each.numpy() for each in maps)))


@pytest.fixture(scope="module")
def networks(tmp_path_factory) -> dict[int, tuple[Any, dict[str, np.ndarray]]]:
    """By version: the network of all cases, and the maps of all its layers."""
    folder = tmp_path_factory.mktemp("onnx")
    found = {}
    for opset in sorted({case.opset for case in CASES.values()}):
        cases = {name: case for name, case in CASES.items() if case.opset == opset}
        found[opset] = maps_of(write(folder / f"{opset}.onnx", model_of(cases, opset)), X)
    return found


def reference(name: str) -> dict[str, np.ndarray]:
    """What onnx itself computes for a case, by tensor."""
    if name in BY_HAND:
        return {parts(name, CASES[name])[2][0]: BY_HAND[name]}
    onnx = pytest.importorskip("onnx", reason="onnx is not installed (extra `interop`)")
    evaluators = pytest.importorskip("onnx.reference")
    case = CASES[name]
    raw = model_of({name: case}, NEWER.get(name, case.opset)).SerializeToString()
    evaluator = evaluators.ReferenceEvaluator(onnx.load_from_string(raw))
    names = parts(name, case)[2]
    return dict(zip(names, evaluator.run(names, {"x": X})))


def as_map(values: np.ndarray) -> Iterator[np.ndarray]:
    """Values as maps, with the channels at the axis 1, or last."""
    if values.ndim == 4:
        yield np.moveaxis(values, 1, -1)
    yield values.reshape(len(values), *(1,) * (4 - values.ndim), *values.shape[1:])


@pytest.mark.parametrize("name", CASES)
def test_operators_are_as_in_the_reference(networks, name):
    network, maps = networks[CASES[name].opset]
    for tensor_name, expected in reference(name).items():
        layer = tensor_name if tensor_name in maps else network.aliases.get(tensor_name)
        why = [each for key, each in network.missing.items() if key.startswith(f"{name}/")]
        assert layer is not None, why
        same = [each for each in as_map(expected) if each.shape == maps[layer].shape]
        assert same, (expected.shape, maps[layer].shape)
        # float32, the same products in another order
        np.testing.assert_allclose(maps[layer], same[0], rtol=1e-4, atol=2e-5)
