"""What the browser's checks must see, planted in a page."""

from __future__ import annotations

import pytest

PAGE = """<!doctype html><html lang="en"><head><title>planted</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'self'"></head>
<body><main><h1>Planted</h1>{planted}</main></body></html>"""


@pytest.fixture
def show(chromium, tmp_path):
    """Opens a page with something planted in it."""
    chromium.home = tmp_path.as_uri()

    def show(planted: str, script: str = "") -> None:
        (tmp_path / "planted.js").write_text(script)
        (tmp_path / "index.html").write_text(PAGE.format(planted=planted))
        chromium.open(f"{tmp_path.as_uri()}/index.html")

    yield show
    chromium.console(), chromium.requests_abroad()


def test_a_good_page_is_quiet(chromium, show):
    show('<script src="planted.js"></script>', "document.title = 'loaded'")
    assert chromium.driver.title == "loaded"
    assert chromium.console() == chromium.requests_abroad() == chromium.barriers() == []


def test_an_error_of_a_script_is_seen(chromium, show):
    show('<script src="planted.js"></script>', "throw new Error('planted error')")
    assert "planted error" in chromium.console()[0]


@pytest.mark.parametrize("address", ["http://example.org/a.png", "../a.png"])
def test_requests_abroad_are_seen(chromium, show, address):
    show(f'<img src="{address}" alt="">')
    assert [url.rpartition("/")[2] for url in chromium.requests_abroad()] == ["a.png"]


def test_barriers_are_seen(chromium, show):
    show('<img src="data:,"><p>text</p>')
    assert [barrier.partition(":")[0] for barrier in chromium.barriers()] == ["image-alt"]
