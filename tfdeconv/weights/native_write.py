"""Writes the project's own weight files (native_format.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from ..data.preprocessing import Preprocessing
from ..errors import UserError
from ..formats import purposes
from ..formats.hdf5_write import create_hdf5, fixed_text
from ..network.base import mismatches
from ..network.graph import Network
from ..network.serialization import from_json, to_json
from ..version import __version__
from ..zoo import NETWORKS
from .native_format import (
    DESCRIPTION,
    LABELS,
    NOTES,
    contents_digest,
    digest_line,
    pack_labels,
    pack_notes,
    root_digest,
)

SHOWN = 8  # mismatches that an error lists


def save_weights(
    path: str | Path,
    network: Network,
    arrays: Mapping[str, Mapping[str, np.ndarray]],
    preprocessing: Preprocessing,
    source: str,
    licence: str,
    half: bool = False,
    notes: Sequence[str] = (),
    labels: Sequence[str] = (),
) -> str:
    """Writes a weight file and returns the digest of its contents.

    arrays: by layer and parameter; layers may be left out. half: as float16, otherwise as float32.
    notes: what was assumed of them, which whoever reads the file is told. labels: the names of the
    classes.
    Raises UserError where an array does not fit the network, for values that the file cannot hold,
    and where the file cannot be written.

    >>> from tfdeconv import NETWORKS, preprocessing
    >>> arrays = {"fc8": {"bias": np.zeros(1000)}}
    >>> seen = preprocessing.caffe((227, 227))
    >>> save_weights("unwritten.h5", NETWORKS["alexnet"](), arrays, seen, "here", "none")
    Traceback (most recent call last):
    tfdeconv.errors.UserError: these arrays do not fit alexnet: fc8/kernel [4096, 1000] is missing
    """
    check_shapes(network, arrays)
    with create_hdf5(path) as file:
        version = 1
        description_digest = ""
        if built_in(network) != network:
            version = 2
            description = np.frombuffer(describe(network).encode(), np.uint8)
            write_dataset(file, DESCRIPTION, description)
            description_digest = hashlib.sha256(description.data).hexdigest()
        lines: list[str] = []
        for layer, parameters in arrays.items():
            for name, array in parameters.items():
                values = as_stored(array, f"{layer}/{name}", half)
                lines.append(write_dataset(file, f"{quote(layer, safe='')}/{name}", values))
        digest = root_digest(lines)
        file.attrs.update(
            format=fixed_text(purposes.WEIGHTS),
            version=version,
            made_by=fixed_text(f"tfdeconv {__version__}"),
            network=fixed_text(network.name),
            channels=network.channels,
            classes=network.classes,
            order=fixed_text(preprocessing.order),
            mean=preprocessing.mean,
            scale=preprocessing.scale,
            size=preprocessing.size,
            resize=preprocessing.resize,
            source=fixed_text(source),
            licence=fixed_text(licence),
            sha256=fixed_text(digest),
        )
        if notes:
            file.attrs[NOTES] = fixed_text(pack_notes(notes))
        if labels and pack_labels(labels):
            file.attrs[LABELS] = fixed_text(pack_labels(labels))
    return contents_digest(digest, description_digest)


def check_shapes(network: Network, arrays: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Raises UserError with the layers that the network has not, or has with other parameters."""
    needed = network.parameters()
    problems: list[str] = []
    for layer, parameters in arrays.items():
        shapes = {name: np.shape(array) for name, array in parameters.items()}
        problems += mismatches(layer, needed.get(layer, {}), shapes)
    if problems:
        listed = "; ".join(problems[:SHOWN])
        raise UserError(f"these arrays do not fit {network.name}: {listed}")


def as_stored(array: np.ndarray, name: str, half: bool) -> np.ndarray:
    """The values as the file holds them; raises UserError for those that it cannot."""
    dtype = "<f2" if half else "<f4"
    # what overflows becomes infinite, which is reported below
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(array, dtype)
    if np.isfinite(values).all():
        return values
    if half and np.isfinite(array).all():
        raise UserError(f"{name} has values beyond half precision (65504): leave out --half")
    raise UserError(f"{name} has values that are NaN or infinite")


def write_dataset(file: Any, name: str, values: np.ndarray) -> str:
    """Writes a dataset to an h5py.File, with its digest; returns its line of the root digest."""
    stored = file.create_dataset(name, data=values, chunks=True, shuffle=True, compression="gzip")
    digest = hashlib.sha256(values.data).hexdigest()
    stored.attrs["sha256"] = fixed_text(digest)
    return digest_line(name, values.dtype.str, values.shape, digest)


def describe(network: Network) -> str:
    """The network as JSON; raises UserError where it could not be read again."""
    description = to_json(network)
    if "." in network.parameters() or from_json(description) != network:
        raise UserError(
            f"{network.name} has a layer's name or a number that this program's format cannot hold"
        )
    return description


def built_in(network: Network) -> Network | None:
    """The built-in network of that name, channels, classes and size of input."""
    if network.name not in NETWORKS:
        return None
    return NETWORKS[network.name](
        channels=network.channels, classes=network.classes, size=network.input_shape[:2]
    )
