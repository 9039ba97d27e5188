"""PNGs with text chunks, written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from PIL import Image, PngImagePlugin

from ..files import atomic_write


def save(picture: Image.Image, path: str | Path, text: Mapping[str, str]) -> None:
    """Writes a PNG with text chunks: what it takes to make the picture again."""
    write(packed(picture, text), path)


def write(png: bytes, path: str | Path) -> None:
    """Writes a packed() picture, whole or not at all."""
    with atomic_write(path) as place:
        place.write_bytes(png)


def packed(picture: Image.Image, text: Mapping[str, str]) -> bytes:
    """A PNG with text chunks."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in text.items():
        chunks.add_itxt(
            key, value.encode(errors="backslashreplace").decode()
        )  # file names that are no UTF-8
    memory = io.BytesIO()
    picture.save(
        memory, "PNG", pnginfo=chunks, compress_level=4
    )  # twice as fast as 6, a hundredth larger
    return memory.getvalue()
