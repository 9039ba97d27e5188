"""TF-Slim's networks: their names, strides and pixels, in checkpoints and dictionaries of them."""

from __future__ import annotations

import numpy as np
import pytest
from gradcheck import gap
from old_resnets import SOURCES, fill, keras_model

from tfdeconv import NETWORKS, Deconvnet, UserError, load_weights
from tfdeconv.formats import lazy_tensor
from tfdeconv.weights.detect import open_weights
from tfdeconv.weights.load import network_in
from tfdeconv.weights.tensorflow.checkpoints import checkpoint, checkpoint_files

BRANCHES = {"2a": "conv1", "2b": "conv2", "2c": "conv3", "1": "shortcut"}


def slim_arrays(model, root: str = "resnet_v1_50") -> dict[str, np.ndarray]:
    """A model's arrays by TF-Slim's names, for one whose layers have the authors'."""
    arrays = {}
    for layer in model.layers:
        if not layer.weights:
            continue
        name = layer.name.removeprefix("bn_").removeprefix("bn").removeprefix("res")
        if name == "conv1":
            place = f"{root}/conv1"
        else:
            block, _, branch = name.partition("_branch")
            number = int(block[2:]) if block[2:].isdigit() else ord(block[1]) - ord("a")
            unit = f"{root}/block{int(block[0]) - 1}/unit_{number + 1}"
            place = f"{unit}/bottleneck_v1/{BRANCHES[branch]}"
        parameters = ["weights"]
        if layer.name.startswith("bn"):
            kinds = ("gamma", "beta", "moving_mean", "moving_variance")
            parameters = [f"BatchNorm/{kind}" for kind in kinds]
        for parameter, value in zip(parameters, layer.get_weights()):
            arrays[f"{place}/{parameter}"] = value
    return arrays


def vgg_arrays(classes: int = 3) -> dict[str, np.ndarray]:
    """The first convolution and the dense layers of a VGG16 for 32 x 32, and what training left."""
    network = NETWORKS["vgg16"](classes=classes, size=(32, 32))
    arrays = {"global_step": np.array(7), "vgg_16/mean_rgb": np.float32([120.5, 110.5, 100.5])}
    names = {"fc1": "fc6", "fc2": "fc7", "predictions": "fc8"}
    for layer, shapes in network.parameters().items():
        block, _, convolution = layer.removeprefix("block").partition("_conv")
        name = names.get(layer, f"conv{block}/conv{block}_{convolution}")
        for parameter, shape in zip(("weights", "biases"), shapes.values()):
            value = np.full(shape, len(arrays), "f4")
            if name.startswith("fc") and parameter == "weights":
                value = np.arange(value.size, dtype="f4").reshape(1, 1, *shape)
            arrays[f"vgg_16/{name}/{parameter}"] = value
            arrays[f"vgg_16/{name}/{parameter}/Momentum"] = value[..., :1]
    return arrays


@pytest.fixture(scope="module")
def vgg(tmp_path_factory):
    """A VGG16's arrays as a dictionary, written once."""
    path = tmp_path_factory.mktemp("slim") / "vgg.npz"
    np.savez(path, **vgg_arrays())
    return path


def test_strides_stand_in_the_last_block(tmp_path, rng):
    import keras

    model = keras_model(SOURCES["slim"], (3, 4), (70, 64))
    fill(model, rng)
    np.savez(tmp_path / "resnet.npz", **slim_arrays(model))
    network = network_in(tmp_path / "resnet.npz")
    assert (network.name, network.variant) == ("resnet50", "slim")
    network = NETWORKS["resnet50"](size=(70, 64), variant="slim")
    weights = load_weights(tmp_path / "resnet.npz", network)
    assert sum("a stage's stride in the 3 x 3 of its last block" in n for n in weights.assumed) == 1
    x = 50 * rng.standard_normal((1, 70, 64, 3)).astype(np.float32)
    names = {"pool1": "pool1", "res2b": "block1/unit_2", "res2c": "block1", "res3b3": "block2"}
    expected = keras.Model(model.input, [model.get_layer(name).output for name in names])(x)
    for name, values in zip(names.values(), expected):
        found = Deconvnet(network, weights, network.node(name).name).activations(x)
        # float32 through twenty layers
        assert gap(found, values) < 1e-5, name


def test_dense_kernels_and_mean_are_read(vgg):
    with open_weights(vgg) as file:
        assert file.network.classes == 3 and file.ignored == ()
        kernel = file.read("fc1", "kernel")
        np.testing.assert_array_equal(kernel, np.arange(512 * 4096.0).reshape(512, 4096))
        assert (file.preprocessing.order, file.preprocessing.mean) == ("rgb", (120.5, 110.5, 100.5))
        assert file.notes[-1] == "pixels are RGB less the mean in the file, 120.5, 110.5, 100.5"


def test_a_network_within_another_model_is_refused(tmp_path):
    arrays = {f"FirstStage/{name}": value for name, value in vgg_arrays().items()}
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(UserError, match="of none of the networks that this program knows"):
        network_in(tmp_path / "x.npz")
    arrays |= {"vgg_16/other/weights": np.zeros((1, 1, 2, 2), "f4")}
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(UserError, match="a model around a network of TF-Slim"):
        load_weights(tmp_path / "x.npz")


# files


def save_checkpoint(prefix, arrays, version: int = 2) -> None:
    import tensorflow as tf

    names, values = list(arrays), [tf.constant(value) for value in arrays.values()]
    if version == 1:
        tf.raw_ops.Save(filename=str(prefix), tensor_names=names, data=values)
        return
    tf.raw_ops.SaveV2(
        prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * len(names), tensors=values
    )


ARRAYS = {
    "vgg_16/conv1/conv1_1/weights": np.arange(1728, dtype="f4").reshape(3, 3, 3, 64),
    "vgg_16/conv1/conv1_1/biases": np.arange(64, dtype="f4"),
    "vgg_16/conv1/conv1_1/biases/ExponentialMovingAverage": np.zeros(64, "f4"),
    "half": np.float16([[1, 2]]),
    "global_step": np.int64(3),
    "text": np.array("x"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkpoint in both formats, and what else lies beside one."""
    folder = tmp_path_factory.mktemp("check[p]oints")
    save_checkpoint(folder / "vgg_16.ckpt", ARRAYS)
    save_checkpoint(folder / "old.ckpt", ARRAYS, 1)
    (folder / "vgg_16.ckpt.meta").write_bytes(b"graph")
    text = 'model_checkpoint_path: "/elsewhere/vgg_16.ckpt"\nall_model_checkpoint_paths: "x"\n'
    (folder / "checkpoint").write_text(text)
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "",
        "checkpoint",
        *(f"vgg_16.ckpt{end}" for end in ("", ".index", ".meta")),
        "vgg_16.ckpt.data-00000-of-00001",
    ],
)
def test_any_file_of_a_checkpoint_leads_to_it(folder, name):
    found = checkpoint_files.find(folder / name)
    assert found.prefix == folder / "vgg_16.ckpt"
    endings = [file.suffix for file in found.files]
    assert endings == [".index", ".data-00000-of-00001"]


def test_what_lacks_a_file_is_named(tmp_path, folder):
    assert checkpoint_files.find(folder / "old.ckpt").files == (folder / "old.ckpt",)
    assert checkpoint_files.find(tmp_path) is checkpoint_files.find(__file__) is None
    index = (folder / "vgg_16.ckpt.index").read_bytes()
    (tmp_path / "a.index").write_bytes(index)
    for path in (tmp_path, tmp_path / "a", tmp_path / "a.index"):
        with pytest.raises(
            UserError, match=r"a.data-00000-of-00001, which holds its values, is mi"
        ):
            checkpoint_files.find(path)
    (tmp_path / "b.meta").write_bytes(b"graph")
    with pytest.raises(UserError, match=r"b.index, which lists its tensors, is missing"):
        checkpoint_files.find(tmp_path / "b.meta")
    (tmp_path / "b.index").write_bytes(index)
    with pytest.raises(UserError, match="holds 2 checkpoints: name one of a, b"):
        checkpoint_files.find(tmp_path)
    (tmp_path / "old[1].ckpt").write_bytes(index)
    with pytest.raises(UserError, match="TensorFlow takes its name for a pattern"):
        checkpoint_files.find(tmp_path / "old[1].ckpt")


@pytest.mark.parametrize("name", ["vgg_16.ckpt", "old.ckpt"])
def test_both_formats_are_described_alike(folder, name, monkeypatch):
    """In this process, which has TensorFlow already."""
    from tfdeconv.weights.tensorflow.checkpoints.checkpoint_server import Checkpoint

    monkeypatch.chdir(folder)
    found = Checkpoint(str(folder / name))
    assert found.description["others"] == ["text"]
    described = {entry[0]: entry[1:] for entry in found.description["tensors"]}
    assert list(described) == sorted(ARRAYS.keys() - {"text"})
    assert described["half"] == [[1, 2], "<f4"] and described["global_step"] == [[], "<i8"]
    for number, key in enumerate(described):
        # TensorFlow reads no halves of the first format
        if key == "half" and name == "old.ckpt":
            continue
        values = found.values(number, None)
        np.testing.assert_array_equal(values, ARRAYS[key])
        assert values.dtype.str == described[key][1] and list(values.shape) == described[key][0]


def test_a_checkpoint_is_read_by_another_process(folder, started):
    weights = load_weights(folder / "vgg_16.ckpt.index", "vgg16", "block1_conv1")
    kernel = ARRAYS["vgg_16/conv1/conv1_1/weights"]
    np.testing.assert_array_equal(weights["block1_conv1"]["kernel"], kernel)
    assert weights.digest == checkpoint.digest(checkpoint_files.find(folder))
    assert weights.preprocessing.mean == (123.68, 116.78, 103.94)


ENTRY = '{"tensors": [["vgg_16/conv1/conv1_1/weights", %s, %s]], "others": []}'
# what the process answers, or does, and what is said of it
PLANTED = {
    "a shape beyond the file": (ENTRY % ("[1 << 40]", "'<f4'"), "far more than files of"),
    "no shape": (ENTRY % ("[-1]", "'<f4'"), "description of its contents is invalid"),
    "no type": (ENTRY % ("[1]", "'nonsense'"), "description of its contents is invalid"),
    "no description": ("3", "description of its contents is invalid"),
    "a crash": ("os.abort()", "TensorFlow crashed"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_whatever_the_process_answers_is_one_line(folder, monkeypatch, case):
    answer, says = PLANTED[case]
    code = (
        "import os, sys; sys.path[:] = sys.argv[1:]; from tfdeconv.formats import reading_server; "
        "reading_server.receive(sys.stdin.buffer); "
        f"reading_server.send(sys.stdout.buffer, {{'file': {answer}}}); sys.stdin.read()"
    )
    monkeypatch.setattr(checkpoint, "PROGRAM", code)
    with pytest.raises(UserError, match=f"^cannot read weights from .*{says}") as error:
        load_weights(folder)
    assert "\n" not in str(error.value)


def tensors(names) -> lazy_tensor.Tensors:
    made = lazy_tensor.Tensors()
    for name in names:
        made.add(name, lazy_tensor.Tensor((3, 3, 3, 8), "float32", lambda: np.zeros(0)))
    return made


@pytest.mark.parametrize(
    "names, says",
    [
        (
            ["layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE"],
            'a checkpoint of TensorFlow 2, of 1 tensors, layer_with.*model.save\\("model.keras"\\)',
        ),
        (
            ["InceptionV3/Conv2d_1a_3x3/weights", "InceptionV3/Conv2d_1a_3x3/weights/Momentum"],
            "a checkpoint of TensorFlow 1, of 1 tensors, Inception.*load_checkpoint.*np.savez",
        ),
        (
            ["resnet_v2_50/conv1/weights"],
            "a checkpoint of TensorFlow 1, of 1 tensors, resnet_v2_50/conv1/weights",
        ),
    ],
)
def test_other_checkpoints_are_named(names, says):
    from tfdeconv.weights.tensorflow.checkpoints import slim

    with pytest.raises(UserError, match=f"^x is {says}") as error:
        slim.network("x", tensors(names), None)
    assert "\n" not in str(error.value)
