"""Functions inlined, variables found, and the order of operations, in TensorFlow's graphs."""

from __future__ import annotations

import graph_files as files
import numpy as np
import pytest

from tfdeconv.errors import UserError
from tfdeconv.formats.graph_def.nodes import graph_nodes
from tfdeconv.formats.graph_def.server import GraphFile
from tfdeconv.formats.lazy_tensor import Tensor, Tensors
from tfdeconv.weights.tensorflow.graphs import inlining, objects, saved_model, variables
from tfdeconv.weights.tensorflow.graphs.inlining import Inlining


def described(folder, content):
    """A graph as its process describes it, in this process."""
    (folder / "x.pb").write_bytes(content)
    file = GraphFile(str(folder / "x.pb"))
    values = []
    for number, (shape, name) in enumerate(file.description["tensors"]):
        values.append(Tensor(tuple(shape), name, lambda number=number: file.values(number, None)))
    return graph_nodes(file.description, values)


def checkpoint(**arrays):
    """Tensors of a checkpoint; a slash in a name is two underscores."""
    made = Tensors()
    for name, values in arrays.items():
        made.add(name.replace("__", "/"), Tensor(values.shape, "float32", values.copy))
    return made


def signature_graph(nodes, tensors=None):
    signature = nodes.signatures["serving_default"]
    return saved_model.signature_graph(nodes, signature, Tensors() if tensors is None else tensors)


def test_functions_are_put_in_their_calls_places(tmp_path):
    """One that calls another, which returns its second argument and the first of a split."""
    inner = files.function(
        "inner",
        ["a", "b"],
        {"same": "b", "half": "split:output:1"},
        [files.node("axis", "Const"), files.node("split", "Split", "axis:output:0", "a")],
    )
    body = [
        files.call("Deep", "inner", "p", "q"),
        files.node("sum", "AddV2", "Deep:output:0", "Deep:output:1"),
    ]
    outer = files.function("outer", ["p", "q"], {"r": "sum:z:0"}, body)
    nodes = [files.image(), files.image("y"), files.call("Call", "outer", "x", "y:0", "^z")]
    nodes += [files.node("z", "NoOp"), files.node("out", "Relu", "Call")]
    graph = described(tmp_path, files.graph(nodes, [inner, outer]).SerializeToString())
    operations = Inlining(graph, ["out"]).operations

    assert operations["Call/sum"].inputs == (("y", 0), ("Call/Deep/split", 1))
    assert operations["Call/Deep/split"].inputs == (("Call/Deep/axis", 0), ("x", 0))
    assert operations["out"].inputs == (("Call/sum", 0),) and "Call" not in operations


def test_calls_that_do_not_end_are_refused(tmp_path, monkeypatch):
    twice = [files.call("a", "f", "x"), files.call("b", "f", "a")]
    endless = files.function("f", ["x"], {"y": "b:output:0"}, twice)
    nodes = [files.image(), files.call("Call", "f", "x")]
    graph = described(tmp_path, files.graph(nodes, [endless]).SerializeToString())
    with pytest.raises(
        ValueError, match="its graph, with all functions inlined, has more than 100,000 operations"
    ):
        Inlining(graph, None)
    monkeypatch.setattr(inlining, "MAX_CALLS_DEEP", 2)
    assert Inlining(graph, None).operations["Call/a/a"].op == "StatefulPartitionedCall"


def test_a_call_of_itself_is_refused(tmp_path):
    same = files.function("same", ["x"], {"y": "x"}, [])
    nodes = [files.call("Call", "same", "Call"), files.node("out", "Relu", "Call")]
    graph = described(tmp_path, files.graph(nodes, [same]).SerializeToString())
    with pytest.raises(ValueError, match="its call 'Call' is its own input"):
        Inlining(graph, None)


def test_a_circle_is_refused_but_no_loop(tmp_path):
    nodes = [files.image(), files.node("a", "AddV2", "x", "b"), files.node("b", "Relu", "a")]
    nodes.append(files.node("out", "Relu", "a"))
    graph = described(tmp_path, files.graph(nodes).SerializeToString())
    with pytest.raises(ValueError, match="depends on itself"):
        saved_model.frozen_graph(graph)
    nodes[2] = files.node("b", "NextIteration", "a")
    graph = described(tmp_path, files.graph(nodes).SerializeToString())
    names = [each.name for each in saved_model.frozen_graph(graph).operations]
    assert names == ["x", "b", "a", "out"]


def test_a_frozen_graph_has_what_depends_on_images(tmp_path):
    graph = saved_model.frozen_graph(described(tmp_path, files.small_graph()))

    assert [each.name for each in graph.inputs] == ["x"] and graph.outputs == (("out", 0),)
    names = [operation.name for operation in graph.operations]
    assert names == ["x", "kernel", "conv", "relu", "axes", "mean", "bias", "out"]


def test_variables_get_what_is_restored(tmp_path):
    nodes = described(tmp_path, files.small_saved_model())
    tensors = checkpoint(vgg_16__conv1__weights=files.KERNEL)
    graph = signature_graph(nodes, tensors)

    assert [each.op for each in graph.operations] == [
        "Placeholder",
        "Const",
        "ReadVariableOp",
        "Conv2D",
        "Identity",
    ]
    value = graph.operations[1].attributes["value"]
    np.testing.assert_array_equal(value.read(), files.KERNEL)
    assert signature_graph(nodes).operations[1].op == "VarHandleOp"


def model(body, *more, restored=("kernel",)):
    """A SavedModel that takes a variable's value."""
    nodes = [files.image(), files.variable("kernel"), files.variable("other"), *body]
    nodes.append(files.node("read_kernel", "ReadVariableOp", "kernel"))
    nodes.append(files.node("out", "Conv2D", "x", "read_kernel", *more))
    nodes += files.restoring("a", "b", variables=restored)
    signatures = [files.signature("serving_default", "x:0", "out:0")]
    return files.saved_model(files.meta_graph(files.graph(nodes), signatures, "restore"))


CHANGES = {
    "assigned before": model([files.node("w", "AssignVariableOp", "kernel", "x")], "^w"),
    "unknown operation": model([files.node("w", "Strange", "kernel")], "^w"),
    "restored twice": model([], restored=("kernel", "kernel")),
    "restored from elsewhere": model([], restored=("other",)),
}


@pytest.mark.parametrize("case", CHANGES)
def test_variables_of_other_values_stay_unknown(tmp_path, case):
    tensors = checkpoint(a=files.KERNEL, b=files.KERNEL)
    graph = signature_graph(described(tmp_path, CHANGES[case]), tensors)
    assert any(each.op == "VarHandleOp" for each in graph.operations)
    graph = signature_graph(described(tmp_path, model([])), tensors)
    assert not any(each.op == "VarHandleOp" for each in graph.operations)


def test_parts_of_tensors_are_read():
    values = np.arange(24, dtype="f4").reshape(2, 3, 4)
    [tensor] = checkpoint(a=values).values()

    part = variables.part_of(tensor, "2 3 4 -:1,2:0,3")
    assert part.shape == (2, 2, 3)
    np.testing.assert_array_equal(part.read(), values[:, 1:, :3])
    for text in ("2 3 4 -:-", "2 3 5 -:-:-", "2 3 4 -:2,2:-", "3", "2 3 4 -:-:-:"):
        assert variables.part_of(tensor, text) is None


def test_captured_objects_are_found_by_path(tmp_path):
    """The name of a variable in a checkpoint is its path from the model."""
    nodes = described(tmp_path, files.small_saved_model())
    held = {0: {"layers": 1}, 1: {"a.b/c": 7}}
    nodes = vars(nodes) | {"objects": held, "captures": {"model": (7,)}, "restore": ""}
    tensors = Tensors()
    for name in (
        "layers/a..b.Sc/.ATTRIBUTES/VARIABLE_VALUE",
        "layers/d/.ATTRIBUTES/VARIABLE_VALUE",
    ):
        tensors.add(name, Tensor((1,), "float32", lambda: np.zeros(1)))
    found = objects.captured(type(described(tmp_path, files.small_saved_model()))(**nodes), tensors)
    assert found == {"kernel": next(iter(tensors.values()))}


def test_the_usual_signature_is_chosen():
    found = {"serving_default": 1, "b": 2}
    assert saved_model.chosen("x", found, None) == 1 and saved_model.chosen("x", found, "b") == 2
    assert saved_model.chosen("x", {"b": 2}, None) == 2
    with pytest.raises(UserError, match="x has no signature serving_default: it has a, b"):
        saved_model.chosen("x", {"a": 1, "b": 2}, None)
    with pytest.raises(UserError, match="x has no signature, which says where"):
        saved_model.chosen("x", {}, None)
