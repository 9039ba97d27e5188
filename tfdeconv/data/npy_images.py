"""The images of an .npy file, each read where it lies."""

from __future__ import annotations

from ..errors import UserError
from ..formats.file_bytes import FileBytes
from ..formats.stored_array import StoredArray, read_header

ZIP = b"PK\3\4"


def open_npy(path: str) -> StoredArray:
    """The array of a file.

    Raises UserError for another kind of file, and whatever numpy does for a damaged one.
    """
    with open(path, "rb") as file:
        if file.read(len(ZIP)) == ZIP:
            raise UserError(
                f"{path} cannot be read as an array: it is an archive of them; name it .npz"
            )
        file.seek(0)
        shape, in_columns, dtype = read_header(file)
        begin = file.tell()
    return StoredArray(FileBytes(path), begin, shape, in_columns, dtype)
