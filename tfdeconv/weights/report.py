"""What a weight file holds, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..data.preprocessing import Preprocessing
from ..network.graph import mismatches

if TYPE_CHECKING:
    from .contents import WeightFile


SHOWN = 12  # names listed before the rest are counted


def rows(found: WeightFile, preprocessing: Preprocessing | None) -> Iterator[tuple[str, str]]:
    """What was recognised and why, as heading and text."""
    network, needed = found.held, found.held.parameters()
    height, width, channels = network.input_shape
    yield "network", f"{network.name} {network.variant}".strip() + f", {len(network.nodes)} layers"
    yield "recognised", "; ".join(found.notes)
    yield "input", f"{height} x {width} x {channels}"
    yield (
        "classes",
        str(network.classes)
        if network.nodes[-1].name in network.vectors
        else "none: it ends in a map",
    )
    yield "preprocessing", described(preprocessing) if preprocessing else "not known"
    kinds = Counter(type(node.layer).__name__ for node in network.nodes)
    yield "kinds of layers", ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    wrong = (mismatches(layer, needed[layer], found.shapes.get(layer, {})) for layer in needed)
    yield "missing", listed([mismatch for reasons in wrong for mismatch in reasons])
    yield (
        "extra",
        listed([*(layer for layer in found.shapes if layer not in needed), *found.ignored]),
    )
    if network.missing:
        yield (
            "not understood",
            listed([f"{name}: {reason}" for name, reason in network.missing.items()]),
        )
    yield "layers", listed([node.name for node in network.nodes])


def listed(names: list[str]) -> str:
    """Names with commas; many are counted."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return "; ".join(names[:SHOWN]) + more or "nothing"


def described(preprocessing: Preprocessing) -> str:
    """How pixels become the network's input, in words."""
    parts = [{"as is": "values as they are", "rgb": "RGB", "bgr": "BGR"}[preprocessing.order]]
    parts += (
        [f"less {', '.join(f'{value:g}' for value in preprocessing.mean)}"]
        if any(preprocessing.mean)
        else []
    )
    parts += (
        [f"over {', '.join(f'{value:g}' for value in preprocessing.scale)}"]
        if preprocessing.scale
        else []
    )
    return ", ".join(
        [
            *parts,
            f"short side {preprocessing.resize}, cut to {' x '.join(map(str, preprocessing.size))}",
        ]
    )
