"""Weight files <-> tensors, checked against a network. One module a format; a file is recognised by its structure.

Nothing in a file is trusted: shapes are compared with the network's before memory is taken, and no code runs from it. HDF5, whose
library crashes on some damaged files, is read by a process of its own (formats/hdf5_process.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..data.preprocessing import Preprocessing
from ..errors import UserError
from ..files import sha256
from ..network.graph import Network, mismatches
from .contents import WeightFile, no_match
from .detect import open_weights

SHOWN = 8  # mismatches told one by one in an error


@dataclass(frozen=True)
class Weights(Mapping):
    """Tensors (or arrays) by layer and parameter, with where they come from and how their network wants its input."""

    layers: dict[str, dict[str, Any]]
    network: Network
    preprocessing: Preprocessing
    digest: str  # sha256: the root digest of a file of the project's own, otherwise of the file
    source: str = ""
    licence: str = ""
    ignored: tuple[str, ...] = ()  # what else the file holds
    notes: tuple[
        str, ...
    ] = ()  # how the file was recognised, and what was assumed because it cannot tell

    @property
    def assumed(self) -> list[str]:
        """Those notes that tell what was assumed."""
        return [note for note in self.notes if "assumed" in note]

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
) -> Weights:
    """Reads what the target or targets (None: as much of the network as the file has) need, as float32 tensors.

    Takes the project's own files; Keras's .keras archives, full models in .h5, and weights alone (.h5, .weights.h5) of the
    built-in networks; .pth, .pt and .safetensors files of torchvision's VGG, ResNet and AlexNet; .npy and .npz dictionaries by
    Caffe's names of VGG and AlexNet. network: the one to read it for, a built-in one by name, or None for the file's own.
    Without a target a file may end before the network does (no dense head), but nothing may be missing below a layer that it
    has. Raises UserError with all mismatches in one message.
    """
    return as_tensors(read_weights(path, network, target, np.float32, variant))


def as_tensors(weights: Weights) -> Weights:
    """The same with float32 tensors in place of its arrays, which are let go one by one: both do not stand side by side."""
    import tensorflow as tf

    tensors = {
        layer: {
            name: tf.constant(value, tf.float32)
            for name, value in weights.layers.pop(layer).items()
        }
        for layer in list(weights)
    }
    return replace(weights, layers=tensors)


def read_weights(
    path: str | Path,
    network: Network | str | None = None,
    target: str | Sequence[str] | None = None,
    dtype: Any = None,
    variant: str | None = None,
    trusted: bool = False,
) -> Weights:
    """load_weights without TensorFlow: numpy arrays, of the file's dtype unless one is given.

    trusted: the caller knows an HDF5 file by its digest, which then needs no process of its own to be read.
    """
    with open_weights(path, network, variant, trusted) as found:
        network = found.held
        if found.network not in (None, network.name):
            raise UserError(
                f"{path} holds {found.network}, not {network.name}: ask for --network {found.network}, or give "
                f"other weights"
            )
        arrays: dict[str, dict[str, np.ndarray]] = {}
        wrong: list[str] = []
        for layer in layers_to_read(path, network, target, found):
            arrays[layer] = {}
            for name in found.shapes[layer]:
                try:
                    array = found.read(layer, name)
                except UserError as error:
                    wrong.append(str(error))
                    continue
                arrays[layer][name], reason = validated(array, name, dtype)
                wrong += [f"{layer}/{name} {reason}"] if reason else []
        refuse(path, network, wrong)
        assert found.preprocessing
        digest = found.digest or sha256(path)
        return Weights(
            arrays,
            network,
            found.preprocessing,
            digest,
            found.source,
            found.licence,
            found.ignored,
            found.notes,
        )


def validated(array: np.ndarray, name: str, dtype: Any) -> tuple[np.ndarray, str]:
    """A parameter of that name in the dtype asked for, and what is wrong with it ("" if nothing is)."""
    if array.dtype.kind != "f":
        return array, f"is of {array.dtype}, needs floating point"
    with np.errstate(over="ignore"):  # told below
        array = array if dtype is None else array.astype(dtype, copy=False)
    if not np.isfinite(array).all():
        return array, "has values that are no numbers (NaN or infinite)"
    return array, "has values below 0" if name == "variance" and (array < 0).any() else ""


def network_in(path: str | Path, name: str | None = None, variant: str | None = None) -> Network:
    """The network whose weights a file holds, with the file's own channels, classes and size of input.

    A file of the project's own, a full model of Keras's and a .keras archive say what their network is; otherwise it is the
    built-in one whose layers the file has, unless `name` says it. variant overrules what the file cannot tell.
    """
    with open_weights(path, name, variant) as found:
        return found.held


def layers_to_read(
    path: str | Path, network: Network, target: str | Sequence[str] | None, found: WeightFile
) -> list[str]:
    """The layers to read; raises UserError with all that does not fit."""
    needed = network.parameters()
    targets = [target] if isinstance(target, str) else target or []
    asked = [
        node.name
        for node in (network.up_to(*targets) if targets else network.nodes)
        if node.name in needed
    ]
    present = [name for name in asked if name in found.shapes]
    if asked and not present:
        raise no_match(path, network.name, asked, [*found.shapes, *found.ignored])
    if not targets:  # a file without the head is as good as one with it, up to there
        below = {node.name for name in present for node in network.up_to(name)}
        asked = [name for name in asked if name in below]
    head = [name for name in asked if name not in found.shapes]
    refuse(
        path,
        network,
        [
            mismatch
            for name in asked
            for mismatch in mismatches(name, needed[name], found.shapes.get(name, {}))
        ],
        f"; layers up to {present[-1]} can be had from it"
        if head and asked.index(head[0]) == len(present)
        else "",
    )
    return asked


def refuse(path: str | Path, network: Network, wrong: list[str], remedy: str = "") -> None:
    """Raises UserError if anything is wrong, with all of it."""
    if wrong:
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise UserError(
            f"{path} does not fit {network.name}: {'; '.join(wrong[:SHOWN])}{more}{remedy}"
        )
