"""Which network a file of named tensors is of: recognised, or refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import UserError
from ...network.graph import Network
from ...network.part import Part
from ...zoo import NETWORKS, VARIANTS, variants_of
from ...zoo.resnet import CLASSIC
from ...zoo.variants import TITLES, wrong_variant
from ..contents import no_match
from .conventions import Convention
from .evidence import Evidence, examine, nearest
from .inventory import Inventory


@dataclass(frozen=True)
class Family:
    """Files that name their tensors: how they may do so, and the error for one of no network."""

    conventions: tuple[Convention, ...]
    # of the built-in networks, those of which there are such files
    networks: tuple[str, ...]
    unknown: Callable[[str | Path, Inventory], UserError]


SHOWN = 3  # names that a note lists
# of a network's input, the stride up to which dilation for stride leaves maps as they are
UNDILATED_STRIDE = 8
# {variant: what was assumed of a ResNet, and what to say otherwise}
RESNET_ASSUMED = {
    "torchvision": "strides are those of torchvision's classifier, a block's in its 3x3 "
    "convolution (--variant caffe-torch or detectron: in its first 1x1)",
    "torchvision-dilated": "dilation instead of stride in layer3 and layer4, as torchvision's "
    "networks for segmentation have it",
    "caffe-torch": "a block's stride is in its first 1x1 convolution, and the first pool "
    "is not padded before the map, as Caffe has it",
    "detectron": "a block's stride is in its first 1x1 convolution, as detectron2 has it "
    "with Caffe's weights (--variant torchvision: in its 3x3)",
}
ALEXNET_ASSUMED = {
    "caffe": "norms before pools, as bvlc_alexnet has them (--variant caffenet: the pools "
    "first, as CaffeNet has them)",
    "caffenet": "pools before norms, as CaffeNet has them (--variant caffe: the norms "
    "first, as bvlc_alexnet has them)",
}
# {network: {variant: note}}, of those of which a file does not tell the variant
VARIANT_ASSUMED = dict.fromkeys(CLASSIC, RESNET_ASSUMED) | {"alexnet": ALEXNET_ASSUMED}


def find_network(
    path: str | Path, family: Family, inventory: Inventory, name: str | None, variant: str | None
) -> Evidence:
    """The evidence for the built-in network (of that name and variant) that a file is of.

    Raises UserError where it is of none.
    """
    best = nearest(variants_of(name, variant, family.networks), family.conventions, inventory)
    if best is not None and best.is_consistent:
        return best
    if name is None and variant is None:
        raise refusal(path, family, inventory, best)
    wanted = variants_of(name, variant)[0]
    if best is not None:
        wanted = best.network
    return check_network(path, family, inventory, wanted)


def check_network(
    path: str | Path, family: Family, inventory: Inventory, network: Network
) -> Evidence:
    """The evidence for a network, if nothing speaks against it.

    Raises UserError where something does, and for files of another network.
    """
    evidence = examine(network, family.conventions, inventory)
    if evidence is not None and evidence.is_consistent:
        return evidence
    if network.name not in NETWORKS:
        if evidence is None:
            raise no_match(path, network.name, list(network.parameters()), [*inventory.shapes])
        return evidence
    best = nearest(variants_of(names=family.networks), family.conventions, inventory, network)
    if best is not None and best.is_consistent:
        raise wrong_variant(path, best.network, network)
    raise refusal(path, family, inventory, best)


def refusal(
    path: str | Path, family: Family, inventory: Inventory, evidence: Evidence | None
) -> UserError:
    """The error for a file that is of no network that this program knows.

    evidence: for the nearest of them.
    """
    if evidence is None or not evidence.is_recognised:
        return family.unknown(path, inventory)
    name = evidence.network.name
    title = TITLES.get(name, name)
    if evidence.inside:
        others = len(evidence.inside) - 1
        more = f" and {others} more" if others else ""
        what = (
            f"it also has {inventory.shown(evidence.inside[0])}{more} among its layers, "
            f"which {name} does not have"
        )
    else:
        what = f"the shape of {inventory.shown(evidence.misfits[0])} is not that of {name}"
    return UserError(
        f"{path} looks like {title} but is not one: {what}; for another network give the whole "
        f"model (.keras, .pt2, .onnx, ...)"
    )


def notes(evidence: Evidence) -> list[str]:
    """What was assumed of a file: of its prefixes, and of what is left over."""
    assumed: list[str] = []
    match, shown = evidence.match, evidence.inventory.shown
    if match.ambiguous_prefixes:
        others = ", ".join(map(repr, match.ambiguous_prefixes[:SHOWN]))
        assumed.append(
            f"the tensors behind {match.prefix!r} are meant; the file has as many behind {others}"
        )
    if evidence.head:
        assumed.append(f"the dense layers belong to another head and are left out: {evidence.head}")
    if evidence.around:
        count = len(evidence.around)
        tensors = "1 tensor" if count == 1 else f"{count} tensors"
        first = ", ".join(map(shown, evidence.around[:SHOWN]))
        assumed.append(f"what is left over is not part of the network: {tensors}, {first}")
    if evidence.convolutions and evidence.network.variant != "torchvision-dilated":
        first = shown(evidence.convolutions[0])
        assumed.append(
            f"no dilation instead of stride; networks with other heads than a classifier's "
            f"({first}) may have it, and the file does not show it"
        )
    network = evidence.network
    of_variant = VARIANT_ASSUMED.get(network.name, {}).get(network.variant)
    if of_variant:
        assumed.append(of_variant)
    return [f"assumed: {note}" for note in assumed]


def undilated_part(network: Network, evidence: Evidence) -> Network:
    """The layers of a network that dilation for stride in its last stages would leave alone.

    The others are not available: the file does not tell which of the two it is of.
    """
    height = network.input_shape[0]
    shapes = network.shapes()
    kept = []
    reasons: dict[str, str] = {}
    reason = (
        f"{evidence.inventory.shown(evidence.segmentation[0])} is left over in the file: networks "
        f"with such heads may have dilation instead of stride here, and the file does not show it"
    )
    if "torchvision-dilated" in VARIANTS[network.name]:
        reason += "; --variant torchvision-dilated has it, --variant torchvision does not"
    elif network.variant:
        reason += f"; --variant {network.variant} has none"
    for node in network.nodes:
        is_deep = shapes[node.name][0] * UNDILATED_STRIDE < height
        if is_deep or not reasons.keys().isdisjoint(node.inputs):
            reasons[node.name] = reason
        else:
            kept.append(node)
    for alias, layer in network.aliases.items():
        if layer in reasons:
            reasons[alias] = reason
    first = next(iter(reasons), "")
    part = Part(len(kept), len(network.nodes), "layers", first, reason)
    return replace(
        network,
        nodes=tuple(kept),
        missing={**network.missing, **reasons},
        part=part if reasons else None,
    )
