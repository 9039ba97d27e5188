"""What pictures are called, the folder they go to, and the text they carry."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..data.images import text_of
from ..data.picture_text import text_of_arrays
from ..errors import UserError
from ..files import atomic_write, locked_folder
from ..limits import MAX_SOURCE_NAME, MAX_SUBJECT_NAME
from ..version import __version__, library_versions

# the names that Keras gives to models whose maker gave them none
MADE_UP = re.compile(r"(functional|sequential|model)(_\d+)?")


def make_folder(path: Path) -> None:
    """Makes the output folder; raises UserError if nothing can be written to it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write to {path}: {error.strerror}") from None
    if not os.access(path, os.W_OK):
        raise UserError(f"cannot write to {path}: permission denied")


def network_title(network: str, weights: Path) -> str:
    """What a network is called: by its weights' file where Keras made its name up (`model_1`)."""
    if not MADE_UP.fullmatch(network):
        return network
    stem = weights.parent.name if weights.name == "config.json" else weights.stem
    return stem.removesuffix(".weights") or network


def file_name(source: str, subject: str, *parts: str) -> str:
    """`run-vgg16-block4_conv3-deconvnet-top9`, in a length and letters that file systems take.

    source: the photo's or the run's own file name; subject: network and layer, which a weight
    file may have named freely; parts: rule, mode, and the like.
    """
    stem = os.fsdecode(os.fsencode(source)[:MAX_SOURCE_NAME])
    # a file's own names may have a / in them, and letters of several bytes
    harmless = re.sub(r"[^\w.-]", "_", subject).encode(errors="replace")
    subject = harmless[:MAX_SUBJECT_NAME].decode(errors="ignore")
    return "-".join([stem, subject, *parts])


def page_suffixes(count: int) -> list[str]:
    """What follows the name of each page's file: `-page01`, ...; nothing for a single page."""
    if count == 1:
        return [""]
    digits = max(len(str(count)), 2)
    return [f"-page{number:0{digits}d}" for number in range(1, count + 1)]


def free_name(
    folder: Path,
    name: str,
    text: Mapping[str, str],
    same: Sequence[str],
    suffixes: Sequence[str] = ("",),
) -> str:
    """`name`, or `name-2`, `name-3`, ...: the first under which no other picture would be lost.

    A picture may be replaced if its text agrees with the new one's at all of the keys `same`.
    suffixes: what follows the name in the files of several pages.
    """
    number = 1
    candidate = name
    while is_taken(folder, candidate, text, same, suffixes):
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def is_taken(
    folder: Path, name: str, text: Mapping[str, str], same: Sequence[str], suffixes: Sequence[str]
) -> bool:
    """Whether a file of that name holds another picture."""
    files = {folder / f"{name}.npz": text_of_arrays}
    for suffix in suffixes:
        files[folder / f"{name}{suffix}.png"] = text_of
    for path, read_text in files.items():
        # a link counts, whether what it leads to is there or not
        if not os.path.lexists(path):
            continue
        existing = read_text(path)
        if any(existing.get(key) != text[key] for key in same):
            return True
    return False


@contextmanager
def free_path(path: Path, text: Mapping[str, str], same: Sequence[str]) -> Iterator[Path]:
    """The path, or a free one like it, that no other process takes while the block writes to it.

    Another process may have written a picture since the name was chosen.
    """
    with locked_folder(path.parent):
        name = free_name(path.parent, path.name.removesuffix(path.suffix), text, same)
        yield path.with_name(name + path.suffix)


def save_raw(
    path: Path, arrays: Mapping[str, Any], text: Mapping[str, str], same: Sequence[str]
) -> None:
    """Saves arrays as an .npz, with the picture's text as JSON under `text`."""
    with free_path(path, text, same) as free, atomic_write(free) as temporary:
        np.savez_compressed(temporary, **arrays, text=json.dumps(text))


def software_text() -> dict[str, str]:
    """The part of every picture's text that says which program made it, and by which command."""
    return {
        "Software": f"tfdeconv {__version__}",
        "versions": library_versions(),
        "command": shlex.join(sys.argv),
    }
