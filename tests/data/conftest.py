"""Of the tests of images."""

from __future__ import annotations

import warnings

import pytest


@pytest.fixture
def no_warnings():
    """A warning would be a second line on a person's screen."""
    with warnings.catch_warnings():
        # those that are shown
        for kind in (RuntimeWarning, UserWarning):
            warnings.simplefilter("error", kind)
        yield
