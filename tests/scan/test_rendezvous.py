"""Workers meet before TensorFlow connects them: who is missing is said, nobody waits for ever."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from runs import free_ports

from tfdeconv.errors import UserError
from tfdeconv.scan import rendezvous
from tfdeconv.scan.rendezvous import meet


def addresses_of(count: int) -> list[str]:
    return [f"localhost:{port}" for port in free_ports(count)]


def silent(line: str) -> None:
    pass


def listens(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("localhost", port)) == 0


def test_all_workers_meet_in_any_order(monkeypatch):
    monkeypatch.setattr(rendezvous, "STEP", 0.02)
    addresses = addresses_of(4)
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(meet, addresses, rank, 20, silent) for rank in (2, 0, 3, 1)]
        assert [each.result(timeout=20) for each in found] == [None] * 4
    # the port is free for TensorFlow at once
    rendezvous.listener(addresses[0]).close()


def test_missing_worker_is_named_to_all(monkeypatch):
    monkeypatch.setattr(rendezvous, "STEP", 0.02)
    monkeypatch.setattr(rendezvous, "AT_ONCE", 0.05)
    addresses = addresses_of(3)
    said: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(meet, addresses, rank, 0.7, said.append) for rank in (0, 1)]
        for each in found:
            with pytest.raises(UserError, match=f"{addresses[2]} did not join within 0.7 s"):
                each.result(timeout=20)
    assert any(f"waiting for {addresses[2]}, at most 0.7 s" in line for line in said)
    with pytest.raises(UserError, match=f"{addresses[0]} did not join"):
        meet(addresses, 1, 0.1, silent)


def test_strangers_and_gone_workers_do_not_count(monkeypatch):
    monkeypatch.setattr(rendezvous, "STEP", 0.02)
    monkeypatch.setattr(rendezvous, "ANSWER", 0.2)
    addresses = addresses_of(3)
    port = int(addresses[0].rpartition(":")[2])
    with ThreadPoolExecutor(2) as pool:
        chief = pool.submit(meet, addresses, 0, 3, silent)
        lines = [b"", b"\xff\n", b"GET / HTTP/1.1\r\n", b"x" * 5000]
        lines.append(rendezvous.greeting(["of:1", "others:2"], 1).encode() + b"\n")
        lines.append(rendezvous.greeting(addresses, 1).encode() + b"\n")
        while not listens(port):
            time.sleep(0.02)
        for line in lines:
            with socket.create_connection(("localhost", port), 5) as connection:
                connection.sendall(line)  # and leaves
        pool.submit(meet, addresses, 2, 3, silent)
        with pytest.raises(UserError, match=f"^{addresses[1]} did not join"):
            chief.result(timeout=20)


def test_taken_port_is_named():
    (address,) = addresses_of(1)
    with socket.socket() as taken:
        taken.bind(("", int(address.rpartition(":")[2])))
        taken.listen()
        port = address.rpartition(":")[2]
        with pytest.raises(UserError, match=f"port {port}: Address already in use; give it"):
            meet([address, "localhost:1"], 0, 1, silent)


@pytest.mark.parametrize("address", ["a", "a:b", "a:0", "a:65536", "a:²"])
def test_odd_addresses_are_refused(address):
    with pytest.raises(UserError, match="is not the address of a worker"):
        meet(["localhost:1", address], 1, 1, silent)
