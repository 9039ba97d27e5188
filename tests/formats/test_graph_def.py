"""TensorFlow's graphs as bytes: nodes, functions, signatures, and the values of tensors."""

from __future__ import annotations

import graph_files as files
import numpy as np
import pytest

from tfdeconv.errors import UserError
from tfdeconv.formats.graph_def import process, tensors
from tfdeconv.formats.graph_def.attributes import UNREAD, Type
from tfdeconv.formats.graph_def.nodes import graph_nodes
from tfdeconv.formats.graph_def.process import open_graph
from tfdeconv.formats.graph_def.schema import CLASSES
from tfdeconv.formats.graph_def.server import GraphFile

# 1.5 and -2 as halves of either kind
HALF, BFLOAT = [0x3E00, 0xC000], [0x3FC0, 0xC000]
LISTS = [
    (files.tensor([4], "float32", float_val=[0.5, 2]), [0.5, 2, 2, 2]),
    (files.tensor([2, 2], "int64"), [[0, 0], [0, 0]]),
    (files.tensor([2], "float16", half_val=HALF), [1.5, -2]),
    (files.tensor([2], "bfloat16", half_val=BFLOAT), [1.5, -2]),
    (files.tensor([2], "bfloat16", tensor_content=np.uint16(BFLOAT).tobytes()), [1.5, -2]),
    (files.tensor([3], "bool", bool_val=[True, False]), [True, False, False]),
    (files.tensor([], "uint8", int_val=[200]), 200),
    (files.tensor([0, 3], "float64"), np.zeros((0, 3))),
    (files.array(np.int16([[1, -2]])), [[1, -2]]),
]


@pytest.mark.parametrize("message, expected", LISTS)
def test_values_are_as_tensorflow_has_them(message, expected):
    values = tensors.values(message)

    np.testing.assert_array_equal(values, expected)
    assert list(values.shape) == tensors.described(message)[0]


BAD = [
    (files.tensor([3], "float32", tensor_content=b"1234"), "4 bytes, expected 12"),
    (files.tensor([1], "int32", int_val=[1, 2]), "with 2 values"),
    (files.tensor([-1], "float32"), "an impossible shape"),
    (CLASSES["TensorProto"](dtype=99), "a tensor of type 99"),
]


@pytest.mark.parametrize("message, says", BAD)
def test_impossible_tensors_are_refused(message, says):
    with pytest.raises(ValueError, match=says):
        tensors.described(message)


def described(folder, content):
    """A graph as its process would describe it, in this process."""
    path = folder / "x.pb"
    path.write_bytes(content)
    file = GraphFile(str(path))
    return graph_nodes(file.description, file.description["tensors"])


def test_attributes_have_their_types(tmp_path):
    lists = CLASSES["ListValue"]
    attributes = {
        "number": {"i": -3},
        "real": {"f": 0.5},
        "flag": {"b": True},
        "word": {"s": b"SAME"},
        "T": {"type": 101},
        "where": {"shape": files.shape([-1, 2])},
        "any": {"shape": CLASSES["Shape"](unknown_rank=True)},
        "numbers": {"list": lists(i=[1, 2])},
        "words": {"list": lists(s=[b"a", b"b"])},
        "nothing": {"list": lists()},
        "tensors": {"list": lists(tensor=[files.array(np.zeros(1))])},
        "_private": {"i": 1},
    }
    [node] = described(
        tmp_path, files.graph([files.node("a", "Op", **attributes)]).SerializeToString()
    ).nodes

    assert node.attributes == {
        "number": -3,
        "real": 0.5,
        "flag": True,
        "word": "SAME",
        "T": "float32",
        "where": (-1, 2),
        "any": None,
        "numbers": (1, 2),
        "words": ("a", "b"),
        "nothing": (),
        "tensors": UNREAD,
    }
    assert isinstance(node.attributes["T"], Type) and type(node.attributes["flag"]) is bool


def test_a_graph_is_read_by_another_process(tmp_path, started):
    path = tmp_path / "net.pb"
    path.write_bytes(files.small_graph())
    with open_graph(path) as graph:
        nodes = {node.name: node for node in graph.nodes}

        assert nodes["conv"].inputs == ("x", "kernel") and nodes["conv"].op == "Conv2D"
        np.testing.assert_array_equal(nodes["kernel"].attributes["value"].read(), files.KERNEL)
        assert nodes["bias"].attributes["value"].read().tolist() == [0.5] * 4


def test_only_what_is_used_is_described(tmp_path):
    nodes = [files.image(), files.node("y", "Relu", "x", "^wait"), files.node("wait", "NoOp")]
    unused = files.function("f", ["a"], {"b": "a"}, [])
    nodes.append(files.call("train", "f", "x"))
    signatures = [files.signature("serving_default", "x:0", "y:0")]
    training = files.meta_graph(files.graph([]), [], tags=["train"])
    serving = files.meta_graph(files.graph(nodes, [unused]), signatures)
    graph = described(tmp_path, files.saved_model(training, serving))

    assert [node.name for node in graph.nodes] == ["x", "y", "wait"] and not graph.functions
    assert graph.signatures["serving_default"].inputs[0].shape == (-1, 8, 8, 3)
    with pytest.raises(ValueError, match="it has 2 graphs, and none of them has the tag `serve`"):
        described(tmp_path, files.saved_model(training, training))


@pytest.mark.parametrize(
    "answer",
    ["3", "{'tensors': [[[-1], 'float32']], 'nodes': []}", "{'tensors': [], 'nodes': [[1]]}"],
)
def test_what_the_process_answers_is_checked(tmp_path, monkeypatch, answer):
    code = (
        "import sys; sys.path[:] = sys.argv[1:]; from tfdeconv.formats import reading_server; "
        "reading_server.receive(sys.stdin.buffer); "
        f"reading_server.send(sys.stdout.buffer, {{'file': {answer}}}); sys.stdin.read()"
    )
    monkeypatch.setattr(process.GraphProcess, "program", code)
    (tmp_path / "net.pb").write_bytes(b"x")
    with pytest.raises(UserError, match="^cannot read weights from .*net.pb: .+") as error:
        with open_graph(tmp_path / "net.pb"):
            pass
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "nodes, says",
    [
        # each is small enough, all together are not
        (
            [
                files.const(name, files.tensor([1 << 23], "float32", float_val=[1]))
                for name in "abc"
            ],
            "100,663,296 bytes that repeat one value",
        ),
        ([files.image("x" * 2000)], "at most 1000 printable characters"),
        ([files.image("\x1b[2J")], "at most 1000 printable characters"),
    ],
)
def test_too_much_of_a_few_bytes_is_refused(tmp_path, nodes, says):
    path = tmp_path / "graph.pb"
    path.write_bytes(files.graph(nodes).SerializeToString())
    with pytest.raises(UserError, match=says), open_graph(path):
        pass
