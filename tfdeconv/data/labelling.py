"""Labels of images from a file of their own (scan.py --labels)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..errors import UserError
from ..words import counted
from . import arrays
from .dataset import Source
from .image_lists import SEPARATORS, read_lines
from .preprocessing import say_nothing


def labelled(source: Source, path: str, tell: Callable[[str], None] = say_nothing) -> Source:
    """A source with the labels of a file: of an array's images in order, of others by their names.

    The file has a line `LABEL` for each image of an array, or is an array of whole numbers (.npy,
    FILE:NAME), one for each; for a directory or a list it has lines `PATH LABEL`. tell: takes a
    note on images without a label. Raises UserError where the labels do not fit the images.
    """
    if arrays.is_array(path):
        labels = numbers_of(path, source)
    elif source.array is None:
        return replace(source, labels=labels_by_name(source, path, tell))
    else:
        labels = [sys.intern(line) for line in read_lines(path, blank=True)]
    refuse_count(path, len(labels), source)
    return replace(source, labels=tuple(labels))


def refuse_count(path: str, count: int, source: Source) -> None:
    """Raises UserError where a file has not as many labels as there are images."""
    if count != source.count:
        raise UserError(
            f"{path} has {counted(count, 'label')}, expected one for each image of {source.root}, "
            f"which has {source.count:,}"
        )


def numbers_of(path: str, source: Source) -> list[str]:
    """The whole numbers of an array [n] or [n, 1], as texts."""
    array = arrays.open_array(path)
    try:
        shape, dtype = tuple(array.shape), np.dtype(array.dtype)
        if len(shape) not in (1, 2) or shape[1:] not in ((), (1,)) or dtype.kind not in "iu":
            raise UserError(
                f"{path} is {dtype} {list(shape)}, expected labels as whole numbers [n], one for "
                f"each image"
            )
        # before it is all in memory
        refuse_count(path, shape[0], source)
        values = arrays.read_whole(path, array)
    finally:
        arrays.close(array)
    return [sys.intern(str(value)) for value in values.reshape(-1).tolist()]


def labels_by_name(source: Source, path: str, tell: Callable[[str], None]) -> tuple[str, ...]:
    """A label of each image of a directory or list; "" of those that the file does not name."""
    lines = read_lines(path)
    numbers = {name: number for number, name in enumerate(source.names)}
    labels = [""] * source.count
    for line in lines:
        for name, label in splits_of(line, numbers):
            labels[numbers[name]] = sys.intern(label)
            break
    without = labels.count("")
    if without == source.count:
        raise UserError(
            f"{path} has a label for none of the images: its first line is {lines[0]!r}, expected "
            f"a path as {source.names[0]!r}, a tab or a space, and a label"
        )
    if without:
        first = source.names[labels.index("")]
        tell(f"{path}: {without:,} of {source.count:,} images have no label, {first!r} first")
    return tuple(labels)


def splits_of(line: str, names: Container[str]) -> Iterator[tuple[str, str]]:
    """The ways to split a line into a name that there is, and a label behind it: longest first."""
    ends = [place for place, character in enumerate(line) if character in SEPARATORS]
    for end in reversed(ends):
        name, label = line[:end].strip(), line[end + 1 :].strip()
        name = os.path.normpath(name) if name not in names else name
        if name in names and label:
            yield name, label


def kept(old: Sequence[str], new: Sequence[str], count: int) -> tuple[tuple[str, ...], int]:
    """The labels of a run that goes on over so many images, and how many of its old ones changed.

    New ones replace old ones; without any the old ones stay.
    """
    if not new:
        missing = count - len(old) if old else 0
        return (*old, *[""] * missing), 0
    return tuple(new), sum(before != now for before, now in zip(old, new))
