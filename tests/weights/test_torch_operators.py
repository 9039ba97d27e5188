"""ATen's operators as layers, of both kinds of programs; and what is refused of them by name."""

from __future__ import annotations

import numpy as np
import pytest
from exported_files import network_of, node, written

from tfdeconv.errors import UserError
from tfdeconv.network.layers import (
    RELU,
    Activation,
    Affine,
    AvgPool,
    BorderPad,
    Channels,
    Conv,
    DepthToSpace,
    GlobalAvgPool,
    GlobalMaxPool,
    GroupNorm,
    Identity,
    MaxPool,
    PReLU,
    Resize,
    ZeroPad,
)
from tfdeconv.weights.load import network_in, read_weights
from tfdeconv.weights.torch import table

LAYERS = [
    ("relu", {}, RELU),
    ("relu6", {}, Activation(ceiling=6.0)),
    ("hardtanh", {"min_val": 0.0, "max_val": 6.0}, Activation(ceiling=6.0)),
    ("hardtanh", {}, Activation("clip", floor=-1.0, ceiling=1.0)),
    ("clamp", {"min": 0}, RELU),
    ("clamp", {"max": 2.0}, Activation("clip", ceiling=2.0)),
    ("leaky_relu", {"negative_slope": 0.2}, Activation(slope=0.2)),
    ("leaky_relu", {}, Activation(slope=0.01)),
    ("elu", {"alpha": 0.5}, Activation("elu", constant=0.5)),
    ("elu", {"alpha": 1.6732632423543772, "scale": 1.0507009873554805}, Activation("selu")),
    ("celu", {}, Activation("celu", constant=1.0)),
    ("gelu", {}, Activation("gelu")),
    ("silu", {}, Activation("silu")),
    ("hardswish", {}, Activation("hard_silu")),
    ("hardsigmoid", {}, Activation("hard_sigmoid")),
    ("mish", {}, Activation("mish")),
    ("softplus", {"beta": 2.0}, Activation("softplus", constant=2.0)),
    ("threshold", {"threshold": 1.0, "value": 0.0}, Activation(threshold=1.0)),
    ("threshold", {"threshold": 1.0, "value": 1.0}, Activation("clip", floor=1.0)),
    ("rrelu", {"lower": 0.1, "upper": 0.3}, Activation(slope=0.2)),
    ("torch.ops.aten.softmax.int", {"dim": 1}, Identity()),
    ("_log_softmax", {"dim": 1, "half_to_float": False}, Identity()),
    ("prelu", {"weight": "p_c"}, PReLU()),
    ("max_pool2d", {"kernel_size": [2, 2]}, MaxPool((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1))),
    (
        "max_pool2d_with_indices",
        {"kernel_size": [3, 3], "stride": [2, 2], "padding": [1, 1], "ceil_mode": True},
        MaxPool((3, 3), (2, 2), ((1, 1), (1, 1)), (1, 1), ceil=True),
    ),
    (
        "avg_pool2d",
        {"kernel_size": [2], "stride": {"as_ints": []}, "padding": [1]},
        AvgPool((2, 2), (2, 2), ((1, 1), (1, 1)), count_pads=True),
    ),
    ("adaptive_avg_pool2d", {"output_size": [1, 1]}, GlobalAvgPool(keep=True)),
    ("_adaptive_avg_pool2d", {"output_size": [4, 3]}, Resize(4, 3, "area")),
    ("adaptive_max_pool2d", {"output_size": [1, 1]}, GlobalMaxPool(keep=True)),
    ("adaptive_max_pool2d", {"output_size": [4, 2]}, MaxPool((2, 4), (2, 4), dilation=(1, 1))),
    ("torch.ops.aten.mean.dim", {"dim": [2, 3], "keepdim": True}, GlobalAvgPool(keep=True)),
    ("torch.ops.aten.mean.dim", {"dim": [-1, -2]}, GlobalAvgPool()),
    ("amax", {"dim": [2, 3]}, GlobalMaxPool()),
    ("layer_norm", {"normalized_shape": [8], "eps": 1e-6}, None),
    ("group_norm", {"num_groups": 2, "weight": "p_c", "bias": "p_c"}, GroupNorm(2, 1e-5)),
    (
        "native_group_norm",
        {"weight": None, "bias": None, "N": 1, "C": 4, "HxW": 64, "group": 4, "eps": 1e-5},
        GroupNorm(4, 1e-5, scale=False, center=False),
    ),
    ("pad", {"pad": [1, 2, 3, -1]}, ZeroPad(((3, -1), (1, 2)))),
    ("constant_pad_nd", {"pad": [0, 1], "value": 0.0}, ZeroPad(((0, 0), (0, 1)))),
    ("reflection_pad2d", {"padding": [1, 2, 3, 0]}, BorderPad(((3, 0), (1, 2)))),
    ("replication_pad2d", {"padding": [0, 0, 1, 0]}, BorderPad(((1, 0), (0, 0)), "edge")),
    ("pixel_shuffle", {"upscale_factor": 2}, DepthToSpace(2, "crd")),
    ("torch.ops.aten.slice.Tensor", {"dim": 1, "start": 1, "end": 2**63 - 1}, Channels(1, 3)),
    ("narrow", {"dim": 1, "start": 0, "length": 2}, Channels(0, 2)),
    ("flip", {"dims": [1]}, Channels(3, 4, -1)),
    ("index_select", {"dim": 1, "index": "p_i"}, Channels(0, 2, 2)),
    (
        "torch.ops.aten.upsample_nearest2d.vec",
        {"output_size": None, "scale_factors": {"as_floats": [2.0, 2.0]}},
        Resize(factor=(2, 2), interpolation="nearest", coordinates="asymmetric", rounding="floor"),
    ),
    (
        "torch.ops.aten.upsample_bilinear2d.vec",
        {"output_size": [13, 13], "align_corners": True},
        Resize(13, 13, coordinates="align_corners", rounding="round_prefer_floor"),
    ),
    ("torch.ops.aten.add.Scalar", {"other": 2.0}, Affine()),
    ("torch.ops.aten.rsub.Scalar", {"other": 0.5, "alpha": 1}, Affine()),
    ("torch.ops.aten.pow.Tensor_Scalar", {"exponent": 2}, Activation("square")),
]
VALUES = {"c": np.ones(4, np.float32), "i": np.array([0, 2])}


@pytest.mark.parametrize("target, arguments, layer", LAYERS)
def test_an_operator_is_a_layer(tmp_path, target, arguments, layer):
    name = "input" if "norm" in target or "upsample" in target else "self"
    nodes = [node(target, "result", **{name: "x"}, **arguments)]
    shapes = {"x": (1, 4, 8, 8), "result": (1, 4, 8, 8)}
    path = written(tmp_path, nodes, VALUES, shapes=shapes)
    if layer is None:
        # over the columns alone
        with pytest.raises(UserError, match="no layer of the model is understood"):
            network_in(path)
        return
    assert network_in(path).nodes[-1].layer == layer


CONVOLUTIONS = [
    ("conv2d", {"stride": [2, 2], "padding": [1, 0]}, ((2, 2), ((1, 1), (0, 0)), (1, 1))),
    (
        "torch.ops.aten.conv2d.padding",
        {"padding": {"as_string": "same"}, "dilation": [2, 2]},
        ((1, 1), ((2, 2), (2, 2)), (2, 2)),
    ),
    (
        "convolution",
        {"stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "transposed": False}
        | {"output_padding": [0, 0], "groups": 1},
        ((1, 1), ((0, 0), (0, 0)), (1, 1)),
    ),
]


@pytest.mark.parametrize("target, arguments, expected", CONVOLUTIONS)
def test_convolutions_of_both_kinds(tmp_path, target, arguments, expected):
    state = {"w": np.ones((6, 3, 3, 3), np.float32), "b": np.ones(6, np.float32)}
    nodes = [node(target, "y", input="x", weight="p_w", bias="p_b", **arguments)]
    layer = network_of(tmp_path, nodes, state).nodes[0].layer
    assert isinstance(layer, Conv) and (layer.filters, layer.size, layer.bias) == (6, (3, 3), True)
    assert (layer.stride, layer.pad, layer.dilation) == expected


def test_a_matrix_on_all_cells_is_a_convolution(tmp_path):
    """ConvNeXt's dense layers without torch's modules: cells of all images in one axis."""
    nodes = [
        node("permute", "permute", self="x", dims=[0, 2, 3, 1]),
        node("view", "view", self="permute", size=[128, 3]),
        node("permute", "matrix", self="p_w", dims=[1, 0]),
        node("addmm", "addmm", "fc", self="p_b", mat1="view", mat2="matrix"),
        node("view", "view_1", self="addmm", size=[2, 8, 8, 5]),
        node("permute", "permute_1", self="view_1", dims=[0, 3, 1, 2]),
        node("relu", "relu", self="permute_1"),
    ]
    state = {"w": np.arange(15, dtype=np.float32).reshape(5, 3), "b": np.ones(5, np.float32)}
    weights = read_weights(written(tmp_path, nodes, state, shapes={"x": (2, 3, 8, 8)}))
    assert [each.name for each in weights.network.nodes] == ["fc", "relu"]
    assert isinstance(weights.network.node("fc").layer, Conv)
    np.testing.assert_array_equal(weights["fc"]["kernel"], state["w"].T[None, None])


def test_instance_norm_of_several_images_at_once(tmp_path):
    nodes = [
        node("repeat", "repeat", self="p_g", repeats=[2]),
        node("view", "view", self="x", size=[1, 6, 8, 8]),
        node(
            *("torch.ops.aten._native_batch_norm_legit.no_stats", "norm a b"),
            **{"input": "view", "weight": "repeat", "bias": None, "training": True, "eps": 1e-5},
        ),
        node("view", "view_1", self="norm", size=[2, 3, 8, 8]),
        node("relu", "relu", self="view_1"),
    ]
    gamma = np.arange(3, dtype=np.float32)
    shapes = {"x": (2, 3, 8, 8), "view": (1, 6, 8, 8)}
    weights = read_weights(written(tmp_path, nodes, {"g": gamma}, shapes=shapes))
    name = weights.network.nodes[0].name
    assert weights.network.nodes[0].layer == GroupNorm(3, 1e-5, center=False)
    np.testing.assert_array_equal(weights[name]["gamma"], gamma)


@pytest.mark.parametrize("axes", [3, 4])
def test_a_kernel_along_the_channels_is_a_matrix(tmp_path, axes):
    """Efficient channel attention, with torch's module and without."""
    line = {"stride": [1], "padding": [1], "dilation": [1]}
    more = {"transposed": False, "output_padding": [0], "groups": 1} if axes == 4 else {}
    nodes = [
        node("torch.ops.aten.mean.dim", "mean", self="x", dim=[2, 3]),
        node("unsqueeze", "line", self="mean", dim=1),
        node(
            *("conv1d" if axes == 3 else "convolution", "conv"),
            **{"input": "line", "weight": "p_w", "bias": None, **line, **more},
        ),
        node("torch.ops.aten.squeeze.dim", "squeeze", self="conv", dim=1),
        node("sigmoid", "sigmoid", self="squeeze"),
        node("tanh", "tanh", self="sigmoid"),
    ]
    state = {"w": np.array([[[1, 2, 3]]], np.float32)}
    path = written(tmp_path, nodes, state, shapes={"x": (1, 3, 8, 8), "line": (1, 1, 3)})
    kernel = read_weights(path)[network_in(path).aliases["conv"]]["kernel"]
    np.testing.assert_array_equal(kernel, [[2, 1, 0], [3, 2, 1], [0, 3, 2]])


def test_normalised_weights_are_worked_out(tmp_path):
    """Weight standardisation (Qiao et al. 2019), by a batch norm and by a deviation."""
    rng = np.random.default_rng(0)
    kernel = rng.standard_normal((4, 3, 1, 1)).astype(np.float32)
    nodes = [
        node("view", "flat", self="p_w", size=[1, 4, 3]),
        node(
            *("batch_norm", "norm"),
            **{"input": "flat", "weight": None, "bias": None, "running_mean": None},
            **{"running_var": None, "training": True, "eps": 0.0},
        ),
        node("view", "kernel", self="norm", size=[4, 3, 1, 1]),
        node("conv2d", "conv", input="x", weight="kernel"),
        node("torch.ops.aten.std.correction", "std", self="p_w", dim=[1, 2, 3], keepdim=True),
        node("torch.ops.aten.div.Tensor", "kernel_1", self="p_w", other="std"),
        node("conv2d", "conv_1", input="x", weight="kernel_1"),
    ]
    shapes = {"flat": (1, 4, 3), "p_w": (4, 3, 1, 1)}
    weights = read_weights(written(tmp_path, nodes, {"w": kernel}, shapes=shapes))
    flat = kernel[..., 0, 0]
    mean, deviation = flat.mean(1, keepdims=True), flat.std(1, keepdims=True)
    expected = ((flat - mean) / deviation).T
    np.testing.assert_allclose(weights["conv2d"]["kernel"][0, 0], expected, rtol=1e-5)
    divided = (flat / flat.std(1, ddof=1, keepdims=True)).T
    np.testing.assert_allclose(weights["conv2d_1"]["kernel"][0, 0], divided, rtol=1e-5)


def test_weight_norm_is_worked_out(tmp_path):
    v = np.random.default_rng(0).standard_normal((4, 3, 1, 1)).astype(np.float32)
    g = np.array([1, 2, 3, 4], np.float32).reshape(4, 1, 1, 1)
    nodes = [
        node("_weight_norm", "weight", v="p_v", g="p_g", dim=0),
        node("conv2d", "conv", input="x", weight="weight"),
    ]
    weights = read_weights(written(tmp_path, nodes, {"v": v, "g": g}))
    expected = g * v / np.linalg.norm(v.reshape(4, -1), axis=1).reshape(4, 1, 1, 1)
    kernel = expected.transpose(2, 3, 1, 0)
    # float32, roots in another order
    np.testing.assert_allclose(weights["conv2d"]["kernel"], kernel, rtol=1e-5)


def test_types_that_nobody_says_are_the_programs(tmp_path):
    """Whole numbers would be divided otherwise."""
    counts = np.arange(1, 4).reshape(3, 1, 1)
    nodes = [
        node("new_full", "full", self="x", size=[3, 1, 1], fill_value=4),
        node("type_as", "float", self="c_n", other="x"),
        node("torch.ops.aten.div.Tensor", "quarters", self="float", other="full"),
        node("reciprocal", "inverse", self="c_n"),
        node("torch.ops.aten.add.Tensor", "sum", self="quarters", other="inverse"),
        node("torch.ops.aten.mul.Tensor", "y", self="x", other="sum"),
    ]
    shapes = {name: (3, 1, 1) for name in ("full", "float", "quarters", "inverse")}
    path = written(tmp_path, nodes, {}, constants={"n": counts}, shapes=shapes)
    found = read_weights(path)["mul"]["scale"]
    np.testing.assert_allclose(found, (counts / 4 + 1 / counts).ravel(), rtol=1e-6)
    # of what depends on the image nothing is made a whole number
    nodes = [node("type_as", "y", self="x", other="c_n")]
    with pytest.raises(UserError, match="it converts its input to int64"):
        network_of(tmp_path, nodes, constants={"n": counts})


def test_rows_and_columns_by_their_numbers(tmp_path):
    """A pad that repeats the map, and an enlargement, without torch's modules."""
    rows, columns = np.array([[2], [1], [0], [1], [2], [3]]), np.repeat(np.arange(4), 3)
    part = np.array([1, 3])
    nodes = [
        node("torch.ops.aten.index.Tensor", "both", self="x", indices=indices("c_r", "c_c")),
        node("torch.ops.aten.index.Tensor", "some", self="both", indices=indices("", "c_p")),
    ]
    constants = {"r": rows, "c": columns, "p": part}
    shapes = {"x": (1, 3, 4, 4), "both": (1, 3, 6, 12)}
    network = network_of(tmp_path, nodes, constants=constants, shapes=shapes)
    assert not network.missing
    layers = [each.layer for each in network.nodes]
    assert layers[0] == BorderPad(((2, 0), (0, 0)), "reflect")
    assert (layers[1].factor, layers[1].interpolation) == ((1, 3), "nearest")
    assert network.shapes()[network.nodes[-1].name] == (6, 2, 3)
    # in another order
    constants["r"] = rows[::-1].copy()
    with pytest.raises(UserError, match="which no layer here does"):
        network_of(tmp_path, nodes, constants=constants, shapes=shapes)


def indices(*names):
    """All of the first two axes, and of the others those that a tensor says."""
    entries = [{"as_tensor": {"name": name}} if name else {"as_none": True} for name in names]
    return {"as_optional_tensors": [{"as_none": True}, {"as_none": True}, *entries]}


def test_output_out_of_order_has_its_layer(tmp_path):
    """A pixel shuffle at the end, without torch's module."""
    nodes = [
        node("relu", "relu", self="x"),
        node("view", "view", self="relu", size=[1, 3, 2, 2, 4, 4]),
        node("permute", "permute", self="view", dims=[0, 1, 4, 2, 5, 3]),
        node("view", "view_1", self="permute", size=[1, 3, 8, 8]),
    ]
    shapes = {"x": (1, 12, 4, 4)}
    network = network_of(tmp_path, nodes, shapes=shapes)
    assert [each.layer for each in network.nodes] == [RELU, DepthToSpace(2, "crd")]
    assert network.node("view_1") == network.nodes[-1]
    # where the last operation is a layer of its own
    network = network_of(tmp_path, [*nodes, node("tanh", "tanh", self="view_1")], shapes=shapes)
    assert [each.name for each in network.nodes] == ["relu", "tanh", "tanh/blocks"]


REFUSED = [
    (
        "batch_norm",
        {"running_mean": "first", "running_var": "first", "training": True, "eps": 1e-5},
        "statistics of the batch, as in training",
    ),
    ("dropout", {"p": 0.5, "train": True}, "drops values at random, as in training"),
    ("avg_pool2d", {"kernel_size": [2], "divisor_override": 3}, "its divisor_override is 3"),
    ("relu", {"limit": 3}, "its limit is 3"),
    ("silu", {"dtype": {"as_scalar_type": 6}}, "its dtype is dtype float16"),
    ("relu", {"layout": {"as_layout": 1}}, "its layout is layout coo"),
    ("gelu", {"approximate": {"as_string": "sigmoid"}}, "its approximation is 'sigmoid'"),
    ("_upsample_bilinear2d_aa", {}, "this operator is not understood"),
    ("torch.ops.higher_order.cond", {}, "this operator is not understood"),
    ("scaled_dot_product_attention", {}, "attention between the cells"),
    ("pad", {"pad": [1, 1], "mode": {"as_string": "circular"}}, "other than zeros (circular)"),
    ("max_pool2d", {"kernel_size": [2, 2, 2]}, "its kernel_size is [2, 2, 2]"),
    ("as_strided", {"size": [1, 4, 4, 4], "stride": [1, 1, 1, 1]}, "their places in memory"),
    ("elu", {"alpha": 1.0, "input_scale": 2.0}, "its input_scale is 2.0"),
    ("softplus", {"threshold": 1.0}, "its threshold is 1"),
    ("threshold", {"threshold": 1.0, "value": 2.0}, "what is not above 1 becomes 2"),
    ("std", {"dim": [2, 3]}, "its divisor is less than the number of cells"),
    ("conv1d", {"weight": "x"}, "the shape of its input is not known"),
    ("mean", {"dtype": {"as_scalar_type": 5}}, "its dtype is dtype int64"),
]


@pytest.mark.parametrize("target, arguments, reason", REFUSED)
def test_what_is_not_understood_is_named(tmp_path, target, arguments, reason):
    name = "input" if target in ("batch_norm", "dropout") else "self"
    nodes = [
        node("relu", "first", self="x"),
        node(target, "y", **{name: "first"}, **arguments),
        node("tanh", "tanh", self="y"),
    ]
    network = network_of(tmp_path, nodes, shapes={"first": (1, 3, 8, 8)})
    assert [each.name for each in network.nodes] == ["relu"]
    causes = [why for why in network.missing.values() if "depends on" not in why]
    assert len(causes) == 1 and reason in causes[0]
    assert "depends on" in network.missing["tanh"]


def test_every_operator_has_a_name_of_its_own():
    assert len(table.OPERATORS) == sum(len(room.TABLE) for room in table.ROOMS)


def test_local_response_is_one_layer(tmp_path):
    shape, volume = (1, 3, 8, 8), (1, 1, 3, 8, 8)
    nodes = [
        node("torch.ops.aten.mul.Tensor", "mul", self="x", other="x"),
        node("unsqueeze", "unsqueeze", self="mul", dim=1),
        node("pad", "pad", self="unsqueeze", pad=[0, 0, 0, 0, 2, 1]),
        node("avg_pool3d", "mean", self="pad", kernel_size=[4, 1, 1], stride=[1, 1, 1]),
        node("torch.ops.aten.squeeze.dim", "squeeze", self="mean", dim=1),
        node("torch.ops.aten.mul.Tensor", "mul_1", self="squeeze", other=0.5),
        node("torch.ops.aten.add.Tensor", "add", self="mul_1", other=2.0),
        node("torch.ops.aten.pow.Tensor_Scalar", "pow_1", self="add", exponent=0.75),
        node("torch.ops.aten.div.Tensor", "div", self="x", other="pow_1"),
    ]
    shapes = {"x": shape, "unsqueeze": volume, "squeeze": shape}
    network = network_of(tmp_path, nodes, shapes=shapes)
    assert [each.name for each in network.nodes] == ["div"] and not network.missing
    layer = network.nodes[0].layer
    assert (layer.depth, layer.k, layer.alpha, layer.beta) == (4, 2.0, 0.125, 0.75)
    # where the mean is not that of the squares around, it is no such norm
    nodes[2] = node("pad", "pad", self="unsqueeze", pad=[0, 0, 0, 0, 1, 2])
    assert "div" in network_of(tmp_path, nodes, shapes=shapes).missing


def tensor_op(operator, result, **arguments):
    return node(f"torch.ops.aten.{operator}.Tensor", result, **arguments)


def where(limit, one, other, of="x", operator="gt"):
    """x where it is above a limit, as run_decompositions() writes it."""
    return [
        node(f"torch.ops.aten.{operator}.Scalar", "above", self=of, other=limit),
        node("torch.ops.aten.where.self", "where", condition="above", self=one, other=other),
    ]


MUL = tensor_op("mul", "mul", self="x", other=0.2)
ZERO = node("scalar_tensor", "zero", s=0, dtype={"as_scalar_type": 7})
TWICE = tensor_op("mul", "mul", self="x", other=2.0)
LOG = node("log1p", "log1p", self="exp")
HALF = tensor_op("div", "div", self="log1p", other=2.0)
GROWN = [TWICE, node("exp", "exp", self="mul"), LOG, HALF]
ABS = node("abs", "abs_1", self="x")
CHOICES = {
    "leaky ReLU": ([MUL, *where(0, "x", "mul")], Activation(slope=0.2)),
    "PReLU": (
        [
            node("view", "slopes", self="p_c", size=[1, 4, 1, 1]),
            tensor_op("mul", "mul", self="slopes", other="x"),
            *where(0, "x", "mul"),
        ],
        PReLU(),
    ),
    "CELU": (
        [
            tensor_op("div", "div", self="x", other=0.7),
            node("expm1", "expm1", self="div"),
            tensor_op("mul", "mul", self="expm1", other=0.7),
            *where(0, "x", "mul"),
        ],
        Activation("celu", constant=0.7),
    ),
    "softplus": (
        [*GROWN, *where(20.0, "x", "div", of="mul")],
        Activation("softplus", constant=2.0),
    ),
    "Mish": (
        [
            *(node("exp", "exp", self="x"), LOG),
            *where(20.0, "x", "log1p"),
            node("tanh", "tanh", self="where"),
            tensor_op("mul", "product", self="x", other="tanh"),
        ],
        Activation("mish"),
    ),
    "soft shrink": (
        [
            *(ABS, node("sign", "sign", self="x")),
            tensor_op("mul", "mul", self="sign", other=0.5),
            tensor_op("sub", "sub", self="x", other="mul"),
            tensor_op("mul", "nothing", self="x", other=0),
            *where(0.5, "sub", "nothing", of="abs_1"),
        ],
        Activation("soft_shrink", constant=0.5),
    ),
    "hard shrink": (
        [ABS, ZERO, *where(0.5, "zero", "x", of="abs_1", operator="le")],
        Activation("hard_shrink", constant=0.5),
    ),
    "threshold": ([ZERO, *where(1.0, "zero", "x", operator="le")], Activation(threshold=1.0)),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_is_an_activation(tmp_path, name):
    nodes, layer = CHOICES[name]
    more = {"state": VALUES, "shapes": {"x": (1, 4, 8, 8)}}
    network = network_of(tmp_path, nodes, **more)
    assert [each.layer for each in network.nodes] == [layer]
    assert network.node(nodes[-1]["name"]) == network.nodes[0]
    assert not network.missing


@pytest.mark.parametrize(
    "nodes",
    [
        # where there is another limit
        [MUL, *where(1, "x", "mul")],
        [*GROWN, *where(3.0, "x", "div", of="mul")],
        # what is written to meanwhile
        [MUL, node("relu_", "relu_", self="x"), *where(0, "x", "mul")],
    ],
)
def test_other_choices_are_not_understood(tmp_path, nodes):
    network = network_of(tmp_path, [node("tanh", "tanh", self="x"), *nodes])
    assert "where" in network.missing and "where" not in {each.name for each in network.nodes}
