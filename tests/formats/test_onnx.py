"""ONNX models: what they say arrives as it is, whatever field or file it is in."""

from __future__ import annotations

import os
import random
import re

import numpy as np
import pytest
from onnx_models import (
    CLASSES,
    branch,
    choice,
    entries,
    external,
    function,
    model,
    node,
    read_model,
    small_model,
    tensor,
    value,
    write,
)

from tfdeconv.errors import UserError
from tfdeconv.formats.lazy_tensor import Tensor
from tfdeconv.formats.onnx import reader
from tfdeconv.formats.onnx.external import ExternalFiles
from tfdeconv.formats.onnx.model import Unread


def refusal(path) -> str:
    with pytest.raises(UserError) as caught:
        read_model(path)
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_a_model_is_described_as_it_is(tmp_path, started):
    said = small_model()
    said.metadata_props.extend(entries({"author": "nobody"}))
    said.graph.input.append(value("kernel", [4, 3, 3, 3]))
    path = write(tmp_path / "without a suffix", said)

    assert reader.recognises(path)
    with reader.open_model(path) as found:
        assert (found.ir_version, found.producer, found.opsets) == (8, "tests", {"": 17})
        assert found.metadata == {"author": "nobody"} and found.files == (path,)
        # versions before 4 list initializers among the inputs
        assert [(each.name, each.dtype, each.shape) for each in found.inputs] == [
            ("x", "float32", ("batch", 3, 8, 8))
        ]
        types = [each.type for each in found.operations]
        assert types[:5] == ["Conv", "Relu", "MaxPool", "Flatten", "Constant"]
        assert types[5:] == ["Identity", "Neg", "If", "Gemm"]
        assert found.operations[0].attributes == {"pads": (1, 1, 1, 1)}
        assert found.operations[-1].attributes == {"transB": 1, "alpha": 1.0}
        for each in (*found.initializers.values(), found.operations[4].attributes["value"]):
            values = each.read()
            assert values.shape == each.shape and values.dtype in (np.float32, bool)
        assert found.initializers["dense"].dtype == "float16"


ARRAYS = [
    np.arange(-3, 3).reshape(2, 3).astype(dtype)
    for dtype in ("float32", "float64", "float16", "int8", "int16", "int32", "int64", "bool")
]
ARRAYS += [np.arange(6).astype(dtype) for dtype in ("uint8", "uint16", "uint32", "uint64")]
ARRAYS += [np.float32(7), np.zeros((0, 3), np.float32)]


def test_tensors_of_every_type(tmp_path):
    tensors = []
    for i, array in enumerate(ARRAYS):
        tensors += [tensor(f"raw {i}", array), tensor(f"typed {i}", array, typed=True)]
    with reader.open_model(write(tmp_path / "x", model([], tensors))) as found:
        for i, array in enumerate(ARRAYS):
            for name in ("raw", "typed"):
                values = found.initializers[f"{name} {i}"].read()
                expected = np.float32 if array.dtype == np.float16 else array.dtype
                assert values.dtype == expected
                np.testing.assert_array_equal(values, array)


def test_bfloat16_is_widened(tmp_path):
    # the upper halves of 1, -2 and 0.5
    bits = np.uint16([0x3F80, 0xC000, 0x3F00])
    tensors = [tensor("raw", bits, "bfloat16"), tensor("typed", bits, "bfloat16", typed=True)]
    with reader.open_model(write(tmp_path / "x", model([], tensors))) as found:
        for each in found.initializers.values():
            assert each.dtype == "bfloat16" and each.read().tolist() == [1, -2, 0.5]


def test_other_elements_are_refused_when_read(tmp_path):
    tensors = [tensor("small", np.uint8([1]), "float8e5m2"), tensor("fine", [1.0])]
    path = write(tmp_path / "x", model([], tensors))

    with reader.open_model(path) as found:
        assert found.initializers["fine"].read() == [1]
    assert "its tensor small are float8e5m2, which are not read" in refusal(path)


def test_attributes_without_a_type_or_a_value(tmp_path):
    attributes = CLASSES["AttributeProto"]
    nodes = [node("Any", ["x"], ["y"])]
    nodes[0].attribute.extend(
        [
            attributes(name="old", f=0.5),
            # version 3 of protocol buffers leaves out zeros
            attributes(name="zero", type=2),
            attributes(name="empty", type=7),
            attributes(name="graph", type=10),
            attributes(name="bytes", type=3, s=b"\xff"),
            attributes(name="later", type=99),
        ]
    )
    with reader.open_model(write(tmp_path / "x", model(nodes))) as found:
        said = found.operations[0].attributes
    assert (said["old"], said["zero"], said["empty"]) == (0.5, 0, ())
    assert said["graph"] == Unread("graphs")
    assert isinstance(said["bytes"], Unread) and isinstance(said["later"], Unread)


def test_functions_are_put_where_they_are_called(tmp_path):
    inner = node("LeakyRelu", ["a"], ["b"], "leaky")
    inner.attribute.add(name="alpha", ref_attr_name="slope")
    leaky = function("leaky", ["a"], ["b"], [inner], defaults={"slope": 0.25}, opset=16)
    bodies = [node("leaky", ["u"], ["t"], "one", "own"), node("Add", ["t", "v"], ["w"], "add")]
    twice = function("twice", ["u", "v"], ["w"], bodies)
    nodes = [
        node("twice", ["x"], ["y"], "first", "own"),
        node("leaky", ["y"], ["z"], "second", "own", slope=0.5),
    ]
    path = write(tmp_path / "x", model(nodes, functions=[leaky, twice]))

    with reader.open_model(path) as found:
        operations = found.operations
    assert [(each.type, each.name, each.inputs, each.outputs) for each in operations] == [
        ("LeakyRelu", "first/one/leaky", ("x",), ("first/t",)),
        ("Add", "first/add", ("first/t", ""), ("y",)),
        ("LeakyRelu", "second/leaky", ("y",), ("z",)),
    ]
    assert [each.attributes.get("alpha") for each in operations] == [0.25, None, 0.5]
    assert [each.version for each in operations] == [16, 17, 16]


def test_functions_without_end_are_refused(tmp_path):
    itself = function("f", ["a"], ["b"], [node("f", ["a"], ["b"], "", "own")])
    calls = [node("f", ["x"], ["y"], "", "own")]
    assert "more than 8 deep" in refusal(write(tmp_path / "x", model(calls, functions=[itself])))

    # each calls the next a hundred times, the last one nothing
    chain = [function("f4", [], [], [])]
    for i in range(4):
        chain.append(function(f"f{i}", [], [], [node(f"f{i + 1}", [], [], "", "own")] * 100))
    calls = [node("f0", [], [], "", "own")]
    assert "more than 200,000" in refusal(write(tmp_path / "x", model(calls, functions=chain)))


def test_branches_are_put_before_what_chooses(tmp_path):
    inner = choice("c", "v", branch([], ["w"], [tensor("w", [1.0])]), branch([], ["t"]), "inner")
    one = branch([node("Relu", ["x"], ["t"], "relu"), inner], ["v"])
    other = branch([node("Neg", ["x"], ["t"])], ["t"])
    with reader.open_model(write(tmp_path / "x", model([choice("c", "y", one, other)]))) as found:
        operations, initializers = found.operations, found.initializers
    then, inner_then = "choice/then_branch", "choice/then_branch/inner/then_branch"
    assert [(each.type, each.inputs, each.outputs) for each in operations] == [
        ("Relu", ("x",), (f"{then}/t",)),
        ("If", ("c", f"{inner_then}/w", f"{then}/t"), (f"{then}/v",)),
        ("Neg", ("x",), ("choice/else_branch/t",)),
        ("If", ("c", f"{then}/v", "choice/else_branch/t"), ("y",)),
    ]
    assert list(initializers) == [f"{inner_then}/w"]


def test_branches_without_end_are_unread(tmp_path):
    within = branch([node("Relu", ["x"], ["t"])], ["t"])
    for _ in range(12):
        within = branch([choice("c", "t", within, within)], ["t"])
    # each twice as many as the one before
    path = write(tmp_path / "x", model([choice("c", "y", within, within)]))
    with reader.open_model(path) as found:
        unread = [each.attributes["then_branch"] for each in found.operations if each.attributes]
    assert set(unread) == {Unread("a graph that is too deep, or has sparse tensors")}


def test_loops_are_unread(tmp_path):
    loop = branch([], ["t"])
    loop.input.add().name = "i"
    body = function("f", ["a"], ["b"], [choice("a", "b", branch([], ["a"]), branch([], ["a"]))])
    nodes = [node("Loop", ["n"], ["y"], body=loop), node("f", ["x"], ["z"], "", "own")]
    with reader.open_model(write(tmp_path / "x", model(nodes, functions=[body]))) as found:
        assert found.operations[0].attributes == {"body": Unread("a graph")}
        assert found.operations[1].attributes["then_branch"] == Unread("a graph within a function")


VALUES = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_tensors_in_files_beside_the_model(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "all.data").write_bytes(b"----" + VALUES.tobytes() + VALUES[0].tobytes())
    (tmp_path / "data" / "one").write_bytes(VALUES.tobytes())
    (tmp_path / "link").symlink_to(tmp_path / "data" / "one")
    tensors = [
        external("a", VALUES, location="all.data", offset=4, length=24, checksum="any"),
        external("b", VALUES[0], location="all.data", offset=28),
        external("c", VALUES, location="./data/one"),
        external("d", VALUES, location="link"),
    ]
    path = write(tmp_path / "x.onnx", model([], tensors))
    with reader.open_model(path) as found:
        names = [each.name for each in found.files]
        assert names == ["x.onnx", "all.data", "one", "link"]
        for name, expected in zip("abcd", (VALUES, VALUES[0], VALUES, VALUES)):
            np.testing.assert_array_equal(found.initializers[name].read(), expected)


PLACES = {
    "../secret": "expected one in the model's own folder",
    "data/../../secret": "expected one in the model's own folder",
    "/etc/passwd": "expected one in the model's own folder",
    "..\\secret": "expected the name of one in the model's own folder",
    "C:secret": "expected the name of one in the model's own folder",
    "": "expected the name of one in the model's own folder",
    "a" * 300: "expected the name of one in the model's own folder",
    "link": "a link to a file that is not in the model's own folder",
    "folder/secret": "a link to a file that is not in the model's own folder",
    "loop": "in loop, which cannot be opened",
    "missing": "which is not in",
    "pipe": "which is not in",
    ".": "a link to a file that is not in the model's own folder",
}


@pytest.mark.parametrize("location", PLACES)
def test_other_places_are_refused(tmp_path, location):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(VALUES.tobytes())
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "folder").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    os.mkfifo(folder / "pipe")

    with pytest.raises(ValueError, match=re.escape(PLACES[location])):
        ExternalFiles(folder / "x").tensor("a", "float32", [2, 3], {"location": location})


@pytest.mark.parametrize(
    "said, reason",
    [
        ({"offset": "4"}, "has 24 bytes from byte 4 of data, which has 24"),
        ({"offset": "-4"}, "an impossible offset"),
        ({"length": str(1 << 60)}, "an impossible length"),
        ({"length": "20"}, "does not fit into its 20 bytes"),
        ({"offset": "1e3"}, "an impossible offset"),
    ],
)
def test_parts_of_files_are_checked(tmp_path, said, reason):
    (tmp_path / "data").write_bytes(VALUES.tobytes())
    said = {"location": "data"} | said

    with pytest.raises(ValueError, match=reason):
        ExternalFiles(tmp_path / "x").tensor("a", "float32", [2, 3], said)


def sparse_model():
    said = model([])
    said.graph.sparse_initializer.add().values.name = "thin"
    return said


def long_tensor():
    """One that declares more values than there are."""
    said = tensor("long", VALUES)
    said.dims[:] = [1 << 20, 1 << 20]
    return said


DAMAGED = {
    "sparse": (sparse_model, "its tensor thin is sparse"),
    "no graph": (lambda: CLASSES["ModelProto"](ir_version=8), "it has no graph"),
    "too long": (lambda: model([], [long_tensor()]), "does not fit into its 24 bytes"),
    "two tensors": (lambda: model([], [tensor("a", VALUES)] * 2), "two tensors called a"),
    "two makers": (lambda: model([node("Relu", ["x"], ["y"])] * 2), "two of its operations make y"),
    "name": (lambda: model([node("Relu", ["x"], ["a\nb"])]), "printable characters"),
    "attributes": (
        lambda: model([node("Constant", [], ["x"], value_ints=[1] * 1_000_001)]),
        "more than 1,000,000 operations, names and numbers",
    ),
    "reference": (
        lambda: model(
            [CLASSES["NodeProto"](attribute=[CLASSES["AttributeProto"](ref_attr_name="x")])]
        ),
        "from a function, and is in none",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_cannot_be_is_refused(tmp_path, case):
    make, reason = DAMAGED[case]

    assert reason in refusal(write(tmp_path / "x", make()))


def test_other_files_are_no_models(tmp_path):
    for raw in (b"", b"hello", b"\x08\x01\x12\x00", b"\x89HDF\r\n\x1a\n"):
        (tmp_path / "x").write_bytes(raw)
        assert not reader.recognises(tmp_path / "x")
    assert not reader.recognises(tmp_path)
    refusal(tmp_path / "missing")


def test_the_beginning_of_a_model_is_known(tmp_path):
    path = write(tmp_path / "x", small_model())
    path.write_bytes(path.read_bytes()[:-100])

    assert reader.recognises(path) and "it is not an ONNX model, or damaged" in refusal(path)


def test_few_mutants_are_read_or_refused(tmp_path):
    raw = small_model().SerializeToString()
    rng = random.Random(0)
    for _ in range(6):
        at = rng.randrange(len(raw))
        (tmp_path / "x").write_bytes(raw[:at] + rng.randbytes(2) + raw[at + 2 :])
        try:
            read_model(tmp_path / "x")
        except UserError as error:
            assert str(error).isprintable()


def test_messages_are_those_of_the_onnx_package(tmp_path):
    onnx = pytest.importorskip("onnx", reason="onnx is not installed (extra `interop`)")
    helper = onnx.helper
    weights = helper.make_tensor("w", onnx.TensorProto.FLOAT, [2], [1.0, 2.0])
    nodes = [helper.make_node("LeakyRelu", ["x"], ["y"], "leaky", alpha=0.5)]
    shape = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph(nodes, "g", [shape], [], [weights])
    onnx.save(helper.make_model(graph), tmp_path / "x")

    with reader.open_model(tmp_path / "x") as found:
        assert found.inputs[0].shape == ("n", 2)
        assert found.operations[0].attributes == {"alpha": 0.5}
        assert isinstance(found.initializers["w"], Tensor)
        assert found.initializers["w"].read().tolist() == [1, 2]
