"""Everything is computed in float32 unless TF32 is asked for, whatever TensorFlow's setting is."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import example, random_weights

from tfdeconv.checks import autodiff
from tfdeconv.engine import device, passes, precision
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.layer_maps import LayerMaps
from tfdeconv.engine.occluded_pass import OccludedPass
from tfdeconv.engine.rules import DECONVNET
from tfdeconv.errors import UserError
from tfdeconv.scan.accumulator import Accumulator

LAYER = "pool 3x3 stride 2, padded"
is_tf32 = tf.config.experimental.tensor_float_32_execution_enabled


@pytest.fixture
def network(rng):
    """A network, its weights and an image."""
    network = example(LAYER)
    weights = random_weights(network, rng, dtype=np.float32)
    return network, weights, rng.standard_normal((1, 13, 11, 4)).astype(np.float32)


@pytest.fixture
def seen(monkeypatch):
    """TensorFlow's setting at each start of a pass, forward or backward."""
    seen: list[bool] = []
    for name in ("forward_maps", "backward"):
        function = getattr(passes, name)

        def recorded(*arguments, function=function):
            seen.append(is_tf32())
            return function(*arguments)

        monkeypatch.setattr(passes, name, recorded)
    return seen


def compute_everything(network, weights, x) -> None:
    """Forward and backward, of a photo, a scan and a check."""
    deconvnet = Deconvnet(network, weights, "behind")
    # as it is called: a graph would be recorded once
    deconvnet._passes.graphs.eager = True
    deconvnet.project(x, mode="all")
    deconvnet.activations(x)
    maps = LayerMaps(network, weights, ["behind"])
    occluded = OccludedPass(network, weights, ["behind"])
    for forward in (maps, occluded):
        forward._wild = True
    maps.of(x)
    occluded.whole(x)
    Accumulator(network, weights, ["behind"], (13, 11), batch=1).step([x], [np.array([0])])
    autodiff.project_whole_maps(network, weights, x, "behind", 0, (0, 0), DECONVNET)
    autodiff.autodiff_gradient(network, weights, x, "behind", 0, (0, 0))


def test_float32_whatever_the_setting_is(network, seen):
    before = is_tf32()
    try:
        for setting in (True, False):
            tf.config.experimental.enable_tensor_float_32_execution(setting)
            compute_everything(*network)
            # the setting is the user's again
            assert is_tf32() is setting
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)
    assert len(seen) == 2 * 9 and not any(seen)


def test_tf32_where_it_is_asked_for(network, seen, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [f"a {kind}"])
    monkeypatch.setattr(device, "allotted", lambda kind: 1e12)
    monkeypatch.setattr(precision, "_chosen", precision.FLOAT32)
    precision.choose_precision("tf32")
    compute_everything(*network)
    assert len(seen) == 9 and all(seen)
    precision.choose_precision("float32")
    compute_everything(*network)
    assert not any(seen[9:])


def test_tf32_needs_a_gpu(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    with pytest.raises(UserError, match="found no GPU: leave it out"):
        precision.choose_precision("tf32")
    with pytest.raises(UserError, match="no precision 'bfloat16'"):
        precision.choose_precision("bfloat16")
    assert precision._chosen == precision.FLOAT32
