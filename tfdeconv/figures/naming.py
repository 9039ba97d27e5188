"""Where pictures go: a folder that can be written, a name that is free, and what is told in their text."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data.images import text_of
from ..errors import UserError
from ..files import atomic_write
from ..version import __version__

LIBRARIES = {"tensorflow": "tensorflow", "numpy": "numpy", "h5py": "h5py", "pillow": "PIL"}


def make_folder(path: Path) -> None:
    """Makes the output folder; raises UserError where nothing can be written to it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write to {path}: {error.strerror}") from None
    if not os.access(path, os.W_OK):
        raise UserError(f"cannot write to {path}: permission denied")


def named(of: str, *parts: str) -> str:
    """A file's name of what it is of and how it was made, of a length and in letters that file systems take."""
    stem = os.fsdecode(os.fsencode(of)[:120])  # a name of 255 bytes is the most that they take
    known = re.sub(r"[^\w.-]", "_", parts[0])[:100]  # a file's own names may have a / in them
    return "-".join([stem, known, *parts[1:]])


def free_name(
    folder: Path,
    name: str,
    text: Mapping[str, str],
    same: Sequence[str],
    ends: Sequence[str] = ("",),
) -> str:
    """`name`, numbered if a picture of that name (with one of the ends) has another text at one of the keys `same`."""
    number, found = 1, name
    while any(
        path.exists() and any(text_of(path).get(key) != text[key] for key in same)
        for path in (folder / f"{found}{end}.png" for end in ends)
    ):
        number += 1
        found = f"{name}-{number}"
    return found


def save_raw(path: Path, arrays: Mapping[str, Any], text: Mapping[str, str]) -> None:
    """Arrays as an .npz, and the picture's text as JSON."""
    with atomic_write(path) as place:
        np.savez_compressed(place, **arrays, text=json.dumps(text))


def made_by() -> dict[str, str]:
    """What every picture tells of how it was made."""
    versions = ", ".join(
        f"{name} {sys.modules[module].__version__}" for name, module in LIBRARIES.items()
    )
    return {
        "Software": f"tfdeconv {__version__}",
        "versions": versions,
        "command": shlex.join(sys.argv),
    }
