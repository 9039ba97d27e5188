"""TF-Slim's networks, in a checkpoint of TensorFlow 1 or in a dictionary made of one.

Slim's dense layers are convolutions over the whole map: their kernels have four axes. Beside the
weights are what the optimiser and the moving averages keep of each, and often the mean of the
images.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ....errors import UserError
from ....formats.lazy_tensor import Tensor, Tensors
from ....network.graph import Network
from ....zoo.resnet import VARIANTS
from ... import state_dict
from ...contents import WeightFile
from ...recognition import conventions
from ...recognition.inventory import Inventory
from ...recognition.pixels import rgb_less
from ...recognition.verdict import Family

NETWORKS = ("vgg11", "vgg16", "vgg19", "resnet50", "resnet101", "resnet152")
ROOT = re.compile(r"(vgg_(a|16|19)|resnet_v1_(50|101|152))/")
# what training leaves: slots of a variable behind its name, and single numbers
TRAINING_STATE = re.compile(
    r"(.*/)?(global_step|beta[12]_power|save_counter)|"
    r".*/(weights|biases|gamma|beta|moving_mean|moving_variance)/\w+(/\w+)*"
)
DENSE = re.compile(r"(.*/)?(fc\d|logits)/weights")
MEAN = re.compile(r"(.*/)?mean_rgb")
# of names in checkpoints of TensorFlow 2, which are of objects
OBJECT = "/.ATTRIBUTES/"
SHOWN = 3  # tensors that an error lists
# what saves a network with its graph, in the program that made it
WAY_OUT = (
    'save it with its graph, tf.compat.v1.saved_model.simple_save(session, "folder", '
    '{"image": images}, {"scores": scores}), or by these names: tf.train.load_checkpoint(FILE) '
    "reads it, and np.savez writes what you name"
)


def recognises(names: Iterable[str]) -> bool:
    """Whether tensors are called as TF-Slim calls them."""
    return any(ROOT.match(name) and name.endswith("/weights") for name in names)


def network(
    path: str | Path, tensors: Tensors, name: str | None, variant: str | None = None
) -> Network:
    """The network that the tensors are of; raises UserError where this program has none such."""
    return state_dict.network(path, adapted(tensors), name, variant, FAMILY)


def contents(path: str | Path, tensors: Tensors, network: Network) -> WeightFile:
    """What the tensors have of a network."""
    file = state_dict.contents(path, adapted(tensors), network, FAMILY)
    check_root(path, tensors)
    *notes, pixels = file.notes
    if network.variant == "slim":
        epsilon = VARIANTS["slim"].epsilon
        notes.append(
            f"assumed, as TF-Slim has it: convolutions without biases, norms of epsilon "
            f"{epsilon:g}, a stage's stride in the 3 x 3 of its last block, pool1 padded as `same`"
        )
    mean = image_mean(tensors)
    if mean is None or file.preprocessing is None or network.channels != 3:
        return replace(file, notes=(*notes, pixels))
    height, width = network.input_shape[:2]
    shown = ", ".join(f"{value:g}" for value in mean)
    return replace(
        file,
        preprocessing=rgb_less(mean, (height, width)),
        notes=(*notes, f"pixels are RGB less the mean in the file, {shown}"),
    )


def adapted(tensors: Tensors) -> Tensors:
    """The weights alone, dense kernels with two axes: [height * width * in, out]."""
    weights = Tensors()
    for name, tensor in tensors.items():
        if TRAINING_STATE.fullmatch(name) or MEAN.fullmatch(name):
            continue
        if DENSE.fullmatch(name) and len(tensor.shape) == 4:
            tensor = flattened(tensor)
        weights.add(name, tensor)
    weights.ignored = tensors.ignored
    return weights


def flattened(tensor: Tensor) -> Tensor:
    """A kernel over a whole map, [height, width, in, out], as a matrix."""
    shape = (math.prod(tensor.shape[:3]), tensor.shape[3])

    def read() -> np.ndarray:
        return tensor.read().reshape(shape)

    return Tensor(shape, tensor.dtype, read)


def image_mean(tensors: Tensors) -> tuple[float, ...] | None:
    """The mean of the images, rgb, that a checkpoint holds; None where it holds none."""
    for name, tensor in tensors.items():
        if MEAN.fullmatch(name) and tensor.shape == (3,):
            mean = tuple(round(float(value), 4) for value in tensor.read())
            if all(0 < value < 255 for value in mean):
                return mean
    return None


def check_root(path: str | Path, tensors: Tensors) -> None:
    """Raises UserError for a network within another model, which may have other strides."""
    for name in tensors:
        if ROOT.search(name) and not ROOT.match(name):
            raise UserError(
                f"{path} is of a model around a network of TF-Slim ({name}, ...), which may have "
                f"dilation instead of stride, as those of detection and segmentation have: the "
                f"file does not show it; expected the network alone, as in vgg_16.ckpt"
            )


def unknown_network(path: str | Path, inventory: Inventory) -> UserError:
    """The error for a checkpoint of a network that this program does not know."""
    shown = ", ".join(inventory.shown(name) for name in list(inventory.shapes)[:SHOWN])
    count = len(inventory.shapes)
    if any(OBJECT in name for name in inventory.shapes):
        return UserError(
            f"{path} is a checkpoint of TensorFlow 2, of {count} tensors, {shown}, ...: their "
            f"names do not say of which network; load it into its model and save that whole, "
            f'model.save("model.keras") or tf.saved_model.save(model, "folder")'
        )
    return UserError(
        f"{path} is a checkpoint of TensorFlow 1, of {count} tensors, {shown or 'no weights'}, "
        f"...; expected one of TF-Slim's vgg_16, vgg_19, resnet_v1_50, resnet_v1_101 and "
        f"resnet_v1_152; {WAY_OUT}"
    )


FAMILY = Family(conventions.SLIM, NETWORKS, unknown_network)
