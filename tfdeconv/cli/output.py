"""What --out names: a directory for pictures, or a file."""

from __future__ import annotations

import os
from pathlib import Path

from ..data.folders import SUFFIXES
from ..errors import UserError
from ..figures.destination import Destination
from ..figures.picture_file import PdfFile, PngFile
from ..figures.picture_folder import PictureFolder

FILES = {".png": PngFile, ".pdf": PdfFile}
# what people may expect to be written, and is not
OTHERS = (*SUFFIXES, ".svg", ".eps", ".ps", ".html", ".h5")


def destination_of(out: Path, overwrite: bool) -> Destination:
    """The file, if out ends as one, otherwise the directory, to be made if need be.

    overwrite: whether a named file may be replaced, whatever it is. Raises UserError for a file of
    a kind that is not written, for one that is there and is not this program's, and where nothing
    can be written.
    """
    suffix = out.suffix.lower()
    refuse_unwritable(out)
    if out.is_dir():
        return PictureFolder(out)
    if suffix in FILES:
        return FILES[suffix](out, overwrite)
    if suffix in OTHERS or out.exists():
        found = "exists and is not a directory" if out.exists() else f"ends with {suffix}"
        raise UserError(
            f"--out {out} {found}: give a directory, or a name that ends with .png or .pdf"
        )
    return PictureFolder(out)


def refuse_unwritable(path: Path) -> None:
    """Raises UserError where nothing can be made at a path, as far as can be seen beforehand."""
    folder = path.absolute()
    while not folder.is_dir():
        if os.path.lexists(folder) and folder != path.absolute():
            raise UserError(f"--out {path}: {folder} is a file, expected a directory")
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        raise UserError(f"--out {path}: nothing can be written to {folder}: permission denied")
