"""Files with the names of other programs: computed with as their makers compute."""

from __future__ import annotations

import numpy as np
import pytest
from gradcheck import gap

from tfdeconv import NETWORKS, Deconvnet, UserError, load_weights
from tfdeconv.data.preprocessing import caffe
from tfdeconv.weights.load import network_in, read_weights
from tfdeconv.weights.recognition.conventions import CONVENTIONS
from tfdeconv.weights.recognition.evidence import examine
from tfdeconv.weights.recognition.inventory import take_inventory
from tfdeconv.weights.recognition.naming import torchvision_keys
from tfdeconv.weights.state_dict import to_hwio

CAFFE_DENSE = {"fc1": "fc6", "fc2": "fc7", "predictions": "fc8"}


def caffe_name(layer: str) -> str:
    if layer.startswith("block"):
        return layer.replace("block", "conv").replace("_conv", "_")
    return CAFFE_DENSE.get(layer, layer)


def save_npy(path, layers: dict) -> None:
    np.save(path, layers, allow_pickle=True)


# the conventions


KEYS = {
    "Caffe, lists": ("Caffe", "", ["conv1_2.0", "conv1_2.1"]),
    "Caffe, dictionaries": ("Caffe", "", ["conv1_2.weights", "conv1_2.biases"]),
    "tensorpack": ("tensorpack", "", ["conv1_2/W", "conv1_2/b"]),
    "torchvision": ("torchvision", "", ["features.2.weight", "features.2.bias"]),
    "torchvision behind a prefix": (
        "torchvision",
        "module.",
        ["module.features.2.weight", "module.features.2.bias"],
    ),
}


@pytest.mark.parametrize("convention", KEYS)
def test_keys_of_each_convention_are_recognised(convention):
    maker, prefix, keys = KEYS[convention]
    inventory = take_inventory(dict.fromkeys([*keys, "something else"], (1,)))
    match = examine(NETWORKS["vgg16"](), CONVENTIONS, inventory).match
    assert (match.convention.maker, match.prefix, match.count) == (maker, prefix, 2)
    assert match.keys == {"block1_conv2": dict(zip(("kernel", "bias"), keys))}


def test_keys_of_no_convention_are_not_recognised():
    inventory = take_inventory({"something else": (1,)})
    assert examine(NETWORKS["vgg16"](), CONVENTIONS, inventory) is None
    # Caffe's names, but no network of Caffe's
    inventory = take_inventory({"conv1_2.0": (1,), "conv1_2.1": (1,)})
    assert examine(NETWORKS["resnet50"](), CONVENTIONS, inventory) is None


def test_rows_of_a_flattened_map_change_order():
    # value of (channel, row, column) is its place in the order of torch's flatten
    height, width, channels = 2, 3, 4
    kernel = np.arange(24).reshape(1, 24)
    rows = to_hwio(kernel, (height, width, channels))
    expected = np.arange(24).reshape(channels, height, width).transpose(1, 2, 0)
    np.testing.assert_array_equal(rows, expected.reshape(24, 1))
    np.testing.assert_array_equal(to_hwio(kernel, None), kernel.T)
    # another map than the rows are of
    np.testing.assert_array_equal(to_hwio(kernel, (2, 3, 5)), kernel.T)


# Caffe's dictionaries


@pytest.mark.parametrize("form", ["list", "dict"])
@pytest.mark.parametrize(
    "name, size", [("alexnet", (67, 67)), ("vgg16", (32, 32)), ("vgg19", (32, 32))]
)
def test_dictionaries_of_caffes_layers(tmp_path, rng, name, size, form):
    """As bvlc_alexnet.npy and vgg16.npy are made: kernels already [height, width, in, out]."""
    network = NETWORKS[name](classes=3, size=size)
    arrays = {}
    layers = {}
    for layer, shapes in network.parameters().items():
        if layer.startswith(("fc7", "fc2")):
            continue
        kernel = rng.standard_normal(shapes["kernel"]).astype(np.float32)
        bias = rng.standard_normal(shapes["bias"]).astype(np.float32)
        arrays[layer] = {"kernel": kernel, "bias": bias}
        layers[caffe_name(layer)] = [kernel, bias]
        if form == "dict":
            layers[caffe_name(layer)] = {"weights": kernel, "biases": bias}
    path = tmp_path / "w.npy"
    save_npy(path, layers)
    target = "pool5" if name == "alexnet" else "block5_pool"
    weights = read_weights(path, network, target)
    assert weights.preprocessing == caffe(size)
    for layer, parameters in weights.items():
        for key in parameters:
            np.testing.assert_array_equal(parameters[key], arrays[layer][key])
    inferred = network_in(path)
    assert (inferred.name, inferred.classes, inferred.channels) == (name, 3, 3)
    # fc7, fc2
    with pytest.raises(UserError, match="is missing"):
        read_weights(path, network)


def test_caffenet_is_a_variant_of_alexnet(tmp_path):
    """Its layers have AlexNet's names and shapes, in another order: only the user can know."""
    layers = {}
    for layer, shapes in NETWORKS["alexnet"]().parameters().items():
        if layer.startswith("conv"):
            layers[layer] = {"weights": np.ones(shapes["kernel"], np.float32)}
            layers[layer]["biases"] = np.ones(shapes["bias"], np.float32)
    save_npy(tmp_path / "w.npy", layers)
    for variant, order in (("", ["norm1", "pool1"]), ("caffenet", ["pool1", "norm1"])):
        weights = read_weights(tmp_path / "w.npy", "alexnet", variant=variant)
        assert [node.name for node in weights.network.nodes][1:3] == order
        assert any("CaffeNet" in note for note in weights.assumed)


def test_caffes_file_of_another_network_is_refused(tmp_path):
    layers = {}
    for layer, shapes in NETWORKS["vgg19"]().parameters().items():
        if layer.startswith("block"):
            values = [np.zeros(shapes[name], np.float32) for name in ("kernel", "bias")]
            layers[caffe_name(layer)] = values
    path = tmp_path / "w.npy"
    save_npy(path, layers)
    for name in ("vgg16", "resnet50"):
        with pytest.raises(UserError, match=f"holds vgg19, not {name}"):
            read_weights(path, NETWORKS[name]())


# torchvision's files


def torch_vgg16(nn):
    """VGG16 for 5 classes and inputs of 64 x 96, laid out as torchvision does: its two parts."""
    modules = []
    channels = 3
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            modules += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        modules.append(nn.MaxPool2d(2))
    features = nn.Sequential(*modules)
    dense = [nn.Linear(512 * 2 * 3, 4096), nn.ReLU(), nn.Dropout()]
    dense += [nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 5)]
    classifier = nn.Sequential(*dense).eval()
    for parameter in (*features.parameters(), *classifier.parameters()):
        fan = parameter[0].numel() if parameter.dim() > 1 else 50
        nn.init.normal_(parameter, std=(2 / fan) ** 0.5)
    return features, classifier


@pytest.mark.parametrize(
    "form, prefix", [("pth", "module."), ("old", ""), ("safetensors", "module.")]
)
def test_torchvisions_vgg_computes_what_torch_computes(tmp_path, rng, form, prefix):
    torch = pytest.importorskip("torch", reason="the extra interop is not installed")
    torch.manual_seed(0)
    features, classifier = torch_vgg16(torch.nn)
    state = {}
    for part, module in (("features", features), ("classifier", classifier)):
        for name, value in module.state_dict().items():
            state[f"{prefix}{part}.{name}"] = value
    if form == "safetensors":
        path = tmp_path / "w.safetensors"
        safetensors = pytest.importorskip(
            "safetensors.torch", reason="the extra interop is not installed"
        )
        safetensors.save_file(state, path)
    else:
        path = tmp_path / "w.pth"
        checkpoint = {"state_dict": state, "epoch": 3}
        torch.save(checkpoint, path, _use_new_zipfile_serialization=form == "pth")
    assert network_in(path).name == "vgg16"
    network = NETWORKS["vgg16"](classes=5, size=(64, 96))
    weights = load_weights(path, network)
    assert weights.preprocessing.order == "rgb"
    assert weights.preprocessing.scale == pytest.approx((58.395, 57.12, 57.375))
    x = rng.standard_normal((2, 64, 96, 3)).astype(np.float32)
    with torch.no_grad():
        maps = features(torch.from_numpy(x.transpose(0, 3, 1, 2).copy()))
        logits = classifier(maps.flatten(1))
    our_maps = Deconvnet(network, weights, "block5_pool").activations(x)
    our_logits = Deconvnet(network, weights, "predictions").activations(x)
    # float32 through 16 layers
    assert gap(our_maps, maps.numpy().transpose(0, 2, 3, 1)) < 1e-4
    assert gap(our_logits, logits.numpy()) < 1e-4


# files that resemble those that are read


def test_torchvisions_variant_is_named_with_the_remedy(tmp_path):
    path = tmp_path / "w.npz"
    network = NETWORKS["resnet50"](variant="torchvision")
    tensors = first_tensors(network, "conv2_block1_3_conv")
    np.savez(path, **tensors)
    message = "holds resnet50 of variant torchvision, not .*NETWORKS.*variant=.torchvision"
    for name in ("resnet50", "vgg16"):
        with pytest.raises(UserError, match=message):
            read_weights(path, NETWORKS[name]())


def first_tensors(network, last: str) -> dict[str, np.ndarray]:
    """Zeros for a network's layers up to one, by torchvision's names."""
    tensors = {}
    for layer, keys in torchvision_keys(network).items():
        for name, key in keys.items():
            shape = network.parameters()[layer][name]
            if len(shape) == 4:
                shape = shape[3], shape[2], *shape[:2]
            tensors[key] = np.zeros(shape, np.float32)
        if layer == last:
            break
    return tensors


def test_caffes_variant_is_named_with_the_remedy(tmp_path):
    path = tmp_path / "w.npy"
    kernel = np.zeros((11, 11, 3, 96), np.float32)
    save_npy(path, {"conv1": [kernel, np.zeros(96, np.float32)]})
    message = "holds alexnet of variant caffe, not alexnet of variant torchvision"
    with pytest.raises(UserError, match=message):
        read_weights(path, NETWORKS["alexnet"](variant="torchvision"))


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "wide_resnet50_2", "resnext50_32x4d"])
def test_resnets_of_the_same_names_are_told_apart(tmp_path, name):
    network = NETWORKS[name](variant="torchvision")
    path = tmp_path / "w.npz"
    np.savez(path, **first_tensors(network, "conv2_block2_1_bn"))
    assert network_in(path) == network


@pytest.mark.parametrize(
    "shapes, message",
    [
        # a block that no network has
        ({"layer1.0.conv1.weight": (96, 64, 1, 1)}, r"layer1.0.conv1.weight \[96, 64, 1, 1\]"),
        (
            {"layer1.0.se.weight": (4, 64)},
            r"a ResNet-\d+ but is not one: it also has layer1.0.se.weight \[4, 64\]",
        ),
    ],
)
def test_a_block_of_another_network_is_refused(tmp_path, shapes, message):
    tensors = first_tensors(NETWORKS["resnet50"](variant="torchvision"), "conv2_block1_3_bn")
    tensors |= {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    path = tmp_path / "w.npz"
    np.savez(path, **tensors)
    with pytest.raises(UserError, match=message):
        network_in(path)


def test_weights_inside_an_object_name_its_class(tmp_path):
    torch = pytest.importorskip("torch", reason="the extra interop is not installed")
    model = torch.nn.Conv2d(3, 4, 3)
    # as an optimizer leaves them, a kernel's shape too
    state = {"state": {0: {"exp_avg": torch.zeros(4, 3, 3, 3)}}}
    path = tmp_path / "x.pth"
    torch.save({"model": model, "optimizer": state, "rng": torch.zeros(9)}, path)
    with pytest.raises(UserError, match="object of 'torch.nn.modules.conv.Conv2d' and no plain"):
        network_in(path)
