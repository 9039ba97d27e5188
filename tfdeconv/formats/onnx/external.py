"""Files beside an ONNX model that hold elements of its tensors, one for all or one for each.

A model names them, so it could name any file of the computer: only regular files within the model's
own folder are read, wherever links in it lead.
https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...errors import UserError, printable
from ...limits import MAX_LOCATION
from .. import lazy_tensor
from ..lazy_tensor import Tensor, mapped

# a number of bytes, of as many digits as sizes of files have
SIZE = re.compile(r"[0-9]{1,18}")
PLACE = "in the model's own folder"


class ExternalFiles:
    """The files beside a model that its tensors name."""

    def __init__(self, model: Path) -> None:
        self.model = model
        self.folder = model.parent.resolve()
        # by location: each is looked for once
        self.files: dict[str, Path] = {}

    def tensor(
        self, name: str, dtype: str, shape: Sequence[int], entries: Mapping[str, str]
    ) -> Tensor:
        """A tensor whose elements are in another file, of plain numbers.

        entries: location, offset and length, as the model says them. Raises ValueError for a shape
        or a place that cannot be, and UserError for a file that is not there.
        """
        title = f"its tensor {printable(name)[:80]}"
        if not lazy_tensor.is_plausible(shape):
            raise ValueError(f"{title} has an impossible shape")
        size = math.prod(shape) * lazy_tensor.width(dtype)
        file = self.file(title, entries.get("location", ""))
        offset = number(title, "offset", entries.get("offset", "0"))
        length = number(title, "length", entries.get("length", str(size)))
        present = file.stat().st_size
        if offset + length > present:
            raise ValueError(
                f"{title} has {length:,} bytes from byte {offset:,} of {file.name}, "
                f"which has {present:,}: fetch or make it again"
            )
        read = lazy_part(file, offset, length)
        return lazy_tensor.tensor(file, dtype, shape, length, read)

    def file(self, title: str, location: str) -> Path:
        """The file of a location; raises ValueError where it is elsewhere, UserError if missing."""
        if location in self.files:
            return self.files[location]
        shown = printable(location)[:80]
        parts = location.split("/")
        # a backslash separates folders, and a colon follows a drive, on some systems
        if not 0 < len(location) <= MAX_LOCATION or re.search(r"[\0\\:]", location):
            raise ValueError(f"{title} is in the file {shown!r}, expected the name of one {PLACE}")
        if not parts[0] or ".." in parts:
            raise ValueError(f"{title} is in the file {shown}, expected one {PLACE}")
        file = self.model.parent / location
        try:
            target = file.resolve()
            is_file = target.is_file()
        except (OSError, RuntimeError):
            raise ValueError(f"{title} is in {shown}, which cannot be opened") from None
        if self.folder not in target.parents:
            raise ValueError(f"{title} is in {shown}, a link to a file that is not {PLACE}")
        if not is_file:
            raise UserError(
                f"{self.model} keeps tensors in {shown}, which is not in {self.model.parent}: "
                "copy it there"
            )
        self.files[location] = file
        return file


def number(title: str, key: str, value: str) -> int:
    """A number of bytes."""
    if not SIZE.fullmatch(value):
        raise ValueError(f"{title} has an impossible {key}, {printable(value)[:40]!r}")
    return int(value)


def lazy_part(file: Path, offset: int, length: int) -> Callable[[], memoryview]:
    """What brings bytes of a file, which is open only meanwhile: there may be one a tensor."""
    return lambda: mapped(file)[offset : offset + length]
