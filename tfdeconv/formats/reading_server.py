"""A process that reads one file that nobody vouches for, within limits: reading_process.py's end.

It is asked over its standard input and answers over its standard output. A message is its length
(8 bytes, little-endian) and JSON; an array follows its message as plain bytes. The first request
names the file and is answered with its description; all further ones ask for values of a dataset.

    {"path": hexadecimal, "seconds": 5, "memory": 402653184}      -> {"file": description}
    {"dataset": 3, "rows": [10, 12], "seconds": 3, "size": 300}   -> {"shape": ..., "dtype": ...}
                                                                     and the array
    what fails                                                    -> {"error": one line}
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from .. import errors
from ..limits import MAX_MESSAGE, MAX_OPEN_FILES

STATM = Path("/proc/self/statm")
# how a message about a damaged file ends
REMEDY = "it is damaged; fetch or make it again"


class OpenFile(Protocol):
    """A file that is open, as the library reads it that this process was started for."""

    # what it holds, as JSON has it
    description: Any

    def values(self, number: int, rows: list[int] | None) -> np.ndarray:
        """All values of the dataset of that number in the description, or rows of them."""
        ...


def send(stream: IO[bytes], message: dict[str, Any]) -> None:
    """Writes a message; raises ValueError where it is too long."""
    text = json.dumps(message).encode()
    if len(text) > MAX_MESSAGE:
        raise ValueError(f"its names and attributes take {len(text):,} bytes")
    stream.write(len(text).to_bytes(8, "little") + text)
    stream.flush()


def receive(stream: IO[bytes]) -> dict[str, Any]:
    """Reads a message; raises EOFError where it is cut off or too long, ValueError if not JSON."""
    size = int.from_bytes(stream.read(8), "little")
    if not 0 < size <= MAX_MESSAGE:
        raise EOFError
    text = stream.read(size)
    if len(text) < size:
        raise EOFError
    message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError
    return message


def flat(array: np.ndarray) -> memoryview:
    """The bytes of an array, not copied."""
    return array.reshape(-1).view(np.uint8).data


def run(open_file: Callable[[str], OpenFile], library: str) -> None:
    """Serves one file until nobody asks any more.

    library: what reads it, as a message about its failing begins.
    """
    # the other process is interrupted, too, and ends this one
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    # whatever the library prints must not come between the answers
    os.dup2(2, 1)
    with suppress(EOFError, OSError):
        serve(sys.stdin.buffer, answers, open_file, library)
    # without tidying up, in which the library may crash
    os._exit(0)


def serve(
    requests: IO[bytes], answers: IO[bytes], open_file: Callable[[str], OpenFile], library: str
) -> None:
    """Describes a file, then answers with one dataset, or rows of one, after the other."""
    opening = receive(requests)
    limit_cpu(opening["seconds"])
    limit_files()
    memory = memory_in_use() + opening["memory"]
    limit_memory(memory)
    try:
        file = open_file(os.fsdecode(bytes.fromhex(opening["path"])))
        send(answers, {"file": file.description})
    except Exception as error:
        send(answers, {"error": error_line(error, library)})
        return
    while True:
        request = receive(requests)
        try:
            limit_cpu(request["seconds"])
            limit_memory(memory + request["size"])
            array = file.values(request["dataset"], request["rows"])
            send(answers, {"shape": array.shape, "dtype": array.dtype.str})
        except Exception as error:
            send(answers, {"error": error_line(error, library)})
            continue
        answers.write(flat(array))
        answers.flush()
        del array


def error_line(error: Exception, library: str) -> str:
    """What went wrong, in one line."""
    if isinstance(error, MemoryError):
        return f"{library} asks for too much memory: {REMEDY}"
    return errors.one_line(error)


# Limits; Windows has none, and only Linux can tell how much memory a process has.


def limit_cpu(seconds: int) -> None:
    """Lets this process compute for so long from now on; the system ends it then."""
    with suppress(ImportError):
        import resource

        set_limit(resource.RLIMIT_CPU, seconds + math.ceil(time.process_time()))


def limit_files() -> None:
    """Lets this process write nothing, leave no core dump, and open few files."""
    with suppress(ImportError):
        import resource

        set_limit(resource.RLIMIT_FSIZE, 0)
        set_limit(resource.RLIMIT_CORE, 0)
        set_limit(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)


def limit_memory(size: int) -> None:
    """Lets this process have so many bytes of memory, where it can tell how many it has."""
    with suppress(ImportError):
        import resource

        if STATM.exists():
            set_limit(resource.RLIMIT_AS, size)


def memory_in_use() -> int:
    """Bytes of memory that this process has now; 0 where the system does not tell."""
    with suppress(ImportError, OSError):
        import resource

        pages = STATM.read_text().split()[0]
        return int(pages) * resource.getpagesize()
    return 0


def set_limit(kind: int, limit: int) -> None:
    """Sets the soft limit, which can be raised again, to at most the hard one."""
    import resource

    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(kind, (limit, hard))
