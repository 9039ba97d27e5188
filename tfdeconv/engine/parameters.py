"""The parameters that a deconvnet computes with, and the same deconvnet with others."""

from __future__ import annotations

from copy import copy

from ..network.graph import Network
from .deconvnet import Deconvnet
from .types import Tensors


def computed_network(deconvnet: Deconvnet) -> Network:
    """What is computed: the network up to the target, batch norms inside their convolutions."""
    return deconvnet._passes.network


def parameters_of(deconvnet: Deconvnet) -> Tensors:
    """The parameters of the computed network, by layer and name."""
    return deconvnet._passes.parameters


def with_parameters(deconvnet: Deconvnet, parameters: Tensors) -> Deconvnet:
    """The deconvnet with other parameters of the computed network, of the same shapes.

    It shares the compiled graphs: nothing is compiled again.
    """
    other = copy(deconvnet)
    other._passes = deconvnet._passes.with_parameters(parameters)
    return other
