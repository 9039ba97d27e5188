"""The pages' own files."""

from __future__ import annotations

import re
from pathlib import Path

import tfdeconv

STATIC = Path(tfdeconv.__file__).parent / "atlas" / "static"


def test_page_names_all_files():
    page = (STATIC / "index.html").read_text()
    named = re.findall(r'(?:src|href)="static/([a-z_]+\.(?:js|css))"', page)
    assert sorted(named) == sorted(path.name for path in STATIC.glob("*.[jc]*s"))


def test_no_text_becomes_html():
    for path in STATIC.glob("*.js"):
        text = path.read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text), path
        assert not re.search(
            r"\beval\(|new Function|fetch\(|XMLHttpRequest|https?://(?!www\.w3)", text
        )


def test_files_are_short():
    for path in STATIC.iterdir():
        lines = path.read_text().splitlines()
        assert len(lines) <= 250, path
        assert path.suffix == ".html" or max(map(len, lines)) <= 100, path
