"""explore.py: prints an address, serves it, and ends when it is told to."""

from __future__ import annotations

import os
import re
import signal
import socket
import urllib.request
from unittest.mock import Mock

import drawn_runs
import pytest

from tfdeconv.cli import console, explore
from tfdeconv.explorer.server import Server
from tfdeconv.explorer.turns import Closed, Turns


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return drawn_runs.save_plain_run(tmp_path_factory.mktemp("weights")) / "w.h5"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it(weights, capfd, monkeypatch, number, status):
    told = iter([True])

    def when_it_serves(server: Server) -> None:
        if next(told, False):
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Server, "service_actions", when_it_serves)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        console.call(explore.main, ["--weights", str(weights)])
    output, errors = capfd.readouterr()
    assert ended.value.code == status and signal.getsignal(signal.SIGTERM) == before
    address = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=[\w-]{43}\n", output)
    assert address and len(errors.splitlines()) <= 1
    with pytest.raises(OSError):
        urllib.request.urlopen(output.strip(), timeout=5)


@pytest.mark.parametrize(("reason", "status"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)])
def test_a_long_computation_is_left_alone(capfd, monkeypatch, reason, status):
    left = Mock(side_effect=SystemExit)
    monkeypatch.setattr(os, "_exit", left)
    monkeypatch.setattr(signal, "signal", Mock())
    server = Mock(**{"serve_forever.side_effect": reason, "close.return_value": False})
    with pytest.raises((SystemExit, KeyboardInterrupt)):
        explore.serve(server)
    left.assert_called_once_with(status)
    assert capfd.readouterr().err.endswith(": ended in the middle of a computation\n")


def test_a_port_in_use_is_one_line(weights):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f"--port {port} is in use: give another one"):
            explore.main(["--weights", str(weights), "--port", str(port)])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--port", "70000"], "'70000' is not a port"),
        (["images"], "photos are chosen on the page"),
        (["--run", "r.h5", "--resize", "crop"], "--resize: with --run"),
    ],
)
def test_wrong_options_are_one_line(capfd, arguments, error):
    with pytest.raises(SystemExit) as ended:
        explore.main(arguments)
    lines = capfd.readouterr().err.splitlines()
    assert ended.value.code == 2 and len(lines) == 1 and error in lines[0]


def test_no_turn_is_given_at_the_end():
    turns = Turns()
    with turns.turn("a"):
        assert not turns.close(0.01)
    assert turns.close(0.01)
    with pytest.raises(Closed), turns.turn("a"):
        pass
