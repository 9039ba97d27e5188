"""Keras's official ImageNet weights: fetched, checked, converted to this program's format; and the weights that are here."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..network.graph import Network
from ..network.layers import Dense
from ..zoo import NETWORKS
from .download import download, held

BASE = "https://storage.googleapis.com/tensorflow/keras-applications/"


@dataclass(frozen=True)
class Origin:
    """A network's official files: their folder, their MD5 sums with the dense layers and without, and whose weights they are."""

    folder: str
    md5: tuple[str, str]
    source: str
    licence: str


# keras/src/applications/vgg16.py, vgg19.py, resnet.py
FILES = (
    "{}_weights_tf_dim_ordering_tf_kernels.h5",
    "{}_weights_tf_dim_ordering_tf_kernels_notop.h5",
)
VGG = (
    "Karen Simonyan and Andrew Zisserman, VGG, University of Oxford (https://www.robots.ox.ac.uk/~vgg/research/very_deep/)",
    "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
)
RESNET = ("Kaiming He et al. (https://github.com/KaimingHe/deep-residual-networks)", "MIT")
ORIGINS = {
    "vgg16": Origin(
        "vgg16", ("64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"), *VGG
    ),
    "vgg19": Origin(
        "vgg19", ("cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"), *VGG
    ),
    "resnet50": Origin(
        "resnet", ("2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"), *RESNET
    ),
    "resnet101": Origin(
        "resnet", ("f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"), *RESNET
    ),
    "resnet152": Origin(
        "resnet", ("100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"), *RESNET
    ),
}


def installed_digest(name: str, result: Path) -> str | None:
    """The root digest of what is there, None if that is nothing, another network's, or nothing whose header can be read."""
    from .detect import open_weights

    try:
        with open_weights(result, NETWORKS[name]()) as found:
            return (found.digest or "not stated") if found.network in (None, name) else None
    except UserError:
        return None


def fetch(
    name: str, result: Path, top: bool, base: str, timeout: float, say: Callable[[str], None]
) -> str:
    """Writes a network's official weights, with the dense layers or without, and returns their root digest.

    base: the address of Keras's folders or of a copy; timeout: seconds without a byte; say: is told how far it is.
    """
    origin, file = ORIGINS[name], FILES[not top].format(name)
    url, part = f"{base.rstrip('/')}/{origin.folder}/{file}", result.with_name(f"{file}.part")
    with held(part):
        download(url, part, timeout, say)
        if (
            found := hashlib.md5(part.read_bytes(), usedforsecurity=False).hexdigest()
        ) != origin.md5[not top]:
            part.unlink()
            raise UserError(
                f"{url} is not the official file: its MD5 sum is {found}, needs {origin.md5[not top]}; it was removed"
            )
        if (
            free := shutil.disk_usage(part.parent).free
        ) < part.stat().st_size:  # libhdf5 crashes when a disk is full
            raise UserError(
                f"cannot write {result}: it may need {part.stat().st_size:,} bytes, and the disk has {free:,} left"
            )
        say(f"{file}: converting")
        from . import native
        from .load import read_weights

        network, source = (
            NETWORKS[name](),
            f"{origin.source}, converted by Keras ({BASE}{origin.folder}/{file})",
        )
        weights = read_weights(part, network, trusted=True)
        return native.save_weights(
            result, network, weights, weights.preprocessing, source, origin.licence
        )


def find_weights(folder: Path, network: Network, layers: Sequence[str] | None) -> Path:
    """The weight file in a folder with all that the layers need, for None with whatever it has.

    Raises UserError with what to do if there is none.
    """
    from .detect import open_weights

    needed = [node for node in network.up_to(*layers or []) if node.name in network.parameters()]
    for name in (
        f"{network.name}-imagenet.h5",
        f"{network.name}-imagenet-notop.h5",
        f"{network.name}.h5",
    ):
        path = folder / name
        if path.exists():
            with open_weights(path, network) as found:
                if all(node.name in found.shapes for node in needed):
                    return path
    top = not layers or any(isinstance(node.layer, Dense) for node in needed)
    command = f"python scripts/fetch_weights.py {network.name}{'' if top else ' --no-top'}"
    fetch = f"`{command}` fetches the official ones; " if network.name in ORIGINS else ""
    of = f"{network.name}'s {', '.join(layers)}" if layers else network.name
    raise UserError(
        f"there are no weights for {of} here: {fetch}--weights FILE names "
        f"others (weights/README.md says where to get one)"
    )
