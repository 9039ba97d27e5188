"""Networks as torchvision lays them out: what torch computes, from its files.

By value, because the first and the last 1 x 1 of some blocks have one shape: names in the wrong
place show in the values alone.
"""

from __future__ import annotations

import numpy as np
import pytest
from gradcheck import gap
from helpers import arrays
from layouts import torch_alexnet, torch_resnet

from tfdeconv import NETWORKS, Deconvnet, UserError, load_weights
from tfdeconv.weights.detect import open_weights
from tfdeconv.weights.load import network_in, read_weights
from tfdeconv.weights.recognition.verdict import RESNET_ASSUMED

INTEROP = "the extra interop is not installed"


MODELS = {
    "resnet50": lambda: torch_resnet((3, 4, 6, 3), 7),
    "resnet101": lambda: torch_resnet((3, 4, 23, 3), 7),
    "alexnet": lambda: torch_alexnet(7),
}


TITLES = {"resnet50": "a ResNet-50", "resnet101": "a ResNet-101", "alexnet": "an AlexNet"}


SIZES = {"resnet50": (64, 96), "resnet101": (64, 96), "alexnet": (224, 224)}


RESNET = (
    "conv1",
    "bn1",
    "maxpool",
    "layer1.0.conv1",
    "layer1.0.conv3",
    "layer1.0.downsample.0",
    "layer1.0.downsample.1",
    "layer1",
    "layer2.0.conv2",
    "layer3.0.bn2",
    "layer3.5",
    "layer4.0.downsample.1",
    "avgpool",
    "fc",
)


MODULES = {
    "resnet50": RESNET,
    "resnet101": ("layer3.22.conv2", "layer3.22", *RESNET),
    "alexnet": (
        "features.1",
        "features.2",
        "features.5",
        "features.9",
        "features.12",
        "classifier.2",
        "classifier.6",
    ),
}


@pytest.fixture(scope="module")
def torch_model(request):
    """(name, model with random weights, input, {module: its output [n, h, w, c]})"""
    torch = pytest.importorskip("torch", reason=INTEROP)
    torch.manual_seed(0)
    model = MODELS[request.param]().eval()
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("running_var") or name.endswith("weight") and value.dim() == 1:
                value.uniform_(0.5, 1.5)
            elif value.dim() > 1:
                value.normal_(std=(2 / value[0].numel()) ** 0.5)
            elif value.dim():
                value.normal_(std=0.2)
            # a residual branch adds little, or the sum would explode
            if name.endswith("bn3.weight"):
                value.mul_(0.3)
    outputs = {}

    def keep(name):
        def hook(module, inputs, y):
            y = y.numpy()
            outputs[name] = y.transpose(0, 2, 3, 1) if y.ndim == 4 else y

        return hook

    for name in MODULES[request.param]:
        model.get_submodule(name).register_forward_hook(keep(name))
    x = np.random.default_rng(3).standard_normal((2, *SIZES[request.param], 3)).astype(np.float32)
    with torch.no_grad():
        model(torch.from_numpy(x.transpose(0, 3, 1, 2).copy()))
    return request.param, model, x, outputs


def save(path, state: dict, form: str):
    import torch

    if form == "safetensors":
        pytest.importorskip("safetensors.torch", reason=INTEROP).save_file(state, path)
    else:
        torch.save(
            {
                "state_dict": state,
                "epoch": 3,
                "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(3)}}},
            },
            path,
            _use_new_zipfile_serialization=form == "pth",
        )
    return path


@pytest.mark.parametrize(
    "torch_model, form, prefix",
    [
        ("resnet50", "pth", "module."),
        ("resnet50", "old", ""),
        ("resnet50", "safetensors", "module.model."),
        ("resnet101", "pth", "module."),
        ("alexnet", "pth", "module."),
    ],
    indirect=["torch_model"],
)
def test_torchvisions_networks_compute_what_torch_computes(tmp_path, torch_model, form, prefix):
    name, model, x, made = torch_model
    path = save(
        tmp_path / "w", {prefix + key: value for key, value in model.state_dict().items()}, form
    )
    network = network_in(path)
    assert network == network_in(path, name) == network_in(path, name, "torchvision")
    assert network == NETWORKS[name](classes=7, variant="torchvision")
    weights = load_weights(path, network)
    assert list(weights) == list(network.parameters())
    assert weights.preprocessing.order == "rgb" and weights.preprocessing.scale == pytest.approx(
        (58.395, 57.12, 57.375)
    )
    # what the training left is no news, but for what is no tensor
    assert set(weights.ignored) <= {"", "epoch"}
    assert set(made) == set(MODULES[name])
    compared = MODULES[name] if form == "pth" else MODULES[name][-1:]
    layers = [network.node(module).name for module in compared]
    deconvnet = Deconvnet(network, weights, layers[-1], inner=layers[:-1])
    maps = arrays(deconvnet.forward(x))
    for module, layer in zip(compared, layers):
        # float32 through up to a hundred layers
        assert gap(maps[layer].reshape(made[module].shape), made[module]) < 1e-4, module
    with open_weights(path, network) as found:
        assert found.notes[0].startswith(
            f"tensors named as torchvision names those of {TITLES[name]}"
        )
        assert "state_dict." * (form != "safetensors") + prefix in found.notes[0]
        strides = (f"assumed: {RESNET_ASSUMED['torchvision']}",)
        assert found.notes[1:] == strides * (name != "alexnet") + (
            "assumed: torchvision's preprocessing (RGB, mean and standard deviation of ImageNet)",
        )
    with pytest.raises(
        UserError, match=f"holds {name} of variant torchvision, not {name} .*--variant torchvision$"
    ):
        read_weights(path, NETWORKS[name](classes=7))
    with pytest.raises(UserError, match=f"holds {name}"):
        read_weights(path, NETWORKS["vgg16"](classes=7))


def stored(path, network, prefix: str = "", without: tuple[str, ...] = (), **more: np.ndarray):
    """Zeros of the shapes of a torchvision network, by its names."""
    kinds = {
        "kernel": "weight",
        "gamma": "weight",
        "beta": "bias",
        "mean": "running_mean",
        "variance": "running_var",
    }
    modules = {layer: module for module, layer in reversed(network.aliases.items())}
    arrays = {}
    for layer, shapes in network.parameters().items():
        for name, shape in {} if layer in without else shapes.items():
            shape = tuple(shape[i] for i in {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[len(shape)])
            arrays[f"{prefix}{modules[layer]}.{kinds.get(name, name)}"] = np.zeros(
                shape, np.float32
            )
    np.savez(path, **arrays, **more)
    return path


@pytest.mark.parametrize("name", ["resnet50", "resnet101", "resnet152"])
def test_a_backbone_is_read_up_to_its_end(tmp_path, name):
    network = NETWORKS[name](variant="torchvision")
    path = stored(tmp_path / "w.npz", network, "backbone.", ("predictions",))
    assert network_in(path) == network
    assert set(read_weights(path, network)) == network.parameters().keys() - {"predictions"}
    with pytest.raises(
        UserError,
        match="predictions/kernel .*is missing.*layers up to conv5_block3_3_bn can be read",
    ):
        read_weights(path, network, "fc")
    other = NETWORKS["resnet101" if name == "resnet50" else "resnet50"](variant="torchvision")
    with pytest.raises(UserError, match=f"holds {name}, not {other.name}"):
        read_weights(path, other, "layer4")


def test_errors_name_what_does_not_fit(tmp_path):
    network = NETWORKS["resnet50"](variant="torchvision")
    path = stored(tmp_path / "w.npz", network, "", ("conv2_block1_2_bn",))
    with pytest.raises(UserError, match="conv2_block1_2_bn/gamma .64. is missing"):
        read_weights(path, network)
    bias = {"layer1.0.conv1.bias": np.zeros(64, np.float32)}
    path = stored(tmp_path / "bias.npz", network, **bias)
    with pytest.raises(UserError, match=r"layer1.0.conv1.bias \[64\]"):
        read_weights(path, network)
    two = stored(
        tmp_path / "two.npz",
        network,
        "encoder_q.",
        **{
            "encoder_k." + key: value
            for key, value in np.load(stored(tmp_path / "one.npz", network)).items()
        },
    )
    with open_weights(two, network) as found:
        assert (
            "behind 'encoder_q.' are meant; the file has as many behind 'encoder_k.'"
            in found.notes[1]
        )
    plain = NETWORKS["vgg16"]()
    path = stored(
        tmp_path / "bn.npz", plain, **{"features.1.running_mean": np.zeros(64, np.float32)}
    )
    with pytest.raises(UserError, match=r"it also has features.1.running_mean \[64\]"):
        read_weights(path, plain, "block1_conv1")
