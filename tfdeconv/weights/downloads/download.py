"""Fetches a file whose MD5 sum is known, and goes on with a download that broke off.

What came so far stays as FILE.part, and the next run asks for the rest of it (a Range request).
Nothing more is remembered: if the server's file has changed in between, the pieces do not add up
to the known sum, and the file is fetched anew.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ...errors import UserError
from ...files import refuse_special
from ...limits import MAX_DOWNLOAD
from .http_client import network_errors, request

BLOCK = 1 << 18  # bytes read at a time
MEGABYTE = 10**6


@contextmanager
def locked(part: Path) -> Iterator[None]:
    """Keeps other processes from a partial download, and removes it when the block succeeds.

    An error, or an interrupt, keeps what the next run can go on from, and says so in its message.
    """
    lock_file = part.with_name(f"{part.name}.lock")
    for file in (part, lock_file):
        refuse_special(file)
    is_ours = False
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        lock = open_locked(lock_file, part)
        is_ours = True
        yield
        part.unlink()
    # RuntimeError is h5py's, where it cannot write
    except (UserError, OSError, RuntimeError) as error:
        message = str(getattr(error, "strerror", None) or error)
        if not isinstance(error, UserError):
            message = f"cannot write to {part.parent}: {message}"
        if is_ours:
            message += resume_hint(part)
        raise UserError(message) from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"interrupted{resume_hint(part)}") from None
    finally:
        if is_ours:
            # while it is locked: behind that the files are another process's
            if not partial_size(part):
                part.unlink(missing_ok=True)
            with suppress(PermissionError):  # Windows keeps what is open
                lock_file.unlink(missing_ok=True)
            lock.close()


def open_locked(lock_file: Path, part: Path) -> IO[str]:
    """Opens and locks a file; raises UserError if another process has it."""
    while True:
        lock = open(lock_file, "a")
        try:
            lock_exclusively(lock, part)
            # the process that had the lock may have removed the file after it was opened here
            if lock_file.exists() and os.path.samestat(os.fstat(lock.fileno()), lock_file.stat()):
                return lock
        except BaseException:
            lock.close()
            raise
        lock.close()


def lock_exclusively(lock: IO[str], part: Path) -> None:
    """Takes the lock where there are locks; raises UserError if another process has it."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock

        flock(lock, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        raise UserError(
            f"{part} is being fetched by another process: wait until it has finished"
        ) from None
    # Windows, or a file system without locks
    except (ImportError, OSError):
        pass


def partial_size(part: Path) -> int:
    """How many bytes came so far."""
    if not part.exists():
        return 0
    return part.stat().st_size


def resume_hint(part: Path) -> str:
    """What an error says of a download that the next run goes on with; "" where nothing came."""
    if not partial_size(part):
        return ""
    return f"; {part} has what was downloaded so far; run the same command again to continue"


def download(
    url: str, part: Path, md5: str, timeout: float, progress: Callable[[str], None]
) -> None:
    """Brings part to the whole file at url, going on from its end, and checks the file's MD5 sum.

    timeout: seconds without a byte. progress: called with each megabyte, in words.
    Raises UserError for all that goes wrong; a file of another sum is removed first.
    """
    if partial_size(part) and md5_sum(part) == md5:
        # only what was done with the whole file had failed
        return
    while True:
        start = fetch_rest(url, part, timeout, progress)
        found = md5_sum(part)
        if found == md5:
            return
        part.unlink()
        if not start:
            raise UserError(
                f"{url} is not the official file: its MD5 sum is {found}, needs {md5}; "
                f"it was removed"
            )
        progress(f"{part.stem}: the downloaded parts do not have the right MD5 sum, starting again")


def md5_sum(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def fetch_rest(url: str, part: Path, timeout: float, progress: Callable[[str], None]) -> int:
    """Appends to part what the file at url has beyond it, and returns how much was there before.

    That is 0 where the server does not send the rest, but only the file from its start.
    """
    start = partial_size(part)
    response = request(url, timeout, start)
    if start and not total_length(response, start):
        # the server knows no ranges, or has a shorter file now
        response.close()
        start = 0
        response = request(url, timeout)
    with response:
        if start:
            length = total_length(response, start)
        else:
            # 0: the server does not say
            length = getattr(response, "length", None) or 0
        if length > MAX_DOWNLOAD:
            raise UserError(
                f"{url} has {length:,} bytes, expected at most {MAX_DOWNLOAD:,}: "
                f"give another --base-url"
            )
        if not start:
            part.unlink(missing_ok=True)
        copy_body(response, url, part, length, timeout, progress)
    return start


def total_length(response: Any, start: int) -> int:
    """The length of the whole file, if a response is its rest from byte `start` on; otherwise 0."""
    content_range = response.headers.get("Content-Range", "")
    rest = re.fullmatch(rf"bytes {start}-\d+/(\d{{1,19}})", content_range)
    if response.status != 206 or rest is None:
        return 0
    return int(rest[1])


def copy_body(
    response: Any,
    url: str,
    part: Path,
    length: int,
    timeout: float,
    progress: Callable[[str], None],
) -> None:
    """Appends a response to part, up to the file's length (0: unknown) or the limit."""
    size = partial_size(part)
    total = length // MEGABYTE or "?"
    with open(part, "ab") as file:
        while size < (length or MAX_DOWNLOAD):
            with network_errors(url, timeout):
                block = response.read1(min(BLOCK, (length or MAX_DOWNLOAD) - size))
            if not block:
                break
            file.write(block)
            before = size
            size += len(block)
            if size // MEGABYTE > before // MEGABYTE:
                progress(f"{part.stem}: {size // MEGABYTE} of {total} MB")
    if size < length:
        raise UserError(f"{url} broke off after {size:,} of {length:,} bytes")
