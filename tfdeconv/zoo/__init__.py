"""The networks by name: NETWORKS["vgg16"](channels=3, classes=1000, size=(224, 224), variant="").

A network is a function of its family's module and a line in NETWORKS and in VARIANTS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial

from ..errors import unknown
from ..network.graph import Network
from .alexnet import SIZES, alexnet
from .resnet import DESIGNS, resnet, resnet_variants
from .vgg import vgg

# those of which there are weight files of Keras, by these names of layers
KERAS = ("vgg16", "vgg19", "resnet50", "resnet101", "resnet152", "alexnet")
NETWORKS: dict[str, Callable[..., Network]] = {
    "vgg16": partial(vgg, 16),
    "vgg19": partial(vgg, 19),
    "resnet50": partial(resnet, "resnet50"),
    "resnet101": partial(resnet, "resnet101"),
    "resnet152": partial(resnet, "resnet152"),
    "alexnet": alexnet,
    "vgg11": partial(vgg, 11),
    "vgg13": partial(vgg, 13),
    "vgg11_bn": partial(vgg, 11, norms=True),
    "vgg13_bn": partial(vgg, 13, norms=True),
    "vgg16_bn": partial(vgg, 16, norms=True),
    "vgg19_bn": partial(vgg, 19, norms=True),
    "resnet18": partial(resnet, "resnet18"),
    "resnet34": partial(resnet, "resnet34"),
    "resnext50_32x4d": partial(resnet, "resnext50_32x4d"),
    "resnext101_32x8d": partial(resnet, "resnext101_32x8d"),
    "resnext101_64x4d": partial(resnet, "resnext101_64x4d"),
    "wide_resnet50_2": partial(resnet, "wide_resnet50_2"),
    "wide_resnet101_2": partial(resnet, "wide_resnet101_2"),
}
# the first is what "" means; none where there is but one
VARIANTS: dict[str, tuple[str, ...]] = dict.fromkeys(NETWORKS, ())
VARIANTS |= {name: resnet_variants(name) for name in DESIGNS}
VARIANTS["alexnet"] = tuple(SIZES)


# a file is compared with all of them, and often twice
@cache
def built(build: Callable[..., Network], variant: str) -> Network:
    """The network that a function of NETWORKS builds, in its usual size."""
    return build(variant=variant)


def variants_of(
    name: str | None = None, variant: str | None = None, names: Iterable[str] = NETWORKS
) -> list[Network]:
    """The networks of that name and that variant, of every one where it is not given.

    names: those of which one is looked for. Raises UserError where there is none.
    """
    if name and variant:
        return [built(NETWORKS[name], variant)]
    networks = []
    for each in [name] if name else names:
        for known in VARIANTS.get(each) or ("",):
            if not variant or known == variant:
                networks.append(built(NETWORKS[each], known))
    if not networks:
        every: set[str] = set().union(*VARIANTS.values())
        raise unknown("no network has the variant", str(variant), sorted(every))
    return networks
