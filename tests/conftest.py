"""What the tests share: quiet, and seeded random numbers."""
from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np      # noqa: E402
import pytest           # noqa: E402


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20141106)
