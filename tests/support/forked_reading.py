"""Forks the processes that read files instead of starting them, which takes a tenth as long.

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

import fork_server
from forks import Fork

from tfdeconv.formats import hdf5_process, reading_process
from tfdeconv.formats.graph_def.process import GraphProcess
from tfdeconv.formats.onnx.process import ModelProcess
from tfdeconv.weights.tensorflow.checkpoints import checkpoint

# those that tests plant are started
PROGRAMS = (hdf5_process.PROGRAM, checkpoint.PROGRAM, GraphProcess.program, ModelProcess.program)


class OwnFork:
    """What reading_process uses of subprocess.Popen, of a program in a fork of this process."""

    def __init__(self, command: list[str], env: Any = None, **streams: Any) -> None:
        imports, call = statements(command)
        names = {"sys": sys}
        exec(imports, names)
        requests, self_requests = os.pipe()
        self_answers, answers = os.pipe()
        self.status: int | None = None
        self.pid = os.fork()
        if not self.pid:
            os.close(self_requests)
            os.close(self_answers)
            fork_server.run(call, names, requests, answers)
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


class ServersFork(Fork):
    """The same in a fork of another process, for one with threads, which is not to be forked."""

    def __init__(self, command: list[str], env: Any = None, **streams: Any) -> None:
        imports, call = statements(command)
        requests, self_requests = os.pipe()
        self_answers, answers = os.pipe()
        errors = os.open(os.devnull, os.O_WRONLY)
        said = {"call": call, "arguments": [""], "environment": dict(env), "folder": os.getcwd()}
        super().__init__(imports, said, (requests, answers, errors))
        for stream in (requests, answers, errors):
            os.close(stream)
        self.stdin = os.fdopen(self_requests, "wb")
        self.stdout = os.fdopen(self_answers, "rb")


def statements(command: list[str]) -> tuple[str, str]:
    """What a program imports, and what it calls; before these two it replaces Python's path."""
    *_, imports, call = program_of(command).split("; ")
    return imports, call


def program_of(command: list[str]) -> str:
    return command[command.index("-c") + 1]


def served(command: list[str], env: Any = None, **streams: Any) -> Any:
    """A reading process, forked where its program is one of the package's."""
    kind = ServersFork if program_of(command) in PROGRAMS else subprocess.Popen
    return kind(command, env=env, **streams)


def replace_processes(start: Any) -> None:
    """From now on all processes that read files are started by this."""
    # others start processes by the same module
    starting: Any = ModuleType("starting")
    starting.__dict__.update(vars(subprocess), Popen=start)
    reading_process.subprocess = starting


def fork_processes() -> None:
    """From now on all processes that read files are forked from this one."""
    replace_processes(OwnFork)


def serve_processes() -> None:
    """From now on all processes that read files are forked from one that does nothing else."""
    replace_processes(served)
