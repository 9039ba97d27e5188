"""The networks by name: NETWORKS["vgg16"](channels=3, classes=1000, size=(224, 224), variant="") builds one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..errors import unknown
from ..network.graph import Network
from .alexnet import alexnet
from .resnet import resnet
from .variants import VARIANTS
from .vgg import vgg

NETWORKS: dict[str, Callable[..., Network]] = {
    "vgg16": partial(vgg, 16),
    "vgg19": partial(vgg, 19),
    "resnet50": partial(resnet, 50),
    "resnet101": partial(resnet, 101),
    "resnet152": partial(resnet, 152),
    "alexnet": alexnet,
}


def variants_of(name: str | None = None, variant: str | None = None) -> list[Network]:
    """The networks of that name and of that variant, of every one unless they are told; raises UserError where there is none."""
    if name and variant:
        return [NETWORKS[name](variant=variant)]
    found = []
    for known in [name] if name else NETWORKS:
        first, *others = VARIANTS.get(known) or ("",)
        found += [NETWORKS[known]()] if not variant or variant == first else []
        found += [
            NETWORKS[known](variant=other) for other in others if not variant or variant == other
        ]
    if not found:
        every = {one for variants in VARIANTS.values() for one in variants}
        raise unknown("no network has the variant", str(variant), sorted(every))
    return found
