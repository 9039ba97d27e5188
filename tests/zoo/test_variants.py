"""Networks as torchvision and Keras's first ResNet50 lay them out: what their makers compute.

From their files, by value: the first and the last 1 x 1 of some blocks have one shape, so that names
in the wrong place show in the values alone.
"""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from gradcheck import gap
from helpers import random_weights
from layouts import keras_2015, torch_alexnet, torch_resnet
from whole_maps import corners_and_borders, send_back
from weight_files import save_keras_shapes

from tfdeconv import NETWORKS, Deconvnet, UserError, load_weights
from tfdeconv.weights.detect import open_weights
from tfdeconv.weights.load import network_in, read_weights
from tfdeconv.zoo import VARIANTS, variants_of

INTEROP = "the extra interop is not installed"
ALL = [(net.name, net.variant) for net in variants_of()]


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
    "resnet101": (*RESNET, "layer3.22.conv2", "layer3.22"),
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


@pytest.fixture(scope="module", params=MODELS)
def torch_model(request):
    """A name, a model with random weights, an input and what each module makes of it: [n, h, w, c]."""
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
            if name.endswith(
                "bn3.weight"
            ):  # a residual branch adds little, or the sum would explode
                value.mul_(0.3)
    made = {}
    for name in MODULES[request.param]:
        model.get_submodule(name).register_forward_hook(
            lambda _, inputs, y, name=name: made.__setitem__(name, y.numpy())
        )
    x = np.random.default_rng(3).standard_normal((2, *SIZES[request.param], 3)).astype(np.float32)
    with torch.no_grad():
        model(torch.from_numpy(x.transpose(0, 3, 1, 2).copy()))
    return (
        request.param,
        model,
        x,
        {name: y.transpose(0, 2, 3, 1) if y.ndim == 4 else y for name, y in made.items()},
    )


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
    "form, prefix", [("pth", "module."), ("old", ""), ("safetensors", "module.model.")]
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
    for module, expected in made.items() if form == "pth" else list(made.items())[-1:]:
        layer = network.node(module).name
        actual = Deconvnet(network, weights, layer).activations(x)
        # float32 through up to a hundred layers
        assert (
            gap(actual.reshape(expected.shape) if module == "avgpool" else actual, expected) < 1e-4
        ), module
    with open_weights(path, network) as found:
        assert found.notes[0].startswith(
            f"tensors named as torchvision names those of {TITLES[name]}"
        )
        assert "state_dict." * (form != "safetensors") + prefix in found.notes[0]
        assert found.notes[1:] == (
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
    path = stored(
        tmp_path / "w.npz",
        network,
        "",
        ("conv2_block1_2_bn",),
        **{"layer1.0.conv1.bias": np.zeros(64, np.float32)},
    )
    with pytest.raises(
        UserError,
        match="conv2_block1_1_conv/bias .64. is not expected; conv2_block1_2_bn/gamma .64. is missing",
    ):
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
        assert "behind 'encoder_q.'; the file has as many behind 'encoder_k.'" in found.notes[1]
    plain = NETWORKS["vgg16"]()
    path = stored(
        tmp_path / "bn.npz", plain, **{"features.1.running_mean": np.zeros(64, np.float32)}
    )
    with pytest.raises(UserError, match="a vgg16 with batch norms"):
        read_weights(path, plain, "block1_conv1")


OLD = {
    "conv1": "conv1",
    "bn_conv1": "bn_conv1",
    "pool1": "max_pooling2d_1",
    "res2a_branch2c": "res2a_branch2c",
    "res2a_branch1": "res2a_branch1",
    "out2a": "activation_4",
    "bn3a_branch1": "bn3a_branch1",
    "res4f_branch2b": "res4f_branch2b",
    "out5c": "activation_49",
    "fc1000": "fc1000",
}


@pytest.mark.parametrize("variant", ["keras2015", "keras2015-unpadded"])
def test_keras_first_resnet50_computes_what_keras_computes(tmp_path, rng, variant):
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    model = keras_2015(variant == "keras2015", 7, (64, 96))
    for variable in model.weights:
        values = rng.standard_normal(variable.shape)
        if variable.name == "kernel":
            values *= np.sqrt(2 / np.prod(variable.shape[:-1]))
        elif "variance" in variable.name:  # small enough for the epsilon to matter
            values = 0.01 + 0.1 * rng.random(variable.shape)
        elif variable.name == "gamma":
            values = (0.1 if "branch2c" in variable.path else 0.3) * (
                0.5 + rng.random(variable.shape)
            )
        else:
            values *= 0.2
        variable.assign(values)
    path = tmp_path / "resnet50_weights_tf_dim_ordering_tf_kernels.h5"
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    network = network_in(path, variant=variant)
    assert network == NETWORKS["resnet50"](classes=7, variant=variant)
    assert (
        network_in(path)
        == network_in(path, "resnet50")
        == NETWORKS["resnet50"](classes=7, variant="keras2015")
    )
    weights = load_weights(path, network)
    assert list(weights) == list(network.parameters()) and weights.ignored == ()
    x = 2 * rng.standard_normal((2, 64, 96, 3)).astype(np.float32)
    everything = keras.Model(model.input, [model.get_layer(name).output for name in OLD])(x)
    for alias, expected in zip(OLD.values(), everything):
        assert (
            gap(Deconvnet(network, weights, network.node(alias).name).activations(x), expected)
            < 1e-4
        ), alias
    with open_weights(path, network) as found:
        assert found.notes[0] == "layers named as Keras of 2015 to 2018 names those of a ResNet-50"
        assert any("keras2015-unpadded for older files" in note for note in found.notes[1:]) == (
            variant == "keras2015"
        )
    for other in ("keras", "torchvision"):
        with pytest.raises(
            UserError,
            match=f'of variant keras2015, not resnet50 of variant {other}: .*="keras2015"',
        ):
            read_weights(path, NETWORKS["resnet50"](classes=7, variant=other))


@pytest.mark.parametrize("variant", ["torchvision", "keras2015", "keras2015-unpadded"])
def test_present_keras_files_fit_no_other_variant(tmp_path, variant):
    path = save_keras_shapes(tmp_path / "keras.h5", NETWORKS["resnet50"]())
    with pytest.raises(
        UserError,
        match=f'holds resnet50 of variant keras, not resnet50 of variant {variant}: .*variant="keras"',
    ):
        read_weights(path, NETWORKS["resnet50"](variant=variant))


@pytest.mark.parametrize(
    "name, variant, target, size",
    [
        ("resnet50", "torchvision", "conv3_block1_out", (75, 61)),
        ("resnet101", "torchvision", "conv3_block2_2_relu", (64, 96)),
        ("resnet50", "keras2015-unpadded", "conv2_block1_out", (61, 75)),
        ("alexnet", "torchvision", "conv3", (64, 96)),
        ("alexnet", "torchvision", "conv5", (75, 131)),
    ],
)
def test_windows_equal_whole_maps_in_every_variant(rng, name, variant, target, size):
    network = NETWORKS[name](variant=variant)
    deconvnet = Deconvnet(
        network, random_weights(network, rng, target), target, "guided"
    )  # does what the other rules do
    x = rng.standard_normal((2, *size, 3))
    units = corners_and_borders(*network.shapes(*size)[target])
    whole_maps = send_back(deconvnet, x, units, windowed=False)
    assert gap(send_back(deconvnet, x, units, windowed=True), whole_maps) < 1e-12  # float64: sums in another order
    assert np.abs(whole_maps).max() > 0


# as torchvision documents its weights; means and variances are no parameters there
TORCH_COUNTS = {
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "alexnet": 61_100_840,
}


@pytest.mark.parametrize("name", TORCH_COUNTS)
def test_parameter_totals_are_torchvisions(name):
    parameters = NETWORKS[name](variant="torchvision").parameters()
    assert (
        sum(
            np.prod(shape, dtype=int)
            for p in parameters.values()
            for key, shape in p.items()
            if key not in ("mean", "variance")
        )
        == TORCH_COUNTS[name]
    )


@pytest.mark.parametrize("name, variant", ALL)
def test_aliases_lead_to_layers_and_hide_none(name, variant):
    network = NETWORKS[name](variant=variant)
    assert network.variant == variant
    names = {node.name for node in network.nodes}
    assert set(network.aliases.values()) <= names and not names & network.aliases.keys()
    assert all(network.node(alias).name == layer for alias, layer in network.aliases.items())


def test_variants_are_known_by_name():
    assert {
        name: tuple(net.variant for net in variants_of(name) if net.variant) for name in NETWORKS
    } == VARIANTS
    assert all(NETWORKS[name](variant="") == NETWORKS[name]() for name in NETWORKS)
    with pytest.raises(
        UserError,
        match="resnet50 has no variant 'torch'. Did you mean 'torchvision'.*There are: keras, ",
    ):
        NETWORKS["resnet50"](variant="torch")
    with pytest.raises(UserError, match="vgg16 has one variant only"):
        NETWORKS["vgg16"](variant="torchvision")
    with pytest.raises(UserError, match="no network has the variant 'cafe'. Did you mean 'caffe'"):
        variants_of(variant="cafe")
    resnet = NETWORKS["resnet50"](variant="torchvision").aliases
    assert resnet["layer3"] == "conv4_block6_out" and resnet["fc"] == "predictions"
    assert (
        NETWORKS["resnet101"](variant="torchvision").aliases["layer3.22.conv2"]
        == "conv4_block23_2_conv"
    )
    assert NETWORKS["vgg16"]().node("features.28").name == "block5_conv3"
