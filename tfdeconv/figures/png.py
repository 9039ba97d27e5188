"""PNGs with text chunks."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from PIL import Image, PngImagePlugin

COMPRESSION = 4  # zlib's level: twice as fast as its default of 6, files a hundredth larger
ENCODERS = 2  # pictures that are encoded at a time

Text = Mapping[str, str]


def encode(picture: Image.Image, text: Text) -> bytes:
    """The bytes of a PNG with text chunks."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in text.items():
        chunks.add_itxt(key, value)
    memory = io.BytesIO()
    picture.save(memory, "PNG", pnginfo=chunks, compress_level=COMPRESSION)
    return memory.getvalue()


def as_picture(drawn: np.ndarray) -> Image.Image:
    """Drawn pixels as a picture: uint8 [h, w, 3], or [h, w] of grey."""
    return Image.fromarray(drawn)


def encode_all(pictures: Iterable[tuple[Image.Image, Text]]) -> Iterator[bytes]:
    """Encodes pictures with their texts, in order: in threads, while the next ones are drawn."""
    encoding: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(ENCODERS) as pool:
        for picture, text in pictures:
            encoding.append(pool.submit(encode, picture, text))
            if len(encoding) > ENCODERS:
                yield encoding.popleft().result()
        while encoding:
            yield encoding.popleft().result()
