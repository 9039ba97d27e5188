"""A process that has imported modules, and forks itself for programs: forks.py's other end.

    python fork_server.py CHANNEL IMPORTS FOLDER ...

It is asked over a socket. Each message says what to run, and brings its input, output and errors,
and where the fork's number and at last its status are to be written.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

NUMBER = 8  # bytes of a process's number or status
LONGEST = 1 << 17  # bytes of a message
STREAMS = 3


def run(call: str, names: dict[str, Any], requests: int, answers: int) -> None:
    """Runs a statement with these as its input and output, and ends."""
    try:
        os.dup2(requests, 0)
        os.dup2(answers, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        # the last process's input may be read ahead
        sys.stdin = os.fdopen(0)
        exec(call, names)
    finally:
        os._exit(1)


def become(said: dict[str, Any], streams: list[int]) -> None:
    """Makes this fork the process that a message asks for."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0)
    os.environ.clear()
    os.environ.update(said["environment"])
    os.chdir(said["folder"])
    sys.argv = said["arguments"]


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    sys.path[:] = sys.argv[3:]
    names: dict[str, Any] = {"sys": sys}
    exec(sys.argv[2], names)
    reports: dict[int, int] = {}

    def report_ended(*_) -> None:
        for pid in [*reports]:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                report = reports.pop(pid)
                tell(report, os.waitstatus_to_exitcode(status))
                os.close(report)

    signal.signal(signal.SIGCHLD, report_ended)
    while True:
        message, descriptors, *_ = socket.recv_fds(channel, LONGEST, STREAMS + 1)
        if not message:
            os._exit(0)
        *streams, report = descriptors
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
            for descriptor in (channel.detach(), report, *reports.values()):
                os.close(descriptor)
            said = json.loads(message)
            become(said, streams)
            exec(said["call"], names)
            return
        for stream in streams:
            os.close(stream)
        reports[pid] = report
        tell(report, pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


def tell(report: int, number: int) -> None:
    # nobody may want to know any more
    with suppress(BrokenPipeError):
        os.write(report, number.to_bytes(NUMBER, "little", signed=True))


if __name__ == "__main__":
    main()
