"""The browser, and what must not happen in any of its pages."""

from __future__ import annotations

import os

import pytest
from browser import Browser, missing


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """The browser; where there is none its tests are skipped, or fail if it is required."""
    reason = missing()
    if reason and os.environ.get("TFDECONV_BROWSER") == "required":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    browser = Browser(tmp_path_factory.mktemp("profile"), tmp_path_factory.mktemp("downloads"))
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium):
    """The browser at its usual size; after the test its pages must have been quiet and at home."""
    chromium.resize(1280)
    chromium.theme("light")
    yield chromium
    # what the page is still waiting for is not the next test's
    chromium.driver.get("about:blank")
    assert chromium.console() == []
    assert chromium.requests_abroad() == []
