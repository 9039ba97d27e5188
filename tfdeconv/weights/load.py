"""Weight files <-> tensors, checked against a network. One module a format (detect.py).

Nothing in a file is trusted: shapes are compared with the network's before memory is taken, and no
code runs from it. HDF5, whose library crashes on some damaged files, is read by a process of its
own (formats/hdf5_process.py).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..data.labels import Labels
from ..data.preprocessing import Preprocessing
from ..errors import UserError
from ..files import sha256
from ..network.graph import Network
from ..tensorflow_import import import_tensorflow
from ..words import counted, listed
from .contents import OpenedFile
from .detect import open_weights
from .notes import notes_to_tell
from .requirements import layers_to_read, read_layers


@dataclass(frozen=True, repr=False)
class Weights(Mapping):
    """A network's tensors (or arrays) by layer and parameter: weights["conv1"]["kernel"].

    With where they come from, and how the network wants its input.
    """

    layers: dict[str, dict[str, Any]]
    network: Network
    preprocessing: Preprocessing
    # sha256 in hexadecimal: of the contents for a file of the project's own, otherwise of the file;
    # with --architecture or --lambda also of these
    digest: str
    source: str = ""
    licence: str = ""
    # names of what else the file holds
    ignored: tuple[str, ...] = ()
    # how the file was recognised, and what was assumed because it cannot tell
    notes: tuple[str, ...] = ()
    # the names of its classes, where the file has them
    labels: Labels | None = None
    # the file
    path: str = ""
    # what `digest` was before it was also of the network that a file of the project's own describes
    earlier_digest: str = ""

    def __repr__(self) -> str:
        counts: list[int] = []
        for arrays in self.layers.values():
            counts += [prod(array.shape) for array in arrays.values()]
        layers = counted(len(self), "layer")
        return (
            f"Weights({self.path}: {layers}, {sum(counts):,} parameters: {listed([*self])}\n"
            f"  {self.network}\n  {self.preprocessing})"
        )

    @property
    def assumed(self) -> list[str]:
        """The notes on what was assumed."""
        return [note for note in self.notes if "assumed" in note]

    def notes_to_tell(self, preprocessing_known: bool) -> list[str]:
        """How much of the file's model is understood, where not all is, and what was assumed.

        On the pixels only where nobody says what is right.
        """
        return notes_to_tell(self.notes, preprocessing_known)

    def __getitem__(self, layer: str) -> Mapping[str, Any]:
        return self.layers[layer]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)


def load_weights(
    path: str | Path,
    network: Network | str | None = None,
    target: str | Sequence[str] | None = None,
    variant: str | None = None,
    architecture: str | Path | None = None,
    lambdas: Mapping[str, str] | None = None,
) -> Weights:
    """Reads the weights that a target or targets need, as float32 tensors.

    Takes the project's own files; Keras's .keras archives, full models in .h5, and weights alone
    (.h5, .weights.h5) of the built-in networks; torch's programs (.pt2); .pth, .pt and .safetensors
    files of torchvision's VGG, ResNet and AlexNet; .npy and .npz dictionaries by Caffe's names of
    VGG and AlexNet.

    network: the one to read the file for, a built-in one by name, or None for the file's own.
    target: a layer or layers; None: all that the file has. Then it may end before the network does
    (no dense head), but nothing may be missing below a layer that it has.
    architecture: the JSON that describes a Keras model (model.to_json()) whose weights alone the
    file has.
    lambdas: what the Lambda layers of a Keras model do, by name: {"normalise": "x / 127.5 - 1"}.
    Raises UserError with all mismatches in one message.

    >>> weights = load_weights("weights/vgg16.h5", "vgg16", "block1_conv1")
    >>> weights["block1_conv1"]["kernel"].shape.as_list(), weights.preprocessing.order
    ([3, 3, 3, 64], 'bgr')
    """
    weights = read_weights(path, network, target, np.float32, variant, architecture, lambdas)
    return as_tensors(weights)


def as_tensors(weights: Weights) -> Weights:
    """The same weights as float32 tensors.

    The arrays are let go layer by layer, so that memory never holds all of both.
    """
    import_tensorflow()
    import tensorflow as tf

    tensors: dict[str, dict[str, tf.Tensor]] = {}
    # those of layers that share them, by the identity of their arrays
    shared: dict[int, str] = {}
    counts = Counter(map(id, weights.layers.values()))
    for layer in list(weights):
        arrays = weights.layers.pop(layer)
        if id(arrays) in shared:
            tensors[layer] = tensors[shared[id(arrays)]]
            continue
        tensors[layer] = {name: tf.constant(array, tf.float32) for name, array in arrays.items()}
        if counts[id(arrays)] > 1:
            shared[id(arrays)] = layer
    return replace(weights, layers=tensors)


def read_weights(
    path: str | Path,
    network: Network | str | None = None,
    target: str | Sequence[str] | None = None,
    dtype: Any = None,
    variant: str | None = None,
    architecture: str | Path | None = None,
    lambdas: Mapping[str, str] | None = None,
) -> Weights:
    """load_weights without TensorFlow: numpy arrays, of the file's dtype unless one is given."""
    with open_weights(path, network, variant, architecture, lambdas) as file:
        refuse_other_network(path, file)
        layers = layers_to_read(path, file.network, target, file)
        arrays = read_layers(path, file, layers, dtype)
        return weights_of(path, file, arrays, architecture, lambdas)


def refuse_other_network(path: str | Path, file: OpenedFile) -> None:
    """Raises UserError where a file says that it is of another network than was asked for."""
    asked = file.network.name
    if file.network_name not in (None, asked):
        raise UserError(
            f"{path} holds {file.network_name}, not {asked}: "
            f"ask for --network {file.network_name}, or give other weights"
        )


def weights_of(
    path: str | Path,
    file: OpenedFile,
    arrays: dict[str, dict[str, Any]],
    architecture: str | Path | None,
    lambdas: Mapping[str, str] | None,
) -> Weights:
    """Some arrays of an open file, with all that it says of itself."""
    described = (architecture, lambdas)
    return Weights(
        arrays,
        file.network,
        file.preprocessing,
        digest_with(file.digest or sha256(file.path or path), *described),
        file.source,
        file.licence,
        file.ignored,
        file.notes,
        file.labels,
        str(path),
        digest_with(file.tensors_digest, *described) if file.tensors_digest else "",
    )


def survey_weights(
    path: str | Path,
    network: str | None = None,
    target: str | Sequence[str] | None = None,
    variant: str | None = None,
    architecture: str | Path | None = None,
    lambdas: Mapping[str, str] | None = None,
) -> Weights:
    """read_weights without reading an array: the layers that it would read have no parameters."""
    with open_weights(path, network, variant, architecture, lambdas) as file:
        refuse_other_network(path, file)
        layers = layers_to_read(path, file.network, target, file)
        nothing: dict[str, dict[str, Any]] = {layer: {} for layer in layers}
        return weights_of(path, file, nothing, architecture, lambdas)


def digest_with(
    digest: str, architecture: str | Path | None, lambdas: Mapping[str, str] | None
) -> str:
    """The digest of a file, of the description that goes with it, and of what its Lambdas do."""
    parts: list[Any] = [digest]
    if architecture is not None:
        parts.append(sha256(architecture))
    if lambdas:
        parts.append(sorted(lambdas.items()))
    if len(parts) == 1:
        return digest
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def network_in(
    path: str | Path,
    name: str | None = None,
    variant: str | None = None,
    architecture: str | Path | None = None,
    lambdas: Mapping[str, str] | None = None,
) -> Network:
    """The network whose weights a file holds, with its channels, classes and size of input.

    A file of the project's own, a full model of Keras's and a .keras archive say what their network
    is; otherwise it is the built-in one whose layers the file has, unless `name` says which.
    variant: which of the networks of that name, where the file cannot tell. architecture: the JSON
    that describes a Keras model whose weights alone the file has.
    """
    with open_weights(path, name, variant, architecture, lambdas) as file:
        return file.network
