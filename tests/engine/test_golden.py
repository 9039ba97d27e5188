"""Real weights, a real photo: the projections that Keras's own model gives by autodiff.

tests/golden.py made them.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from golden import FILE, ROOT, places

from tfdeconv import NETWORKS, Deconvnet, load_weights
from tfdeconv.data import images

ROWS = json.loads(FILE.read_text())["rows"]


@pytest.fixture(scope="module")
def setting():
    network = NETWORKS["vgg16"]()
    weights = load_weights(ROOT / "weights" / "vgg16.h5", network)
    return (
        network,
        weights,
        images.read(
            [ROOT / "tests" / "data" / "chelsea.jpg"], weights.preprocessing, resize="squash"
        ),
    )


@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.parametrize("layer", dict.fromkeys(row["layer"] for row in ROWS))
def test_projections_are_those_of_keras(setting, layer, rule):
    network, weights, x = setting
    rows = [row for row in ROWS if row["layer"] == layer]
    projection = Deconvnet(network, weights, layer, rule).project(
        x, [row["channel"] for row in rows]
    )
    for i, row in enumerate(rows):
        expected = row["rules"][rule]
        assert projection.activations[0, i] == pytest.approx(
            row["activation"], rel=1e-5
        )  # float32, up to 13 layers
        assert list(projection.positions[0, i]) == row["position"]
        pixels = projection.pixels[0, i]
        # 1e-5 where they were made; on another processor one of 10 ** 5 pre-activations or pool
        # pairs near a tie may fall to the other side and take 1e-3 with it; a wrong switch, rule or
        # kernel is off by 1e-1 and more
        assert np.linalg.norm(pixels) == pytest.approx(expected["norm"], rel=1e-3)
        top, left, bottom, right = expected["box"]
        assert not np.delete(np.delete(pixels, np.s_[top:bottom], 0), np.s_[left:right], 1).any()
        sample = pixels[top:bottom, left:right][tuple(places(bottom - top, right - left).T)]
        np.testing.assert_allclose(
            sample, expected["sample"], rtol=0, atol=1e-3 * np.abs(pixels).max()
        )
