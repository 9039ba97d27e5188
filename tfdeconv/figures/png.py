"""PNGs with text chunks, written whole or not at all."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from PIL import Image, PngImagePlugin

from ..files import atomic_write

COMPRESSION = 4  # zlib's level: twice as fast as its default of 6, files a hundredth larger
ENCODERS = 2  # pictures that are encoded at a time


def save(picture: Image.Image, path: str | Path, text: Mapping[str, str]) -> None:
    """Writes a PNG with text chunks: what it takes to make the picture again."""
    write(encode(picture, text), path)


def save_all(pictures: Iterable[tuple[Path, Image.Image, Mapping[str, str]]]) -> Iterator[Path]:
    """Saves pictures with path and text; yields the paths, in order.

    Pictures are encoded in threads while the next ones are drawn.
    """
    encoding: deque[tuple[Path, Future[bytes]]] = deque()

    def write_first() -> Path:
        path, png = encoding.popleft()
        write(png.result(), path)
        return path

    with ThreadPoolExecutor(ENCODERS) as pool:
        for path, picture, text in pictures:
            encoding.append((path, pool.submit(encode, picture, text)))
            if len(encoding) > ENCODERS:
                yield write_first()
        while encoding:
            yield write_first()


def write(png: bytes, path: str | Path) -> None:
    """Writes an encoded picture, whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(png)


def encode(picture: Image.Image, text: Mapping[str, str]) -> bytes:
    """The bytes of a PNG with text chunks."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in text.items():
        # names of files may hold bytes that are not UTF-8
        chunks.add_itxt(key, value.encode(errors="backslashreplace").decode())
    memory = io.BytesIO()
    picture.save(memory, "PNG", pnginfo=chunks, compress_level=COMPRESSION)
    return memory.getvalue()
