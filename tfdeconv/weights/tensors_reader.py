"""What reads tensors by name: whose names they are decides.

as TF-Slim has them                   tensorflow/slim.py
a ResNet's, as its authors have them  resnets/resnet_file.py
anything else                         state_dict.py
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from ..formats.lazy_tensor import Tensors
from ..network.graph import Network
from . import state_dict
from .contents import WeightFile
from .format_reader import FormatReader
from .resnets import resnet_layers
from .resnets.resnet_file import ResnetFile
from .tensorflow.checkpoints import slim


def tensors_reader(path: str | Path, tensors: Tensors) -> FormatReader:
    """What reads tensors by name."""
    if slim.recognises(tensors):
        return slim_reader(path, tensors)
    if resnet_layers.recognises(tensors):
        return resnet_reader(path, resnet_layers.layers_of(tensors), is_keras=False)
    return FormatReader(
        "a file of tensors by name",
        partial(state_dict.network, path, tensors),
        partial(state_dict.contents, path, tensors),
    )


def resnet_reader(path: str | Path, layers: resnet_layers.Layers, is_keras: bool) -> FormatReader:
    """What reads a ResNet by the names that its authors gave the layers."""
    file = ResnetFile(path, layers, is_keras)
    return FormatReader("a ResNet by Caffe's names", file.network, file.contents)


def slim_reader(path: str | Path, tensors: Tensors, digest: str = "") -> FormatReader:
    """What reads tensors that TF-Slim may have named; digest: of a file that is not the path's."""

    def contents(network: Network) -> WeightFile:
        return replace(slim.contents(path, tensors, network), digest=digest)

    return FormatReader("TF-Slim's", partial(slim.network, path, tensors), contents)
