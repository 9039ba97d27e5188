"""Whether two files have the same network: what differs in two of them, up to each layer."""

from __future__ import annotations

from dataclasses import fields

from .base import INPUT, Layer, Node, times
from .graph import Network


def differences(found: Network, expected: Network) -> dict[str, str]:
    """{layer of the expected network: the first thing that differs up to it}, where one does.

    Each as it goes on after the name of the file with the network that was found. Names, kinds
    and settings of layers count, what they read, and the shapes of their parameters; not the
    networks' names. What differs above a layer, such as another number of classes, does not concern
    it.

    >>> from .graph import Builder
    >>> from .layers import Conv, Dense, Flatten
    >>> networks = []
    >>> for classes in (4, 5):
    ...     builder = Builder("net", (9, 9, 3))
    ...     names = [builder.add("conv", Conv(7, 3)), builder.add("flat", Flatten())]
    ...     names.append(builder.add("head", Dense(classes)))
    ...     networks.append(builder.network())
    >>> differences(*networks)
    {'head': 'its head has 4 channels, expected 5'}
    """
    clauses: dict[str, str] = {}
    if found.channels != expected.channels:
        clauses[INPUT] = f"its images have {found.channels} channels, expected {expected.channels}"
    channels = {name: shape[2] for name, shape in found.shapes().items()}
    wanted = {name: shape[2] for name, shape in expected.shapes().items()}
    for node in expected.nodes:
        below = [clauses[name] for name in node.inputs if name in clauses]
        clause = below[0] if below else difference_of_nodes(found.by_name.get(node.name), node)
        if not clause and channels[node.name] != wanted[node.name]:
            clause = f"its {node.name} has {channels[node.name]} channels, expected "
            clause += str(wanted[node.name])
        if clause := clause or difference_of_parameters(found, expected, node.name):
            clauses[node.name] = clause
    clauses.pop(INPUT, None)
    return clauses


def difference_of_nodes(found: Node | None, expected: Node) -> str:
    """What a node has that another of its name has not, as a clause; "" for the same.

    Another number of channels is left to those who know all shapes.
    """
    name = expected.name
    if found is None:
        return f"it has no layer {name}"
    if type(found.layer) is not type(expected.layer):
        return f"its {name} is {kind(found.layer)}, expected {kind(expected.layer)}"
    if found.inputs != expected.inputs:
        return f"its {name} reads {', '.join(found.inputs)}, expected {', '.join(expected.inputs)}"
    for field in fields(expected.layer):
        value = getattr(found.layer, field.name)
        wanted = getattr(expected.layer, field.name)
        if value != wanted and field.name not in CHANNELS:
            return f"its {name} has {field.name} {value}, expected {wanted}"
    return ""


def difference_of_parameters(found: Network, expected: Network, layer: str) -> str:
    """Which parameter of a layer that both have differs in its shape, as a clause."""
    shapes = found.parameter_shapes.get(layer, {})
    for name, shape in expected.parameter_shapes.get(layer, {}).items():
        if shapes.get(name, ()) != shape:
            return f"its {layer}/{name} is {times(shapes.get(name, ()))}, expected {times(shape)}"
    return ""


def kind(layer: Layer) -> str:
    """`a MaxPool`, `an Add`."""
    name = type(layer).__name__
    article = "an" if name[0] in "AEIO" else "a"
    return f"{article} {name}"


# fields of layers that say how many channels they have
CHANNELS = ("filters", "units")
