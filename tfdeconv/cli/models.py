"""The network that a command works on, with its weights, as the command's options ask for it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.precision import PRECISIONS
from . import arguments

if TYPE_CHECKING:
    from ..network.graph import Network
    from ..weights.load import Weights
    from .notes import Notes

USUAL_WEIGHTS = "default: what weights/ has for the network"
USUAL_PREPROCESSING = (
    "how the photo becomes the network's input (default: as the weight file says, "
    "or as is usual for such a file)"
)


@dataclass(frozen=True)
class ModelRequest:
    """Which network, with which weights. None: as the weight file says."""

    weights: str | None
    architecture: str | None
    lambdas: dict[str, str] | None
    network: str | None
    variant: str | None
    preprocess: str | None
    precision: str | None  # None: float32
    jit: bool  # compiled with XLA


def add_computation(parser: ArgumentParser) -> None:
    """How exactly it is computed, and whether compiled with XLA."""
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        help="on a GPU: whole float32 (the default), or TF32, which is quicker and less exact",
    )
    parser.add_argument(
        "--jit",
        action="store_true",
        help="compile with XLA: the first photo takes seconds more; it made only some work faster "
        "on the CPUs measured, and is unmeasured on GPUs",
    )


def add_model_options(
    parser: ArgumentParser,
    weights: str = USUAL_WEIGHTS,
    preprocess: str = USUAL_PREPROCESSING,
    computes: bool = True,
) -> None:
    """The options that are the fields of a ModelRequest; what two of them mean, for --help.

    computes: whether the command does, or only looks at weights.
    Give arguments.ARCHITECTURE_NEEDS_WEIGHTS among the command's constraints.
    """
    arguments.add_network(parser)
    arguments.add_weights(parser, weights)
    arguments.add_architecture(parser)
    arguments.add_lambda(parser)
    arguments.add_variant(parser)
    arguments.add_preprocess(parser, preprocess)
    if computes:
        add_computation(parser)
    else:
        parser.set_defaults(precision=None, jit=False)


def model_fields(given: Namespace) -> dict[str, Any]:
    """The fields of a ModelRequest, of the options that add_model_options() made."""
    return {field.name: getattr(given, field.name) for field in fields(ModelRequest)}


def weight_path(request: ModelRequest, layers: Sequence[str] | None = None) -> Path:
    """--weights, or the file of the weights folder that has what the layers need.

    layers: none for a file that has the network's default layer. Raises UserError with what to do
    if there is none.
    """
    options = (request.weights, request.network, request.variant)
    if not request.weights and not layers:
        network = arguments.built_in_network(request.network, request.variant)
        layers = [arguments.default_layer(network)]
    return arguments.weight_file(*options, layers)


def read_network(request: ModelRequest) -> Network:
    """The network alone, of whose layers some may be chosen before their weights are read."""
    from ..weights import load

    path = weight_path(request)
    return load.network_in(
        path, request.network, request.variant, request.architecture, request.lambdas
    )


def read_model(request: ModelRequest, layers: Sequence[str] | None, notes: Notes) -> Weights:
    """What the layers need of the weight file, as float32 arrays; None: all that it has.

    With the network, and the preprocessing asked for; `path` is the file's. Notes are on what was
    assumed of a file of the user's, and not on those of the weights folder. Raises UserError where
    the file or its network is not as the request needs it.
    """
    from ..data.stated_preprocessing import load_preprocessing
    from ..weights import load

    weights = load.read_weights(
        weight_path(request, layers),
        request.network,
        layers,
        "float32",
        request.variant,
        request.architecture,
        request.lambdas,
    )
    asked = load_preprocessing(request.preprocess, weights.network.input_shape, notes.tell)
    if request.weights:
        for note in weights.notes_to_tell(preprocessing_known=bool(request.preprocess)):
            notes.tell(note)
    return replace(weights, preprocessing=asked or weights.preprocessing)
