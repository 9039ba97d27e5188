"""Forks the processes that read files instead of starting them, which takes a hundredth as long.

What a process is made of, its limits and what is said between the two stay as they are; only the
import of its modules, which does not depend on the file, is left out.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import ModuleType
from typing import Any

from tfdeconv.formats import reading_process


class ForkedProcess:
    """What reading_process uses of subprocess.Popen, of a program that is run in a fork."""

    def __init__(self, command: list[str], env: Any = None, **streams: Any) -> None:
        program = command[command.index("-c") + 1]
        # before these two it replaces Python's path
        *_, imports, call = program.split("; ")
        names = {"sys": sys}
        exec(imports, names)
        requests, self_requests = os.pipe()
        self_answers, answers = os.pipe()
        self.status: int | None = None
        self.pid = os.fork()
        if not self.pid:
            os.close(self_requests)
            os.close(self_answers)
            serve(call, names, requests, answers)
        os.close(requests)
        os.close(answers)
        self.stdin = os.fdopen(self_requests, "wb")
        self.stdout = os.fdopen(self_answers, "rb")

    def poll(self) -> int | None:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("a fork", timeout or 0)
            time.sleep(0.001)
        return self.status or 0

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def serve(call: str, names: dict[str, Any], requests: int, answers: int) -> None:
    """Runs a program's last statement with these as its input and output, and ends."""
    try:
        os.dup2(requests, 0)
        os.dup2(answers, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        # the last process's input may be read ahead
        sys.stdin = os.fdopen(0)
        exec(call, names)
    finally:
        os._exit(1)


def fork_processes() -> None:
    """From now on all processes that read files are forked from this one."""
    # others start processes by the same module
    forks: Any = ModuleType("forks")
    forks.__dict__.update(vars(subprocess), Popen=ForkedProcess)
    reading_process.subprocess = forks
