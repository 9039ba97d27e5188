"""ONNX models: what is assumed, what is refused by name, and what still works beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx_models import (
    branch,
    choice,
    external,
    function,
    model,
    node,
    small_model,
    tensor,
    value,
    write,
)
from pickle_files import memory_below

from tfdeconv.data.preprocessing import identity, over255, torch_v2
from tfdeconv.errors import UserError
from tfdeconv.weights.detect import open_weights

KERNEL = np.ones((4, 3, 3, 3), np.float32)
INPUTS = [value("x", [1, 3, 8, 8])]


def opened(path):
    with open_weights(path) as file:
        return file


def small(*nodes: Any, constants=(), opset: int = 17, inputs=INPUTS, functions=(), **fields: Any):
    """A convolution and what follows it."""
    conv = node("Conv", ["x", "kernel"], ["a"], "conv", pads=[1, 1, 1, 1])
    kernel = tensor("kernel", KERNEL)
    outputs = [value(name, []) for name in nodes[-1].output[:1]] if nodes else [value("a", [])]
    return model([conv, *nodes], [kernel, *constants], inputs, outputs, opset, functions, **fields)


def test_a_model_is_known_whatever_its_name(tmp_path):
    file = opened(write(tmp_path / "net.bin", small_model()))

    network = file.network
    assert network.name == "net" and network.input_shape == (8, 8, 3)
    assert "it is an ONNX model with its own description" in file.notes
    layers = {each.name: type(each.layer).__name__ for each in network.nodes}
    assert layers["conv"] == "Conv" and layers["call/relu"] == "Activation"
    assert layers["pool"] == "MaxPool" and layers["gemm"] == "Dense"
    # half precision is read as float32
    assert file.shapes["gemm"] == {"kernel": (64, 2), "bias": (2,)}


def test_layers_have_their_outputs_names_too(tmp_path):
    file = opened(write(tmp_path / "x", small(node("Relu", ["a"], ["the output"]))))

    assert [each.name for each in file.network.nodes] == ["conv", "the output"]
    assert file.network.aliases["a"] == "conv"


def test_names_that_are_taken_or_too_long(tmp_path):
    long = "scope/" * 50
    nodes = [
        node("Tanh", ["a"], ["b"], "conv"),
        node("Tanh", ["b"], ["c"], "input"),
        node("Tanh", ["c"], [long], long),
        node("Tanh", [long], [f"{long}/"], long),
    ]
    names = [each.name for each in opened(write(tmp_path / "x", small(*nodes))).network.nodes]

    assert names[:3] == ["conv", "b", "c"]
    assert len(set(names)) == 5 and max(map(len, names)) < 200


def test_flattened_maps_keep_the_files_order(tmp_path):
    matrix = np.random.default_rng(0).standard_normal((2, 4 * 8 * 8)).astype(np.float32)
    nodes = [node("Flatten", ["a"], ["b"]), node("Gemm", ["b", "matrix"], ["c"], "gemm", transB=1)]
    path = write(tmp_path / "x", small(*nodes, constants=[tensor("matrix", matrix)]))
    with open_weights(path) as file:
        flatten = next(each for each in file.network.nodes if each.name.endswith("/flattened"))
        assert flatten.layer.channels_first
        np.testing.assert_array_equal(file.read("gemm", "kernel"), matrix.T)


def test_channels_last_models_are_known_by_their_transpose(tmp_path):
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
        node("Conv", ["t", "kernel"], ["a"], "conv"),
    ]
    # the sides alone would leave it open
    inputs = [value("x", [1, 3, 3, 3])]
    said = model(nodes, [tensor("kernel", KERNEL)], inputs, [value("a", [])])
    network = opened(write(tmp_path / "x", said)).network

    assert network.input_shape == (3, 3, 3) and len(network.nodes) == 1
    inputs = [value("x", [1, 16, 4, 1])]
    kernel = tensor("kernel", np.ones((4, 16, 1, 1), np.float32))
    conv = [node("Conv", ["x", "kernel"], ["a"], "conv")]
    path = write(tmp_path / "y", model(conv, [kernel], inputs, [value("a", [])]))
    assert opened(path).network.input_shape == (4, 1, 16)


MEAN, DEVIATION = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])


def scaled(mean, deviation):
    """A model that normalises its pixels itself."""
    steps = [
        node("Sub", ["x", "mean"], ["s"]),
        node("Div", ["s", "deviation"], ["n"]),
        node("Conv", ["n", "kernel"], ["a"], "conv"),
    ]
    constants = [
        tensor("mean", np.reshape(mean, (1, -1, 1, 1))),
        tensor("deviation", np.reshape(deviation, (1, -1, 1, 1))),
        tensor("kernel", KERNEL),
    ]
    return model(steps, constants, INPUTS, [value("a", [])])


SIZE = (8, 8)
BGR = np.float32([103.939, 116.779, 123.68])
PIXELS = {
    "to 1": (scaled(MEAN, DEVIATION), over255(SIZE), "from 0 to 1 go into"),
    "to 255": (scaled(255 * MEAN, 255 * DEVIATION), identity(SIZE), "from 0 to 255 go into"),
    "over 127.5": (scaled(np.float32([127.5]), np.float32([127.5])), identity(SIZE), "to 255 go"),
    "nothing": (small(), torch_v2(SIZE), "--preprocess over255"),
    "bytes": (
        small(inputs=[value("x", [1, 3, 8, 8], "uint8")]),
        identity(SIZE),
        "go into the network, as bytes",
    ),
}


@pytest.mark.parametrize("case", PIXELS)
def test_pixels_are_those_that_the_model_shows(tmp_path, case):
    said, expected, note = PIXELS[case]
    file = opened(write(tmp_path / "x", said))

    assert file.preprocessing == expected and note in file.notes[-1]


def test_colours_in_the_other_order_are_known(tmp_path):
    file = opened(write(tmp_path / "x", scaled(BGR, np.float32([1]))))

    assert file.preprocessing.order == "bgr" and "in the order BGR" in file.notes[-1]


def test_files_beside_the_model_are_part_of_it(tmp_path):
    conv = [node("Conv", ["x", "kernel"], ["a"], "conv")]
    kernel = external("kernel", KERNEL, location="x.data")
    (tmp_path / "x.data").write_bytes(KERNEL.tobytes())
    path = write(tmp_path / "x.onnx", model(conv, [kernel], INPUTS, [value("a", [])]))
    with open_weights(path) as file:
        np.testing.assert_array_equal(
            file.read("conv", "kernel"), np.moveaxis(KERNEL, (2, 3), (0, 1)).swapaxes(2, 3)
        )
    before = file.digest
    (tmp_path / "x.data").write_bytes((KERNEL + 1).tobytes())

    assert opened(path).digest != before


RELU = [node("Relu", ["a"], ["y"], "last")]
# what is not understood, as `last` after the convolution, and what is said of it
REFUSED: dict[str, tuple[Any, str]] = {
    "operator": (node("Einsum", ["a"], ["y"], "last", equation="a"), "ONNX's Einsum: there is no"),
    "domain": (node("Relu", ["a"], ["y"], "last", "com.microsoft"), "com.microsoft's Relu"),
    "quantised": (node("QuantizeLinear", ["a"], ["y"], "last"), "export the model in float32"),
    "attribute": (node("Relu", ["a"], ["y"], "last", alpha=1.0), "its attribute alpha is not"),
    "type": (node("LeakyRelu", ["a"], ["y"], "last", alpha="x"), "of the wrong type"),
    "not finite": (node("LeakyRelu", ["a"], ["y"], "last", alpha=float("nan")), "is nan"),
    "transA": (node("Gemm", ["a", "kernel"], ["y"], "last", transA=1), "first matrix, the images"),
    "training": (
        node("BatchNormalization", ["a"] * 5, ["y"], "last", training_mode=1),
        "as in training",
    ),
    "antialias": (node("Resize", ["a"], ["y"], "last", antialias=1), "its antialias is 1"),
    "crop": (
        node("Resize", ["a"], ["y"], "last", coordinate_transformation_mode="tf_crop_and_resize"),
        "tf_crop_and_resize",
    ),
    "volume": (
        node("MaxPool", ["a"], ["y"], "last", kernel_shape=[1, 2, 2]),
        "its kernel_shape has 3 numbers, for maps it has 2",
    ),
    "auto_pad": (
        node("MaxPool", ["a"], ["y"], "last", kernel_shape=[2, 2], auto_pad="MOST"),
        "its auto_pad is MOST",
    ),
    "batch": (node("Softmax", ["a"], ["y"], "last", axis=0), "axis 0 is not the channels"),
    "missing input": (node("Add", ["a", "nothing"], ["y"], "last"), "that no operation makes"),
    "circle": (node("Add", ["a", "z"], ["y"], "last"), "that no operation makes"),
    "mask": (node("Dropout", ["a", "", "train"], ["y"], "last"), "it drops values"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_understood_is_named(tmp_path, case):
    last, reason = REFUSED[case]
    train = tensor("train", np.array(True))
    said = small(last, node("Relu", ["y"], ["z"], "after"), constants=[train])
    network = opened(write(tmp_path / "x", said)).network

    # the layers before it are there
    assert [each.name for each in network.nodes] == ["conv"]
    assert reason in network.missing["last"]


def test_what_depends_on_it_is_named(tmp_path):
    last, _ = REFUSED["operator"]
    said = small(last, node("Relu", ["y"], ["z"], "after"))
    missing = opened(write(tmp_path / "x", said)).network.missing

    assert missing["after"].startswith("it depends on last")


def test_operations_in_any_order_are_sorted(tmp_path):
    said = small(node("Relu", ["a"], ["b"], "relu"), node("Tanh", ["b"], ["c"], "tanh"))
    said.graph.node.reverse()
    names = [each.name for each in opened(write(tmp_path / "x", said)).network.nodes]

    assert names == ["conv", "relu", "tanh"]


def test_a_model_without_images_is_refused(tmp_path):
    said = model([node("Relu", ["x"], ["y"])], [], [value("x", [1, 9, 4])], [value("y", [])])

    with pytest.raises(UserError, match="has the shape .*expected images"):
        opened(write(tmp_path / "x", said))


def test_generators_take_vectors(tmp_path):
    matrix = tensor("matrix", np.ones((5, 4 * 2 * 2), np.float32))
    nodes = [
        node("MatMul", ["z", "matrix"], ["a"], "dense"),
        node("Reshape", ["a", "shape"], ["b"]),
        node("ConvTranspose", ["b", "kernel"], ["y"], "up", strides=[2, 2]),
    ]
    kernel = tensor("kernel", np.ones((4, 3, 2, 2), np.float32))
    shape = tensor("shape", np.array([-1, 4, 2, 2]))
    said = model(nodes, [matrix, shape, kernel], [value("z", ["n", 5])], [value("y", [])])
    network = opened(write(tmp_path / "x", said)).network

    assert network.input_shape == (1, 1, 5)
    assert network.shapes()["up"] == (4, 4, 3)


def test_weights_of_one_value_take_no_memory(tmp_path):
    shape = tensor("shape", np.array([4096, 25088]))
    nodes = [
        node("ConstantOfShape", ["shape"], ["matrix"], value=tensor("", np.float32([0.5]))),
        node("Flatten", ["x"], ["f"]),
        node("Gemm", ["f", "matrix"], ["y"], "dense", transB=1),
    ]
    said = model(nodes, [shape], [value("x", [1, 512, 7, 7])], [value("y", [])])

    with memory_below(50e6):
        assert opened(write(tmp_path / "x", said)).shapes["dense"]["kernel"] == (25088, 4096)


def test_quantised_models_are_refused_in_a_line(tmp_path):
    nodes = [node("QLinearConv", ["x"], ["y"], "first")]
    path = write(tmp_path / "x", model(nodes, [], INPUTS, [value("y", [])]))

    with pytest.raises(UserError, match="export the model in float32") as caught:
        opened(path)
    assert "\n" not in str(caught.value)


UNKNOWN = branch([node("Einsum", ["a"], ["b"])], ["b"])
SAME = branch([node("Relu", ["a"], ["b"])], ["b"])


def test_an_if_chooses_by_a_constant(tmp_path):
    yes = tensor("yes", np.array(True))
    said = small(choice("yes", "y", SAME, UNKNOWN), constants=[yes])
    network = opened(write(tmp_path / "x", said)).network
    assert network.aliases["y"] == "choice/then_branch/b"

    said.graph.initializer[-1].raw_data = b"\0"
    network = opened(write(tmp_path / "x", said)).network
    assert "y" not in network.aliases and "Einsum" in network.missing["choice"]


def test_an_if_by_the_image_is_refused(tmp_path):
    network = opened(write(tmp_path / "x", small(choice("a", "y", SAME, SAME)))).network

    assert "its condition depends on the image" in network.missing["choice"]


def test_functions_of_the_model_are_understood(tmp_path):
    body = [node("Sigmoid", ["u"], ["v"], "s"), node("Mul", ["u", "v"], ["w"], "m")]
    gate = function("gate", ["u"], ["w"], body)
    said = small(node("gate", ["a"], ["y"], "call", "own"), functions=[gate])
    file = opened(write(tmp_path / "x", said))

    assert not file.network.missing and "y" in file.network.aliases
