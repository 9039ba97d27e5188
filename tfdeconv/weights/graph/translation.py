"""From a graph to a network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_LAYERS, MAX_MODEL_NAME, MAX_SHOWN_TEXT
from ...network.graph import Network
from ...network.part import DEPENDS
from .image import image_input, image_of
from .logits import nodes_to_logits
from .operation import Graph, Parameter
from .recognition import recognised
from .sizes import fitting_nodes
from .translator import Translator

# reasons that an error lists
CAUSES = 2


@dataclass(frozen=True)
class Translated:
    """A network, where its parameters come from by node, and what was assumed."""

    network: Network
    parameters: Mapping[str, Mapping[str, Parameter]]
    notes: tuple[str, ...]


def translate(graph: Graph) -> Translated:
    """The network that a graph is of.

    Operations that are not understood are left out, with what depends on them; the network's
    `missing` says why. Raises UserError where nothing is left.
    """
    if len(graph.operations) > MAX_LAYERS * 8:
        raise UserError(
            f"the model has {len(graph.operations):,} operations, expected at most "
            f"{MAX_LAYERS * 8:,}"
        )
    if not graph.of_layers:
        graph = recognised(graph)
    image = image_input(graph)
    image_map, notes = image_of(graph, image)
    translator = Translator(graph, image, image_map)
    translator.run()
    builder = translator.builder
    steps: Mapping[str, int] = {}
    if not graph.of_layers:
        builder.nodes, steps = fitting_nodes(graph, image, builder)
    nodes, squashes = nodes_to_logits(builder)
    if not nodes:
        raise nothing_understood(translator.missing)
    if len(graph.name) > MAX_MODEL_NAME or not graph.name.isprintable():
        raise UserError(
            f"the model's name is {shown(graph.name)}, "
            f"expected at most {MAX_MODEL_NAME} printable characters"
        )
    names = {node.name for node in nodes}
    aliases = names_of(translator.aliases, names, ())
    folded = names_of(translator.parts, names, aliases)
    missing: dict[str, str] = {}
    for name, reason in translator.missing.items():
        if name not in aliases and name not in folded:
            missing[name] = reason[:MAX_SHOWN_TEXT]
    network = Network(
        graph.name,
        image_map.shape,
        nodes,
        folded,
        aliases,
        missing=missing,
        steps=steps,
        probabilities={name: squash.removeprefix("log_") for name, squash in squashes.items()},
        part=translator.coverage.part(missing),
    )
    for name, squash in squashes.items():
        notes = (*notes, f"{name}: its values are logits, those before its {squash}")
    return Translated(network, builder.parameters, (*graph.notes, *notes))


def names_of(
    others: Mapping[str, str], names: Collection[str], taken: Collection[str]
) -> dict[str, str]:
    """Those of other names of layers that no layer has itself, and that are not taken."""
    found: dict[str, str] = {}
    for other, name in others.items():
        if other not in names and other not in taken and name in names:
            found[other] = name
    return found


def nothing_understood(missing: Mapping[str, str]) -> UserError:
    """The error for a model of which no layer is left."""
    causes: list[str] = []
    for layer, reason in missing.items():
        causes.append(f"{layer}: {reason}")
    own = [cause for cause in causes if f": {DEPENDS}" not in cause]
    causes = own or causes
    reasons = "; ".join(causes[:CAUSES]) or "it has no operation that does anything"
    if len(causes) > CAUSES:
        reasons += f"; and {len(causes) - CAUSES} more"
    return UserError(f"no layer of the model is understood ({reasons})")
