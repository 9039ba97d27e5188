"""What this program is timed against: captum, torch and ONNX Runtime with the same weights."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from tfdeconv.network.base import Layer
from tfdeconv.network.graph import INPUT, Network
from tfdeconv.network.layers import Add, BatchNorm, Conv, MaxPool

Arrays = Mapping[str, Mapping[str, np.ndarray]]
CORES = len(os.sched_getaffinity(0))  # every framework computes with as many threads


def random_weights(network: Network) -> Arrays:
    """ResNet's, with kernels scaled after He et al. 2015, section 2.2, and statistics that keep activations in range."""
    rng = np.random.default_rng(0)
    scales = {
        ("gamma", "_3_bn"): 0.2,
        ("variance", "v1_bn"): 1e4,
    }  # residual branches add little; grey levels vary by 1e4

    def parameter(layer: str, name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name in ("gamma", "variance"):
            return (scales.get((name, layer[-5:]), 1) * rng.uniform(0.5, 1.5, shape)).astype(
                np.float32
            )
        return rng.standard_normal(shape, np.float32) * np.float32(
            (2 / prod(shape[:-1])) ** 0.5 if name == "kernel" else 0.1
        )

    return {
        layer: {name: parameter(layer, name, shape) for name, shape in p.items()}
        for layer, p in network.parameters().items()
    }


def torch_model(network: Network, arrays: Arrays, target: str) -> Any:
    """The network up to the target as a torch module; each ReLU is a module of its own, as captum needs it."""
    import torch

    nodes = network.up_to(target)
    last = {
        name: node.name for node in nodes for name in node.inputs
    }  # who reads a map last, and can let it go

    class Graph(torch.nn.ModuleDict):
        def forward(self, x):
            values = {INPUT: x}
            for node in nodes:
                inputs = [
                    values.pop(name) if last[name] == node.name else values[name]
                    for name in node.inputs
                ]
                values[node.name] = (
                    inputs[0] + inputs[1]
                    if isinstance(node.layer, Add)
                    else self[node.name](*inputs)
                )
            return values[target]

    def module(layer: Layer, p: Mapping[str, np.ndarray]) -> torch.nn.Module:
        size, stride, ((top, _), (left, _)), _ = layer.window  # pads are even in these networks
        match layer:
            case Conv():
                part = torch.nn.Conv2d(
                    p["kernel"].shape[2], layer.filters, size, stride, (top, left)
                )
                part.weight.data, part.bias.data = (
                    torch.tensor(p["kernel"].transpose(3, 2, 0, 1).copy()),
                    torch.tensor(p["bias"]),
                )
                return torch.nn.Sequential(part, torch.nn.ReLU()) if layer.activation else part
            case BatchNorm():
                part = torch.nn.BatchNorm2d(len(p["gamma"]), layer.epsilon)
                part.weight.data, part.bias.data = torch.tensor(p["gamma"]), torch.tensor(p["beta"])
                part.running_mean, part.running_var = (
                    torch.tensor(p["mean"]),
                    torch.tensor(p["variance"]),
                )
                return part
            case MaxPool():
                return torch.nn.MaxPool2d(size, stride, (top, left))
        return torch.nn.ReLU()

    return (
        Graph({node.name: module(node.layer, arrays.get(node.name, {})) for node in nodes})
        .eval()
        .requires_grad_(False)
    )


class Peer:
    """The same network up to a target in torch, and what captum and ONNX Runtime make of it. Images and maps as ours."""

    def __init__(self, network: Network, arrays: Arrays, target: str, photo: np.ndarray):
        import torch
        from captum.attr import Deconvolution

        torch.set_num_threads(CORES)
        self.torch, self.model = torch, torch_model(network, arrays, target)
        self.unit, self.map = Deconvolution(self.model), Deconvolution(self.model)
        self.map.forward_func = lambda x: (
            (self.model(x) ** 2).sum((2, 3)) / 2
        )  # its derivative is the map: our seed
        onnxruntime = importlib.import_module("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = CORES
        with tempfile.TemporaryDirectory() as folder:
            torch.onnx.export(
                self.model,
                (self.tensor(photo),),
                f"{folder}/model.onnx",
                input_names=[INPUT],
                dynamo=False,
            )
            self.session = onnxruntime.InferenceSession(
                f"{folder}/model.onnx", options, ["CPUExecutionProvider"]
            )

    def tensor(self, x: np.ndarray) -> Any:
        return self.torch.from_numpy(x.transpose(0, 3, 1, 2).copy())

    def forward(self, x: np.ndarray) -> np.ndarray:
        with self.torch.inference_mode():
            return self.model(self.tensor(x)).numpy().transpose(0, 2, 3, 1)

    def onnx(self, x: np.ndarray) -> np.ndarray:
        return self.session.run(None, {INPUT: x.transpose(0, 3, 1, 2).copy()})[0].transpose(
            0, 2, 3, 1
        )

    def project(self, deconvolution: Any, x: np.ndarray, targets: Sequence) -> np.ndarray:
        """captum's deconvnet of each target, one after the other: [targets, h, w, c]."""
        found = [deconvolution.attribute(self.tensor(x), target) for target in targets]
        return self.torch.cat(found).numpy().transpose(0, 2, 3, 1)
