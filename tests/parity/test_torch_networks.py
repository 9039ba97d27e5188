"""Torchvision's families of networks through all of torch's exporters.

Forward passes equal torch's, and projections its automatic differentiation in float64.
"""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from gradcheck import gap

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.weights.load import read_weights

torch = pytest.importorskip("torch", reason="the extra interop is not installed")
torch_networks = importlib.import_module("torch_networks")

SIZE = 64
# torch's derivative of hardsigmoid has 1 / 6 as a number of float32, 3e-8 off, in float64 too
TOLERANCES = {"mobilenet_v3": 1e-7}
# the exporters warn of what they are about to change
pytestmark = pytest.mark.filterwarnings("ignore")


def channels_last(values) -> np.ndarray:
    values = values.detach().numpy()
    return np.moveaxis(values, 1, -1) if values.ndim == 4 else values


def network_of(path):
    """A file's network, whole, its weights in float64, and its last layer."""
    weights = read_weights(path, dtype=np.float64)
    assert not weights.network.missing
    return weights.network, weights, weights.network.nodes[-1].name


def by_autograd(model, x, rule: str, channel: int) -> tuple[np.ndarray, np.ndarray]:
    """The output, and the strongest unit of a channel of it sent back to the image."""
    torch_networks.with_rule(model, rule)
    image = x.clone().requires_grad_()
    y = model(image)
    unit = (0, channel, *np.unravel_index(int(y[0, channel].argmax()), y.shape[2:]))
    seed = torch.zeros_like(y)
    seed[unit] = y[unit].detach()
    (expected,) = torch.autograd.grad(y, image, seed)
    return channels_last(y), channels_last(expected)


@pytest.mark.parametrize("name", torch_networks.NETWORKS)
def test_exported_programs_equal_torch_under_every_rule(tmp_path, name):
    model, x = torch_networks.make(name, SIZE)
    path = tmp_path / "model.pt2"
    torch.export.save(torch.export.export(model, (x,)), path)
    network, weights, target = network_of(path)
    image = channels_last(x).astype(np.float64)
    wide = model.double()
    for rule in ("gradient", "guided", "deconvnet"):
        deconvnet = Deconvnet(network, weights, target, rule)
        projection = deconvnet.project(image, top=1)
        channel = int(projection.channels[0, 0])
        y, expected = by_autograd(wide, x.double(), rule, channel)
        # float64, 1e-15 a layer
        assert gap(projection.activations[0, 0], y[0, ..., channel].max()) < 1e-11
        assert np.abs(expected).max() > 0
        assert gap(projection.pixels[0], expected) < TOLERANCES.get(name, 1e-9), rule
    found = deconvnet.forward(image).map_of(target)
    assert gap(found.reshape(y.shape), y) < 1e-11


@pytest.mark.parametrize("name", torch_networks.NETWORKS)
def test_onnx_of_torchscript_equals_torch(tmp_path, name):
    pytest.importorskip("onnx", reason="the extra interop is not installed")
    model, x = torch_networks.make(name, SIZE)
    path = tmp_path / "model.onnx"
    torch.onnx.export(model, (x,), path, dynamo=False)
    network, weights, target = network_of(path)
    found = Deconvnet(network, weights, target).activations(channels_last(x))
    expected = channels_last(model(x))
    # float32, and norms that the exporter folds into convolutions
    assert gap(found.reshape(expected.shape), expected) < 1e-4


@pytest.mark.parametrize("name", ["mobilenet_v3", "convnext_tiny", "deeplabv3"])
def test_onnx_of_exported_programs_equals_torch(tmp_path, name):
    pytest.importorskip("onnxscript", reason="the extra interop is not installed")
    model, x = torch_networks.make(name, SIZE)
    path = tmp_path / "model.onnx"
    torch.onnx.export(model, (x,), path, dynamo=True, verbose=False)
    network, weights, target = network_of(path)
    found = Deconvnet(network, weights, target).activations(channels_last(x))
    expected = channels_last(model(x))
    assert gap(found.reshape(expected.shape), expected) < 1e-4
