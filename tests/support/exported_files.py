"""Small files of torch.export (`.pt2`) made by hand, in both layouts: a program and its tensors."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from pickle_files import ORDERED, literal

from tfdeconv.network.graph import Network
from tfdeconv.weights.load import network_in

DTYPES = {"float32": 7, "int64": 5, "float16": 6, "uint16": 28}


def sizes(numbers) -> list[dict]:
    return [{"as_int": int(number)} for number in numbers]


def tensor_meta(array: np.ndarray) -> dict:
    """What torch says of a tensor."""
    strides = [stride // array.itemsize for stride in array.strides]
    return {
        "dtype": DTYPES[str(array.dtype)],
        "sizes": sizes(array.shape),
        "requires_grad": False,
        "device": {"type": "cpu", "index": None},
        "strides": sizes(strides),
        "storage_offset": {"as_int": 0},
        "layout": 7,
    }


def memory_of(array: np.ndarray) -> bytes:
    """The bytes of an array without gaps as they lie in memory, whatever the order of the axes."""
    slowest_first = np.argsort(array.strides, kind="stable")[::-1]
    return array.transpose(slowest_first).tobytes()


def argument(value: Any) -> dict:
    """An argument: an array of one name is a value of the graph."""
    match value:
        case None:
            return {"as_none": True}
        case bool():
            return {"as_bool": value}
        case int():
            return {"as_int": value}
        case float():
            return {"as_float": value}
        case str():
            return {"as_tensor": {"name": value}}
        case [str(), *_]:
            return {"as_tensors": [{"name": name} for name in value]}
        case [int(), *_]:
            return {"as_ints": value}
    return value


def node(target: str, result: str, module: str = "", **arguments: Any) -> dict:
    """A step of a program, in a module of torch's own; several results with blanks between."""
    outputs = [argument(name) for name in result.split()]
    stack = "L__self__,,main.Net"
    parts = module.split(".") if module else []
    for count in range(1, len(parts) + 1):
        path = ".".join(parts[:count])
        kind = "activation.ReLU" if path == module else "container.Sequential"
        stack += f";L__self__{path},{path},torch.nn.modules.{kind}"
    return {
        "target": target if "." in target else f"torch.ops.aten.{target}.default",
        "inputs": [
            {"name": name, "arg": argument(value), "kind": 1} for name, value in arguments.items()
        ],
        "outputs": outputs,
        "metadata": {"nn_module_stack": stack, "stack_trace": 'File "a.py", line 1'},
        "name": result.split()[0],
    }


def subgraph(nodes: list[dict], inputs: list[str], outputs: list[str]) -> dict:
    """A part of a program, as the argument of an operation."""
    graph = {
        "inputs": [argument(name) for name in inputs],
        "outputs": [argument(name) for name in outputs],
        "nodes": nodes,
        "tensor_values": {},
    }
    return {"as_graph": {"name": "part", "graph": graph}}


def program(
    nodes: list[dict],
    state: dict[str, np.ndarray],
    constants: dict[str, np.ndarray] | None = None,
    shapes: dict[str, tuple[int, ...]] | None = None,
    output: str | None = None,
) -> dict:
    """A program with one input, x, whose tensors are named p_ and c_, with _ for each dot.

    shapes: of x, and of others that the program says.
    """
    specs = []
    values = {}
    for name, shape in ({"x": (1, 3, 8, 8)} | (shapes or {})).items():
        values[name] = tensor_meta(np.zeros(shape, np.float32))
    for prefix, kind, tensors in (("p", "parameter", state), ("c", "tensor_constant", constants)):
        for name, array in (tensors or {}).items():
            value = f"{prefix}_{name.replace('.', '_')}"
            specs.append({kind: {"arg": {"name": value}, f"{kind}_name": name}})
            values[value] = tensor_meta(array)
    specs.append({"user_input": {"arg": argument("x")}})
    result = {"user_output": {"arg": argument(output or nodes[-1]["name"])}}
    return {
        "graph_module": {
            "graph": {
                "inputs": [],
                "outputs": [],
                "nodes": nodes,
                "tensor_values": values,
                "sym_int_values": {},
                "sym_bool_values": {},
            },
            "signature": {"input_specs": specs, "output_specs": [result]},
            "module_call_graph": [],
        },
        "opset_version": {"aten": 10},
        "range_constraints": {},
        "schema_version": {"major": 8, "minor": 20},
        "torch_version": "2.13.0",
    }


def payloads(kind: str, tensors: dict[str, np.ndarray]) -> tuple[dict, list[bytes]]:
    """Where each tensor is, and the bytes of them."""
    config, contents = {}, []
    for name, array in tensors.items():
        config[name] = {
            "path_name": f"{kind}_{len(contents)}",
            "is_param": kind == "weight",
            "use_pickle": False,
            "tensor_meta": tensor_meta(array),
        }
        contents.append(memory_of(array))
    return {"config": config}, contents


def members(
    description: dict, state: dict[str, np.ndarray], constants: dict[str, np.ndarray] | None = None
) -> dict[str, bytes]:
    """The members of a file as torch writes it since 2.8."""
    parts = {"archive_format": b"pt2", "archive_version": b"0", "byteorder": b"little"}
    for folder, kind, tensors in (
        ("weights", "weight", state),
        ("constants", "tensor", constants or {}),
    ):
        config, contents = payloads(kind, tensors)
        for number, content in enumerate(contents):
            parts[f"data/{folder}/{kind}_{number}"] = content
        parts[f"data/{folder}/model_{folder}_config.json"] = json.dumps(config).encode()
    parts["models/model.json"] = json.dumps(description).encode()
    return {f"net/{name}": content for name, content in parts.items()}


def torch_file(tensors: dict[str, np.ndarray]) -> bytes:
    """A file of torch.save with tensors of float32 by name."""
    pickled = [b"\x80\x02", ORDERED, b")R("]
    parts = {}
    for number, (name, array) in enumerate(tensors.items()):
        storage = (
            *(b"(", literal("storage"), b"ctorch\nFloatStorage\n"),
            *(literal(str(number)), literal("cpu"), literal(array.size), b"tQ"),
        )
        strides = tuple(stride // 4 for stride in array.strides)
        pickled += (
            *(literal(name), b"ctorch._utils\n_rebuild_tensor_v2\n(", *storage),
            *(literal(0), literal(array.shape), literal(strides), b"\x89", ORDERED, b")RtR"),
        )
        parts[f"data/{number}"] = memory_of(array)
    parts["data.pkl"] = b"".join([*pickled, b"u."])
    return zipped({f"archive/{name}": content for name, content in parts.items()})


def old_members(
    description: dict, state: dict[str, np.ndarray], constants: dict[str, np.ndarray] | None = None
) -> dict[str, bytes]:
    """The members of a file as torch 2.3 to 2.7 wrote it."""
    return {
        "serialized_exported_program.json": json.dumps(description).encode(),
        "serialized_state_dict.pt": torch_file(state),
        "serialized_constants.pt": torch_file(constants or {}),
        "version": b"8.2",
    }


def zipped(parts: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return memory.getvalue()


# a convolution, a pool and a dense layer, and their tensors


def small_state() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    kernel = rng.standard_normal((4, 3, 3, 3)).astype(np.float32)
    return {
        # channels last, as torch can store it
        "body.0.weight": kernel.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2),
        "body.0.bias": rng.standard_normal(4).astype(np.float32),
        "fc.weight": rng.standard_normal((2, 64)).astype(np.float32),
    }


def small_constants() -> dict[str, np.ndarray]:
    return {"lifted_tensor_0": np.array(2, np.float32)}


def small_nodes() -> list[dict]:
    return [
        node(
            *("conv2d", "conv2d", "body.0"),
            **{"input": "x", "weight": "p_body_0_weight", "bias": "p_body_0_bias"},
            **{"stride": [1, 1], "padding": [1, 1]},
        ),
        node("relu_", "relu_", "body.1", self="conv2d"),
        node("torch.ops.aten.mul.Tensor", "mul", self="relu_", other="c_lifted_tensor_0"),
        node("max_pool2d", "max_pool2d", "body.2", self="mul", kernel_size=[2, 2], stride=[2, 2]),
        node("torch.ops.aten.flatten.using_ints", "flatten", self="max_pool2d", start_dim=1),
        node("linear", "linear", "fc", input="flatten", weight="p_fc_weight", bias=None),
    ]


def small_program() -> dict:
    return program(small_nodes(), small_state(), small_constants())


def write_exported(path: Path, layout=members) -> Path:
    """Writes the small file."""
    path.write_bytes(zipped(layout(small_program(), small_state(), small_constants())))
    return path


def small_files() -> list[bytes]:
    """The small file in both layouts."""
    return [
        zipped(layout(small_program(), small_state(), small_constants()))
        for layout in (members, old_members)
    ]


# what is changed of a file that stays whole: its JSON


def described_files() -> list[bytes]:
    """All that the small file says, in one object: the members of JSON by name."""
    parts = members(small_program(), small_state(), small_constants())
    said = {name: json.loads(text) for name, text in parts.items() if name.endswith(".json")}
    return [json.dumps(said).encode()]


def write_described(path: Path, said: bytes) -> None:
    """Writes the small file with other JSON."""
    parts = members(small_program(), small_state(), small_constants())
    try:
        changed = json.loads(said)
    except ValueError:
        # half of the text
        changed = {}
        parts["net/models/model.json"] = said
    for name, value in changed.items():
        # in a changed object a name can be anything
        if name in parts:
            parts[name] = json.dumps(value).encode(errors="replace")
    path.write_bytes(zipped(parts))


# files of other programs


def written(tmp_path, nodes, state=None, constants=None, **more):
    """A file of these operations."""
    state, constants = state or {}, constants or {}
    description = program(nodes, state, constants, **more)
    path = tmp_path / "x.pt2"
    path.write_bytes(zipped(members(description, state, constants)))
    return path


def network_of(tmp_path, nodes, state=None, constants=None, **more) -> Network:
    return network_in(written(tmp_path, nodes, state, constants, **more))
