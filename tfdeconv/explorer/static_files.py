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
OWN = (
    "explorer.css",
    "requests.js",
    "progress.js",
    "state.js",
    "pictures.js",
    "shown.js",
    "picking.js",
    "features.js",
    "beside.js",
    "controls.js",
    "main.js",
)
SHARED = (
    "colours.css",
    "base.css",
    "tiles.css",
    "theme.js",
    "dom.js",
    "errors.js",
)  # with the atlas
FILES = {
    PAGE: FOLDER / "index.html",
    **{f"/static/{name}": FOLDER / name for name in OWN},
    **{f"/static/{name}": ATLAS / name for name in SHARED},
}


def static_answer(address: str) -> Answer | None:
    """A file of the page; None for what is not one."""
    path = FILES.get(address)
    if path is None:
        return None
    return Answer(path.read_bytes(), KINDS[path.suffix])
