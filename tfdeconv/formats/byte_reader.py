"""The bytes of a pickle, read one after the other."""

from __future__ import annotations

import struct
from typing import Any

from ..limits import MAX_PICKLE_LINE
from .lazy_tensor import Bytes

# bytes; what is longer is not a name, and stays in the file
SHORT = 1024


class ByteReader:
    """Reads numbers, texts and bytes from a position in data on."""

    def __init__(self, data: memoryview, position: int) -> None:
        self.data = data
        self.position = position

    def take(self, size: int) -> memoryview:
        """The next bytes."""
        self.position += size
        if self.position > len(self.data):
            raise ValueError(
                f"its pickle is cut off: it needs {self.position} bytes and has {len(self.data)}"
            )
        return self.data[self.position - size : self.position]

    def number(self, form: str) -> Any:
        """A number in one of struct's formats."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def long_number(self) -> int:
        """An integer of as many bytes as the first one says."""
        size = self.number("<B")
        return int.from_bytes(self.take(size), "little", signed=True)

    def line(self) -> str:
        """A text up to the end of the line."""
        text = bytes(self.data[self.position : self.position + MAX_PICKLE_LINE]).partition(b"\n")[0]
        return str(self.take(len(text) + 1)[:-1], "utf-8")

    def string(self, form: str, encoding: str = "") -> str | Bytes:
        """Bytes or, with an encoding, a text; its length comes first.

        What is long may be an array, which Python 2 writes as a text: it stays in the file.
        """
        content = self.take(self.number(form))
        if len(content) > SHORT and encoding != "utf-8":
            return content
        if encoding:
            return str(content, encoding, "surrogatepass")
        return bytes(content)
