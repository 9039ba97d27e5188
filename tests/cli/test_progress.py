"""How far a long task is: one line on a terminal, a line now and then elsewhere."""

import sys

import pytest

from tfdeconv.cli import console


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until the test moves it: clock[0] is its time in seconds."""
    now = [100.0]
    monkeypatch.setattr("tfdeconv.cli.console.time.monotonic", lambda: now[0])
    monkeypatch.setattr(sys, "argv", ["scan.py"])
    return now


def say_each_second(progress: console.Progress, clock: list[float], seconds: int) -> None:
    for second in range(1, seconds + 1):
        clock[0] += 1
        progress.say(f"{second} of {seconds}")
    progress.clear()


def test_lines_off_a_terminal_come_seldom(clock, capsys):
    say_each_second(console.Progress(), clock, 25)
    assert capsys.readouterr().err == "scan.py: 10 of 25\nscan.py: 20 of 25\n"

    say_each_second(console.Progress(every=30), clock, 61)
    assert capsys.readouterr().err == "scan.py: 30 of 61\nscan.py: 60 of 61\n"


def test_quick_tasks_say_nothing_off_a_terminal(clock, capsys):
    say_each_second(console.Progress(), clock, 9)
    assert capsys.readouterr().err == ""


def test_terminals_have_one_line(clock, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    say_each_second(console.Progress(), clock, 3)
    wiped = "\r\x1b[K"
    assert capsys.readouterr().err == f"{wiped}1 of 3{wiped}2 of 3{wiped}3 of 3{wiped}"


def test_lines_have_no_escape_codes(clock, capsys, monkeypatch):
    progress = console.Progress()
    clock[0] += 10
    progress.say("photo \x1b[31m\n.jpg")
    assert capsys.readouterr().err == "scan.py: photo ?[31m?.jpg\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    console.Progress(of="a\n: ").say("\x1b[31m.jpg")
    assert capsys.readouterr().err == "\r\x1b[Ka?: ?[31m.jpg"
