"""Keras's official ImageNet weights: fetched, checked, and converted to this program's format.

And which weight file of a network is here already.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError
from ...network.graph import Network
from ...network.layers import Dense
from ...zoo import NETWORKS
from .download import download, locked

BASE = "https://storage.googleapis.com/tensorflow/keras-applications/"

# names of a network's files: with the dense layers, and without them
FILES = (
    "{}_weights_tf_dim_ordering_tf_kernels.h5",
    "{}_weights_tf_dim_ordering_tf_kernels_notop.h5",
)


@dataclass(frozen=True)
class Origin:
    """Where a network's official files are, and whose weights they hold."""

    # below BASE
    folder: str
    # sums of the files, as in FILES
    md5: tuple[str, str]
    source: str
    licence: str


VGG = (
    "Karen Simonyan and Andrew Zisserman, VGG, University of Oxford "
    "(https://www.robots.ox.ac.uk/~vgg/research/very_deep/)",
    "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
)
RESNET = ("Kaiming He et al. (https://github.com/KaimingHe/deep-residual-networks)", "MIT")

# as in keras/src/applications/vgg16.py, vgg19.py, resnet.py
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
    """The root digest of a network's weights in the file `result`.

    None where there is no file, one of another network, or one whose header cannot be read.
    """
    from ..detect import open_weights

    try:
        with open_weights(result, NETWORKS[name]()) as file:
            if file.network_name not in (None, name):
                return None
            return file.digest or "not stated"
    except UserError:
        return None


def fetch(
    name: str, result: Path, top: bool, base: str, timeout: float, progress: Callable[[str], None]
) -> str:
    """Writes a network's official weights to the file `result` and returns their root digest.

    top: with the dense layers. base: the address of Keras's folders, or of a copy of them.
    timeout: seconds without a byte. progress: called with what is being done, in words.
    """
    from ..load import read_weights
    from ..native_write import save_weights

    origin = ORIGINS[name]
    which = 0 if top else 1
    file = FILES[which].format(name)
    part = result.with_name(f"{file}.part")
    with locked(part):
        url = f"{base.rstrip('/')}/{origin.folder}/{file}"
        download(url, part, origin.md5[which], timeout, progress)
        check_disk(part, result)
        progress(f"{file}: converting")
        network = NETWORKS[name]()
        source = f"{origin.source}, converted by Keras ({BASE}{origin.folder}/{file})"
        weights = read_weights(part, network)
        return save_weights(result, network, weights, weights.preprocessing, source, origin.licence)


def check_disk(part: Path, result: Path) -> None:
    """Raises UserError where the disk has less room than the converted file may need."""
    needed = part.stat().st_size
    free = shutil.disk_usage(part.parent).free
    if free < needed:
        raise UserError(
            f"cannot write {result}: it may need {needed:,} bytes, and the disk has {free:,} left"
        )


def find_weights(folder: Path, network: Network, layers: Sequence[str] | None) -> Path:
    """The weight file in a folder that has all that the layers need; None: any of the network's.

    Raises UserError with what to do if there is none.
    """
    from ..detect import open_weights

    parameters = network.parameters()
    needed = [node for node in network.up_to(*layers or []) if node.name in parameters]
    for ending in ("-imagenet", "-imagenet-notop", ""):
        path = folder / f"{network.name}{ending}.h5"
        if not path.exists():
            continue
        with open_weights(path, network) as file:
            if all(node.name in file.shapes for node in needed):
                return path
    has_dense = any(isinstance(node.layer, Dense) for node in needed)
    raise UserError(no_weights(network, layers, top=not layers or has_dense))


def no_weights(network: Network, layers: Sequence[str] | None, top: bool) -> str:
    """What to do where no file has the weights; top: the dense layers are needed."""
    wanted = network.name
    if layers:
        wanted = f"{network.name}'s {', '.join(layers)}"
    remedy = "--weights FILE names others (weights/README.md says where to get one)"
    if network.name in ORIGINS:
        command = f"python scripts/fetch_weights.py {network.name}"
        if not top:
            command += " --no-top"
        remedy = f"`{command}` fetches the official ones; {remedy}"
    return f"there are no weights for {wanted} here: {remedy}"
