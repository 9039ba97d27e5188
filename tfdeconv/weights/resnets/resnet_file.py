"""ResNets by the names that their authors gave the layers: Caffe's, and what was made of them.

The networks of 2015 to 2018 differ in what a file does not say: the norms' epsilon, how the first
pool is padded, the pixels. Which convolutions have biases, and whether norms are followed by Scale
layers, it shows; from that, and from its other names, comes the maker (resnet_makers.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...network.graph import Network
from ...zoo.resnet import CLASSIC, DESIGNS
from ...zoo.variants import TITLES, wrong_variant
from ..contents import WeightFile, infer_network
from . import resnet_makers
from .resnet_layers import FIRST, Layers, Variable
from .resnet_makers import Signs
from .resnet_places import (
    LIKE_A_BLOCK,
    Place,
    count_blocks,
    networks_with,
    place_of,
    stands_between,
)

SHOWN = 3
# heads that stand behind the stages wherever a file lists them
HEAD = re.compile(
    r"(fpn|rpn|mrcnn|roi|anchors|pyramid|classification|regression|P[3-7]|C[3-5]_reduced|"
    r"fc|dense|logits|predictions)([\d_]|$)"
)


@dataclass(frozen=True)
class ResnetFile:
    """A file of a ResNet's layers by their authors' names.

    is_keras: whether it is of Keras, and then lists the layers without parameters, too.
    """

    path: str | Path
    layers: Layers
    is_keras: bool

    @cached_property
    def places(self) -> dict[str, Place]:
        """{layer in the file: its place}, of those that have one and parameters."""
        found = {}
        for name, parameters in self.layers.items():
            place = place_of(name)
            if place is not None and parameters:
                found[name] = place
        return found

    @cached_property
    def at(self) -> dict[Place, Mapping[str, Variable]]:
        """The parameters at each place; raises UserError for a place taken twice."""
        parameters: dict[Place, Mapping[str, Variable]] = {}
        first: dict[Place, str] = {}
        for name, place in self.places.items():
            if place in parameters:
                raise UserError(
                    f"{self.path} has two names for one block, {first[place]} and {name}"
                )
            parameters[place] = self.layers[name]
            first[place] = name
        return parameters

    @cached_property
    def depths(self) -> list[str]:
        """The networks that it may be of; raises UserError where its blocks are no network's."""
        counts = count_blocks(self.places.values())
        names = networks_with(counts)
        if names:
            return names
        known = [f"{DESIGNS[name].blocks} ({TITLES[name]})" for name in CLASSIC]
        raise UserError(
            f"{self.path} has Caffe's names of a ResNet's layers, but its depth is not known: "
            f"its stages have {counts} blocks, expected {' or '.join(known)}"
        )

    @cached_property
    def signs(self) -> Signs:
        """What shows the maker."""
        has_scale = any(place.kind == "scale" for place in self.at)
        return Signs(
            self.depths[0],
            "bias" in self.layers[FIRST],
            has_scale,
            self.is_keras,
            self.layers.keys(),
        )

    @cached_property
    def left_over(self) -> list[str]:
        """Layers with parameters that stand behind the stages.

        Raises UserError for one that stands among them: then the file is of another network.
        """
        order = list(self.layers)
        left = []
        for name in order:
            if name in self.places or not self.layers[name]:
                continue
            inside = LIKE_A_BLOCK.match(name) or (
                not HEAD.match(name) and stands_between(name, order, self.places)
            )
            if inside:
                shapes = [list(value.shape) for value in self.layers[name].values()]
                raise UserError(
                    f"{self.path} has layers named like those of {TITLES[self.depths[0]]}, but is "
                    f"not one: it also has {name} {shapes} among them"
                )
            left.append(name)
        return left

    def network(self, name: str | None, variant: str | None = None) -> Network:
        """The network, with the channels and classes that the kernels show."""
        if name and name not in self.depths:
            raise UserError(
                f"{self.path} holds {self.depths[0]}, not {name}: "
                f"ask for --network {self.depths[0]}, or give other weights"
            )
        depth = name or self.depths[0]
        usual = resnet_makers.usual_variant(self.signs)
        kernels = {}
        for place, parameters in self.at.items():
            if "kernel" in parameters:
                kernels[place.layer] = parameters["kernel"].shape
        network = infer_network(depth, kernels, usual)
        if variant and variant not in resnet_makers.variants_for(depth, self.signs.has_bias):
            raise wrong_variant(self.path, network, infer_network(depth, kernels, variant))
        return infer_network(depth, kernels, variant or usual)

    def contents(self, network: Network) -> WeightFile:
        """What the file has of a network, by this program's names."""
        own = self.network(network.name if network.name in self.depths else None)
        fitting = resnet_makers.variants_for(own.name, self.signs.has_bias)
        if network.name == own.name and network.variant not in fitting:
            raise wrong_variant(self.path, own, network)
        shapes: dict[str, dict[str, tuple[int, ...]]] = {}
        for place, parameters in self.at.items():
            if place.kind != "scale":
                shapes[place.layer] = {
                    parameter: variable.shape for parameter, variable in parameters.items()
                }
        self.check_scales()
        places = {place.layer: place for place in self.at if place.kind != "scale"}

        def read(layer: str, parameter: str) -> np.ndarray:
            return self.read(places[layer], parameter)

        variant = network.variant if network.name == own.name else own.variant
        left = self.left_over
        notes = [f"layers named as their authors and Caffe name those of {TITLES[own.name]}"]
        if self.signs.has_scale:
            notes[0] += ", with Scale layers behind the norms, which are merged with them"
        notes.append(resnet_makers.assumptions(variant))
        if left:
            notes.append(
                f"assumed: what is left over belongs to other heads: {len(left)} layers, "
                f"{', '.join(left[:SHOWN])}"
            )
        return WeightFile(
            shapes,
            read,
            own.name,
            resnet_makers.pixels(variant, network.input_shape[:2], network.channels),
            source=f"{Path(self.path).name} ({'Keras' if self.is_keras else 'Caffe'})",
            ignored=tuple(left),
            notes=tuple(notes),
        )

    def check_scales(self) -> None:
        """Raises UserError where some norms have a Scale layer behind them, and others have not."""
        if not self.signs.has_scale:
            return
        for place in self.at:
            if place.kind in ("bn", "scale"):
                for kind in ("bn", "scale"):
                    if self.beside(place, kind) is None:
                        raise UserError(
                            f"{self.path} has Scale layers for some of its norms only: "
                            f"that of {place.layer} has no {kind}"
                        )

    def beside(self, place: Place, kind: str) -> Mapping[str, Variable] | None:
        """The parameters of the layer of another kind at a place; None if there is none."""
        return self.at.get(Place(kind, place.stage, place.block, place.convolution))

    def read(self, place: Place, parameter: str) -> np.ndarray:
        """A parameter's values; a norm's gamma and beta with those of the Scale layer behind it."""
        values = self.at[place][parameter].read()
        scale = self.beside(place, "scale")
        if place.kind != "bn" or scale is None or parameter not in ("gamma", "beta"):
            return values
        # scale * (gamma * x + beta) + shift, in double precision so that it is rounded once
        folded = scale["gamma"].read().astype(np.float64) * values
        if parameter == "beta":
            folded += scale["beta"].read()
        return folded.astype(values.dtype)
