"""A network's weights made ready to be computed with: what Deconvnet and GradCam begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..network.graph import Network
from . import compilation, folding
from .compiled import CompiledPasses
from .rules import Rule
from .tensors import as_tensors, dtype_of


def prepare_passes(
    network: Network,
    weights: Mapping[str, Mapping[str, Any]],
    layers: Sequence[str],
    rule: Rule,
    jit: bool | None = None,
) -> CompiledPasses:
    """The passes of the part of a network that the last of the layers needs.

    layers: by their own names, those whose maps are kept; the target last. jit: compile with XLA;
    None: as is chosen for the process.
    """
    nodes = network.up_to(layers[-1])
    tensors = as_tensors(weights, [node.name for node in nodes])
    folded, parameters = folding.fold(nodes, tensors, layers)
    needed = replace(network, nodes=tuple(folded))
    dtype = dtype_of(tensors)
    return CompiledPasses(needed, parameters, layers, rule, dtype, compilation.is_jit(jit))
