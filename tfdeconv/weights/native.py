"""The project's own weight file: HDF5, a dataset /layer/parameter each (float16 or float32), all that is needed to use them.

Root attributes: format, version, made_by; network, channels, classes; order, mean, scale, size, resize (preprocessing.py);
source, licence. Each dataset's attribute sha256 is that of its bytes (C order, little-endian, as stored); the root's is that
of the lines `name dtype shape sha256`, sorted. Version 2 has a dataset more, the network's description in JSON, which is in no
line; version 1 holds a built-in network. In the names of layers all but letters, digits and _.-~ is percent-encoded.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

import h5py
import numpy as np

from ..data.preprocessing import ORDERS, Preprocessing
from ..errors import UserError, unknown
from ..files import atomic_write
from ..formats.hdf5 import Dataset, Group, dataset, subgroup, texts
from ..formats.hdf5_write import text
from ..network.graph import Network, mismatches
from ..network.serialization import from_json, to_json
from ..version import __version__
from ..zoo import NETWORKS
from .contents import WeightFile

FORMAT, VERSION = "tfdeconv weights", 2
DESCRIPTION = "@network"  # no layer's name: those have their @ encoded


def save_weights(
    path: str | Path,
    network: Network,
    arrays: Mapping[str, Mapping[str, np.ndarray]],
    preprocessing: Preprocessing,
    source: str,
    licence: str,
    half: bool = False,
) -> str:
    """Writes a file, in half precision if asked for, and returns its root digest. Raises UserError where it cannot."""
    needed = network.parameters()
    shapes = {
        layer: {name: np.shape(array) for name, array in parameters.items()}
        for layer, parameters in arrays.items()
    }
    wrong = [
        mismatch
        for layer in shapes
        for mismatch in mismatches(layer, needed.get(layer, {}), shapes[layer])
    ]
    if wrong:
        raise UserError(f"these arrays do not fit {network.name}: {'; '.join(wrong[:8])}")
    memory = (
        io.BytesIO()
    )  # on a full disk libhdf5 fails half-way, and crashes at its next file or at exit
    with h5py.File(memory, "w") as file:
        lines = []
        if described := built_in(network) != network:
            stored(file, DESCRIPTION, np.frombuffer(description(network).encode(), np.uint8))
        for layer, parameters in arrays.items():
            for name, array in parameters.items():
                with np.errstate(over="ignore"):  # told below
                    values = np.ascontiguousarray(array, "<f2" if half else "<f4")
                if not np.isfinite(values).all():
                    small = half and np.isfinite(array).all()
                    raise UserError(
                        f"{layer}/{name} has values that are "
                        f"{'beyond half precision (65504): leave out --half' if small else 'no numbers'}"
                    )
                lines.append(stored(file, f"{quote(layer, safe='')}/{name}", values))
        file.attrs.update(
            format=text(FORMAT),
            version=2 if described else 1,
            made_by=text(f"tfdeconv {__version__}"),
            network=text(network.name),
            channels=network.channels,
            classes=network.classes,
            order=text(preprocessing.order),
            mean=preprocessing.mean,
            scale=preprocessing.scale,
            size=preprocessing.size,
            resize=preprocessing.resize,
            source=text(source),
            licence=text(licence),
            sha256=text(root_digest(lines)),
        )
    with atomic_write(path) as place:
        place.write_bytes(memory.getbuffer())
    return root_digest(lines)


def description(network: Network) -> str:
    """The network as JSON; raises UserError where it could not be read again."""
    found = to_json(network)
    if "." in network.parameters() or from_json(found) != network:
        raise UserError(
            f"{network.name} has what this program's format cannot hold: a layer's name, or a number"
        )
    return found


def built_in(network: Network) -> Network | None:
    """The built-in network of that name, channels, classes and size of input."""
    build = NETWORKS.get(network.name)
    return (
        build(channels=network.channels, classes=network.classes, size=network.input_shape[:2])
        if build
        else None
    )


def stored(file: h5py.File, name: str, values: np.ndarray) -> str:
    """Writes a dataset with its digest, and returns its line of the root digest."""
    written = file.create_dataset(name, data=values, chunks=True, shuffle=True, compression="gzip")
    digest = hashlib.sha256(values.data).hexdigest()
    written.attrs["sha256"] = text(digest)
    return line(name, values.dtype.str, values.shape, digest)


def line(name: str, dtype: str, shape: tuple[int, ...], digest: str) -> str:
    return f"{name} {dtype[1:]} {'x'.join(map(str, shape))} {digest}"


def root_digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def recognises(file: Group) -> bool:
    return "format" in file.attrs and texts(file.attrs["format"])[0] == FORMAT


def contents(path: str | Path, file: Group, network: Network) -> WeightFile:
    """All layers of the file, the root digest checked; each dataset's own is checked when it is read."""
    if file.attrs["version"] > VERSION:
        raise UserError(
            f"{path} is of version {file.attrs['version']} of this format, this program reads up to {VERSION}: "
            f"update it"
        )
    held = held_network(path, file)
    if (
        held.name != network.name or held.variant and held.variant != network.variant
    ):  # a file's own network has no variant
        raise another(path, held, network.name, network.variant)
    groups = {layer: subgroup(file, layer) for layer in file.children if layer != DESCRIPTION}
    datasets = {
        unquote(layer): {name: dataset(group, name) for name in group.children}
        for layer, group in groups.items()
    }
    lines = [
        line(f"{quote(layer, safe='')}/{name}", values.dtype, values.shape, told_digest(values))
        for layer, p in datasets.items()
        for name, values in p.items()
    ]
    told = texts(file.attrs["sha256"])[0]
    if root_digest(lines) != told:
        raise UserError(
            f"{path} is damaged: its datasets do not add up to its digest {told[:12]}...; make or fetch it again"
        )

    def read(layer: str, name: str) -> np.ndarray:
        return checked(datasets[layer][name], f"{layer}/{name}")

    shapes = {
        layer: {name: values.shape for name, values in p.items()} for layer, p in datasets.items()
    }
    source, licence = (texts(file.attrs[key])[0] for key in ("source", "licence"))
    return WeightFile(shapes, read, held.name, preprocessing(path, file), told, source, licence)


def preprocessing(path: str | Path, file: Group) -> Preprocessing:
    """The root attributes as a Preprocessing, checked against the file's channels."""
    attrs = file.attrs
    order, channels = texts(attrs["order"])[0], int(attrs["channels"])
    mean, scale = (tuple(float(value) for value in attrs[key]) for key in ("mean", "scale"))
    height, width = (int(value) for value in attrs["size"])
    found = Preprocessing(order, (height, width), int(attrs["resize"]), mean, scale)
    if (
        order not in ORDERS
        or any(len(row) not in (0, channels) for row in (mean, scale))
        or not np.isfinite(mean + scale).all()
        or 0 in scale
        or min(height, width) < 1
        or found.resize < min(height, width)
    ):
        raise UserError(
            f"{path} says how to preprocess in a way that cannot be: {found}; make it again"
        )
    return found


def another(path: str | Path, held: Network, name: str, variant: str = "") -> UserError:
    """The file is for another network than the one asked for, or for another variant of it."""
    if held.name != name:
        return UserError(
            f"{path} holds {held.name}, not {name}: ask for --network {held.name}, or give other weights"
        )
    return UserError(
        f"{path} holds {name} of variant {held.variant}, not {variant}: ask for --variant {held.variant}, "
        f"or give other weights"
    )


def network(path: str | Path, file: Group, name: str | None, variant: str | None = None) -> Network:
    """The network the file is for; raises UserError if that is not `name`."""
    held = held_network(path, file)
    if name not in (None, held.name) or held.variant and variant not in (None, held.variant):
        raise another(path, held, name or held.name, variant or held.variant)
    return held


def held_network(path: str | Path, file: Group) -> Network:
    """The network that the file describes, or a built-in one that it names."""
    told = texts(file.attrs["network"])[0]
    if DESCRIPTION in file.children:
        values = checked(dataset(file, DESCRIPTION), "its description of the network")
        found = from_json(str(np.asarray(values, np.uint8).tobytes(), "utf-8"))
        if found.name != told:
            raise UserError(
                f"{path} says that it holds {told} and describes {found.name}; make it again"
            )
        return found
    if told not in NETWORKS:
        raise unknown(f"{path} is for a network that this program does not have,", told, NETWORKS)
    height, width = (int(value) for value in file.attrs["size"])
    if not all(
        1 <= int(value) <= 1 << 20
        for value in (file.attrs["channels"], file.attrs["classes"], height, width)
    ):
        raise UserError(
            f"{path} says of its network what cannot be (channels, classes, size); make it again"
        )
    return NETWORKS[told](
        channels=int(file.attrs["channels"]),
        classes=int(file.attrs["classes"]),
        size=(height, width),
    )


def told_digest(values: Dataset) -> str:
    return texts(values.attrs["sha256"])[0]


def checked(values: Dataset, name: str) -> np.ndarray:
    """A dataset's values; raises UserError if they do not have the digest that stands beside them."""
    array = values.read()
    if hashlib.sha256(array.data).hexdigest() != told_digest(values):
        raise UserError(f"{name} does not have its digest (damaged: make or fetch the file again)")
    return array
