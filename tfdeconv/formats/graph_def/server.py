"""The other end of process.py: a process that parses one frozen graph or SavedModel.

Nothing of the file is executed. Of the nodes those are described that outputs, the restoring of the
variables or the initialisation depend on, and the functions that these call.

    {"tags": ["serve"], "nodes": [node, ...],
     "functions": [[name, arguments, [[result, its source], ...], [node, ...]], ...],
     "signatures": [[key, [[key, tensor's name, type, shape], ...] of inputs, of outputs], ...],
     "restore": name of a node, "filename": name of a tensor, "initial": [name of a node, ...],
     "objects": [[parent, name, child], ...], "captures": [[function, [object, ...]], ...],
     "tensors": [[shape, type], ...]}

A node is [name, operation, [input, ...], [[attribute, kind, value], ...]]; the kinds of values are
those of attributes.py. In a frozen graph all nodes are described.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import reading_server
from ..protobuf_schema import parse, text
from . import tensors
from .schema import CLASSES
from .survey import Survey

LIBRARY = "the library of protocol buffers"
# of graphs for a TPU there is one for other machines beside it
SERVING = [["serve"], ["serve", "tpu"]]
INITIAL = ("saved_model_main_op", "legacy_init_op")
INITIAL_SIGNATURE = "__saved_model_init_op"


class GraphFile:
    """A file that is parsed; its description as above."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        self.survey = Survey()
        # field 1 of a SavedModel is a number, of a GraphDef a node
        if data[:1] == b"\x08":
            model = parse(CLASSES["SavedModel"], data, "a SavedModel of TensorFlow")
            self.description = self.meta_graph(serving_graph(model.meta_graphs))
        else:
            graph = parse(CLASSES["GraphDef"], data, "a frozen graph of TensorFlow")
            self.description = self.survey.graph(graph, graph.node)

    def values(self, number: int, rows: list[int] | None) -> np.ndarray:
        """All values of a tensor."""
        return tensors.values(self.survey.tensors[number])

    def meta_graph(self, message: Any) -> dict[str, Any]:
        """A graph that can be run, with its signatures."""
        signatures = [signature(entry) for entry in message.signature_def]
        restore = text(message.saver_def.restore_op_name)
        initial = initial_nodes(message)
        outputs = [tensor[1] for _, _, outputs in signatures for tensor in outputs]
        used = ancestors(message.graph_def.node, [*outputs, restore, *initial])
        kept = [node for node in message.graph_def.node if text(node.name) in used]
        return self.survey.graph(message.graph_def, kept) | {
            "tags": [text(tag) for tag in message.meta_info_def.tags],
            "signatures": [each for each in signatures if each[0] != INITIAL_SIGNATURE],
            "restore": restore,
            "filename": text(message.saver_def.filename_tensor_name),
            "initial": initial,
            "objects": objects_with_variables(message.object_graph_def.nodes),
            "captures": captures(message.object_graph_def),
        }


def serving_graph(graphs: Any) -> Any:
    """The graph that is for serving; raises ValueError where it cannot be told."""
    tags = [sorted(map(text, graph.meta_info_def.tags)) for graph in graphs]
    for wanted in SERVING:
        if wanted in tags:
            return graphs[tags.index(wanted)]
    if len(graphs) != 1:
        raise ValueError(f"it has {len(graphs)} graphs, and none of them has the tag `serve`")
    return graphs[0]


def signature(entry: Any) -> list[Any]:
    """[key, inputs, outputs] of a SignatureDef."""
    return [text(entry.key), tensor_infos(entry.value.inputs), tensor_infos(entry.value.outputs)]


def tensor_infos(entries: Any) -> list[Any]:
    described = []
    for entry in sorted(entries, key=lambda entry: text(entry.key)):
        shape = tensors.shape_of(entry.value.tensor_shape)
        described.append([text(entry.key), text(entry.value.name), entry.value.dtype, shape])
    return described


def initial_nodes(message: Any) -> list[str]:
    """The nodes that are run once when a model is loaded."""
    names = []
    for entry in message.collection_def:
        if text(entry.key) in INITIAL:
            names += [text(name) for name in entry.value.node_list.value]
    for entry in message.signature_def:
        if text(entry.key) == INITIAL_SIGNATURE:
            names += [text(each.value.name) for each in entry.value.outputs]
    return names


def objects_with_variables(objects: Any) -> list[Any]:
    """The objects that lead to variables, as [number of the parent, its name, the number]."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for number, each in enumerate(objects):
        for child in each.children:
            parents.setdefault(child.node_id, []).append((number, text(child.local_name)))
    waiting = [number for number, each in enumerate(objects) if each.HasField("variable")]
    reached: set[int] = set()
    edges = []
    while waiting:
        number = waiting.pop()
        if number not in reached:
            reached.add(number)
            for parent, name in parents.get(number, []):
                edges.append([parent, name, number])
                waiting.append(parent)
    return edges


def captures(objects: Any) -> list[Any]:
    """The objects that functions are called with behind their arguments."""
    entries = objects.concrete_functions
    return [[text(entry.key), list(entry.value.bound_inputs)] for entry in entries]


def ancestors(nodes: Any, names: Iterable[str]) -> set[str]:
    """The names of nodes that tensors or nodes depend on, their own included."""
    inputs = {text(node.name): node.input for node in nodes}
    waiting = [node_name(name) for name in names]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in inputs and name not in reached:
            reached.add(name)
            waiting += [node_name(text(each)) for each in inputs[name]]
    return reached


def node_name(tensor: str) -> str:
    """`conv` of the tensor `conv:1`, and of `^conv`, on which a node waits."""
    return tensor.removeprefix("^").partition(":")[0]


def main() -> None:
    """Serves one file until nobody asks any more."""
    reading_server.run(GraphFile, LIBRARY)
