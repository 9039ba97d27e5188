"""Lists of images: a text file with a path on each line, perhaps with a label behind it."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from ..errors import UserError
from ..limits import MAX_PATH_LIST, MAX_START, MAX_TEXT
from .folders import ARCHIVE_SUFFIXES, SUFFIXES, has_suffix

UNPACK = "save its images as an .npy [n, h, w, c], or unpack them into a directory"
PICKLE = f"a pickle (as CIFAR's batches are), which could run programs: {UNPACK}"
# what people hold images in and is no list, by its first bytes
MARKS = {
    b"\x80\2": PICKLE,
    b"\x80\3": PICKLE,
    b"\x80\4": PICKLE,
    b"\x80\5": PICKLE,
    b"(dp": PICKLE,
    b"\x1f\x8b": f"compressed (gzip): make it a .tar without compression, or {UNPACK}",
    b"PK\3\4": "a zip archive: name it .zip",
    b"\0\0\x08\3": f"an IDX file (as MNIST's are): {UNPACK}",
    b"MATLAB": f"a file of MATLAB's: {UNPACK}",
    b"PAR1": f"a Parquet file: {UNPACK}",
    b"\x93NUMPY": "an array of numpy's: name it .npy",
    b"\x89HDF": "an HDF5 file: name it .h5",
    b"\xff\xd8\xff": "a JPEG: name it .jpg",
    codecs.BOM_UTF16_LE: "UTF-16: save the list as UTF-8",
    codecs.BOM_UTF16_BE: "UTF-16: save the list as UTF-8",
}
# of a path and its label, the surest first: a name may have spaces
SEPARATORS = ("\t", ",", " ")
TRIED = 100  # lines from which it is told whether there are labels


@dataclass(frozen=True)
class ImageList:
    """Paths, and a label for each or none at all."""

    names: list[str]
    labels: list[str]


def read_list(path: str, file: IO[bytes] | None = None) -> ImageList:
    """The paths and labels in a text file, or in a stream that a path stands for.

    A line is a path, relative to the file's directory (of a stream, the working directory), or a
    path, white space (or a comma or a tab) and a label. Raises UserError where there are no lines.
    """
    lines = read_lines(path, file)
    folder = os.getcwd() if file else os.path.dirname(os.path.abspath(path))
    if not have_labels(folder, lines):
        return ImageList(lines, [])
    names = []
    labels = []
    for line in lines:
        name, label = split_label(line)
        names.append(name)
        # one text for all images of a class
        labels.append(sys.intern(label))
    return ImageList(names, labels)


def read_standard_input() -> ImageList:
    """The list on standard input, like read_list()."""
    # None where the program was started without one
    if sys.stdin is None:
        raise UserError("standard input is closed: write a list of images to it, or name its file")
    return read_list("standard input", sys.stdin.buffer)


def read_lines(path: str, file: IO[bytes] | None = None, blank: bool = False) -> list[str]:
    """The lines of a list, without what is white at their ends.

    file: a stream that is read instead. blank: whether lines of nothing count, but for the last
    ones. Raises UserError where there are none.
    """
    try:
        if file:
            text = content_of(path, file)
        else:
            with open(path, "rb") as opened:
                text = content_of(path, opened)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    text = text.removeprefix(codecs.BOM_UTF8)
    lines = [os.fsdecode(line.strip()) for line in text.rstrip().splitlines()]
    if not blank:
        lines = list(filter(None, lines))
    if not any(lines):
        raise UserError(f"{path} has no lines, expected one for each image")
    return lines


def content_of(path: str, file: IO[bytes]) -> bytes:
    """The bytes of a list; raises UserError where there are too many, or it is no text."""
    start = file.read(MAX_START)
    refuse_other_files(path, start)
    text = start + rest_of(file)
    if len(text) > MAX_PATH_LIST:
        raise UserError(
            f"{path} has more than {MAX_PATH_LIST:,} bytes: too many for a list of paths"
        )
    return text


def rest_of(file: IO[bytes]) -> bytes:
    """What is left of a list, and at least as much of it as is too much.

    To ask for all at once would take the memory of the largest list.
    """
    pieces: list[bytes] = []
    size = 0
    while size <= MAX_PATH_LIST and (piece := file.read(MAX_TEXT)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def have_labels(folder: str, lines: Sequence[str]) -> bool:
    """Whether lines have labels: more of them are paths without the last word than with it.

    An image's suffix makes a path of a text, whether the image is there today or not; so does a
    file that is there.
    """
    whole = 0
    labelled = 0
    for line in lines[:TRIED]:
        name, label = split_label(line)
        whole += is_path(folder, line)
        labelled += bool(label) and is_path(folder, name)
    return labelled > whole


def is_path(folder: str, text: str) -> bool:
    is_named_so = has_suffix(text, (*SUFFIXES, *ARCHIVE_SUFFIXES))
    return is_named_so or os.path.lexists(os.path.join(folder, text))


def split_label(line: str) -> tuple[str, str]:
    """A line's path and label.

    >>> split_label("val/1.JPEG 65"), split_label("a b.png,tabby cat"), split_label("a.png")
    (('val/1.JPEG', '65'), ('a b.png', 'tabby cat'), ('a.png', ''))
    """
    for separator in SEPARATORS[:2]:
        name, _, label = line.partition(separator)
        if label.strip():
            return name.strip(), label.strip()
    name, _, label = line.rpartition(SEPARATORS[2])
    return (name.strip(), label) if name else (line, "")


def refuse_other_files(path: str, start: bytes) -> None:
    """Raises UserError for a file that does not begin as a text does."""
    for mark, what in MARKS.items():
        if start.startswith(mark):
            raise UserError(f"{path} is {what}")
    if b"\0" in start:
        raise UserError(
            f"{path} is neither a directory nor a text file with a path a line: {UNPACK}"
        )
