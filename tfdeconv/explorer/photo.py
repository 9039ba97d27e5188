"""A photo from the browser: its bytes as the network sees them."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..data import images
from ..data.admission import Admission
from ..errors import UserError, printable
from ..figures import pixels, png
from ..limits import MAX_NAME
from .subject import Subject

NAMELESS = "photo"
NPY = b"\x93NUMPY"  # what an array's file begins with
CHARACTERS = 16  # of a photo's number


@dataclass(frozen=True)
class Photo:
    """A photo that is looked at."""

    number: str  # what the page calls it
    name: str  # of its file; it is text, and no path
    sha256: str  # of its file
    x: np.ndarray  # [1, h, w, c] as the network sees it
    notes: tuple[str, ...]  # what was assumed of it
    subject: Subject

    @cached_property
    def picture(self) -> bytes:
        """What the network sees, as a PNG."""
        seen = pixels.photo(self.x[0], self.subject.weights.preprocessing, self.subject.style.bands)
        return png.encode(png.as_picture(seen), {})


def number_of(body: bytes, name: str) -> str:
    """What the page calls a photo: the same of the same file by the same name."""
    return hashlib.sha256(name.encode(errors="replace") + b"\0" + body).hexdigest()[:CHARACTERS]


def plain_name(name: str) -> str:
    """A file's name as the browser has it, as text in one line: no folder, no path.

    >>> plain_name("../../etc/passwd"), plain_name(""), plain_name("a" * 999) == "a" * 200
    ('passwd', 'photo', True)
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    # an unpaired surrogate is no text
    text = last.encode(errors="replace").decode()
    return printable(text)[:MAX_NAME].strip() or NAMELESS


def read(body: bytes, name: str, subject: Subject) -> Photo:
    """The photo in a file's bytes; raises UserError for what is none.

    The photo is read as images.read() reads a file, from one of our own that nobody else can open.
    """
    notes: list[str] = []
    network = subject.network
    admission = Admission(notes.append, as_they_are=subject.as_they_are)
    with tempfile.TemporaryDirectory(prefix="tfdeconv-") as folder:
        # what it is called decides how it is read, and is our choice
        file = Path(folder, NAMELESS + ".npy" * body.startswith(NPY))
        file.write_bytes(body)
        try:
            x = images.read(
                file, subject.weights.preprocessing, subject.resize, network.channels, admission
            )
        except UserError as error:
            raise UserError(str(error).replace(str(file), name)) from None
    return Photo(
        number_of(body, name),
        name,
        hashlib.sha256(body).hexdigest(),
        x,
        tuple(note.replace(str(file), name) for note in notes),
        subject,
    )
