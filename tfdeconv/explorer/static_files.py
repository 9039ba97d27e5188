"""The files of the page, by their addresses: nothing else of the disk is sent."""

from __future__ import annotations

from pathlib import Path

from .answer import Answer
from .gate import PAGE

FOLDER = Path(__file__).with_name("static")
ATLAS = Path(__file__).parents[1] / "atlas" / "static"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
FILES = {
    PAGE: FOLDER / "index.html",
    "/static/explorer.css": FOLDER / "explorer.css",
    "/static/requests.js": FOLDER / "requests.js",
    "/static/explorer.js": FOLDER / "explorer.js",
}


def static_answer(address: str) -> Answer | None:
    """A file of the page; None for what is not one."""
    path = FILES.get(address)
    if path is None:
        return None
    return Answer(path.read_bytes(), KINDS[path.suffix])
