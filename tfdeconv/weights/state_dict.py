"""Files of tensors by the names of other programs: .npy and .npz, .pth and .pt, .safetensors.

Whose names they are, and which key each parameter has, is found by conventions.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..data.preprocessing import Preprocessing, caffe, torch
from ..errors import UserError
from ..formats import pickled, safetensors
from ..formats.lazy_tensor import Tensors
from ..network.base import Shape
from ..network.graph import INPUT, Network
from ..network.layers import Dense
from ..zoo import NETWORKS, variants_of
from ..zoo.variants import TITLES, wrong_variant
from .contents import PixelNote, WeightFile, infer_network, no_match
from .conventions import Match, nearest_network, recognise

# keys left over from the training, of which nobody needs to hear
TRAINING_STATE = re.compile(r"(^|\.)(num_batches_tracked|optim\w*|lr_schedulers?)(\.|$)")
# kernels [out, in, height, width] by which ResNet-50 and deeper are told from other ResNets
RESNET_PROBES = {"conv1": (64, 64, 1, 1), "conv2": (64, 64, 3, 3)}


def open_tensors(path: str | Path) -> Tensors | None:
    """The tensors of a file of torch's, numpy's or safetensors; None if it is none of them.

    Raises UserError for a damaged one.
    """
    if not Path(path).is_file() or not Path(path).stat().st_size:
        return None
    if pickled.recognises(path):
        return pickled.tensors(path)
    if safetensors.recognises(path):
        return safetensors.tensors(path)
    return None


def network(
    path: str | Path, tensors: Tensors, name: str | None, variant: str | None = None
) -> Network:
    """The network of that name and variant, or the one whose layers the file has.

    With the channels, classes and size of input that the shapes show.
    """
    nearest = nearest_network(tensors, variants_of(name, variant))
    shapes = contents(path, tensors, nearest).shapes
    kernels = {layer: parameters.get("kernel", ()) for layer, parameters in shapes.items()}
    return infer_network(nearest.name, kernels, nearest.variant)


def contents(path: str | Path, tensors: Tensors, network: Network) -> WeightFile:
    """What a file has of a network, by this program's names and layout of kernels.

    Raises UserError where it has nothing of it, and for networks that only resemble it.
    """
    match = recognise(network, tensors)
    if match is None:
        raise not_of_network(path, tensors, network)
    used = {key for parameters in match.keys.values() for key in parameters.values()}
    unused = [key for key in tensors if key not in used and not TRAINING_STATE.search(key)]
    refuse_other_resnets(path, tensors, network, match)
    refuse_batch_norms(path, unused, network, match)

    channels_first = match.convention.channels_first
    maps = flattened_maps(network)
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for layer, parameters in match.keys.items():
        shapes[layer] = {
            name: hwio_shape(tensors[key].shape, channels_first) for name, key in parameters.items()
        }

    def read(layer: str, name: str) -> np.ndarray:
        array = tensors[match.keys[layer][name]].read()
        if channels_first:
            array = to_hwio(array, maps.get(layer))
        return np.ascontiguousarray(array)

    not_tensors = [key for key in tensors.ignored if not TRAINING_STATE.search(key)]
    preprocessing, assumption = assumed_preprocessing(network, match)
    return WeightFile(
        shapes,
        read,
        network_shown(tensors, network, match, unused),
        preprocessing,
        source=f"{Path(path).name} ({match.convention.maker})",
        ignored=(*not_tensors, *unused),
        notes=(*recognition_notes(network, match), assumption),
    )


def network_shown(
    tensors: Tensors, network: Network, match: Match, unused: list[str]
) -> str | None:
    """The name of the built-in network that a file fits best; None where it may well be this one.

    What speaks against this one: keys that it does not use, or a layer that is missing before one
    that the file has (what is missing at the end is only the head).
    """
    if network.name not in NETWORKS:
        return None
    has_layer = [layer in match.keys for layer in network.parameters()]
    has_gap = has_layer != sorted(has_layer, reverse=True)
    if not unused and not has_gap:
        return None
    return nearest_network(tensors, variants_of(), network.name).name


def refuse_other_resnets(
    path: str | Path, tensors: Tensors, network: Network, match: Match
) -> None:
    """Raises UserError for ResNets of other blocks under the same names."""
    if network.name not in ("resnet50", "resnet101", "resnet152"):
        return
    for convolution, shape in RESNET_PROBES.items():
        tensor = tensors.get(f"{match.prefix}layer1.0.{convolution}.weight")
        if tensor is not None and len(tensor.shape) == 4 and tensor.shape != shape:
            raise UserError(
                f"{path} is of another kind than ResNet-50, -101 and -152: its "
                f"layer1.0.{convolution} is {list(tensor.shape)}, theirs {list(shape)}; "
                f"wide ones and ResNeXts are asked for by name (--network)"
            )


def refuse_batch_norms(path: str | Path, unused: list[str], network: Network, match: Match) -> None:
    """Raises UserError for VGGs with batch norms, which go by the same names."""
    norm = re.compile(re.escape(match.prefix) + r"features\.\d+\.running_mean")
    for key in unused:
        if norm.fullmatch(key):
            raise UserError(
                f"{path} is of a {network.name} with batch norms ({key}, ...), "
                f"which this program does not have"
            )


def flattened_maps(network: Network) -> dict[str, Shape]:
    """{dense layer: (height, width, channels)} of the maps whose flattened values it reads."""
    shapes = {INPUT: network.input_shape} | network.shapes()
    maps = {}
    for node in network.nodes:
        if isinstance(node.layer, Dense) and node.inputs[0] == "flatten":
            maps[node.name] = shapes[network.node("flatten").inputs[0]]
    return maps


def hwio_shape(shape: tuple[int, ...], channels_first: bool) -> tuple[int, ...]:
    """The shape that a parameter has in this program's layout."""
    if channels_first and len(shape) == 4:
        out, into, height, width = shape
        return height, width, into, out
    if channels_first and len(shape) == 2:
        return shape[1], shape[0]
    return shape


def to_hwio(array: np.ndarray, flattened: Shape | None) -> np.ndarray:
    """A parameter with channels first in this program's layout.

    [out, in, h, w] -> [h, w, in, out] and [out, in] -> [in, out]; where the rows, [in], are values
    of a flattened map (h, w, channels), their order goes from channels, h, w to h, w, channels.
    """
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    if array.ndim != 2:
        return array
    into = array.shape[1]
    if flattened is None:
        return array.T
    height, width, channels = flattened
    if height * width * channels != into:
        return array.T
    return array.reshape(-1, channels, height, width).transpose(2, 3, 1, 0).reshape(into, -1)


def recognition_notes(network: Network, match: Match) -> list[str]:
    """How a file was recognised, and what was assumed of its prefixes."""
    maker = match.convention.maker
    title = TITLES.get(network.name, network.name)
    note = f"tensors named as {maker} names those of {title}"
    if match.prefix:
        note += f", behind {match.prefix!r}"
    if not match.ambiguous_prefixes:
        return [note]
    others = ", ".join(map(repr, match.ambiguous_prefixes[:3]))
    return [
        note,
        f"assumed: those meant are behind {match.prefix!r}; the file has as many behind {others}",
    ]


def assumed_preprocessing(network: Network, match: Match) -> tuple[Preprocessing, str]:
    """The maker's usual preprocessing, and the note that it is assumed."""
    size = network.input_shape[:2]
    if network.channels != 3:
        note = PixelNote("assumed: the bands go into the network as they are")
        return caffe(size, network.channels), note
    if not match.convention.channels_first:
        note = PixelNote("assumed: Caffe's preprocessing (BGR less the mean of ImageNet)")
        return caffe(size, network.channels), note
    note = PixelNote(
        "assumed: torchvision's preprocessing (RGB, mean and standard deviation of ImageNet)"
    )
    return torch(size, network.channels), note


def not_of_network(path: str | Path, tensors: Tensors, network: Network) -> UserError:
    """The error where a file has none of a network's tensors; perhaps it has another variant's."""
    if network.name in NETWORKS:
        nearest = nearest_network(tensors, variants_of(), network.name)
        is_variant = nearest.name == network.name or nearest.variant == "torchvision"
        if is_variant and recognise(nearest, tensors):
            return wrong_variant(path, nearest, network)
    layers = list(network.parameters())
    return no_match(path, network.name, layers, [*tensors, *tensors.ignored])
