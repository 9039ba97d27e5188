"""What features are made of, go into and fire together with, as an atlas has it."""

from __future__ import annotations

from types import SimpleNamespace

import drawn_runs
import numpy as np
import pytest
import tensorflow as tf
from atlases import received
from helpers import random_weights

from tfdeconv.atlas.connections import Connections, write_made_of
from tfdeconv.atlas.contributions import layer_composition
from tfdeconv.atlas.correlations import correlated_features
from tfdeconv.atlas.folder import AtlasFolder
from tfdeconv.engine import passes
from tfdeconv.network.cuts import part_behind
from tfdeconv.network.graph import INPUT, Builder
from tfdeconv.network.layers import RELU, Concatenate, Conv
from tfdeconv.scan import duplicates, run_file
from tfdeconv.scan.maxima import MaximaFile
from tfdeconv.weights import load

BEFORE = {"second": "first", "dense": "second"}


@pytest.fixture(scope="module")
def shares(scanned):
    """By TensorFlow's tape: {layer: the shares [features, features before] of the run's units}."""
    run, read = run_file.load(scanned / "run.h5"), load.load_weights(scanned / "w.h5")
    x = tf.constant(drawn_runs.read_images(scanned, read.preprocessing))
    weights = {node.name: {} for node in read.network.nodes} | dict(load.as_tensors(read).layers)
    found = {}
    for layer, before in BEFORE.items():
        part = part_behind(read.network, before, layer).nodes
        maps, _ = passes.forward(read.network.up_to(before), weights, x, None)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(maps)
            y, _ = passes.forward(part, weights, maps, None)
            arrays = run.state[layer]
            sums = [
                tf.add_n([y[i, row, column, channel] for i, (row, column) in zip(*units)])
                for channel, units in enumerate(zip(arrays["images"], arrays["positions"]))
            ]
        rows = []
        for activation in sums:
            parts = tf.reduce_sum(tape.gradient(activation, maps) * maps, (0, 1, 2))
            rows.append(parts.numpy() / np.where(activation > 0, activation, np.nan))
        found[layer] = np.stack(rows)
    return found


@pytest.mark.parametrize("number", [1, 2])
def test_features_are_made_of_those_before(made, shares, number):
    layer = list(BEFORE)[number - 1]
    for feature, expected in enumerate(shares[layer]):
        made_of = received(made / "data" / f"{number:02d}" / f"{feature}.js")[1]["made_of"]
        if np.isnan(expected).any():
            assert made_of is None
            continue
        assert made_of["layer"] == number - 1 and made_of["name"] == BEFORE[layer]
        assert made_of["rule"] == "gradient" and made_of["exact"]
        # texts of four digits
        assert made_of["carried"] == pytest.approx(expected.sum(), rel=1e-3)
        assert {one["layer"] for one in made_of["features"]} <= {number - 1}
        parts = {one["feature"]: one["share"] for one in made_of["features"]}
        strongest = [i for i in np.argsort(-expected, kind="stable")[:9] if expected[i] > 0]
        assert list(parts.values()) == pytest.approx(expected[strongest].tolist(), rel=1e-3)
        for channel, share in parts.items():
            assert share == pytest.approx(expected[channel], rel=1e-3)


def test_first_layer_is_made_of_nothing(made):
    assert received(made / "data" / "00" / "0.js")[1]["made_of"] is None


def test_parts_know_what_they_go_into(made):
    expected = {}
    for path in (made / "data" / "01").glob("[0-9]*.js"):
        data = received(path)[1]
        for part in (data["made_of"] or {"features": []})["features"]:
            entries = expected.setdefault(str(part["feature"]), [])
            entries.append({"layer": 1, "feature": data["feature"], "share": part["share"]})
    key, into = received(made / "data" / "00" / "into.js")
    assert key == "into/0" and into["number"] == 0 and expected
    for feature, entries in expected.items():
        entries.sort(key=lambda one: (-one["share"], one["feature"]))
        assert into["features"][feature] == entries[:9]
    assert into["features"].keys() == expected.keys()
    assert received(made / "data" / "02" / "into.js")[1]["features"] == {}
    layers = received(made / "data" / "atlas.js")[1]["layers"]
    assert [layer["has_into"] for layer in layers] == [True, True, False]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2)])
def test_order_of_layers_changes_nothing(tmp_path, order):
    """Layers 1 and 2 both read layer 0, as two branches do; layer 3 reads both."""
    folder = AtlasFolder(tmp_path)
    connections = Connections({0: (), 1: {0}, 2: {0}, 3: {1, 2}})
    parts = {1: [(0, 7, 0.1)], 2: [(0, 7, 0.2)], 3: [(1, 4, 0.5), (2, 4, 0.25)]}
    whole = set()
    for layer in order:
        folder.layer(layer).mkdir(parents=True)
        features = [dict(zip(("layer", "feature", "share"), part)) for part in parts.get(layer, ())]
        write_made_of(folder.layer(layer), {4: {"features": features}, 5: None})
        whole.add(layer)
        connections.write(folder, layer, whole)
    into = [received(folder.layer(layer) / "into.js")[1]["features"] for layer in range(4)]
    branches = [{"layer": 2, "feature": 4, "share": 0.2}, {"layer": 1, "feature": 4, "share": 0.1}]
    assert into[0] == {"7": branches}
    assert into[1] == {"4": [{"layer": 3, "feature": 4, "share": 0.5}]}
    assert into[2] == {"4": [{"layer": 3, "feature": 4, "share": 0.25}]}
    assert into[3] == {}


def test_concatenated_layers_are_told_apart(rng):
    net = Builder("mixed", (6, 6, 3))
    for name, filters in (("left", 3), ("right", 2)):
        net.add(name, Conv(filters, 1, activation=RELU), INPUT)
    net.add("concat", Concatenate(), "right", "left")
    net.add("target", Conv(2, 1, activation=RELU))
    network, layers = net.network(), ("left", "right", "target")
    settings = SimpleNamespace(layers=layers, image_size=(6, 6))
    weights = random_weights(network, rng, dtype=np.float32)
    found = layer_composition(SimpleNamespace(settings=settings), network, weights, "target")
    assert found.inner == "concat"
    assert found.origins.tolist() == [[1, 0], [1, 1], [0, 0], [0, 1], [0, 2]]
    sums = found.begin(2)
    sums.parts[1] = [0.25, 0, 0.5, -1, 0.125]
    sums.activations[1] = 1
    assert found.made_of(sums, 0) is None
    made_of = found.made_of(sums, 1)
    assert (made_of["layer"], made_of["name"], made_of["carried"]) == (0, "left", -0.125)
    parts = [tuple(one.values()) for one in made_of["features"]]
    assert parts == [(0, 0, 0.5), (1, 0, 0.25), (0, 2, 0.125)]


def test_correlated_features_are_of_neighbours(rng, monkeypatch):
    monkeypatch.setattr(duplicates, "FEWEST", 10)
    maxima = rng.random((12, 8)).astype(np.float16)
    # feature 1 of the middle layer is its feature 0, and the last layer's feature 3
    maxima[:, 2] = maxima[:, 3] = maxima[:, 7]
    columns = {"a": slice(0, 2), "b": slice(2, 4), "c": slice(4, 8)}
    file = MaximaFile(maxima, np.ones(12, bool), columns)
    net = Builder("chain", (4, 4, 3))
    for name in ("a", "b", "between", "c"):
        net.add(name, Conv(2, 1))
    run = SimpleNamespace(settings=SimpleNamespace(layers=("c", "a", "b", "between")))
    found = correlated_features(run, net.network(), file, "b")[1]
    assert found[0] == {"layer": 2, "feature": 0, "correlation": 1}
    assert {one["layer"] for one in found} <= {1, 2}
    run.settings.layers = ("c", "a", "b")
    found = correlated_features(run, net.network(), file, "b")[1]
    assert {"layer": 0, "feature": 3, "correlation": 1} in found[:2]
    values = [one["correlation"] for one in found]
    assert values == sorted(values, reverse=True) and values[-1] > 0
    assert correlated_features(run, net.network(), None, "b") == {}
