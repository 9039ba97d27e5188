"""A process that has a program's modules, and forks itself for each run of it: forked_reading.py's
other end.

    python fork_server.py CHANNEL PROGRAM FOLDER ...

It is asked over a socket: each message brings the program's input and output, and where its number
and at last its status are to be written.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import Any

NUMBER = 8  # bytes of a process's number or status


def imported(program: str) -> tuple[str, dict[str, Any]]:
    """What a program calls at its end, and its modules by name, imported.

    Before these two statements it replaces Python's path.
    """
    *_, imports, call = program.split("; ")
    names: dict[str, Any] = {"sys": sys}
    exec(imports, names)
    return call, names


def run(call: str, names: dict[str, Any], requests: int, answers: int) -> None:
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


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    sys.path[:] = sys.argv[3:]
    call, names = imported(sys.argv[2])
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
        message, streams, *_ = socket.recv_fds(channel, 1, 3)
        if not message:
            os._exit(0)
        requests, answers, report = streams
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
            for descriptor in (channel.detach(), report, *reports.values()):
                os.close(descriptor)
            run(call, names, requests, answers)
        os.close(requests)
        os.close(answers)
        reports[pid] = report
        tell(report, pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


def tell(report: int, number: int) -> None:
    try:
        os.write(report, number.to_bytes(NUMBER, "little", signed=True))
    except BrokenPipeError:
        # nobody wants to know any more
        pass


if __name__ == "__main__":
    main()
