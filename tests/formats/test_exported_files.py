"""Files of torch.export: both layouts, made by hand and by torch, and what is refused of them."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import exported_files as files
import numpy as np
import pytest
from pickle_files import assert_tensors, memory_below

from tfdeconv.errors import UserError
from tfdeconv.formats import exported_archive, exported_argument, exported_program, pickled
from tfdeconv.formats.exported_argument import Reference, Setting
from tfdeconv.formats.exported_program import Module, Stored, Symbol, Value
from tfdeconv.formats.torch_file import EXPORT_LINE


def changed(tmp_path, name: str, change, layout=files.members):
    """The small file with a member of JSON changed."""
    parts = layout(files.small_program(), files.small_state(), files.small_constants())
    value = json.loads(parts[name])
    change(value)
    parts[name] = json.dumps(value).encode()
    path = tmp_path / "x.pt2"
    path.write_bytes(files.zipped(parts))
    return path


@pytest.mark.parametrize("layout", [files.members, files.old_members])
def test_both_layouts_hold_the_same(tmp_path, layout):
    path = files.write_exported(tmp_path / "weights.dat", layout)
    assert exported_archive.recognises(path)
    file = exported_archive.read(path)
    assert_tensors(file.state, files.small_state())
    assert_tensors(file.constants, files.small_constants())
    program = file.program
    assert (program.inputs, program.outputs) == (("x",), ("linear",))
    assert program.values["x"] == Value("float32", (1, 3, 8, 8), (192, 64, 8, 1))
    assert program.stored["p_body_0_weight"] == Stored("parameter", "body.0.weight", True)
    constant = Stored("tensor constant", "lifted_tensor_0", False)
    assert program.stored["c_lifted_tensor_0"] == constant
    assert file.tensor(constant) is file.constants["lifted_tensor_0"]
    first = program.operations[0]
    assert (first.name, first.target) == ("conv2d", "torch.ops.aten.conv2d.default")
    assert (first.results, first.modules[-1].path) == (("conv2d",), "body.0")
    assert first.arguments == {
        "input": Reference("x"),
        "weight": Reference("p_body_0_weight"),
        "bias": Reference("p_body_0_bias"),
        "stride": (1, 1),
        "padding": (1, 1),
    }


@pytest.mark.parametrize(
    "said, value",
    [
        ({"as_none": True}, None),
        ({"as_float": "-Infinity"}, -math.inf),
        ({"as_float": 2}, 2.0),
        ({"as_int": 2**63 - 1}, 2**63 - 1),
        ({"as_strings": ["a", "b"]}, ("a", "b")),
        ({"as_bools": [True]}, (True,)),
        ({"as_tensors": [{"name": "a"}, {"name": "b"}]}, (Reference("a"), Reference("b"))),
        (
            {"as_optional_tensors": [{"as_none": True}, {"as_tensor": {"name": "a"}}]},
            (None, Reference("a")),
        ),
        # before torch 2.8 nothing was an empty list
        ({"as_optional_tensors": [{"as_none": []}]}, (None,)),
        ({"as_sym_int": {"as_name": "sym_size"}}, Reference("sym_size")),
        ({"as_sym_ints": [{"as_int": 1}, {"as_name": "s"}]}, (1, Reference("s"))),
        ({"as_int_lists": [[1, 2], [3]]}, ((1, 2), (3,))),
        ({"as_scalar_type": 7}, Setting("dtype", "float32")),
        ({"as_scalar_type": 99}, Setting("dtype", "unknown")),
        ({"as_memory_format": 2}, Setting("memory format", "channels_last")),
        ({"as_device": {"type": "cuda", "index": 0}}, Setting("device", "cuda")),
        ({"as_graph": {"name": "true_graph", "graph": {}}}, Setting("graph")),
    ],
)
def test_every_kind_of_argument(said, value):
    assert exported_argument.parse_argument(said) == value


@pytest.mark.parametrize(
    "said",
    [
        {"as_int": True},
        {"as_int": 2**63},
        {"as_int": 1.0},
        {"as_float": "1"},
        {"as_ints": 3},
        {"as_tensor": {"name": ""}},
        {"as_tensor": "x"},
        {"as_tensor": {"name": "x"}, "as_none": True},
        {},
        7,
    ],
)
def test_arguments_of_another_form_are_refused(said):
    with pytest.raises(ValueError, match="expected|has no name"):
        exported_argument.parse_argument(said)


def test_open_sizes_keep_their_expression():
    size = {"as_expr": {"expr_str": "Symbol('s0', integer=True)", "hint": {"as_int": 2}}}
    assert exported_program.parse_size(size) == Symbol("Symbol('s0', integer=True)", 2)
    size["as_expr"]["hint"] = None
    assert exported_program.parse_size(size).hint is None


def test_module_paths_lead_to_the_innermost():
    stack = "L__self__,,main.Net;L__self___layer1,layer1,torch.Sequential;x@1,layer1.0,main.Block"
    assert exported_program.parse_modules(stack) == (
        Module("", "main.Net", "L__self__"),
        Module("layer1", "torch.Sequential", "L__self___layer1"),
        Module("layer1.0", "main.Block", "x@1"),
    )
    assert exported_program.parse_modules(None) == ()


def test_tensors_can_share_their_bytes(tmp_path):
    def share(value):
        entries = value["config"]
        entries["fc.weight"]["tensor_meta"]["storage_offset"] = {"as_int": 2}
        entries["fc.weight"]["tensor_meta"]["sizes"] = files.sizes((2, 1))
        entries["fc.weight"]["tensor_meta"]["strides"] = files.sizes((1, 7))
        entries["fc.weight"]["path_name"] = entries["body.0.bias"]["path_name"]

    def shrink(value):
        values = value["graph_module"]["graph"]["tensor_values"]
        values["p_fc_weight"]["sizes"] = files.sizes((2, 1))

    parts = files.members(files.small_program(), files.small_state(), files.small_constants())
    for name, change in (
        ("net/data/weights/model_weights_config.json", share),
        ("net/models/model.json", shrink),
    ):
        value = json.loads(parts[name])
        change(value)
        parts[name] = json.dumps(value).encode()
    (tmp_path / "x.pt2").write_bytes(files.zipped(parts))
    weight = exported_archive.read(tmp_path / "x.pt2").state["fc.weight"].read()
    np.testing.assert_array_equal(weight[:, 0], files.small_state()["body.0.bias"][2:])


WEIGHTS = "net/data/weights/model_weights_config.json"
MODEL = "net/models/model.json"


def entry(value) -> dict:
    return value["config"]["fc.weight"]


def nodes(value) -> list:
    return value["graph_module"]["graph"]["nodes"]


@pytest.mark.parametrize(
    "member, change, reason",
    [
        (WEIGHTS, lambda v: v["config"].pop("fc.weight"), "parameter 'fc.weight' is missing"),
        (WEIGHTS, lambda v: entry(v).update(path_name="weight_9"), "'weight_9' is missing"),
        (WEIGHTS, lambda v: entry(v).update(path_name="../x"), "'../x' is missing"),
        (
            WEIGHTS,
            lambda v: entry(v)["tensor_meta"].update(storage_offset={"as_int": 1}),
            r"\[2, 64\] \(float32\) does not fit into its 512 bytes",
        ),
        (
            WEIGHTS,
            lambda v: entry(v)["tensor_meta"].update(strides=files.sizes((0, 0))),
            # two tensors of as many values fit, but these would be shown twice
            None,
        ),
        (
            WEIGHTS,
            lambda v: entry(v)["tensor_meta"].update(sizes=files.sizes((2, 65))),
            "does not fit into its 512 bytes",
        ),
        (
            WEIGHTS,
            lambda v: entry(v)["tensor_meta"].update(sizes=files.sizes((2, 32))),
            r"is \[2, 32\], and \[2, 64\] in the program",
        ),
        (WEIGHTS, lambda v: entry(v)["tensor_meta"].update(sizes=[{"as_int": -1}] * 2), "shape"),
        (MODEL, lambda v: v.update(schema_version={"major": 9}), "version 9 of torch's schema"),
        (MODEL, lambda v: v.pop("graph_module"), "has no graph_module"),
        (MODEL, lambda v: nodes(v)[0].update(inputs=None), "expected a list"),
        (MODEL, lambda v: nodes(v)[0].update(target="a" * 300), "expected a name"),
        (MODEL, lambda v: nodes(v)[0]["inputs"].append({"name": "a"}), "value of one kind"),
    ],
)
def test_damage_is_named_before_anything_is_read(tmp_path, member, change, reason):
    path = changed(tmp_path, member, change)
    if reason is None:
        first = files.small_state()["fc.weight"][0, 0]
        assert exported_archive.read(path).state["fc.weight"].read()[1, 3] == first
        return
    with pytest.raises(UserError, match=reason) as error:
        exported_archive.read(path)
    assert str(error.value).isprintable() and str(path) in str(error.value)


def test_unread_dtypes_are_left_out(tmp_path):
    path = changed(tmp_path, WEIGHTS, lambda v: entry(v)["tensor_meta"].update(dtype=28))
    file = exported_archive.read(path)
    assert file.state.ignored == ("fc.weight",)
    assert file.tensor(file.program.stored["p_fc_weight"]) is None


def test_long_programs_take_no_memory(tmp_path):
    parts = files.members(files.small_program(), files.small_state())
    parts[MODEL] += b" " * (1 << 25)
    (tmp_path / "x.pt2").write_bytes(files.zipped(parts))
    with memory_below(5e6), pytest.raises(UserError, match="its program has 33,5"):
        exported_archive.read(tmp_path / "x.pt2")


def test_two_programs_are_refused(tmp_path):
    parts = files.members(files.small_program(), files.small_state())
    parts["net/models/other.json"] = parts[MODEL]
    (tmp_path / "x.pt2").write_bytes(files.zipped(parts))
    with pytest.raises(UserError, match="2 programs, 'net/models/model.json', 'net/models/other"):
        exported_archive.read(tmp_path / "x.pt2")


def test_compiled_packages_are_refused_by_name(tmp_path):
    path = tmp_path / "x.pt2"
    path.write_bytes(
        files.zipped({"a/archive_format": b"pt2", "a/data/aotinductor/model/c.so": b"\x7fELF"})
    )
    assert not exported_archive.recognises(path)
    with pytest.raises(UserError, match="AOTInductor") as error:
        pickled.tensors(path)
    assert str(error.value).endswith(EXPORT_LINE)


def test_the_page_has_the_line_of_errors():
    page = Path(__file__).parents[2] / "weights" / "my-model.md"
    assert f"    {EXPORT_LINE}\n" in page.read_text()


def test_torch_writes_what_is_read(torch, tmp_path):
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            whole = torch.arange(24.0).reshape(4, 6)
            self.whole = torch.nn.Parameter(whole)
            self.part = torch.nn.Parameter(whole[1:3])
            self.turned = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3).t())
            self.small = torch.nn.Buffer(torch.arange(2.0).bfloat16())
            self.hidden = torch.nn.Buffer(torch.ones(2), persistent=False)

        def forward(self, x):
            x = torch.relu_(x @ self.whole[:2, :3]) + self.part.sum() + self.hidden[0]
            return (x @ self.turned + self.small.float()).chunk(2, 1)

    net = Net()
    exported = torch.export.export(net.eval(), (torch.randn(2, 2),))
    with warnings.catch_warnings():
        # torch warns of storages of which no tensor shows all in order
        warnings.simplefilter("ignore")
        torch.export.save(exported, tmp_path / "x.pt2")
    file = exported_archive.read(tmp_path / "x.pt2")
    state = net.state_dict()
    assert list(file.state) == list(state)
    for name, tensor in state.items():
        np.testing.assert_array_equal(file.state[name].read(), tensor.float().numpy())
    assert list(file.constants) == ["hidden"]
    assert file.program.values["x"].shape == (2, 2)
    last = file.program.operations[-1]
    assert last.target == "torch.ops.aten.chunk.default"
    assert file.program.outputs == last.results and len(last.results) == 2
