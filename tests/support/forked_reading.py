"""Forks the processes that read files instead of starting them, which takes a tenth as long.

What a process is made of, its limits and what is said between the two stay as they are; only the
import of its modules, which does not depend on the file, is left out.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import subprocess
import sys
import time
from types import ModuleType
from typing import Any

import fork_server

from tfdeconv.formats import hdf5_process, reading_process
from tfdeconv.formats.graph_def.process import GraphProcess
from tfdeconv.formats.onnx.process import ModelProcess
from tfdeconv.weights.tensorflow.checkpoints import checkpoint

# those that tests plant are started
PROGRAMS = (hdf5_process.PROGRAM, checkpoint.PROGRAM, GraphProcess.program, ModelProcess.program)


class ForkedProcess:
    """What reading_process uses of subprocess.Popen, of a program that is run in a fork."""

    def __init__(self, command: list[str], env: Any = None, **streams: Any) -> None:
        requests, self_requests = os.pipe()
        self_answers, answers = os.pipe()
        self.stdin = os.fdopen(self_requests, "wb")
        self.stdout = os.fdopen(self_answers, "rb")
        self.status: int | None = None
        self.pid = self.start(command, env, requests, answers)
        os.close(requests)
        os.close(answers)

    def start(self, command: list[str], env: Any, requests: int, answers: int) -> int:
        """Forks this process, and returns the fork's number."""
        call, names = fork_server.imported(program_of(command))
        pid = os.fork()
        if not pid:
            for own in (self.stdin, self.stdout):
                os.close(own.fileno())
            fork_server.run(call, names, requests, answers)
        return pid

    def ended(self) -> int | None:
        """The status of a process that has ended."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def poll(self) -> int | None:
        if self.status is None:
            self.status = self.ended()
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


class ServedProcess(ForkedProcess):
    """The same in a fork of another process, for one with threads, which is not to be forked."""

    def start(self, command: list[str], env: Any, requests: int, answers: int) -> int:
        self.report, report = os.pipe()
        socket.send_fds(server_of(command, env), [b"x"], [requests, answers, report])
        os.close(report)
        return self.told()

    def told(self) -> int:
        """What the server writes next of this process: its number, then its status."""
        number = os.read(self.report, fork_server.NUMBER)
        return int.from_bytes(number, "little", signed=True)

    def ended(self) -> int | None:
        readable, _, _ = select.select([self.report], [], [], 0)
        if not readable:
            return None
        status = self.told()
        os.close(self.report)
        return status


# by program: the process, and where it is asked for forks
SERVERS: dict[str, tuple[subprocess.Popen, socket.socket]] = {}


def server_of(command: list[str], env: Any) -> socket.socket:
    """Where a process that lives as long as this one is asked for forks that run a program."""
    program = program_of(command)
    if program not in SERVERS:
        channel, other = socket.socketpair()
        arguments = [fork_server.__file__, str(other.fileno()), program]
        with other:
            server = subprocess.Popen(
                [sys.executable, *arguments, *reading_process.python_path()],
                env=env,
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        SERVERS[program] = server, channel
    return SERVERS[program][1]


@atexit.register
def end_servers() -> None:
    for server, channel in SERVERS.values():
        channel.close()
        server.wait()


def program_of(command: list[str]) -> str:
    return command[command.index("-c") + 1]


def served(command: list[str], env: Any = None, **streams: Any) -> Any:
    """A reading process, forked where its program is one of the package's."""
    kind = ServedProcess if program_of(command) in PROGRAMS else subprocess.Popen
    return kind(command, env=env, **streams)


def replace_processes(start: Any) -> None:
    """From now on all processes that read files are started by this."""
    # others start processes by the same module
    starting: Any = ModuleType("starting")
    starting.__dict__.update(vars(subprocess), Popen=start)
    reading_process.subprocess = starting


def fork_processes() -> None:
    """From now on all processes that read files are forked from this one."""
    replace_processes(ForkedProcess)


def serve_processes() -> None:
    """From now on all processes that read files are forked from one that does nothing else."""
    replace_processes(served)
