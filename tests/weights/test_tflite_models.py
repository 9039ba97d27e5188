"""Models of TensorFlow Lite: what is read, what is assumed, and what is refused by name."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from tflite_files import RELU, SAME, Number, Writer, normalization, small_model

from tfdeconv.data.preprocessing import identity, tensorflow_style
from tfdeconv.errors import UserError
from tfdeconv.formats.tflite import reader
from tfdeconv.weights.detect import open_weights

CONV = "net/conv1/Relu;net/conv1/BiasAdd;net/conv1/convolution"


def opened(tmp_path, data: bytes, name: str = "net.tflite"):
    path = tmp_path / name
    path.write_bytes(data)
    with open_weights(path) as file:
        return file


def with_step(operator: str, *inputs: Any, shape=(1, 8, 8, 3), **options: Any) -> bytes:
    """A tanh of an image, and one more operator; arrays are constants, "" what is left out."""
    file = Writer()
    file.tensor("image", shape)
    file.add("TANH", ["image"], "first", shape)
    names = []
    for number, value in enumerate(inputs):
        if not isinstance(value, str):
            value = file.constant(f"c{number}", value, np.asarray(value).dtype.name)
        names.append(value)
    file.add(operator, names, "last", shape, **options)
    return file.model(["image"], ["last"])


def test_a_model_is_known_whatever_its_name(tmp_path):
    file = opened(tmp_path, small_model(), "net.bin")

    assert file.network.name == "net" and file.network.input_shape == (8, 8, 3)
    assert "it is a model of TensorFlow Lite with its own description" in file.notes
    assert file.preprocessing == identity((8, 8))
    assert "--preprocess over255 (pixels from 0 to 1)" in file.notes[-1]
    assert file.shapes["dense/MatMul"] == {"kernel": (64, 5)}


def test_layers_have_names_that_one_can_type(tmp_path):
    network = opened(tmp_path, small_model()).network

    names = [each.name for each in network.nodes]
    assert names == [
        "conv1/Relu",
        "pool1/MaxPool",
        "dense/MatMul/flattened",
        "dense/MatMul",
        "softmax",
    ]
    for other in (CONV, "conv1"):
        assert network.node(other).name == "conv1/Relu"


def test_halves_are_read_as_what_they_stand_for(tmp_path):
    whole = opened(tmp_path, small_model())
    half = opened(tmp_path, small_model(halves=True), "half")

    assert half.network.nodes == whole.network.nodes
    kernels = half.read("conv1/Relu", "kernel"), whole.read("conv1/Relu", "kernel")
    np.testing.assert_array_equal(kernels[0], kernels[1].astype(np.float16))


def test_networks_of_keras_are_known_by_name(tmp_path):
    file = opened(tmp_path, small_model(), "mobilenet_v2.tflite")

    assert file.preprocessing == tensorflow_style((8, 8))


def test_metadata_say_what_pixels_go_in(tmp_path):
    data = small_model(metadata=normalization([127.5], [127.5]))
    file = opened(tmp_path, data)

    assert file.preprocessing == tensorflow_style((8, 8))
    assert file.notes[-1].endswith("go into the network, as its metadata say")
    # without a meaning, they say nothing
    for mean, deviation in (([1.0, 2.0], [1.0]), ([1.0], [-1.0]), ([np.inf], [1.0])):
        data = small_model(metadata=normalization(mean, deviation))
        assert "are assumed" in opened(tmp_path, data, "other").notes[-1]
    damaged = small_model(metadata=b"\xff" * 40)
    assert "are assumed" in opened(tmp_path, damaged, "damaged").notes[-1]


def test_bytes_go_in_as_they_are(tmp_path):
    file = Writer()
    file.tensor("image", (1, 4, 4, 3), "uint8")
    file.add("CAST", ["image"], "floats", (1, 4, 4, 3))
    file.add("TANH", ["floats"], "last", (1, 4, 4, 3))
    found = opened(tmp_path, file.model(["image"], ["last"]))

    assert found.preprocessing == identity((4, 4))


def test_images_of_torch_have_channels_first(tmp_path):
    file = Writer()
    file.tensor("image", (1, 3, 6, 5))
    file.constant("order", (0, 2, 3, 1), "int32")
    file.add("TRANSPOSE", ["image", "order"], "turned", (1, 6, 5, 3))
    file.add("TANH", ["turned"], "last", (1, 6, 5, 3))

    assert opened(tmp_path, file.model(["image"], ["last"])).network.input_shape == (6, 5, 3)


@pytest.mark.parametrize(
    "step, says",
    [
        (("Convolution2DTransposeBias", "first"), "its operator is Convolution2DTransposeBias"),
        (("SIN", "first"), "its operator is SIN"),
        (("SOFTMAX", "first", {"beta": 2.0}), "its beta is 2.0, which is not understood"),
        (
            ("CONV_2D", "first", np.ones((2, 3, 3, 2), np.float32)),
            "has 3 channels, expected a multiple",
        ),
        (
            ("CONV_2D", "first", np.ones((2, 3, 3, 3), np.float32), {"padding": SAME}),
            "its stride_h and stride_w are 0 and 0",
        ),
        (("MAX_POOL_2D", "first", {"padding": 7}), "its filter_height and filter_width"),
        (("ADD", "first", "first", {"fused_activation_function": 5}), "its fused activation"),
        (("MIRROR_PAD", "first", np.zeros((4, 2), np.int32), {"mode": 9}), "its mode is 9"),
        (("TRANSPOSE", "first", "first"), "its input 1 is not a constant list of integers"),
        (
            ("RESIZE_BILINEAR", "first", np.ones(2, np.int32))
            + ({"align_corners": True, "half_pixel_centers": True},),
            "it aligns corners and centers",
        ),
    ],
)
def test_what_is_not_understood_is_named(tmp_path, step, says):
    options = step[-1] if isinstance(step[-1], dict) else {}
    inputs = step[1:-1] if options else step[1:]
    network = opened(tmp_path, with_step(step[0], *inputs, **options)).network

    assert [each.name for each in network.nodes] == ["first"]
    assert says in network.missing["last"] and step[0] in network.missing["last"]


def test_options_that_nobody_knows_are_refused(tmp_path):
    file = Writer()
    file.tensor("image", (1, 8, 8, 3))
    file.add("TANH", ["image"], "first", (1, 8, 8, 3))
    file.add("SOFTMAX", ["first"], "last", (1, 8, 8, 3), beta=1.0)
    file.add("RELU", ["first"], "other", (1, 8, 8, 3))
    options = file.operators[1][4]
    options[3] = Number("<i", 2)
    # of another operator than its own
    file.operators[2] |= {3: Number("<B", 75), 4: {0: Number("<f", 0.5)}}
    network = opened(tmp_path, file.model(["image"], ["last", "other"])).network

    assert "its option 3 of 9 is not understood" in network.missing["last"]
    assert "its alpha is not understood" in network.missing["other"]


def quantized(**more: Any) -> bytes:
    file = Writer()
    file.tensor("image", (1, 4, 4, 3))
    file.constant("kernel", np.ones((2, 1, 1, 3)), "int8", **more)
    file.add("CONV_2D", ["image", "kernel"], "last", (1, 4, 4, 2), padding=SAME)
    return file.model(["image"], ["last"])


def test_quantised_models_are_refused_with_a_way_out(tmp_path):
    with pytest.raises(
        UserError, match="net.tflite: it is quantised .kernel is int8., expected"
    ) as error:
        opened(tmp_path, quantized(scales=[0.1]))
    assert "convert the model without quantisation" in str(error.value)
    file = Writer()
    file.tensor("image", (1, 4, 4, 3))
    file.constant("kernel", np.ones(3))
    file.tensors[-1][6] = {}
    file.add("ADD", ["image", "kernel"], "last", (1, 4, 4, 3), fused_activation_function=RELU)
    with pytest.raises(UserError, match="its weights kernel are sparse"):
        opened(tmp_path, file.model(["image"], ["last"]))


def test_damaged_files_are_refused_in_a_line(tmp_path):
    whole = small_model()
    path = tmp_path / "net.tflite"
    for number in range(150):
        rng = random.Random(number)
        data = bytearray(whole)
        for _ in range(3):
            data[rng.randrange(8, len(data))] = rng.choice((0, 1, 127, 128, 255))
        path.write_bytes(data[: rng.choice((len(data), rng.randrange(8, len(data))))])
        try:
            reader.read(path)
        except UserError as error:
            assert str(error).isprintable()


def table_over_itself() -> bytes:
    """A list of operators that are all the same, each with a long list of inputs."""
    file = Writer()
    file.tensor("image", (1, 4, 4, 3))
    file.add("TANH", ["image"], "last", (1, 4, 4, 3))
    file.operators[0][1] = np.zeros(1 << 18, np.int32)
    file.operators *= 64
    return file.model(["image"], ["last"])


@pytest.mark.parametrize(
    "data, says",
    [
        (table_over_itself(), "more than 1,000,000 values"),
        (b"\xff\xff\xff\x7fTFL3" + bytes(40), "it is damaged"),
        (b"\x08\0\0\0TFL3", "it is damaged"),
        (b"\x08\0\0\0TFL3" + bytes(40), "of version 0, expected 3"),
    ],
)
def test_what_files_ask_for_is_bounded(tmp_path, data, says):
    with pytest.raises(UserError, match=says):
        opened(tmp_path, data)


def test_values_must_fill_their_shape(tmp_path):
    file = Writer()
    file.tensor("image", (1, 4, 4, 3))
    file.constant("kernel", np.ones(3))
    file.tensors[-1][0] = np.array([1 << 20, 1 << 20], np.int32)
    file.add("ADD", ["image", "kernel"], "last", (1, 4, 4, 3))
    with pytest.raises(UserError, match="does not fit into its 12 bytes"):
        opened(tmp_path, file.model(["image"], ["last"]))
