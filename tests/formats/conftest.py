"""What the tests of files share."""

from __future__ import annotations

import pytest


@pytest.fixture
def torch():
    return pytest.importorskip(
        "torch", reason="torch is not installed (extra `interop`): its files cannot be made here"
    )
