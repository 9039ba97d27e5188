"""ResNets of basic blocks, of groups and of twice the width, and VGGs with batch norms.

What torch computes, from files of its state dicts; of the larger ones the first stages alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from gradcheck import gap
from layouts import torch_resnet, torch_vgg
from weight_files import save_torch_shapes

from tfdeconv import NETWORKS, Deconvnet, UserError
from tfdeconv.weights.load import network_in, read_weights
from tfdeconv.zoo import VARIANTS

VGG11 = "64 M 128 M 256 256 M 512 512 M 512 512 M"


@dataclass(frozen=True)
class Case:
    """A model of torch's, and the modules whose outputs are compared."""

    build: Callable[[], Any]
    modules: tuple[str, ...]
    # what the names of its modules lack of the network's
    prefix: str = ""


CASES = {
    "resnet18": Case(
        lambda: torch_resnet((2, 2, 2, 2), 7, bottleneck=False), ("layer2.0.bn2", "fc")
    ),
    "resnext50_32x4d": Case(
        lambda: torch_resnet((3, 4), 7, groups=32, group_width=4), ("layer2.0.conv2",)
    ),
    "wide_resnet50_2": Case(lambda: torch_resnet((3, 4), 7, group_width=128), ("layer2.0.conv2",)),
    "vgg11_bn": Case(lambda: torch_vgg(VGG11, 7, norms=True).features, ("13", "28"), "features."),
}


def randomise(model) -> None:
    """Weights that keep signals of about the same size, with statistics that matter."""
    for name, value in model.state_dict().items():
        if name.endswith("running_var") or name.endswith("weight") and value.dim() == 1:
            value.uniform_(0.5, 1.5)
        elif value.dim() > 1:
            value.normal_(std=(2 / value[0].numel()) ** 0.5)
        elif value.dim():
            value.normal_(std=0.2)


def keep(made: dict[str, np.ndarray], name: str, module, inputs, output) -> None:
    """Keeps a module's output with channels last."""
    made[name] = np.moveaxis(output.numpy().copy(), 1, -1)


@pytest.mark.parametrize("name", CASES)
def test_other_families_compute_what_torch_computes(tmp_path, rng, name):
    torch = pytest.importorskip("torch", reason="the extra interop is not installed")
    torch.manual_seed(0)
    case = CASES[name]
    model = case.build().eval()
    made: dict[str, np.ndarray] = {}
    for module in case.modules:
        model.get_submodule(module).register_forward_hook(partial(keep, made, module))
    x = rng.standard_normal((1, 48, 40, 3)).astype(np.float32)
    with torch.no_grad():
        randomise(model)
        model(torch.from_numpy(np.moveaxis(x, -1, 1).copy()))
    path = tmp_path / "w.pth"
    state = model.state_dict()
    torch.save({f"{case.prefix}{key}": value for key, value in state.items()}, path)
    network = network_in(path)
    assert network.name == name
    for module, expected in made.items():
        layer = network.node(f"{case.prefix}{module}").name
        weights = read_weights(path, network, layer)
        assert weights.preprocessing.order == "rgb"
        # float32 through up to eighteen layers
        assert gap(Deconvnet(network, weights, layer).activations(x), expected) < 1e-4, module


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "alexnet"])
def test_networks_of_the_same_names_differ_by_shapes(tmp_path, name):
    variant = "torchvision" if VARIANTS[name] else ""
    network = NETWORKS[name](channels=5, classes=7, variant=variant)
    path = save_torch_shapes(tmp_path / "w.safetensors", network)
    assert network_in(path) == network


@pytest.mark.parametrize(
    "name, other", [("resnext50_32x4d", "resnet50"), ("resnet50", "wide_resnet50_2")]
)
def test_another_network_of_the_same_names_is_refused(tmp_path, name, other):
    path = save_torch_shapes(tmp_path / "w.safetensors", NETWORKS[name](variant="torchvision"))
    with pytest.raises(UserError, match=f"holds {name}, not {other}: .*--network {name}"):
        read_weights(path, NETWORKS[other](variant="torchvision"), "conv1_conv")
