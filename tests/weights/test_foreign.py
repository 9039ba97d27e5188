"""Files with the names of other programs: what their makers compute with them, this program computes too."""

from __future__ import annotations

import numpy as np
import pytest
from gradcheck import gap

from tfdeconv import NETWORKS, Deconvnet, UserError, load_weights
from tfdeconv.data.preprocessing import caffe
from tfdeconv.weights.load import network_in, read_weights

CAFFE = {"fc1": "fc6", "fc2": "fc7", "predictions": "fc8"}


def caffe_name(layer: str) -> str:
    return CAFFE.get(
        layer,
        layer.replace("block", "conv").replace("_conv", "_")
        if layer.startswith("block")
        else layer,
    )


@pytest.mark.parametrize("form", ["list", "dict"])
@pytest.mark.parametrize(
    "name, size", [("alexnet", (67, 67)), ("vgg16", (32, 32)), ("vgg19", (32, 32))]
)
def test_dictionaries_of_caffes_layers(tmp_path, rng, name, size, form):
    """As bvlc_alexnet.npy and vgg16.npy are made: kernels already [height, width, in, out]."""
    network = NETWORKS[name](classes=3, size=size)
    arrays = {
        layer: {key: rng.standard_normal(shape).astype(np.float32) for key, shape in p.items()}
        for layer, p in network.parameters().items()
        if not layer.startswith(("fc7", "fc2"))
    }
    values = {
        caffe_name(layer): [p["kernel"], p["bias"]]
        if form == "list"
        else {"weights": p["kernel"], "biases": p["bias"]}
        for layer, p in arrays.items()
    }
    np.save(tmp_path / "w.npy", values, allow_pickle=True)
    target = "pool5" if name == "alexnet" else "block5_pool"
    found = read_weights(tmp_path / "w.npy", network, target)
    assert found.preprocessing == caffe(size)
    for layer, p in found.items():
        for key in p:
            np.testing.assert_array_equal(p[key], arrays[layer][key])
    told = network_in(tmp_path / "w.npy")
    assert (told.name, told.classes, told.channels) == (name, 3, 3)
    with pytest.raises(UserError, match="is missing"):  # fc7, fc2
        read_weights(tmp_path / "w.npy", network)


def test_a_file_of_another_network_is_refused(tmp_path, rng):
    network = NETWORKS["vgg19"]()
    np.save(
        tmp_path / "w.npy",
        {
            caffe_name(layer): [np.zeros(p["kernel"], np.float32), np.zeros(p["bias"], np.float32)]
            for layer, p in network.parameters().items()
            if layer.startswith("block")
        },
        allow_pickle=True,
    )
    with pytest.raises(UserError, match="holds vgg19, not vgg16"):
        read_weights(tmp_path / "w.npy", NETWORKS["vgg16"](), "block4_conv2")
    with pytest.raises(UserError, match="holds none of the layers of resnet50.*it has conv1_1.0"):
        read_weights(tmp_path / "w.npy", NETWORKS["resnet50"]())


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("write", ["pth", "old", "safetensors"])
def test_torchvisions_vgg_computes_what_torch_computes(tmp_path, rng, write, prefix):
    """A VGG laid out as torchvision lays it out, its forward pass by torch itself."""
    torch = pytest.importorskip("torch", reason="the extra interop is not installed")
    from torch import nn

    torch.manual_seed(0)
    modules, channels = [], 3
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            modules += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        modules.append(nn.MaxPool2d(2))
    features = nn.Sequential(*modules)
    classifier = nn.Sequential(
        nn.Linear(512 * 2 * 3, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 5),
    ).eval()
    for parameter in (*features.parameters(), *classifier.parameters()):
        fan = parameter[0].numel() if parameter.dim() > 1 else 50
        nn.init.normal_(parameter, std=(2 / fan) ** 0.5)
    state = {
        f"{prefix}{part}.{name}": value
        for part, module in (("features", features), ("classifier", classifier))
        for name, value in module.state_dict().items()
    }
    path = tmp_path / ("w.safetensors" if write == "safetensors" else "w.pth")
    if write == "safetensors":
        pytest.importorskip(
            "safetensors.torch", reason="the extra interop is not installed"
        ).save_file(state, path)
    else:
        torch.save(
            {"state_dict": state, "epoch": 3}, path, _use_new_zipfile_serialization=write == "pth"
        )
    assert network_in(path).name == "vgg16"
    network = NETWORKS["vgg16"](classes=5, size=(64, 96))
    weights = load_weights(path, network)
    assert weights.preprocessing.order == "rgb" and weights.preprocessing.scale == pytest.approx(
        (58.395, 57.12, 57.375)
    )
    x = rng.standard_normal((2, 64, 96, 3)).astype(np.float32)
    with torch.no_grad():
        maps = features(torch.from_numpy(x.transpose(0, 3, 1, 2).copy()))
        logits = classifier(maps.flatten(1))
    # float32 through 16 layers
    assert (
        gap(
            Deconvnet(network, weights, "block5_pool").activations(x),
            maps.numpy().transpose(0, 2, 3, 1),
        )
        < 1e-4
    )
    assert gap(Deconvnet(network, weights, "predictions").activations(x), logits.numpy()) < 1e-4


def test_a_file_of_another_variant_is_refused_with_the_remedy(tmp_path):
    np.savez(tmp_path / "w.npz", **{"layer1.0.conv1.weight": np.zeros((64, 64, 1, 1), np.float32)})
    for name in ("resnet50", "vgg16"):
        with pytest.raises(
            UserError,
            match="holds resnet50 of variant torchvision, not .*NETWORKS.*variant=.torchvision",
        ):
            read_weights(tmp_path / "w.npz", NETWORKS[name]())
    np.save(
        tmp_path / "w.npy",
        {"conv1": [np.zeros((11, 11, 3, 96), np.float32), np.zeros(96, np.float32)]},
        allow_pickle=True,
    )
    with pytest.raises(
        UserError, match="holds alexnet of variant caffe, not alexnet of variant torchvision"
    ):
        read_weights(tmp_path / "w.npy", NETWORKS["alexnet"](variant="torchvision"))
