"""What a weight file holds, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..data.preprocessing import Preprocessing
from ..network.base import mismatches
from ..network.summary import missing_rows
from .notes import PartNote

if TYPE_CHECKING:
    from .contents import OpenedFile

SHOWN = 12  # names that are listed; the others are counted
ORDERS = {"as is": "values as they are", "rgb": "RGB", "bgr": "BGR"}


def report_rows(file: OpenedFile, preprocessing: Preprocessing) -> Iterator[tuple[str, str]]:
    """Rows of heading and text: what was recognised and why, what is missing, what is left over."""
    network = file.network
    height, width, channels = network.input_shape
    title = f"{network.name} {network.variant}".strip()
    yield "network", f"{title}, {len(network.nodes)} layers"
    recognised = [note for note in file.notes if not isinstance(note, PartNote)]
    yield "recognised", "; ".join(recognised)
    yield "input", f"{height} x {width} x {channels}"
    if network.nodes[-1].name in network.vectors:
        yield "classes", describe_classes(file)
    else:
        yield "classes", "none: it ends in a map"
    yield "preprocessing", describe_preprocessing(preprocessing)
    kinds = Counter(type(node.layer).__name__ for node in network.nodes)
    yield ("kinds of layers", ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    needed = network.parameters()
    missing: list[str] = []
    for layer, shapes in needed.items():
        missing += mismatches(layer, shapes, file.shapes.get(layer, {}))
    yield "missing", list_names(missing)
    extra = [layer for layer in file.shapes if layer not in needed]
    yield "extra", list_names([*extra, *file.ignored])
    if network.missing:
        reasons = [f"{names} not available: {reason}" for names, reason in missing_rows(network)]
        yield "not understood", list_names(reasons)
    yield "layers", list_names([node.name for node in network.nodes])


def describe_classes(file: OpenedFile) -> str:
    """How many classes there are, and their names, where the file has as many."""
    count = file.network.classes
    if file.labels is None or len(file.labels.names) != count:
        return str(count)
    return f"{count}, named by {file.labels.source}: {list_names(list(file.labels.names))}"


def list_names(names: list[str]) -> str:
    """The names in a line; many are counted."""
    listed = "; ".join(names[:SHOWN])
    if len(names) > SHOWN:
        listed += f" and {len(names) - SHOWN} more"
    return listed or "nothing"


def describe_preprocessing(preprocessing: Preprocessing) -> str:
    """How pixels become the network's input, in words."""
    parts = [ORDERS[preprocessing.order]]
    if any(preprocessing.mean):
        mean = ", ".join(map("{:g}".format, preprocessing.mean))
        parts.append(f"less {mean}")
    if preprocessing.scale:
        scale = ", ".join(map("{:g}".format, preprocessing.scale))
        parts.append(f"over {scale}")
    height, width = preprocessing.size
    parts.append(f"short side {preprocessing.resize}, cut to {height} x {width}")
    return ", ".join(parts)
