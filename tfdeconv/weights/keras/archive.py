"""The `.keras` file: a zip of a model's description, config.json, and model.weights.h5.

A folder with both, which is such a file unpacked, is read in its place, or the config.json in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...formats.checked_json import parse_object
from ...formats.hdf5 import Group
from ...formats.lazy_tensor import mapped, reading
from ...formats.zip_archive import member, members
from ...limits import MAX_JSON
from . import description

CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
ZIP_MAGIC = b"PK\3\4"


def unpacked_folder(path: str | Path) -> Path | None:
    """The folder of a `.keras` file that was unpacked, given as it is or by its config.json."""
    file = Path(path)
    folder = file.parent if file.name == CONFIG else file
    if (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file():
        return folder
    return None


def is_archive(path: str | Path) -> bool:
    """Whether a file is a zip of a model's description and weights; UserError for a damaged zip."""
    if unpacked_folder(path):
        return True
    if not Path(path).is_file() or not Path(path).stat().st_size:
        return False
    with reading(path):
        is_zip = bytes(mapped(path)[:4]) == ZIP_MAGIC
        return is_zip and {CONFIG, WEIGHTS} <= members(path).keys()


@contextmanager
def open_archive(
    path: str | Path, open_hdf5: Callable[[Path], AbstractContextManager[Group]]
) -> Iterator[tuple[dict[str, Any], Group]]:
    """A `.keras` file's description and weights.

    The weights are unpacked into a temporary directory for as long as they are read. Errors name
    the `.keras` file, not the one that was unpacked.
    """
    folder = unpacked_folder(path)
    if folder:
        config = description.read(folder / CONFIG)
        with open_hdf5(folder / WEIGHTS) as file:
            yield dict(config), file
        return
    with tempfile.TemporaryDirectory(prefix="tfdeconv-") as directory:
        weights = Path(directory) / WEIGHTS
        config = unpack(path, weights)
        try:
            with open_hdf5(weights) as file:
                # Windows does not delete what is open: then it goes with the directory
                with suppress(OSError):
                    # while it is open it is still readable, and gone however this process ends
                    weights.unlink()
                yield config, file
        except UserError as error:
            raise UserError(str(error).replace(str(weights), str(path))) from None


def tensors_file(path: str | Path) -> Path | None:
    """The file with the weights, where it is not the one that was given."""
    folder = unpacked_folder(path)
    return folder / WEIGHTS if folder else None


def unpack(path: str | Path, weights: Path) -> dict[str, Any]:
    """Writes an archive's weights to a file, and returns its description."""
    with reading(path):
        data = mapped(path)
        contents = members(path)
        for name in (CONFIG, WEIGHTS):
            if name not in contents:
                raise ValueError(f"it is a zip without {name}, not a model of Keras 3")
        size = contents[CONFIG].file_size
        if size > MAX_JSON:
            raise ValueError(
                f"its description of the model has {size:,} bytes, at most {MAX_JSON:,} are read"
            )
        config = parse_object(bytes(member(data, contents[CONFIG])))
        weights.write_bytes(member(data, contents[WEIGHTS]))
    return config
