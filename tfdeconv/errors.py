"""The one kind of error that a user can put right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST = 40  # names listed in an error


class UserError(ValueError):
    """A mistake in what was asked for or handed in: one line that says what was found, what is needed, what to do."""


def unknown(what: str, name: str, names: Iterable[str]) -> UserError:
    """`name` is none of `names`: says so, offers the nearest, and lists them."""
    names = list(names)
    near = difflib.get_close_matches(str(name), names, 1, 0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    more = f", ... ({len(names) - MOST} more)" if len(names) > MOST else ""
    return UserError(f"{what} {str(name)!r}.{hint} There are: {', '.join(names[:MOST])}{more}")


def printable(name: bytes) -> str:
    text = name.decode("utf-8", "surrogateescape")
    return text if text.isprintable() else ascii(text)[1:-1]


def one_line(error: BaseException) -> str:
    """What an error says, in one line."""
    told = (
        error.args[0] if isinstance(error, KeyError) and error.args else error
    )  # which would be in quotes
    said = " ".join(str(getattr(error, "strerror", None) or told).split()) or type(error).__name__
    return (said if said.isprintable() else ascii(said)[1:-1])[:200]
