"""Errors in one line, and memory that is refused before it is taken."""

from __future__ import annotations

import errno

import pytest

from tfdeconv import memory
from tfdeconv.errors import UserError, one_line, printable, unknown


@pytest.mark.parametrize(
    "error, line",
    [
        (ValueError("two\n  lines"), "two lines"),
        (KeyError("name"), "name"),
        (KeyError(), "KeyError"),
        (OSError(errno.ENOENT, "No such file", "/x"), "No such file"),
        (OSError("plain"), "plain"),
        (EOFError(), "EOFError"),
        (ValueError("a\x1bb"), "a\\x1bb"),
        (ValueError("x" * 300), "x" * 200),
    ],
)
def test_an_error_is_one_line(error, line):
    assert one_line(error) == line


def test_a_longer_line_may_be_asked_for():
    assert one_line(ValueError("x" * 300), 250) == "x" * 250


@pytest.mark.parametrize(
    "name, text", [("é", "é"), ("a\nb", "a\\nb"), (b"\xc3\xa9", "é"), (b"\xff", "\\udcff")]
)
def test_names_are_printable(name, text):
    assert printable(name) == text


def test_an_unknown_name_offers_the_nearest():
    error = unknown("there is no rule", "gradients", ["gradient", "guided"])
    expected = "there is no rule 'gradients'. Did you mean 'gradient'? There are: gradient, guided"
    assert str(error) == expected
    many = [f"{i:03}" for i in range(42)]
    assert str(unknown("no", "x", many)).endswith("038, 039, ... (2 more)")


def test_more_memory_than_there_is_is_refused(tmp_path, monkeypatch):
    (tmp_path / "limit").write_text("2000000000\n")
    monkeypatch.setattr(memory, "CGROUP_LIMIT", tmp_path / "limit")
    memory.refuse_beyond_memory(2_000_000_000, "it", "ask for less")
    reason = "^it would need 2.1 GB of memory, this machine has 2.0: ask for less$"
    with pytest.raises(UserError, match=reason):
        memory.refuse_beyond_memory(2_100_000_000, "it", "ask for less")
    (tmp_path / "limit").write_text("max\n")
    assert memory.memory() > 2_000_000_000
