"""Scales and shifts that follow each other as one, and those behind a norm as the norm's own.

A layer that nothing else reads, and that is no output, goes into the scale and shift behind it: its
name becomes another one of that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np

from ...network.base import Layer, Node
from ...network.layers import Affine, BatchNorm, GroupNorm, LayerNorm, RMSNorm
from .builder import NodeBuilder
from .operation import Constant, Parameter

Parameters = dict[str, Parameter]
Joined = tuple[Layer, Parameters]
NORMS = (BatchNorm, GroupNorm, LayerNorm)


def join_scales(builder: NodeBuilder, outputs: Collection[str]) -> dict[str, str]:
    """Joins what can be joined in a builder's nodes; returns {a node that is gone: its heir}."""
    readers: Counter[str] = Counter()
    for node in builder.nodes.values():
        readers.update(node.inputs)
    heirs: dict[str, str] = {}
    for join in (scale_of_scale, scale_of_norm):
        for node in list(builder.nodes.values()):
            inner = builder.nodes.get(node.inputs[0])
            if not isinstance(node.layer, Affine) or inner is None:
                continue
            if readers[inner.name] != 1 or inner.name in outputs:
                continue
            found = join(builder, inner, node)
            if found is not None:
                layer, builder.parameters[node.name] = found
                builder.nodes[node.name] = Node(node.name, layer, inner.inputs)
                del builder.nodes[inner.name]
                builder.parameters.pop(inner.name, None)
                heirs[inner.name] = node.name
    for name, heir in reversed(heirs.items()):
        heirs[name] = heirs.get(heir, heir)
    return heirs


def scale_of_scale(builder: NodeBuilder, inner: Node, node: Node) -> Joined | None:
    """Of constants that are worked out now."""
    before, behind = builder.parameters.get(inner.name, {}), builder.parameters[node.name]
    if not is_by_channel(inner.layer, before) or not is_by_channel(node.layer, behind):
        return None
    scale, shift = behind["scale"].read(), behind["shift"].read()
    values = before["scale"].read() * scale, before["shift"].read() * scale + shift
    parameters: Parameters = {}
    for name, array in zip(("scale", "shift"), values):
        parameters[name] = Parameter((Constant.of_array(array),), None, array.shape)
    return Affine(), parameters


def is_by_channel(layer: Layer, parameters: Mapping[str, Parameter]) -> bool:
    """Whether a layer is a scale and shift for each channel."""
    shapes = [parameter.shape for parameter in parameters.values()]
    return isinstance(layer, Affine) and [len(shape or ()) for shape in shapes] == [1, 1]


def scale_of_norm(builder: NodeBuilder, inner: Node, node: Node) -> Joined | None:
    layer = inner.layer
    if not is_by_channel(node.layer, builder.parameters[node.name]):
        return None
    before = builder.parameters.get(inner.name, {})
    scale, shift = (builder.parameters[node.name][name] for name in ("scale", "shift"))
    shifts = bool(shift.read().any())
    gamma = computed(np.multiply, before["gamma"], scale) if "gamma" in before else scale
    if isinstance(layer, RMSNorm) and not shifts:
        return replace(layer, scale=True), {"gamma": gamma}
    if not isinstance(layer, NORMS) or getattr(layer, "by_cell", False):
        return None
    parameters = {**before, "gamma": gamma}
    if "beta" in before:
        parameters["beta"] = computed(scaled, before["beta"], scale, shift)
    elif shifts:
        parameters["beta"] = shift
    return replace(layer, scale=True, center="beta" in parameters), parameters


def scaled(shift: np.ndarray, scale: np.ndarray, added: np.ndarray) -> np.ndarray:
    return shift * scale + added


def computed(function: Callable[..., np.ndarray], *parameters: Parameter) -> Parameter:
    """A parameter that is worked out from others, when it is asked for."""
    constants: list[Constant] = []
    for parameter in parameters:
        constants.extend(parameter.constants)

    def make(*arrays: np.ndarray) -> np.ndarray:
        values: list[np.ndarray] = []
        start = 0
        for parameter in parameters:
            stop = start + len(parameter.constants)
            values.append(parameter.made_of(arrays[start:stop]))
            start = stop
        return function(*values)

    return Parameter(tuple(constants), make, parameters[-1].shape)
