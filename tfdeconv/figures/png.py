"""PNGs with text chunks, written whole or not at all."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from PIL import Image, PngImagePlugin

from ..files import atomic_write
from .naming import free_path

COMPRESSION = 4  # zlib's level: twice as fast as its default of 6, files a hundredth larger
ENCODERS = 2  # pictures that are encoded at a time


def save(picture: Image.Image, path: Path, text: Mapping[str, str], same: Sequence[str]) -> Path:
    """Writes a PNG with text chunks: what it takes to make the picture again.

    Returns its path, another one than asked for where that would lose a picture: one whose text
    differs at one of the keys `same`.
    """
    return write(encode(picture, text), path, text, same)


def save_all(
    pictures: Iterable[tuple[Path, Image.Image, Mapping[str, str]]], same: Sequence[str]
) -> Iterator[Path]:
    """Saves pictures with path and text; yields the paths, in order.

    Pictures are encoded in threads while the next ones are drawn.
    """
    encoding: deque[tuple[Path, Mapping[str, str], Future[bytes]]] = deque()

    def write_first() -> Path:
        path, text, png = encoding.popleft()
        return write(png.result(), path, text, same)

    with ThreadPoolExecutor(ENCODERS) as pool:
        for path, picture, text in pictures:
            encoding.append((path, text, pool.submit(encode, picture, text)))
            if len(encoding) > ENCODERS:
                yield write_first()
        while encoding:
            yield write_first()


def write(png: bytes, path: Path, text: Mapping[str, str], same: Sequence[str]) -> Path:
    """Writes an encoded picture, whole or not at all; returns its path."""
    with free_path(path, text, same) as free:
        with atomic_write(free) as temporary:
            temporary.write_bytes(png)
        return free


def encode(picture: Image.Image, text: Mapping[str, str]) -> bytes:
    """The bytes of a PNG with text chunks."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in text.items():
        # names of files may hold bytes that are not UTF-8
        chunks.add_itxt(key, value.encode(errors="backslashreplace").decode())
    memory = io.BytesIO()
    picture.save(memory, "PNG", pnginfo=chunks, compress_level=COMPRESSION)
    return memory.getvalue()
