"""What makes an atlas, and what reads it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tfdeconv.cli import atlas


def received(path: Path) -> tuple[str, dict]:
    """What a script of an atlas hands to the page: its key and its value."""
    content = path.read_text("ascii")
    assert content.startswith("atlas.receive(") and content.endswith(");\n")
    assert not set("<>&") & set(content)
    key, value = json.loads(f"[{content[len('atlas.receive(') : -len(');') - 1]}]")
    return key, value


def sheet_tiles(path: Path, feature: dict) -> list[np.ndarray]:
    """The tiles of a feature's sheet, one of each of its units."""
    sheet = np.asarray(Image.open(path))
    height, width = feature["tile"]
    tiles = []
    for i in range(len(feature["units"])):
        row, column = divmod(i, feature["columns"])
        tiles.append(
            sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
        )
    return tiles


def make(run: Path, out: Path, *options: str) -> int:
    """The exit status of the command."""
    return atlas.main([str(run), "--out", str(out), *options])


def contents(path: Path) -> dict[str, bytes]:
    """Every file in a folder by its path, hidden ones too."""
    found = {}
    for file in sorted(path.rglob("*")):
        if file.is_file():
            found[str(file.relative_to(path))] = file.read_bytes()
    return found
