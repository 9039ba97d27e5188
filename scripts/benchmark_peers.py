"""What this program is timed against: captum, torch and ONNX Runtime with the same weights."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from benchmark_machine import CORES

from tfdeconv.network.base import Layer
from tfdeconv.network.graph import INPUT, Network
from tfdeconv.network.layers import Add, BatchNorm, Conv, MaxPool

Arrays = Mapping[str, Mapping[str, np.ndarray]]


def random_weights(network: Network) -> Arrays:
    """ResNet's: kernels scaled after He et al. 2015, section 2.2, statistics that keep activations
    in range."""
    rng = np.random.default_rng(0)
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for layer, shapes in network.parameters().items():
        arrays[layer] = {}
        for name, shape in shapes.items():
            arrays[layer][name] = random_parameter(rng, layer, name, shape)
    return arrays


def random_parameter(
    rng: np.random.Generator, layer: str, name: str, shape: tuple[int, ...]
) -> np.ndarray:
    if name in ("gamma", "variance"):
        values = typical_scale(layer, name) * rng.uniform(0.5, 1.5, shape)
        return values.astype(np.float32)
    scale = (2 / prod(shape[:-1])) ** 0.5 if name == "kernel" else 0.1
    return rng.standard_normal(shape, np.float32) * np.float32(scale)


def typical_scale(layer: str, name: str) -> float:
    """Of a batch norm's gamma or variance."""
    if name == "gamma" and layer.endswith("_3_bn"):
        return 0.2  # residual branches add little
    if name == "variance" and layer.endswith("v1_bn"):
        return 1e4  # grey levels vary by that much
    return 1


def torch_model(network: Network, arrays: Arrays, target: str) -> Any:
    """The network up to the target as a torch module; each ReLU is a module, as captum needs it."""
    import torch

    nodes = network.up_to(target)
    last_reader: dict[str, str] = {}  # of each map: after that layer it can be let go
    for node in nodes:
        for name in node.inputs:
            last_reader[name] = node.name

    class Graph(torch.nn.ModuleDict):
        def forward(self, x):
            maps = {INPUT: x}
            for node in nodes:
                inputs = [maps[name] for name in node.inputs]
                for name in node.inputs:
                    if last_reader[name] == node.name:
                        maps.pop(name, None)
                if isinstance(node.layer, Add):
                    maps[node.name] = inputs[0] + inputs[1]
                else:
                    maps[node.name] = self[node.name](*inputs)
            return maps[target]

    modules = {node.name: torch_module(node.layer, arrays.get(node.name, {})) for node in nodes}
    return Graph(modules).eval().requires_grad_(False)


def torch_module(layer: Layer, parameters: Mapping[str, np.ndarray]) -> Any:
    """A layer as a torch module; of an Add a ReLU that is never called."""
    import torch

    size, stride, ((top, _), (left, _)), _ = layer.window  # pads are even in these networks
    match layer:
        case Conv():
            kernel = parameters["kernel"]
            conv = torch.nn.Conv2d(kernel.shape[2], layer.filters, size, stride, (top, left))
            conv.weight.data = torch.tensor(kernel.transpose(3, 2, 0, 1).copy())
            conv.bias.data = torch.tensor(parameters["bias"])
            if not layer.activation:
                return conv
            return torch.nn.Sequential(conv, torch.nn.ReLU())
        case BatchNorm():
            norm = torch.nn.BatchNorm2d(len(parameters["gamma"]), layer.epsilon)
            norm.weight.data = torch.tensor(parameters["gamma"])
            norm.bias.data = torch.tensor(parameters["beta"])
            norm.running_mean = torch.tensor(parameters["mean"])
            norm.running_var = torch.tensor(parameters["variance"])
            return norm
        case MaxPool():
            return torch.nn.MaxPool2d(size, stride, (top, left))
    return torch.nn.ReLU()


class Peer:
    """The same network up to a target in torch, and what captum and ONNX Runtime make of it.

    Images and maps go in and come out as ours: [n, h, w, c].
    """

    def __init__(self, network: Network, arrays: Arrays, target: str, photo: np.ndarray):
        import torch
        from captum.attr import Deconvolution

        torch.set_num_threads(CORES)
        self.torch = torch
        self.model = torch_model(network, arrays, target)
        self.unit = Deconvolution(self.model)
        self.map = Deconvolution(self.model)
        # its derivative is the map: our seed
        self.map.forward_func = lambda x: (self.model(x) ** 2).sum((2, 3)) / 2
        onnxruntime = importlib.import_module("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = CORES
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/model.onnx"
            example = (self.tensor(photo),)
            torch.onnx.export(self.model, example, path, input_names=[INPUT], dynamo=False)
            self.session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])

    def tensor(self, x: np.ndarray) -> Any:
        return self.torch.from_numpy(channels_first(x))

    def forward(self, x: np.ndarray) -> np.ndarray:
        with self.torch.inference_mode():
            return channels_last(self.model(self.tensor(x)).numpy())

    def onnx(self, x: np.ndarray) -> np.ndarray:
        return channels_last(self.session.run(None, {INPUT: channels_first(x)})[0])

    def project(self, deconvolution: Any, x: np.ndarray, targets: Sequence) -> np.ndarray:
        """captum's deconvnet of each target, one after the other: [targets, h, w, c]."""
        signals = [deconvolution.attribute(self.tensor(x), target) for target in targets]
        return channels_last(self.torch.cat(signals).numpy())


def channels_first(x: np.ndarray) -> np.ndarray:
    return x.transpose(0, 3, 1, 2).copy()


def channels_last(x: np.ndarray) -> np.ndarray:
    return x.transpose(0, 2, 3, 1)
