"""What is left over in a file decides whether it is of a network: never silently of another one."""

from __future__ import annotations

import numpy as np
import pytest
from weight_files import save_keras

from tfdeconv import NETWORKS, UserError
from tfdeconv.weights.detect import open_weights
from tfdeconv.weights.load import read_weights
from tfdeconv.weights.recognition.conventions import CONVENTIONS, KERAS

# {example: (network, variant, the last layer in the file, who names the tensors, prefix)}
EXAMPLES = {
    "torchvision's ResNet": ("resnet50", "torchvision", "conv2_block2_3_bn", "torchvision", ""),
    "behind a prefix": ("resnet18", "torchvision", "conv2_block2_2_bn", "torchvision", "net."),
    "Hugging Face's": ("resnet50", "torchvision", "conv2_block2_1_bn", "Hugging Face", ""),
    "detectron2's": ("resnet101", "detectron", "conv2_block2_1_bn", "detectron2", "backbone."),
    "VGG with norms": ("vgg11_bn", "", "block2_bn1", "torchvision", ""),
    "Caffe's VGG": ("vgg16", "", "block2_conv2", "Caffe", ""),
    "Keras's VGG": ("vgg16", "", "block2_conv2", "Keras", ""),
    "Keras's ResNet": ("resnet50", "keras", "conv2_block2_1_bn", "Keras", ""),
}


def tensors_of(example: str, rng) -> dict[str, np.ndarray]:
    """The tensors of a file in the network's order, up to a layer."""
    name, variant, last, maker, prefix = EXAMPLES[example]
    network = NETWORKS[name](variant=variant)
    [convention, *_] = [one for one in (*CONVENTIONS, *KERAS) if one.maker == maker]
    keys = convention.keys(network)
    tensors = {}
    for layer, shapes in network.parameters().items():
        for parameter, shape in shapes.items():
            values = rng.uniform(1, 2, shape).astype(np.float32)
            if convention.channels_first and len(shape) == 4:
                values = values.transpose(3, 2, 0, 1)
            tensors[prefix + keys[layer][parameter]] = values
        if layer == last:
            break
    return tensors


def save(path, tensors: dict[str, np.ndarray], example: str):
    """The tensors as the example's maker saves them; torch's go into an .npz here."""
    if EXAMPLES[example][3] != "Keras":
        np.savez(path, **tensors)
        return path.with_suffix(".npz")
    layers: dict[str, dict[str, np.ndarray]] = {}
    for name, values in tensors.items():
        layer, _, number = name.rpartition("/")
        layers.setdefault(layer, {})[number] = values
    return save_keras(path.with_suffix(".h5"), layers)


def changed(tensors: dict[str, np.ndarray], change: str, rng) -> dict[str, np.ndarray]:
    """The tensors with one dropped, renamed or added, somewhere within the network."""
    names = list(tensors)
    # something follows, or the network just ends earlier
    place = int(rng.integers(1, len(names) - 6))
    name = names[place]
    others = [name + "x", f"extra{place}/0", name.replace("1", "7"), name.replace("2", "21")]
    new = str(rng.choice([other for other in others if other not in tensors]))
    result = {}
    for each in names:
        if each == name and change == "add":
            result[new] = tensors[name]
        if each != name or change == "add":
            result[each] = tensors[each]
        elif change == "rename":
            result[new] = tensors[name]
    return result


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_changed_file_is_refused_or_the_same(tmp_path, rng, example):
    original = tensors_of(example, rng)
    expected = read_weights(save(tmp_path / "whole", original, example))
    assert list(expected)[-1] == EXAMPLES[example][2]
    for change in ("drop", "rename", "add"):
        tensors = changed(original, change, rng)
        assert tensors.keys() != original.keys()
        path = save(tmp_path / change, tensors, example)
        try:
            weights = read_weights(path)
        except UserError as error:
            assert "\n" not in str(error) and str(path) in str(error)
            continue
        assert weights.keys() == expected.keys()
        for layer, parameters in weights.items():
            for parameter, values in parameters.items():
                np.testing.assert_array_equal(values, expected[layer][parameter])


# heads


def with_head(rng, **head) -> dict[str, np.ndarray]:
    tensors = tensors_of("behind a prefix", rng)
    return tensors | {name: np.ones(shape, np.float32) for name, shape in head.items()}


def test_a_head_of_segmentation_leaves_the_first_stages(tmp_path, rng):
    tensors = with_head(rng, **{"aux_classifier.0.weight": (8, 64, 3, 3)})
    np.savez(tmp_path / "w.npz", **tensors)
    with open_weights(tmp_path / "w.npz") as file:
        assert "conv3_block2_out" in file.network.shapes()
        assert "conv5_block1_out" not in file.network.shapes()
        with pytest.raises(UserError, match=r"aux_classifier.0.weight \[8, 64, 3, 3\].*dilation"):
            file.network.node("layer4.0")
        assert any("aux_classifier.0.weight" in note for note in file.notes)
    # whoever says which of the variants it is gets all layers
    with open_weights(tmp_path / "w.npz", "resnet18", "torchvision") as file:
        assert "conv5_block1_out" in file.network.shapes()


def test_heads_of_detection_are_told(tmp_path, rng):
    tensors = with_head(rng, **{"rpn.head.conv.weight": (8, 64, 3, 3)})
    np.savez(tmp_path / "w.npz", **tensors)
    with open_weights(tmp_path / "w.npz") as file:
        assert "conv5_block1_out" in file.network.shapes()
        assert any("rpn.head.conv.weight [8, 64, 3, 3]" in note for note in file.notes)


@pytest.mark.parametrize(
    "head",
    [
        # two dense layers, named, or of other sizes
        {"classifier.fc1.weight": (4, 50), "classifier.fc1.bias": (4,)},
        {"classifier.0.weight": (4, 50), "classifier.0.bias": (4,)},
        {"classifier.6.weight": (5, 7)},
    ],
)
def test_another_head_is_left_out(tmp_path, rng, head):
    tensors = tensors_of("VGG with norms", rng)
    tensors |= {name: np.ones(shape, np.float32) for name, shape in head.items()}
    np.savez(tmp_path / "w.npz", **tensors)
    weights = read_weights(tmp_path / "w.npz")
    assert list(weights)[-1] == "block2_bn1"
    assert any(
        f"left out: {next(iter(head))}" in note or next(iter(head)) in note
        for note in weights.assumed
    )
    with pytest.raises(UserError, match=rf"belong to another head: .*{next(iter(head))}"):
        read_weights(tmp_path / "w.npz", None, "predictions")


# what comes before the first layer


@pytest.mark.parametrize(
    "example, front",
    [
        ("Keras's VGG", {"grey/0": (1, 1, 1, 3), "grey/1": (3,)}),
        ("Keras's VGG", dict.fromkeys(["norm/0", "norm/1", "norm/2", "norm/3"], (3,))),
        ("VGG with norms", {"grey.weight": (3, 1, 1, 1)}),
        ("VGG with norms", {"norm.weight": (3,), "norm.running_mean": (3,)}),
    ],
)
def test_what_makes_the_networks_input_refuses(tmp_path, rng, example, front):
    tensors = {name: np.ones(shape, np.float32) for name, shape in front.items()}
    path = save(tmp_path / "w", tensors | tensors_of(example, rng), example)
    with pytest.raises(UserError, match=f"it also has {next(iter(front))} .*among its layers"):
        read_weights(path)


def test_statistics_of_pixels_are_told(tmp_path, rng):
    front = {"mean": np.ones((1, 3, 1, 1), np.float32), "std": np.ones(3, np.float32)}
    np.savez(tmp_path / "w.npz", **front, **tensors_of("VGG with norms", rng))
    assert any(
        "mean [1, 3, 1, 1], std [3]" in note for note in read_weights(tmp_path / "w.npz").notes
    )


# a file of which little is a network's


@pytest.mark.parametrize(
    "shapes",
    [
        {
            "classifier.1.weight": (10, 64),
            "classifier.1.bias": (10,),
            "features.0.0.weight": (32, 3, 3, 3),
        },
        {
            "conv1.weight": (64, 3, 7, 7),
            "block.a.weight": (64, 64),
            "block.b.weight": (64, 64),
            "block.c": (9, 9),
        },
        {"fc.weight": (10, 2048), "fc.bias": (10,)},
    ],
)
def test_one_shared_name_makes_no_network(tmp_path, shapes):
    np.savez(
        tmp_path / "w.npz", **{name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    )
    first = next(iter(shapes))
    with pytest.raises(UserError, match=rf"none of the networks.*{first} \["):
        with open_weights(tmp_path / "w.npz"):
            pass


def test_wrappers_within_names_do_not_count(tmp_path, rng):
    tensors = tensors_of("VGG with norms", rng)
    wrapped = {name.replace("features.", "features.module."): tensors[name] for name in tensors}
    np.savez(tmp_path / "plain.npz", **tensors)
    np.savez(tmp_path / "wrapped.npz", **wrapped)
    plain, weights = (read_weights(tmp_path / f"{name}.npz") for name in ("plain", "wrapped"))
    assert list(plain) == list(weights)
    for layer in plain:
        for parameter, values in plain[layer].items():
            np.testing.assert_array_equal(values, weights[layer][parameter])
