"""Networks as JSON: what is written is read again, and nothing else is accepted."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
from helpers import EXAMPLES, example

from tfdeconv.errors import UserError
from tfdeconv.network.layers import Resize
from tfdeconv.network.part import Part
from tfdeconv.network.serialization import from_json, to_json
from tfdeconv.zoo import NETWORKS


@pytest.mark.parametrize("name", [*NETWORKS, *EXAMPLES])
def test_json_round_trip(name):
    network = NETWORKS[name]() if name in NETWORKS else example(name)
    assert from_json(to_json(network)) == network


def test_json_of_a_part_of_a_model():
    missing = {"last": "it depends on odd (unknown)", "odd": "unknown"}
    part = Part(3, 9, "operations", "odd", "unknown", 2)
    network = replace(example("conv 5x5 stride 2, rectified"), missing=missing, part=part)
    text = to_json(network)
    assert from_json(text) == network and from_json(text).part == part
    # as earlier versions wrote it
    old = json.loads(text)
    del old["part"]
    layers = len(network.nodes)
    assert from_json(json.dumps(old)).part == Part(layers, layers + 2, "layers", "odd", "unknown")


def small() -> dict:
    return json.loads(to_json(example("conv 5x5 stride 2, rectified")))


PART = {"total": 2, "counted": "layers", "layer": "a", "reason": "", "others": 0}

# {name: (where in the description, what is put there)}
WRONG = {
    "no nodes": (("nodes",), []),
    "nodes are no list": (("nodes",), {}),
    "no shape": (("input_shape",), None),
    "two numbers": (("input_shape",), [3, 3]),
    "0 rows": (("input_shape",), [0, 3, 4]),
    "half a row": (("input_shape",), [1.5, 3, 4]),
    "rows without end": (("input_shape",), [1e400, 3, 4]),
    "too many": (("input_shape",), [1 << 30, 3, 4]),
    "no name": (("nodes", 0, "name"), ""),
    "a name of lines": (("nodes", 0, "name"), "a\nb"),
    "a long name": (("name",), "a" * 999),
    "name is a number": (("nodes", 0, "name"), 3),
    "called twice": (("nodes", 0, "name"), "layer"),
    "called input": (("nodes", 0, "name"), "input"),
    "reads itself": (("nodes", 0, "inputs"), ["before"]),
    "reads what comes later": (("nodes", 0, "inputs"), ["layer"]),
    "reads nothing": (("nodes", 0, "inputs"), []),
    "two inputs": (("nodes", 0, "inputs"), ["input", "input"]),
    "unknown kind": (("nodes", 0, "layer"), "Lambda"),
    "a base class": (("nodes", 0, "layer"), "Windowed"),
    "kind is a list": (("nodes", 0, "layer"), ["Conv"]),
    "a field that is none": (("nodes", 0, "colour"), 3),
    "no filters": (("nodes", 0, "filters"), 0),
    "filters are true": (("nodes", 0, "filters"), True),
    "filters without end": (("nodes", 0, "filters"), 1 << 40),
    "size of three": (("nodes", 0, "size"), [3, 3, 3]),
    "window larger than the map": (("nodes", 0, "size"), 500),
    "negative pad": (("nodes", 0, "pad"), -1),
    "pad in words": (("nodes", 0, "pad"), "valid"),
    "uneven groups": (("nodes", 0, "groups"), 3),
    "stride and a wide dilation": (("nodes", 1, "dilation"), 40),
    "unknown function": (("nodes", 0, "activation", "kind"), "exec"),
    "function of functions": (
        ("nodes", 0, "activation"),
        {"layer": "Conv", "filters": 3, "size": 1},
    ),
    "slope without end": (("nodes", 0, "activation", "slope"), float("nan")),
    "bias in words": (("nodes", 0, "bias"), "yes"),
    "aliases are a list": (("aliases",), ["a"]),
    "missing is a number": (("missing",), 3),
    "a part is a number": (("part",), 3),
    "a part of less than nothing": (("part",), dict(PART, understood=-1)),
    "a part of what is not counted": (("part",), dict(PART, counted="lines")),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_invalid_descriptions_are_refused(wrong):
    path, value = WRONG[wrong]
    description = small()
    parent = description
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    with pytest.raises(UserError) as error:
        from_json(json.dumps(description))
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


@pytest.mark.parametrize(
    "fields",
    [
        {"layer": "Resize"},
        {"layer": "Resize", "height": 6},
        {"layer": "Resize", "height": 6, "width": 6, "factor": 2},
        {"layer": "Resize", "height": 6, "width": 1 << 14},
        {"layer": "Resize", "factor": 0},
        {"layer": "Resize", "factor": [2]},
        {"layer": "Resize", "factor": 2, "fit": "fill"},
        {"layer": "Resize", "factor": 2, "interpolation": "area"},
        {"layer": "Resize", "factor": 400},
        {"layer": "DepthToSpace", "block": 3},
        {"layer": "BorderPad", "pad": [[13, 0], [0, 0]]},
        {"layer": "BorderPad", "pad": [[-1, 0], [0, 0]]},
        {"layer": "BorderPad", "pad": [[1, 0], [0, 0]], "border": "wrap"},
        {"layer": "SpaceToDepth", "block": 5},
        {"layer": "ShuffleChannels", "groups": 3},
        {"layer": "ConvTranspose", "filters": 4, "size": 3, "groups": 3},
        {"layer": "ConvTranspose", "filters": 4, "size": 3, "pad": 1},
        {"layer": "ConvTranspose", "filters": 4, "size": 9, "stride": 2, "dilation": 9},
        {"layer": "AvgPool", "size": 2, "stride": 2, "count_pads": True, "uncounted": [1, 0]},
    ],
)
def test_layers_that_cannot_be_are_refused(fields):
    description = small()
    description["nodes"][1] = {"name": "layer", "inputs": ["before"], **fields}
    with pytest.raises(UserError):
        from_json(json.dumps(description))


def test_layers_of_earlier_versions_are_read():
    description = small()
    description["nodes"][1] = {"name": "layer", "inputs": ["before"], "layer": "UpSample"}
    description["nodes"][1]["factor"] = [2, 3]
    layer = from_json(json.dumps(description)).nodes[1].layer
    assert layer == Resize(interpolation="nearest", factor=(2, 3))


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{}", "{", "[" * 100_000, '"x"', "\0"])
def test_other_texts_are_refused(text):
    with pytest.raises(UserError):
        from_json(text)


def test_mutants_are_networks_or_refused(rng):
    descriptions = [json.loads(to_json(example(name))) for name in EXAMPLES]
    values = [
        None,
        True,
        0,
        -1,
        1,
        2,
        3,
        1e300,
        0.5,
        "",
        "same",
        "same_lower",
        "input",
        "a" * 300,
        [],
        [1],
        [2, 2],
        [[1, 1], [0, 0]],
        {},
        {"layer": "Conv"},
    ]
    accepted = 0
    for i in range(3000):
        mutant = copy.deepcopy(descriptions[i % len(descriptions)])
        parent, key = random_entry(mutant, rng)
        parent[key] = values[rng.integers(len(values))]
        try:
            network = from_json(json.dumps(mutant))
        except UserError:
            continue
        assert min(np.min(shape) for shape in network.shapes().values()) >= 1
        accepted += 1
    # otherwise it would be a test of one outcome
    assert 100 < accepted < 2900


def random_entry(description: dict, rng):
    """A list or object in a description, and an index or key of it."""
    parent = description
    while True:
        if isinstance(parent, dict):
            key = rng.choice(list(parent))
        else:
            key = int(rng.integers(len(parent)))
        value = parent[key]
        if not isinstance(value, (dict, list)) or not value or rng.random() < 0.2:
            return parent, key
        parent = value
