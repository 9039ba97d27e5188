"""A weight file opened: which kind it is, and what it holds, whoever made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from .. import errors
from ..data.preprocessing import caffe
from ..errors import UserError
from ..files import sha256
from ..formats import checked_json, hdf5, hdf5_process
from ..formats.hdf5 import texts
from ..network.graph import Network
from . import native, state_dict
from .contents import WeightFile, infer_network, no_match
from .keras import architecture, legacy_h5, v3, variables
from .keras.architecture import Architecture

KNOWN = {
    "4d594b78b5f9b1cd111b2cb323003296e92b10c021213febf7d84f1a4c3ae980": 25864395
}  # sha256 and size: weights/vgg16.h5


@dataclass(frozen=True)
class FormatReader:
    """How a kind of file is read."""

    kind: str
    network: Callable[
        [str | None, str | None], Network
    ]  # of a name and a variant, or the file's own
    contents: Callable[[Network], WeightFile]


@contextmanager
def open_weights(
    path: str | Path,
    network: Network | str | None = None,
    variant: str | None = None,
    trusted: bool = False,
) -> Iterator[WeightFile]:
    """What a file holds of a network (None: its own; a name: that built-in one), open for reading."""
    with detect(path, trusted) as found:
        network = network if isinstance(network, Network) else found.network(network, variant)
        held = found.contents(network)
        needed = network.parameters()
        if needed and not needed.keys() & held.shapes.keys():
            raise no_match(path, network.name, list(needed), [*held.shapes, *held.ignored])
        notes = held.notes or (f"it is {found.kind}",)
        if held.preprocessing is None:
            notes = (
                *notes,
                "assumed: the preprocessing of Caffe's and Keras's VGG and ResNet (--preprocess says otherwise)",
            )
        preprocessing = held.preprocessing or caffe(network.input_shape[:2], network.channels)
        yield replace(held, held=network, preprocessing=preprocessing, notes=notes)


@contextmanager
def detect(path: str | Path, trusted: bool = False) -> Iterator[FormatReader]:
    """What reads a file, by its structure."""
    if v3.is_archive(path):
        with v3.archive(path, open_hdf5) as (config, file):
            yield described(path, config, partial(v3.contents, path, file))
        return
    if (names := state_dict.tensors(path)) is not None:
        yield FormatReader(
            "a file of tensors by name",
            partial(state_dict.network, path, names),
            partial(state_dict.contents, path, names),
        )
        return
    with open_hdf5(path, trusted) as file:
        if native.recognises(file):
            yield FormatReader(
                "a weight file of this program",
                partial(native.network, path, file),
                partial(native.contents, path, file),
            )
        elif v3.recognises(file):
            yield FormatReader(
                "weights of Keras 3",
                partial(v3.network, path, file),
                partial(v3.contents_of, path, file),
            )
        elif "model_config" in file.attrs:
            config = checked_json.parsed(texts(file.attrs["model_config"])[0])
            yield described(
                path,
                config,
                partial(variables.contents_h5, path, file),
                keras_h5_reader(path, file),
            )
        else:
            yield keras_h5_reader(path, file)


def keras_h5_reader(path: str | Path, file: hdf5.Group) -> FormatReader:
    """Reads the weights of a built-in network by the names of its layers."""
    return FormatReader(
        "a weight file of Keras",
        partial(legacy_h5.network, path, file),
        partial(legacy_h5.contents, path, file),
    )


def described(
    path: str | Path,
    config: Mapping[str, Any],
    read: Callable[[Architecture], WeightFile],
    by_name: FormatReader | None = None,
) -> FormatReader:
    """Reads a model that comes with its description; by_name: what reads its weights for a built-in network, if anything can."""

    @cache
    def model() -> Architecture:
        try:
            return architecture.build(config)
        except UserError as error:
            raise UserError(f"{path}: {error}") from None

    def network(name: str | None, variant: str | None) -> Network:
        if not name and variant:
            raise UserError(
                f"{path} describes its own network, which has no variants: leave out --variant"
            )
        if not name:
            return model().network
        if by_name:
            return by_name.network(name, variant)
        return infer_network(
            name,
            {layer: p.get("kernel", ()) for layer, p in read(model()).shapes.items()},
            variant or "",
        )

    def contents(network: Network) -> WeightFile:
        another = network.nodes != model().network.nodes  # for which the names of the layers count
        if another and by_name:
            return by_name.contents(network)
        found = read(model())
        notes = "it is a model of Keras's with its own description", *found.notes
        return replace(found, network=None if another else found.network, notes=notes)

    return FormatReader("a model of Keras's", network, contents)


@contextmanager
def open_hdf5(path: str | Path, trusted: bool = False) -> Iterator[hdf5.Group]:
    """An HDF5 file, read in a process of its own unless it is known.

    Raises UserError where it is none, or turns out to be damaged while it is read.
    """
    try:
        if (
            Path(path).exists() and not Path(path).is_file()
        ):  # to open a pipe would wait for a writer
            raise ValueError("it is no file")
        with open(path, "rb") as raw:
            start = raw.read(8)
        if start != b"\x89HDF\r\n\x1a\n":
            what = (
                f"is no HDF5 file (it begins with {start!r})" if start else "is empty, no HDF5 file"
            )
            raise UserError(
                f"{path} {what}, and none of .keras, .pth, .pt, .safetensors, .npy and .npz either"
            )
        with (
            hdf5.open_in_process(path)
            if trusted or is_bundled(path)
            else hdf5_process.open_in_subprocess(path) as file
        ):
            yield file
    except UserError:
        raise
    except (
        Exception
    ) as error:  # h5py and what is made of a damaged file's attributes raise whatever comes
        raise UserError(f"cannot read weights from {path}: {errors.one_line(error)}") from None


def is_bundled(path: str | Path) -> bool:
    """Whether a file is one of those that have been looked at."""
    return Path(path).stat().st_size in KNOWN.values() and sha256(path) in KNOWN
