"""What tests of deconvnets share."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import example, random_weights


@pytest.fixture
def small(rng):
    network = example("pool 3x3 stride 2, padded")
    weights = random_weights(network, rng, dtype=np.float32)
    return network, weights, rng.standard_normal((3, 13, 11, 4)).astype(np.float32)
