"""Every operator of TensorFlow Lite's table against its own interpreter."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tflite_files import NONE, RELU, RELU6, RELU_N1_TO_1, SAME, VALID, Writer

from tfdeconv.engine import passes
from tfdeconv.weights.detect import open_weights
from tfdeconv.weights.tflite.operators import OPERATORS

RNG = np.random.default_rng(0)
# on sides that show what is swapped
SHAPE = (1, 8, 10, 4)
# above and below the limits of all functions
IMAGE = (3 * RNG.standard_normal(SHAPE)).astype(np.float32)
X = "x"


def numbers(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def ints(*values: Any) -> np.ndarray:
    return np.array(values, np.int32)


@dataclass
class Step:
    """An operator; X is what goes in, the image or what the step before made."""

    operator: str
    inputs: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    outputs: int = 1
    shape: tuple[int, ...] = SHAPE
    dtype: str = "float32"


def step(operator: str, *inputs: Any, outputs: int = 1, dtype: str = "float32", **options: Any):
    shape = options.pop("shape", SHAPE)
    return Step(operator, inputs or (X,), options, outputs, shape, dtype)


STEP = {"stride_w": 1, "stride_h": 1}
STRIDES = {"stride_w": 2, "stride_h": 3}
POOL = {"filter_height": 2, "filter_width": 3}
EVERY = {"begin_mask": 0, "end_mask": 0}
SHAPE_PARTS = [
    step("SHAPE", shape=(4,), dtype="int32", out_type=2),
    step(
        "STRIDED_SLICE", X, ints(0), ints(1), ints(1), shape=(), dtype="int32", shrink_axis_mask=1
    ),
    step("PACK", X, ints(-1)[0], shape=(2,), dtype="int32", values_count=2, axis=0),
]
FUNCTIONS = (
    "ABS ELU EXP HARD_SWISH LOGISTIC LOG_SOFTMAX NEG RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 SQUARE "
    "TANH"
).split()
# what makes probabilities of a network's outputs is left out there, so that something follows
CASES: dict[str, list[Step]] = {name: [step(name), step("NEG")] for name in FUNCTIONS}
CASES |= {
    "conv": [step("CONV_2D", X, numbers(5, 3, 2, 4), numbers(5), padding=SAME, **STRIDES)],
    "conv groups": [step("CONV_2D", X, numbers(6, 3, 3, 2), numbers(6), padding=VALID, **STEP)],
    "conv dilation": [
        step(
            "CONV_2D",
            X,
            numbers(5, 3, 3, 4),
            numbers(5),
            padding=SAME,
            dilation_w_factor=2,
            dilation_h_factor=3,
            fused_activation_function=RELU6,
            **STEP,
        )
    ],
    "conv of batches of cells": [
        step("SPACE_TO_BATCH_ND", X, ints(2, 2), ints((2, 2), (1, 3)), shape=(4, 6, 7, 4)),
        step(
            "CONV_2D", X, numbers(5, 3, 3, 4), numbers(5), padding=VALID, shape=(4, 4, 5, 5), **STEP
        ),
        step("BATCH_TO_SPACE_ND", X, ints(2, 2), ints((0, 1), (1, 0)), shape=(1, 7, 9, 5)),
    ],
    "depthwise": [
        step(
            "DEPTHWISE_CONV_2D",
            X,
            numbers(1, 3, 2, 8),
            numbers(8),
            padding=SAME,
            stride_w=2,
            stride_h=2,
            depth_multiplier=2,
            fused_activation_function=RELU_N1_TO_1,
        )
    ],
    "transposed": [
        step("TRANSPOSE_CONV", ints(1, 24, 20, 3), numbers(3, 3, 2, 4), X, numbers(3), **STRIDES)
    ],
    "transposed to odd": [
        step("TRANSPOSE_CONV", ints(1, 15, 19, 3), numbers(3, 3, 3, 4), X, stride_w=2, stride_h=2)
    ],
    "transposed valid": [
        step(
            "TRANSPOSE_CONV",
            ints(1, 17, 21, 3),
            numbers(3, 3, 3, 4),
            X,
            padding=VALID,
            stride_w=2,
            stride_h=2,
        )
    ],
    "matrix": [
        step("RESHAPE", X, ints(-1, 320), shape=(1, 320)),
        step("FULLY_CONNECTED", X, numbers(7, 320), numbers(7), fused_activation_function=RELU),
    ],
    "matrix of cells": [
        step("FULLY_CONNECTED", X, numbers(7, 4), "", keep_num_dims=True, shape=(1, 8, 10, 7))
    ],
    "matrix of all": [step("FULLY_CONNECTED", X, numbers(7, 320), numbers(7))],
    "matrix product": [step("BATCH_MATMUL", X, numbers(4, 5))],
    "max pool": [step("MAX_POOL_2D", padding=SAME, **POOL, **STRIDES)],
    "mean pool": [
        step("AVERAGE_POOL_2D", padding=SAME, fused_activation_function=RELU, **POOL, **STEP)
    ],
    "leaky": [step("LEAKY_RELU", alpha=0.2)],
    "gelu": [step("GELU", approximate=False)],
    "gelu tanh": [step("GELU", approximate=True)],
    "prelu": [step("PRELU", X, numbers(1, 1, 4))],
    "roots": [step("SQUARE"), step("SQRT"), step("EXP"), step("RSQRT"), step("LOG")],
    "softmax": [step("SOFTMAX", beta=1.0), step("NEG")],
    "unit length": [step("L2_NORMALIZATION", fused_activation_function=NONE)],
    "local response": [
        step("LOCAL_RESPONSE_NORMALIZATION", radius=1, bias=1.5, alpha=0.2, beta=0.75)
    ],
    "add": [step("ADD", X, numbers(1, 1, 4), fused_activation_function=RELU)],
    "add itself": [step("ADD", X, X)],
    "add several": [step("ADD_N", X, X, X)],
    "from a number": [step("SUB", np.float32(2), X)],
    "times": [step("MUL", X, numbers(1, 1, 1, 4))],
    "over": [step("DIV", X, np.float32(3))],
    "limits": [step("MAXIMUM", X, np.float32(-1)), step("MINIMUM", X, np.float32(2))],
    "power": [step("ABS"), step("POW", X, np.float32(1.5))],
    "squared difference": [step("SQUARED_DIFFERENCE", X, np.float32(0.5))],
    "mean": [step("MEAN", X, ints(1, 2), keep_dims=False)],
    "mean kept": [step("MEAN", X, ints(1, 2), keep_dims=True), step("MUL", X, X)],
    "largest": [step("REDUCE_MAX", X, ints(2, 1), keep_dims=False)],
    "sum of cells": [
        step("SUM", X, ints(1, 2), keep_dims=False, shape=(1, 4)),
        step("FULLY_CONNECTED", X, numbers(3, 4)),
    ],
    "sum of channels": [step("SUM", X, ints(3), keep_dims=True)],
    "joined": [step("CONCATENATION", X, X, axis=-1)],
    "split": [step("SPLIT", ints(3)[0], X, outputs=2, num_splits=2)],
    "split by sizes": [step("SPLIT_V", X, ints(1, -1), ints(3)[0], outputs=2, num_splits=2)],
    "unstacked": [step("UNPACK", outputs=4, num=4, axis=3)],
    "pad": [step("PAD", X, ints((0, 0), (1, 2), (0, 3), (0, 0)))],
    "pad of a value": [step("PADV2", X, ints((0, 0), (1, 2), (0, 3), (0, 0)), np.float32(0))],
    "mirrored": [step("MIRROR_PAD", X, ints((0, 0), (1, 2), (0, 3), (0, 0)), mode=0)],
    "mirrored with edges": [step("MIRROR_PAD", X, ints((0, 0), (1, 2), (0, 3), (0, 0)), mode=1)],
    "slice": [step("SLICE", X, ints(0, 1, 2, 1), ints(-1, 5, -1, 2), shape=(1, 5, 8, 2))],
    "strided slice": [
        step(
            "STRIDED_SLICE",
            X,
            ints(0, 1, -7, 3),
            ints(0, -1, 9, 0),
            ints(1, 2, 2, -1),
            begin_mask=1,
            end_mask=1,
        )
    ],
    "slice with dots": [
        step("STRIDED_SLICE", X, ints(0, 1), ints(0, 3), ints(1, 1), ellipsis_mask=1, **EVERY)
    ],
    "slice of one": [
        step(
            "STRIDED_SLICE",
            X,
            ints(0, 2),
            ints(0, 0),
            ints(1, 1),
            ellipsis_mask=1,
            shrink_axis_mask=2,
        )
    ],
    "gather": [step("GATHER", X, ints(1, 3), axis=3)],
    "cells of blocks": [step("DEPTH_TO_SPACE", block_size=2)],
    "blocks of cells": [step("SPACE_TO_DEPTH", block_size=2)],
    "bilinear": [step("RESIZE_BILINEAR", X, ints(13, 20))],
    "bilinear centers": [step("RESIZE_BILINEAR", X, ints(5, 20), half_pixel_centers=True)],
    "bilinear corners": [step("RESIZE_BILINEAR", X, ints(16, 7), align_corners=True)],
    "nearest": [step("RESIZE_NEAREST_NEIGHBOR", X, ints(13, 20))],
    "nearest centers": [step("RESIZE_NEAREST_NEIGHBOR", X, ints(5, 25), half_pixel_centers=True)],
    "nearest corners": [step("RESIZE_NEAREST_NEIGHBOR", X, ints(16, 7), align_corners=True)],
    "repeated rows": [
        step("EXPAND_DIMS", X, ints(2)[0], shape=(1, 8, 1, 10, 4)),
        step("TILE", X, ints(1, 1, 3, 1, 1), shape=(1, 8, 3, 10, 4)),
        step("RESHAPE", X, ints(1, 24, 10, 4)),
    ],
    "shape arithmetic": [*SHAPE_PARTS, step("RESHAPE", "image", X, shape=(1, 320)), step("NEG")],
    "turned and back": [
        step("TRANSPOSE", X, ints(0, 3, 1, 2)),
        step("SQUEEZE", X, squeeze_dims=(0,)),
        step("EXPAND_DIMS", X, ints(0)[0]),
        step("TRANSPOSE", X, ints(0, 2, 3, 1)),
        step("NEG"),
    ],
    "as it is": [step("CAST"), step("BROADCAST_TO", X, ints(1, 8, 10, 4)), step("NEG")],
}
# worked out from constants alone: what they come to is added to the image
COMPUTED = {
    "ceil": [step("CEIL", np.float32(1.3))],
    "floor": [step("FLOOR", np.float32(1.3))],
    "round": [step("ROUND", np.float32(1.7))],
    "filled": [step("FILL", ints(4), np.float32(3))],
    "range": [step("RANGE", np.float32(0), np.float32(8), np.float32(2), shape=(4,))],
    "chosen": [
        step("GREATER", numbers(4), numbers(4), dtype="bool"),
        step("LOGICAL_NOT", dtype="bool"),
        step("SELECT", X, numbers(4), numbers(4)),
    ],
    "chosen too": [
        step("LESS", numbers(4), numbers(4), dtype="bool"),
        step("LOGICAL_OR", X, np.array([True, False, False, False]), dtype="bool"),
        step("LOGICAL_AND", X, np.array([True, False, True, True]), dtype="bool"),
        step("SELECT_V2", X, numbers(4), numbers(4)),
    ],
    "equal": [step("EQUAL", ints(1, 2, 3, 4), ints(1, 3, 3, 5), dtype="bool"), step("CAST")],
    "whole numbers": [
        step("FLOOR_DIV", ints(7, 8, 9, 10), ints(2)[0], dtype="int32"),
        step("FLOOR_MOD", X, ints(3)[0], dtype="int32"),
        step("CAST"),
    ],
    "product": [
        step("REDUCE_PROD", ints(3, 4), ints(0), dtype="int32", keep_dims=False),
        step("CAST"),
    ],
    "rank": [step("RANK", "image", dtype="int32"), step("CAST")],
    "least": [step("REDUCE_MIN", numbers(3), ints(0), keep_dims=False)],
    "half precision": [step("DEQUANTIZE", numbers(4).astype(np.float16))],
}
ADD = step("ADD", "image", X)
CASES |= {name: [*steps, ADD] for name, steps in COMPUTED.items()}


def written(path) -> list[tuple[str, list[str]]]:
    """A model of all cases, side by side; the names of each one's outputs."""
    file = Writer()
    file.tensor("image", SHAPE)
    found = []
    for name, steps in CASES.items():
        before = "image"
        for number, each in enumerate(steps):
            names = []
            for position, value in enumerate(each.inputs):
                if isinstance(value, str):
                    names.append(before if value == X else value)
                else:
                    constant = f"{name}/{number}/c{position}"
                    names.append(file.constant(constant, value, np.asarray(value).dtype.name))
            outputs = [f"{name}/{number}/y{position}" for position in range(each.outputs)]
            file.add(each.operator, names, outputs, each.shape, each.dtype, **each.options)
            before = outputs[0]
        found.append((name, outputs))
    results = [output for _, outputs in found for output in outputs]
    path.write_bytes(file.model(["image"], results))
    return found


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> dict[str, Any]:
    """The network of all cases with its maps, and what the interpreter makes of them."""
    path = tmp_path_factory.mktemp("tflite") / "all.tflite"
    outputs = dict(written(path))
    with open_weights(path) as opened:
        network = opened.network
        parameters: dict[str, dict[str, tf.Tensor]] = {each.name: {} for each in network.nodes}
        for layer, shapes in opened.shapes.items():
            for key in shapes:
                parameters[layer][key] = tf.constant(opened.read(layer, key), tf.float32)
    names = [each.name for each in network.nodes]
    nodes = network.at(*SHAPE[1:3]).nodes
    maps, _ = passes.forward_maps(nodes, parameters, tf.constant(IMAGE), None, names)
    with warnings.catch_warnings():
        # it moves to a package of its own, which is not needed here
        warnings.simplefilter("ignore")
        resolver = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        interpreter = tf.lite.Interpreter(str(path), experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], IMAGE)
    interpreter.invoke()
    expected = {
        each["name"]: interpreter.get_tensor(each["index"])
        for each in interpreter.get_output_details()
    }
    return {
        "network": network,
        "maps": dict(zip(names, maps)),
        "outputs": outputs,
        "expected": expected,
    }


@pytest.mark.parametrize("name", CASES)
def test_operators_are_as_in_the_interpreter(model, name):
    network = model["network"]
    for tensor in model["outputs"][name]:
        assert tensor in network.aliases or tensor in model["maps"], network.missing
        found = model["maps"][network.aliases.get(tensor, tensor)].numpy()
        expected = model["expected"][tensor]
        # vectors, and channels of which there is one, have no axes of their own
        assert found.size == expected.size
        # float32, the same products in another order
        np.testing.assert_allclose(found.ravel(), expected.ravel(), rtol=1e-4, atol=2e-5)


def test_every_operator_has_an_example():
    tried = {each.operator for steps in CASES.values() for each in steps}
    assert OPERATORS.keys() <= tried
