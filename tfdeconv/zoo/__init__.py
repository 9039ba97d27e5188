"""The networks by name: NETWORKS["vgg16"](channels=3, classes=1000, size=(224, 224), variant="").

A network is a function of its family's module and a line in NETWORKS and in VARIANTS.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..errors import unknown
from ..network.graph import Network
from .alexnet import SIZES, alexnet
from .resnet import resnet, resnet_variants
from .vgg import vgg

NETWORKS: dict[str, Callable[..., Network]] = {
    "vgg16": partial(vgg, 16),
    "vgg19": partial(vgg, 19),
    "resnet50": partial(resnet, 50),
    "resnet101": partial(resnet, 101),
    "resnet152": partial(resnet, 152),
    "alexnet": alexnet,
}
# the first is what "" means; none where there is but one
VARIANTS: dict[str, tuple[str, ...]] = {
    "vgg16": (),
    "vgg19": (),
    "resnet50": resnet_variants(50),
    "resnet101": resnet_variants(101),
    "resnet152": resnet_variants(152),
    "alexnet": tuple(SIZES),
}


def variants_of(name: str | None = None, variant: str | None = None) -> list[Network]:
    """The networks of that name and that variant, of every one where it is not given.

    Raises UserError where there is none.
    """
    if name and variant:
        return [NETWORKS[name](variant=variant)]
    networks = []
    for each in [name] if name else NETWORKS:
        for known in VARIANTS.get(each) or ("",):
            if not variant or known == variant:
                networks.append(NETWORKS[each](variant=known))
    if not networks:
        every: set[str] = set().union(*VARIANTS.values())
        raise unknown("no network has the variant", str(variant), sorted(every))
    return networks
