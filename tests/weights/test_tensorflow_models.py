"""Whole files of TensorFlow's: their own names, notes and values, and what is refused."""

from __future__ import annotations

import graph_files as files
import numpy as np
import pytest

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.weights.load import load_weights, network_in, read_weights
from tfdeconv.weights.tensorflow.graphs.operations import Operation, Source
from tfdeconv.weights.tensorflow.operators.naming import layer_names


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A model of Keras's, exported, and two images."""
    import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    x = image = layers.Input((16, 12, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Activation("swish", name="act")(x)
    x = layers.DepthwiseConv2D(3, dilation_rate=2, activation="relu", name="deep")(x)
    x = layers.Dropout(0.5)(x)
    x = layers.Flatten(name="flat")(x)
    model = keras.Model(image, layers.Dense(3, activation="softmax", name="head")(x), name="net")
    rng = np.random.default_rng(0)
    values = [0.5 + rng.random(value.shape) for value in model.get_weights()]
    model.set_weights([value / np.sqrt(np.size(value)) for value in values])
    folder = tmp_path_factory.mktemp("exported") / "model"
    model.export(folder, verbose=False)
    return model, folder


def test_a_saved_model_is_read_by_layers(exported):
    import keras

    model, folder = exported
    weights = load_weights(folder)
    network = weights.network
    assert network.name == "net" and network.input_shape == (16, 12, 3) and not network.missing
    names = [node.name for node in network.nodes]
    assert names[:3] == ["conv", "norm", "act"] and names[-1] == "head"
    assert names[3:6] == ["deep/depthwise", "deep/BiasAdd", "deep"]
    assert any("head: its values are logits" in note for note in weights.notes)
    x = np.random.default_rng(1).uniform(0, 255, (2, 16, 12, 3)).astype("f4")
    for name in ("norm", "deep"):
        expected = keras.Model(model.input, model.get_layer(name).output)(x)
        found = Deconvnet(network, weights, name).activations(x)
        # a norm of a hundred thousandths of its values' size
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_a_frozen_graph_is_read(tmp_path):
    path = tmp_path / "net.dat"
    path.write_bytes(files.small_graph())
    weights = read_weights(path)
    assert [node.name for node in weights.network.nodes] == ["conv", "relu", "mean", "out"]
    np.testing.assert_array_equal(weights["conv"]["kernel"], files.KERNEL)
    assert weights.notes[0] == "it is a frozen graph of TensorFlow with its own description"
    with pytest.raises(UserError, match="net.dat describes its own network: leave out --network"):
        network_in(path, "vgg16")


def test_a_saved_model_needs_its_variables(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(files.small_saved_model())
    places = ("", "saved_model.pb", "variables", "variables/variables.data-00000-of-00001")
    for path in (tmp_path / place for place in places):
        with pytest.raises(UserError, match="variables.index, which lists its tensors, is missing"):
            network_in(path)


@pytest.mark.parametrize(
    "scope, says, order",
    [
        ("vgg_16", "assumed: TF-Slim's preprocessing", (123.68, 116.78, 103.94)),
        ("resnet_v2_50", "assumed: TF-Slim's pixels from -1 to 1", (127.5,) * 3),
        ("mobilenet", "as in Keras's own network of such a name", (127.5,) * 3),
        ("mine", "nothing in the file says what was used", ()),
    ],
)
def test_pixels_go_by_the_model_name(tmp_path, scope, says, order):
    nodes = [files.image(), files.const("kernel", files.KERNEL)]
    strides, padding = files.ones(4), {"s": b"SAME"}
    nodes.append(
        files.node(
            f"{scope}/conv1/Conv2D", "Conv2D", "x", "kernel", strides=strides, padding=padding
        )
    )
    nodes.append(files.node(f"{scope}/conv1/Relu", "Relu", f"{scope}/conv1/Conv2D"))
    (tmp_path / "net.pb").write_bytes(files.graph(nodes).SerializeToString())
    weights = read_weights(tmp_path / "net.pb")
    assert weights.network.name == scope and says in weights.notes[-1]
    assert (weights.preprocessing.mean or ()) == order


def names_of(*paths: str) -> tuple[str, dict[str, str]]:
    """The model's name, and the layers' by the operations'; these are `name=operation`."""
    operations = []
    for path in paths:
        name, _, op = path.partition("=")
        operations.append(Operation(name, op or name.rpartition("/")[2], (Source("x", 0),), {}))
    model, names = layer_names(operations)
    return model, {name: found[0] for name, found in names.items()}


def test_layers_have_keras_names():
    call = "StatefulPartitionedCall_1/StatefulPartitionedCall/net_1"
    model, names = names_of(
        f"{call}/conv_1/convolution=Conv2D",
        f"{call}/conv_1/BiasAdd",
        f"{call}/conv_1/Relu",
        f"{call}/conv_1_2/convolution=Conv2D",
        f"{call}/norm_1/batchnorm/mul_1=Mul",
        f"{call}/norm_1/batchnorm/add_1=AddV2",
    )
    assert model == "net"
    assert list(names.values()) == [
        "conv/convolution",
        "conv/BiasAdd",
        "conv",
        "conv_1",
        "norm/batchnorm/mul_1",
        "norm",
    ]


def test_scopes_of_several_layers_are_none():
    model, names = names_of(
        "net/block/a/Conv2D", "net/block/a/Relu", "net/block/b/Conv2D", "net/end_1/Relu"
    )
    assert model == "net"
    assert list(names.values()) == ["block/a/Conv2D", "block/a", "block/b", "end_1"]


def test_names_of_old_graphs_stay():
    model, names = names_of("conv2d0_pre_relu/conv=Conv2D", "conv2d0_pre_relu=BiasAdd", "mixed3a")
    assert model == "" and list(names.values()) == ["conv2d0_pre_relu/conv", *list(names)[1:]]
