"""Files: written whole or not at all, and their digests."""

from __future__ import annotations

import glob
import os
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import UserError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# inode, and the time of the last change; of no file zeros
Stamp = tuple[int, int]
NO_FILE: Stamp = (0, 0)
# characters of a file's name in the names of its half-written ones
PREFIX = 50


def file_stamp(path: str | Path) -> Stamp:
    """What tells a file from the one that was there before."""
    try:
        status = os.stat(path)
    except OSError:
        return NO_FILE
    return status.st_ino, status.st_mtime_ns


@contextmanager
def atomic_write(path: str | Path, durable: bool = False) -> Iterator[Path]:
    """A temporary path to write to: renamed to path when the block succeeds, else removed.

    A link at path is replaced, and what it leads to is left as it is. durable: the file is on the
    disk when it gets its name, so that a machine that loses power has the old or the new one.
    Raises UserError where the file cannot be written.
    """
    path = Path(path)
    if os.path.exists(path) and not os.path.isfile(path):
        raise UserError(f"cannot write {path}: it exists and is not a file")
    try:
        prefix = temporary_prefix(path.name)
        handle, temporary = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None
    os.close(handle)
    try:
        yield Path(temporary)
        # mkstemp makes files for their owner alone
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        if durable:
            flush_to_disk(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        Path(temporary).unlink(missing_ok=True)


def temporary_prefix(name: str) -> str:
    """What the names of a file's half-written ones begin with: no other file's do."""
    if len(name) <= PREFIX:
        return f".{name}-"
    return f".{name[:PREFIX]}~{zlib.crc32(os.fsencode(name)):08x}-"


def leftovers(path: str | Path) -> list[str]:
    """Half-written files beside a path, of processes that were killed while they wrote."""
    folder, name = os.path.split(os.path.abspath(path))
    suffix = os.path.splitext(name)[1]
    pattern = f"{glob.escape(temporary_prefix(name))}????????{glob.escape(suffix)}"
    return glob.glob(os.path.join(glob.escape(folder), pattern))


def remove_leftovers(path: str | Path) -> None:
    """Removes half-written files beside a path; nobody else may be writing it now."""
    for stale in leftovers(path):
        with suppress(OSError):
            os.remove(stale)


def flush_to_disk(path: str | Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def require_regular_file(path: str | Path) -> None:
    """Raises UserError where a path is not that of a file: before it is opened."""
    try:
        os.stat(path)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        # ValueError: a name with a zero byte
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path} cannot be read: {reason}") from None
    refuse_special(path)


def refuse_source(source: str | Path, path: str | Path) -> None:
    """Raises UserError where what is to be written is the source itself, by whatever name."""
    if os.path.exists(source) and os.path.exists(path) and os.path.samefile(source, path):
        raise UserError(
            f"--out {path} is {source} itself, which is not overwritten: give another name as --out"
        )


@contextmanager
def locked_folder(folder: str | Path) -> Iterator[None]:
    """Keeps other processes that ask for the same from a folder, where the system has locks."""
    with lock_of_folder(folder, wait=True):
        yield


@contextmanager
def lock_of_folder(folder: str | Path, wait: bool = False) -> Iterator[bool]:
    """Whether no other process has the lock of a folder, which this one then has in the block.

    True as well where the system has no locks. wait: until the other has given it back.
    """
    if fcntl is None:
        yield True
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # it may be written to, and not listed
        yield True
        return
    try:
        is_ours = True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            is_ours = False
        except OSError:  # a file system without locks
            pass
        yield is_ours
    finally:
        os.close(handle)


def refuse_special(path: str | Path) -> None:
    """Raises UserError where path is there and is not a file: a FIFO, a device, a directory.

    To open a FIFO waits for whoever writes to it, perhaps for ever.
    """
    if os.path.isfile(path) or not os.path.exists(path):
        return
    if os.path.isdir(path):
        raise UserError(f"{path} is a directory, expected a file")
    raise UserError(f"{path} is not a regular file, and is not opened; give a file")


def sha256(path: str | Path) -> str:
    """The digest of a file's bytes, in hexadecimal."""
    import hashlib

    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def sha256_of_all(paths: Sequence[str | Path]) -> str:
    """The digest of one file; of several, that of their digests' lines, in the files' order."""
    import hashlib

    sums = [sha256(path) for path in paths]
    if len(sums) == 1:
        return sums[0]
    return hashlib.sha256("\n".join(sums).encode()).hexdigest()
