"""PDFs whose pages are pictures to the last bit, with the pictures' texts in the metadata.

A page's pixels are the compressed data of a PNG as they are: PDF has PNG's filters, too (ISO
32000-1, 7.4.4.4). Pillow's own PDFs have JPEGs in them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from ..limits import MAX_JSON

POINTS = 0.5  # of a pixel: 144 pixels are an inch
HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"  # bytes above 127 say that it is not a text
CATALOG, PAGES, INFO = 1, 2, 3  # numbers of objects that there is one of
# behind the first words of this program's PDFs stands the JSON of their texts
SUBJECT = re.compile(rb"/Producer \(tfdeconv [^()]*\) /Subject \(((?:[^()\\]|\\.)*)\)", re.DOTALL)


class Document:
    """Writes a PDF to a file, page by page."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.offsets: dict[int, int] = {}  # of objects, by their numbers
        self.pages: list[int] = []
        self.file.write(HEADER)

    def add(self, png: bytes) -> None:
        """Adds a page that shows a PNG of RGB without interlacing."""
        width, height = size_of(png)
        page = INFO + 1 + 3 * len(self.pages)
        contents, image = page + 1, page + 2
        box = f"{width * POINTS:g} {height * POINTS:g}"
        self.write(
            page,
            f"<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 {box}] /Contents {contents} 0 R "
            f"/Resources << /XObject << /Picture {image} 0 R >> >> >>",
        )
        drawing = f"{width * POINTS:g} 0 0 {height * POINTS:g} 0 0 cm /Picture Do"
        self.write(contents, "<< /Length {length} >>", drawing.encode())
        self.write(
            image,
            f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} "
            "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Length {length} /Filter /FlateDecode "
            f"/DecodeParms << /Predictor 15 /Colors 3 /BitsPerComponent 8 /Columns {width} >> >>",
            pixel_data(png),
        )
        self.pages.append(page)

    def write(self, number: int, dictionary: str, stream: bytes | None = None) -> None:
        """Writes an object; {length} in its dictionary is that of its stream."""
        self.offsets[number] = self.file.tell()
        self.file.write(b"%d 0 obj\n" % number)
        if stream is None:
            self.file.write(dictionary.encode() + b"\nendobj\n")
            return
        self.file.write(dictionary.replace("{length}", str(len(stream))).encode())
        self.file.write(b"\nstream\n" + stream + b"\nendstream\nendobj\n")

    def finish(self, title: str, texts: Sequence[Mapping[str, str]]) -> None:
        """Writes what stands behind the pages; texts: of the pictures on them, in order."""
        kids = " ".join(f"{page} 0 R" for page in self.pages)
        self.write(CATALOG, f"<< /Type /Catalog /Pages {PAGES} 0 R >>")
        self.write(PAGES, f"<< /Type /Pages /Count {len(self.pages)} /Kids [{kids}] >>")
        producer = literal(texts[0]["Software"])
        subject = literal(json.dumps(list(texts)))
        name = literal(title.encode("ascii", "replace").decode())
        self.write(INFO, f"<< /Title {name} /Producer {producer} /Subject {subject} >>")
        table = self.file.tell()
        count = max(self.offsets) + 1
        self.file.write(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        for number in range(1, count):
            self.file.write(b"%010d 00000 n \n" % self.offsets[number])
        trailer = f"<< /Size {count} /Root {CATALOG} 0 R /Info {INFO} 0 R >>"
        self.file.write(f"trailer\n{trailer}\nstartxref\n{table}\n%%EOF\n".encode())


def literal(text: str) -> str:
    """A string of ASCII as PDF writes it: (...)."""
    return "(" + re.sub(r"([()\\])", r"\\\1", text) + ")"


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height, from a PNG's first chunk."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def pixel_data(png: bytes) -> bytes:
    """A PNG's compressed pixels: its chunks IDAT, put together."""
    parts = []
    position = 8  # behind the signature
    while position < len(png):
        length = int.from_bytes(png[position : position + 4], "big")
        if png[position + 4 : position + 8] == b"IDAT":
            parts.append(png[position + 8 : position + 8 + length])
        # length, type and checksum have 4 bytes each
        position += length + 12
    return b"".join(parts)


def texts_of(path: str | Path) -> list[dict[str, str]]:
    """The texts of the pictures in a PDF of this program; none where it is another file."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - MAX_JSON))
            found = SUBJECT.findall(file.read())
        texts = json.loads(re.sub(rb"\\(.)", rb"\1", found[-1]))
        return [dict(text) for text in texts]
    # other files may have anything there
    except (OSError, ValueError, IndexError, AttributeError, TypeError):
        return []
