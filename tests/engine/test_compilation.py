"""Where XLA is chosen it compiles everything, chunks have two lengths, and values are the same."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import example, random_weights

from tfdeconv.engine import chunks, compilation, layer_maps, occluded_pass, unit_forward
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.layer_maps import LayerMaps
from tfdeconv.engine.occluded_pass import OccludedPass
from tfdeconv.engine.unit_forward import UnitForward
from tfdeconv.network.reach import Rectangle
from tfdeconv.scan.accumulator import Accumulator

LAYER = "pool 3x3 stride 2, padded"
SIDE = 15
CHUNK = 3
# sums of a few dozen products in another order
ROUNDING = 1e-5


@pytest.fixture
def network(rng):
    """A network, its weights and images, which fill no number of chunks."""
    network = example(LAYER, SIDE, SIDE)
    weights = random_weights(network, rng, dtype=np.float32)
    return network, weights, rng.standard_normal((5, SIDE, SIDE, 4)).astype(np.float32)


@pytest.fixture
def made(monkeypatch):
    """Whether XLA compiles each function that TensorFlow is given."""
    made: list[bool] = []
    monkeypatch.setattr(compilation, "_chosen", False)
    function = tf.function

    def recorded(body, jit_compile=False, **options):
        made.append(jit_compile)
        return function(body, jit_compile=jit_compile, **options)

    monkeypatch.setattr(tf, "function", recorded)
    return made


def compute_everything(network, weights, x) -> dict[str, np.ndarray]:
    """What comes of a photo, a scan, hidden rectangles and versions of a unit's field."""
    deconvnet = Deconvnet(network, weights, "behind")
    found = {"patches": deconvnet.project(x[:1], [0, 2]).patches}
    unit = UnitForward(deconvnet, (SIDE, SIDE))
    top, left, bottom, right = unit.box((3, 3)).tolist()
    found["unit"] = unit.activations(x[:, top:bottom, left:right], (3, 3), 1)
    found["maps"] = LayerMaps(network, weights, ["behind"]).of(x)["behind"]
    occluded = OccludedPass(network, weights, ["behind"])
    rectangles = [Rectangle(row, 2, row + 4, 6) for row in range(5)]
    hidden = occluded.occluded(occluded.whole(x[:1]), rectangles, np.zeros(4))
    found["hidden"] = np.concatenate([changed["behind"].whole() for _, _, changed in hidden])
    scan = Accumulator(network, weights, ["behind"], (SIDE, SIDE), batch=len(x))
    scan.step([x], [np.arange(len(x))])
    found["scan"] = scan.state()["behind"]["values"][:, : len(x)]
    return found


def test_xla_computes_everything_the_same(network, made, monkeypatch):
    # what is left over fills up a chunk: XLA would compile another length anew
    def small_chunks(count, size, fixed, compute):
        assert fixed == compilation.is_jit()
        return chunks.in_chunks(count, CHUNK, fixed, compute)

    for module in (layer_maps, occluded_pass, unit_forward):
        monkeypatch.setattr(module, "in_chunks", small_chunks)
    expected = compute_everything(*network)
    assert made and not any(made)
    plain = len(made)
    compilation.choose_jit(True)
    found = compute_everything(*network)
    # around what is compiled of a scan there is a plain graph, and another keeps what was found
    assert made[plain:].count(True) == plain - 1 and made[plain:].count(False) == 2
    for name, array in expected.items():
        assert np.abs(array).max() > 0, name
        np.testing.assert_allclose(found[name], array, ROUNDING, ROUNDING, err_msg=name)


def test_a_deconvnet_need_not_follow_the_choice(network, made):
    compilation.choose_jit(True)
    assert Deconvnet(*network[:2], "behind").jit
    Deconvnet(*network[:2], "behind", jit=False).activations(network[2])
    assert made == [False]
