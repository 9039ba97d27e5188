"""The workers of a scan meet before TensorFlow connects them: who is missing, and for how long.

TensorFlow's own call waits for an hour without a word, and no signal ends it. So each worker tells
the chief that it is there, on the port that TensorFlow will use afterwards, and the chief tells
them to go on when all are.
"""

from __future__ import annotations

import hashlib
import os
import select
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress

from ..errors import UserError

PATIENCE = 300.0  # seconds that a worker waits for the others by default
AT_ONCE = 2.0  # seconds: workers that are started together are there by then
STEP = 0.5  # seconds between two looks
ANSWER = 2.0  # seconds that a connection has to say who it is
SHOWN = 5  # addresses in a line
LINE = 4096  # bytes that are read of a line

GO, WAIT, LATE = "go", "wait", "late"


def meet(addresses: Sequence[str], rank: int, seconds: float, say: Callable[[str], None]) -> None:
    """Returns when all workers are there.

    addresses: "host:port" of all workers, by rank, the chief's first; say: prints a line, once,
    that says for whom it waits. Raises UserError where one is not there in time, or where this
    worker's own port is taken.
    """
    deadline = time.monotonic() + seconds
    with closing(listener(addresses[rank])) as door:
        if rank == 0:
            meet_as_chief(door, addresses, deadline, seconds, say)
    if rank:
        meet_as_worker(addresses, rank, deadline, seconds, say)


def listener(address: str) -> socket.socket:
    """A socket that listens on an address's port; raises UserError where that is taken."""
    port = port_of(address)
    try:
        if socket.has_dualstack_ipv6():
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
        return socket.create_server(("", port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise UserError(
            f"this worker cannot listen on {address}: port {port}: {reason}; give it another port, "
            f"or end what uses this one"
        ) from None


def port_of(address: str) -> int:
    port = address.rpartition(":")[2]
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 1 << 16):
        raise UserError(f"{address} is not the address of a worker, such as node1:2222")
    return int(port)


def greeting(addresses: Sequence[str], rank: int) -> str:
    """What a worker says; another scan's workers say something else."""
    digest = hashlib.sha256("\n".join(addresses).encode()).hexdigest()[:16]
    return f"tfdeconv {digest} {rank}"


def meet_as_chief(
    door: socket.socket,
    addresses: Sequence[str],
    deadline: float,
    seconds: float,
    say: Callable[[str], None],
) -> None:
    """Lets the workers in, and tells all of them to go on when the last one is there."""
    greetings = {greeting(addresses, rank): rank for rank in range(1, len(addresses))}
    present: dict[int, socket.socket] = {}
    told_at = time.monotonic() + AT_ONCE
    told = False
    try:
        while len(present) < len(greetings):
            ready, _, _ = select.select([door, *present.values()], [], [], STEP)
            for rank, connection in list(present.items()):
                if connection in ready:  # it says nothing more: it has gone
                    present.pop(rank).close()
            if door in ready:
                connection, _ = door.accept()
                rank = greetings.get(heard(connection), 0)
                if rank:
                    present[rank] = connection
                else:
                    connection.close()
            missing = [addresses[rank] for rank in greetings.values() if rank not in present]
            if missing and time.monotonic() >= deadline:
                tell(present.values(), f"{LATE} {listed(missing)}")
                raise too_late(listed(missing), seconds)
            if missing and not told and time.monotonic() >= told_at:
                told = True
                say(waiting(listed(missing), seconds))
                tell(present.values(), f"{WAIT} {listed(missing)}")
        tell(present.values(), GO)
    finally:
        for connection in present.values():
            connection.close()


def meet_as_worker(
    addresses: Sequence[str], rank: int, deadline: float, seconds: float, say: Callable[[str], None]
) -> None:
    """Tells the chief that this worker is there, until the chief says to go on."""
    host, _, port = addresses[0].rpartition(":")
    told_at = time.monotonic() + AT_ONCE
    told = False
    while time.monotonic() < deadline:
        with suppress(OSError):
            chief = (host.strip("[]"), int(port))
            with socket.create_connection(chief, ANSWER) as connection:
                connection.sendall(f"{greeting(addresses, rank)}\n".encode())
                # the chief knows who is missing, and says so when its time is up
                while answer := heard(connection, deadline - time.monotonic() + ANSWER):
                    word, _, names = answer.partition(" ")
                    if word == GO:
                        return
                    if word == LATE:
                        raise too_late(names, seconds)
                    if word == WAIT and not told:
                        told = True
                        say(waiting(names, seconds))
        if not told and time.monotonic() >= told_at:
            told = True
            say(waiting(addresses[0], seconds))
        time.sleep(STEP)
    raise too_late(addresses[0], seconds)


def heard(connection: socket.socket, seconds: float = ANSWER) -> str:
    """The next line that a connection says, or "" where it says nothing that can be one."""
    line = b""
    connection.settimeout(seconds)
    with suppress(OSError, UnicodeDecodeError):
        while not line.endswith(b"\n"):
            byte = connection.recv(1)
            if not byte or len(line) >= LINE:
                return ""
            line += byte
        return line.decode().strip()
    return ""


def tell(connections: Iterable[socket.socket], line: str) -> None:
    for connection in connections:
        with suppress(OSError):
            connection.sendall(f"{line}\n".encode())


def waiting(names: str, seconds: float) -> str:
    return f"waiting for {names}, at most {seconds:g} s (--wait)"


def too_late(names: str, seconds: float) -> UserError:
    return UserError(
        f"{names} did not join within {seconds:g} s: start the same command there, or wait longer "
        f"(--wait SECONDS)"
    )


def listed(addresses: Sequence[str]) -> str:
    """The addresses in a line; many are counted."""
    text = ", ".join(addresses[:SHOWN])
    if len(addresses) > SHOWN:
        text += f" and {len(addresses) - SHOWN} more"
    return text
