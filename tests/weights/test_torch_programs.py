"""Programs of torch.export as networks: names, operators of both kinds, operations in place."""

from __future__ import annotations

import warnings

import exported_files as files
import numpy as np
import pytest
from exported_files import network_of, node

from tfdeconv.data.preprocessing import identity
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.weights.load import load_weights, network_in, read_weights

PIXELS = "as torchvision's models take them"


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="torch is not installed (extra `interop`)")


# the file


@pytest.mark.parametrize("layout", [files.members, files.old_members])
def test_layers_are_named_by_their_modules(tmp_path, layout):
    weights = read_weights(files.write_exported(tmp_path / "weights.dat", layout))
    network = weights.network
    assert network.name == "Net"
    names = ["body.0", "body.1", "mul", "body.2", "fc/flattened", "fc"]
    assert [each.name for each in network.nodes] == names
    # as the program calls them, and a module by its last operation
    for alias, name in {"conv2d": "body.0", "linear": "fc", "body": "body.2"}.items():
        assert network.aliases[alias] == name
    kernel = files.small_state()["body.0.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(weights["body.0"]["kernel"], kernel)
    assert "it is a program of torch.export with its own description" in weights.notes
    assert any(PIXELS in note for note in weights.notes)


def test_second_names_are_numbered(tmp_path):
    nodes = [
        node("relu", "relu", "block.relu", self="x"),
        node("torch.ops.aten.add.Tensor", "add", "block", self="relu", other="x"),
        node("relu", "relu_1", "block.relu", self="add"),
    ]
    nodes[1]["metadata"]["nn_module_stack"] = "a,,main.Net;b,block,main.Block"
    network = network_of(tmp_path, nodes)
    assert [each.name for each in network.nodes] == ["block.relu", "block.add", "block.relu_1"]


def test_decomposed_module_names_its_last_operation(tmp_path):
    """A hard-swish in several operations: what the module gives is what is called as it is."""
    nodes = [
        node("torch.ops.aten.add.Tensor", "add", "block.relu", self="x", other=3),
        node("clamp", "clamp", "block.relu", self="add", min=0, max=6),
    ]
    network = network_of(tmp_path, nodes)
    assert [each.name for each in network.nodes] == ["block.relu.add", "block.relu"]


def test_open_sizes_are_said(tmp_path):
    description = files.small_program()
    size = {"as_expr": {"expr_str": "Symbol('s0')", "hint": {"as_int": 2}}}
    values = description["graph_module"]["graph"]["tensor_values"]
    values["x"]["sizes"] = [size, {"as_int": 3}, size, size]
    path = tmp_path / "x.pt2"
    parts = files.members(description, files.small_state(), files.small_constants())
    path.write_bytes(files.zipped(parts))
    # the dense layer has 64 inputs, and so many cells has no map of 224 x 224
    network = network_in(path)
    assert network.input_shape == (224, 224, 3)
    assert "its matrix is for 64 values" in network.missing["fc"]


def test_a_built_in_network_is_read_by_name(tmp_path):
    path = files.write_exported(tmp_path / "x.pt2")
    with pytest.raises(UserError, match="none of the networks that this program knows"):
        network_in(path, "vgg16")


@pytest.mark.parametrize("channels_last", [False, True])
def test_bytes_go_in_as_they_are(tmp_path, channels_last):
    """As a camera has them: whole numbers, with the channels last."""
    shape = (1, 6, 8, 3) if channels_last else (1, 3, 6, 8)
    nodes = [node("torch.ops.aten.to.dtype", "to", self="x", dtype={"as_scalar_type": 7})]
    if channels_last:
        nodes.append(node("permute", "permute", self="to", dims=[0, 3, 1, 2]))
    nodes.append(node("conv2d", "conv2d", input=nodes[-1]["name"], weight="p_w"))
    description = files.program(nodes, KERNEL, shapes={"x": shape})
    description["graph_module"]["graph"]["tensor_values"]["x"]["dtype"] = 1
    path = tmp_path / "x.pt2"
    path.write_bytes(files.zipped(files.members(description, KERNEL)))
    weights = read_weights(path)
    assert weights.network.input_shape == (6, 8, 3) and not weights.network.missing
    assert weights.preprocessing == identity((6, 8))
    assert "pixels from 0 to 255 go into the network, as bytes" in weights.notes


# operations in place


def in_place(*more) -> list[dict]:
    return [
        node("conv2d", "conv2d", input="x", weight="p_w"),
        node("relu_", "relu_", self="conv2d"),
        *more,
    ]


KERNEL = {"w": np.ones((4, 3, 1, 1), np.float32)}


def test_what_is_changed_in_place_is_read_changed(tmp_path):
    add = node("torch.ops.aten.add.Tensor", "add", self="conv2d", other="conv2d")
    network = network_of(tmp_path, in_place(add), KERNEL)
    assert network.node("add").inputs == ("relu", "relu")


def test_dropout_after_training_is_the_tensor_itself(tmp_path):
    nodes = [
        node("conv2d", "conv2d", input="x", weight="p_w"),
        node("dropout", "dropout", input="conv2d", p=0.5, train=False),
        node("relu_", "relu_", self="dropout"),
        node("torch.ops.aten.add.Tensor", "add", self="conv2d", other="dropout"),
    ]
    network = network_of(tmp_path, nodes, KERNEL)
    assert network.node("add").inputs == ("relu", "relu")


@pytest.mark.parametrize("writes_to", ["conv2d", "slice_1"])
def test_half_changed_tensors_are_not_understood(tmp_path, writes_to):
    """Where one of a tensor and a part of it is written to, the other has changed, too."""
    other = {"conv2d": "slice_1", "slice_1": "conv2d"}[writes_to]
    nodes = [
        node("conv2d", "conv2d", input="x", weight="p_w"),
        node("torch.ops.aten.slice.Tensor", "slice_1", self="conv2d", dim=1, start=0, end=2),
        node("relu_", "relu_", self=writes_to),
        node("sigmoid", "sigmoid", self=other),
        node("tanh", "tanh", self=writes_to),
    ]
    network = network_of(tmp_path, nodes, KERNEL)
    assert "an operation in place has changed a part" in network.missing["sigmoid"]
    reason = network_of(tmp_path, nodes[:3], KERNEL, output=other).missing[f"{other} (output)"]
    assert "an operation in place has changed a part" in reason
    assert network.node("tanh").inputs == ("relu",)


def test_strange_operators_may_write_to_their_arguments(tmp_path):
    nodes = [
        node("conv2d", "conv2d", input="x", weight="p_w"),
        node("torch.ops.own.change.default", "change", a="conv2d"),
        node("tanh", "tanh", self="conv2d"),
    ]
    network = network_of(tmp_path, nodes, KERNEL)
    assert [each.name for each in network.nodes] == ["conv2d"]
    assert "torch.ops.own.change" in network.missing["change"]
    assert "an operation in place" in network.missing["tanh"]


# parts of programs


def under_no_grad(outputs):
    """with torch.no_grad(): y = tanh(relu(x)), then sigmoid(y)."""
    inner = [node("relu", "y", self="z"), node("tanh", "tanh", self="y")]
    part = files.subgraph(inner, ["z"], outputs)
    calls = node(WRAP, "getitem", enabled=False, part=part, x="x")
    for each in calls["inputs"]:
        each["name"] = ""
    return [calls, node("sigmoid", "y", self="getitem")]


WRAP = "torch.ops.higher_order.wrap_with_set_grad_enabled"


def test_what_is_under_no_grad_is_read(tmp_path):
    """In its place, by its own names and no others'."""
    network = network_of(tmp_path, under_no_grad(["tanh"]))
    assert [(each.name, each.inputs) for each in network.nodes] == [
        ("relu", ("input",)),
        ("tanh", ("relu",)),
        ("sigmoid", ("tanh",)),
    ]


def test_parts_that_do_not_fit_are_named(tmp_path):
    nodes = [node("tanh", "first", self="x"), *under_no_grad(["tanh", "y"])]
    network = network_of(tmp_path, nodes)
    assert WRAP in network.missing["wrap_with_set_grad_enabled"]


# against torch


def exported(torch, path, model, x, decomposed: bool):
    """Writes a model as torch does, with the operators of torch's modules or without them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(model.eval(), (x,))
        if decomposed:
            program = program.run_decompositions()
        torch.export.save(program, path)


@pytest.mark.parametrize("decomposed", [False, True])
def test_values_are_those_of_torch(torch, tmp_path, decomposed):
    nn, functional = torch.nn, torch.nn.functional

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(True))
            self.left = nn.Conv2d(4, 6, (1, 3), padding="same", groups=2)
            self.right = nn.ConvTranspose2d(4, 3, 3, 2, 1, 1)
            self.norm = nn.LayerNorm(6)
            self.fc = nn.Linear(9 * 2 * 2, 5)
            self.mean = nn.Buffer(torch.tensor([0.4, 0.5, 0.6]).view(1, 3, 1, 1))

        def forward(self, x):
            x = self.stem((x - self.mean) / 0.2)
            a, b = x.chunk(2, 1)
            a = self.norm(self.left(a).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            b = functional.max_pool2d(self.right(b), 2, ceil_mode=True)
            x = torch.cat([functional.hardswish(a), b], 1).add_(0.25)
            x = functional.avg_pool2d(functional.relu_(x), 3, 2, 1)
            return self.fc(torch.flatten(x[:, :, 1:-1, 1:-1], 1))

    torch.manual_seed(0)
    model = Net()
    model.stem[1].running_mean.normal_()
    model.stem[1].running_var.uniform_(0.5, 2)
    x = torch.rand(1, 3, 16, 16)
    exported(torch, tmp_path / "x.pt2", model, x, decomposed)
    weights = load_weights(tmp_path / "x.pt2")
    assert not weights.network.missing
    found = Deconvnet(weights.network, weights, "fc").activations(x.numpy().transpose(0, 2, 3, 1))
    # float32, sums in another order
    np.testing.assert_allclose(found, model(x).detach().numpy(), atol=2e-5)
