"""Networks as JSON: what is written is read again, and nothing else is taken for a network."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from helpers import EXAMPLES, example

from tfdeconv.errors import UserError
from tfdeconv.network.serialization import from_json, to_json
from tfdeconv.zoo import NETWORKS


@pytest.mark.parametrize("name", [*NETWORKS, *EXAMPLES])
def test_what_is_written_is_read_again(name):
    network = NETWORKS[name]() if name in NETWORKS else example(name)
    assert from_json(to_json(network)) == network


def small() -> dict:
    return json.loads(to_json(example("conv 5x5 stride 2, rectified")))


WRONG = {  # where in the description, what is put there
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
    "stride and dilation": (("nodes", 1, "dilation"), 2),
    "unknown function": (("nodes", 0, "activation", "kind"), "exec"),
    "function of functions": (
        ("nodes", 0, "activation"),
        {"layer": "Conv", "filters": 3, "size": 1},
    ),
    "slope without end": (("nodes", 0, "activation", "slope"), float("nan")),
    "bias in words": (("nodes", 0, "bias"), "yes"),
    "aliases are a list": (("aliases",), ["a"]),
    "missing is a number": (("missing",), 3),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_network_is_refused(wrong):
    told = small()
    *way, last = WRONG[wrong][0]
    place = told
    for key in way:
        place = place[key]
    place[last] = WRONG[wrong][1]
    with pytest.raises(UserError) as error:
        from_json(json.dumps(told))
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{}", "{", "[" * 100_000, '"x"', "\0"])
def test_what_is_no_description_is_refused(text):
    with pytest.raises(UserError):
        from_json(text)


def test_anything_put_anywhere_is_a_network_or_refused(rng):
    told = [json.loads(to_json(example(name))) for name in EXAMPLES]
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
        "input",
        "a" * 300,
        [],
        [1],
        [2, 2],
        [[1, 1], [0, 0]],
        {},
        {"layer": "Conv"},
    ]
    taken = 0
    for i in range(3000):
        mutant = copy.deepcopy(told[i % len(told)])
        place = mutant
        while True:
            key = (
                rng.choice(list(place))
                if isinstance(place, dict)
                else int(rng.integers(len(place)))
            )
            if not isinstance(place[key], (dict, list)) or not place[key] or rng.random() < 0.2:
                break
            place = place[key]
        place[key] = values[rng.integers(len(values))]
        try:
            network = from_json(json.dumps(mutant))
            assert min(np.min(shape) for shape in network.shapes().values()) >= 1
            taken += 1
        except UserError:
            pass
    assert 100 < taken < 2900  # it is no test of one outcome
