"""Weight files <-> tensors, checked against a network. One module a format; a file is recognised by its structure.

Nothing in a file is trusted: shapes are compared with the network's before memory is taken, and no code runs from it. HDF5, whose
library crashes on some damaged files, is read by a process of its own (child.py).
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..files import sha256
from ..network import Network, mismatches
from ..preprocessing import Preprocessing, caffe
from . import child, foreign, hdf5, keras_h5, own
from .contents import Contents, strangers

SHOWN = 8           # mismatches told one by one in an error
KNOWN = {"4d594b78b5f9b1cd111b2cb323003296e92b10c021213febf7d84f1a4c3ae980": 25864395}      # sha256 and size: weights/vgg16.h5


@dataclass(frozen=True)
class Weights(Mapping):
    """Tensors (or arrays) by layer and parameter, with where they come from and how their network wants its input."""
    layers: dict[str, dict[str, Any]]
    preprocessing: Preprocessing
    digest: str                         # sha256: the root digest of a file of the project's own, otherwise of the file
    source: str = ""
    licence: str = ""
    ignored: tuple[str, ...] = ()       # what else the file holds

    def __getitem__(self, layer: str) -> Mapping[str, Any]:
        return self.layers[layer]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)


def load_weights(path: str | Path, network: Network, target: str | Sequence[str] | None = None) -> Weights:
    """Reads what the target or targets (None: as much of the network as the file has) need, as float32 tensors.

    Takes the project's own files, HDF5 weight files of Keras, .npy dictionaries of Caffe's VGG and AlexNet, and .pth, .pt and
    .safetensors files of torchvision's VGG. Without a target a file may end before the network does (no
    dense head), but nothing may be missing below a layer that it has. Raises UserError with all mismatches in one message.
    """
    import tensorflow as tf
    weights = read_weights(path, network, target, np.float32)
    tensors = {}
    for name in list(weights):          # one layer at a time, so that arrays and tensors do not stand side by side
        tensors[name] = {key: tf.constant(value) for key, value in weights.layers.pop(name).items()}
    return Weights(tensors, weights.preprocessing, weights.digest, weights.source, weights.licence, weights.ignored)


def read_weights(path: str | Path, network: Network, target: str | Sequence[str] | None = None, dtype: Any = None,
                 trusted: bool = False) -> Weights:
    """load_weights without TensorFlow: numpy arrays, of the file's dtype unless one is given.

    trusted: the caller knows an HDF5 file by its digest, which then needs no process of its own to be read.
    """
    with contents(path, network, trusted) as found:
        if found.network not in (None, network.name):
            raise own.another(path, found.network, network.name)
        wanted = fitting(path, network, target, found)
        arrays: dict[str, dict[str, np.ndarray]] = {}
        wrong: list[str] = []
        for layer in wanted:
            arrays[layer] = {}
            for name in found.shapes[layer]:
                try:
                    array = found.read(layer, name)
                except UserError as error:
                    wrong.append(str(error))
                    continue
                if array.dtype.kind != "f":
                    wrong.append(f"{layer}/{name} is of {array.dtype}, needs floating point")
                    continue
                with np.errstate(over="ignore"):        # told below
                    array = array if dtype is None else array.astype(dtype, copy=False)
                if not np.isfinite(array).all():
                    wrong.append(f"{layer}/{name} has values that are no numbers (NaN or infinite)")
                if name == "variance" and (array < 0).any():
                    wrong.append(f"{layer}/{name} has values below 0")
                arrays[layer][name] = array
        refuse(path, network, wrong)
        preprocessing = found.preprocessing or caffe(network.input_shape[:2], network.channels)
        return Weights(arrays, preprocessing, found.digest or sha256(path), found.source, found.licence, found.ignored)


def network_in(path: str | Path, name: str | None = None, flavour: str | None = None) -> Network:
    """The built-in network whose weights a file holds, with the file's own channels, classes and size of input.

    A file of the project's own knows its network; another's is the one whose layers it has, unless `name` says it.
    """
    if (names := foreign.tensors(path)) is not None:
        return foreign.network(path, names, name, flavour)
    with opened(path) as file:
        return own.network(path, file, name) if own.recognises(file) else keras_h5.network(path, file, name, flavour)


def fitting(path: str | Path, network: Network, target: str | Sequence[str] | None, found: Contents) -> list[str]:
    """The layers to read; raises UserError with all that does not fit."""
    needed = network.parameters()
    targets = [target] if isinstance(target, str) else target or []
    asked = [node.name for node in (network.up_to(*targets) if targets else network.nodes) if node.name in needed]
    present = [name for name in asked if name in found.shapes]
    if not present:
        raise strangers(path, network.name, asked, [*found.shapes, *found.ignored])
    if not targets:     # a file without the head is as good as one with it, up to there
        below = {node.name for name in present for node in network.up_to(name)}
        asked = [name for name in asked if name in below]
    head = [name for name in asked if name not in found.shapes]
    refuse(path, network, [mismatch for name in asked for mismatch in mismatches(name, needed[name], found.shapes.get(name, {}))],
           f"; layers up to {present[-1]} can be had from it" if head and asked.index(head[0]) == len(present) else "")
    return asked


def refuse(path: str | Path, network: Network, wrong: list[str], remedy: str = "") -> None:
    """Raises UserError if anything is wrong, with all of it."""
    if wrong:
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise UserError(f"{path} does not fit {network.name}: {'; '.join(wrong[:SHOWN])}{more}{remedy}")


@contextmanager
def contents(path: str | Path, network: Network, trusted: bool = False) -> Iterator[Contents]:
    """What a file holds of a network, open for reading."""
    if (names := foreign.tensors(path)) is not None:
        yield foreign.contents(path, names, network)
        return
    with opened(path, trusted) as file:
        yield own.contents(path, file, network) if own.recognises(file) else keras_h5.contents(path, file, network)


@contextmanager
def opened(path: str | Path, trusted: bool = False) -> Iterator[hdf5.Group]:
    """An HDF5 file, read in a process of its own unless it is known.

    Raises UserError where it is none, or turns out to be damaged while it is read.
    """
    try:
        if Path(path).exists() and not Path(path).is_file():        # to open a pipe would wait for a writer
            raise ValueError("it is no file")
        with open(path, "rb") as raw:
            start = raw.read(8)
        if start != b"\x89HDF\r\n\x1a\n":
            raise UserError(f"{path} is no HDF5 file (it begins with {start!r}): weights are read from .h5 files of "
                            f"scripts/convert_weights.py or of Keras, and Caffe's .npy, torchvision's .pth and .safetensors of VGG")
        with hdf5.here(path) if trusted or known(path) else child.apart(path) as file:
            yield file
    except UserError:
        raise
    except Exception as error:              # h5py and what is made of a damaged file's attributes raise whatever comes
        raise UserError(f"cannot read weights from {path}: {hdf5.reason(error)}") from None


def known(path: str | Path) -> bool:
    """Whether a file is one of those that have been looked at."""
    return Path(path).stat().st_size in KNOWN.values() and sha256(path) in KNOWN
