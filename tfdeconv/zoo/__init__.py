"""The networks by name: NETWORKS["vgg16"](channels=3, classes=1000, size=(224, 224), flavour="") builds one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..errors import unknown
from ..network.graph import Network
from .alexnet import alexnet
from .resnet import resnet
from .variants import FLAVOURS
from .vgg import vgg

NETWORKS: dict[str, Callable[..., Network]] = {
    "vgg16": partial(vgg, 16),
    "vgg19": partial(vgg, 19),
    "resnet50": partial(resnet, 50),
    "resnet101": partial(resnet, 101),
    "resnet152": partial(resnet, 152),
    "alexnet": alexnet,
}


def variants(name: str | None = None, flavour: str | None = None) -> list[Network]:
    """The networks of that name and of that flavour, of every one unless they are told; raises UserError where there is none."""
    if name and flavour:
        return [NETWORKS[name](flavour=flavour)]
    found = []
    for known in [name] if name else NETWORKS:
        first, *others = FLAVOURS.get(known) or ("",)
        found += [NETWORKS[known]()] if not flavour or flavour == first else []
        found += [
            NETWORKS[known](flavour=other) for other in others if not flavour or flavour == other
        ]
    if not found:
        every = {one for flavours in FLAVOURS.values() for one in flavours}
        raise unknown("no network has the flavour", str(flavour), sorted(every))
    return found
