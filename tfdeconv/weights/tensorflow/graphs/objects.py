"""TensorFlow 2's objects, and the variables that a model's functions capture.

A SavedModel lists the model's objects, each with what it holds by name, and of each function the
objects that it is called with behind its arguments. A variable's name in the checkpoint is its path
from the model. Files of tf.saved_model.save(model) with Keras 3 have captured variables that the
node that restores the others does not know (variables.py), and that are found by this alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from ....formats.graph_def.nodes import GraphNodes
from ....formats.lazy_tensor import Tensor, Tensors
from .inlining import CALLS, CONTROL
from .variables import RESOURCES, identity

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
# of names with dots and slashes in a path (tensorflow/python/checkpoint/trackable_view.py)
ESCAPED_SLASH, ESCAPED_DOT = ".S", ".."


def captured(graph: GraphNodes, tensors: Tensors) -> dict[str, Tensor]:
    """The values of the variables that functions capture; tensors: what the checkpoint has."""
    stored = stored_objects(graph.objects, tensors)
    variables = {node.name: node for node in graph.nodes if node.op in RESOURCES}
    values: dict[str, Tensor] = {}
    for node in graph.nodes:
        numbers = graph.captures.get(str(node.attributes.get("f")), ())
        if node.op not in CALLS or not numbers:
            continue
        inputs = [each for each in node.inputs if not each.startswith(CONTROL)]
        for name, number in zip(inputs[-len(numbers) :], numbers):
            if name in variables and number in stored:
                values[identity(variables[name])] = stored[number]
    return values


def stored_objects(objects: Mapping[int, Mapping[str, int]], tensors: Tensors) -> dict[int, Tensor]:
    """The tensors of a checkpoint by the numbers of the objects that their names lead to."""
    stored = {}
    for name, tensor in tensors.items():
        if not name.endswith(VALUE):
            continue
        number: int | None = 0
        for part in name.removesuffix(VALUE).split("/"):
            if number is not None:
                number = objects.get(number, {}).get(unescaped(part))
        if number is not None:
            stored[number] = tensor
    return stored


def unescaped(part: str) -> str:
    """A name as it is in the model."""
    pieces = part.split(ESCAPED_DOT)
    return ".".join(piece.replace(ESCAPED_SLASH, "/") for piece in pieces)
