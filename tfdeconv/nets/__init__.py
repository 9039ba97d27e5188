"""The networks by name: NETWORKS["vgg16"](channels=3, classes=1000) builds one."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..network import Network
from .alexnet import alexnet
from .resnet import resnet
from .vgg import vgg

NETWORKS: dict[str, Callable[..., Network]] = {
    "vgg16": partial(vgg, 16),
    "vgg19": partial(vgg, 19),
    "resnet50": partial(resnet, 50),
    "resnet101": partial(resnet, 101),
    "resnet152": partial(resnet, 152),
    "alexnet": alexnet,
}
