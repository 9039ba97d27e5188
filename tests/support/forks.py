"""Programs in forks of a process that has their modules: TensorFlow takes seconds to import."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import fork_server

from tfdeconv.formats import reading_process

# what scripts import, as they do it
SCRIPTS = """
import runpy
from tfdeconv.tensorflow_import import import_tensorflow
import_tensorflow()
import h5py, PIL.Image
import tfdeconv.cli
"""
RUN_SCRIPT = "runpy.run_path(sys.argv[0], run_name='__main__')"
RUN_CODE = "code, sys.argv[0] = sys.argv[0], '-c'; exec(code, {'__name__': '__main__'})"
# by what they have imported: the process, and where it is asked for forks
SERVERS: dict[str, tuple[subprocess.Popen, socket.socket]] = {}


class Fork:
    """What is used of subprocess.Popen, of a statement that is run in a fork."""

    def __init__(self, imports: str, said: dict[str, Any], streams: Sequence[int]) -> None:
        self.report, report = os.pipe()
        self.returncode: int | None = None
        message = json.dumps(said).encode()
        assert len(message) < fork_server.LONGEST
        channel = server_of(imports, said["environment"])
        socket.send_fds(channel, [message], [*streams, report])
        os.close(report)
        self.pid = self.told()

    def told(self) -> int:
        """What the server writes next of this process: its number, then its status."""
        number = os.read(self.report, fork_server.NUMBER)
        assert number, "the server of forks has ended"
        return int.from_bytes(number, "little", signed=True)

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self.report], [], [], 0)[0]:
            self.returncode = self.told()
            os.close(self.report)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None and not select.select([self.report], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a fork", timeout or 0)
        self.poll()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def server_of(imports: str, environment: Mapping[str, str]) -> socket.socket:
    """Where a process that lives as long as this one is asked for forks."""
    if imports not in SERVERS:
        channel, other = socket.socketpair(type=socket.SOCK_SEQPACKET)
        arguments = [fork_server.__file__, str(other.fileno()), imports]
        with other:
            server = subprocess.Popen(
                [sys.executable, *arguments, *reading_process.python_path()],
                env=environment,
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        SERVERS[imports] = server, channel
    return SERVERS[imports][1]


@atexit.register
def end_servers() -> None:
    for server, channel in SERVERS.values():
        channel.close()
        server.wait()


def plain_environment() -> dict[str, str]:
    """As from a shell that sets nothing for TensorFlow."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TF_")}


class ForkedScript(Fork):
    """A script, or code behind -c, as `command` starts it: Python, its path, its arguments."""

    def __init__(
        self,
        command: Sequence[object],
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
    ) -> None:
        self.args = [str(word) for word in command]
        arguments = self.args[1:]
        is_code = arguments[0] == "-c"
        said = {
            "call": RUN_CODE if is_code else RUN_SCRIPT,
            "arguments": arguments[is_code:],
            # what was set before TensorFlow was imported, as scripts set it
            "environment": {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
            | dict(plain_environment() if env is None else env),
            "folder": str(cwd or os.getcwd()),
        }
        self.files = [tempfile.TemporaryFile("w+") for _ in range(2)]
        with open(os.devnull) as nothing:
            streams = [nothing.fileno(), *(file.fileno() for file in self.files)]
            super().__init__(SCRIPTS, said, streams)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Its output and its errors, when it has ended."""
        self.wait(timeout)
        said = []
        for file in self.files:
            file.seek(0)
            said.append(file.read())
            file.close()
        return said[0], said[1]


def run_script(command: Sequence[object], **options: Any) -> subprocess.CompletedProcess:
    """What subprocess.run gives, of a script that runs in a fork."""
    process = ForkedScript(command, **options)
    output, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.wait(), output, errors)
