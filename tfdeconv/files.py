"""Files written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import UserError


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """A place to write: renamed to path when the block ends, removed when it fails. Raises UserError if it can't be written."""
    path = Path(os.path.realpath(path))  # what a link leads to is replaced, not the link
    if os.path.exists(path) and not os.path.isfile(path):
        raise UserError(f"cannot write {path}: something is there that is no file")
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.name[:50]}-", suffix=path.suffix, dir=path.parent
        )
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None
    os.close(handle)
    try:
        yield Path(name)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)  # mkstemp makes files for their owner alone
        os.replace(name, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        Path(name).unlink(missing_ok=True)


def sha256(path: str | Path) -> str:
    """The digest of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
