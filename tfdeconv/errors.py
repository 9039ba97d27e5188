"""The one kind of error that a user can put right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_NAMES = 40  # names listed in an error
MAX_LINE = 200  # characters


class UserError(ValueError):
    """A mistake in what was asked for or handed in: one line that says what was found, what is needed, what to do."""


def unknown(what: str, name: str, names: Iterable[str]) -> UserError:
    """`name` is none of `names`: says so, offers the nearest, and lists them."""
    names = list(names)
    near = difflib.get_close_matches(str(name), names, 1, 0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    more = f", ... ({len(names) - MAX_NAMES} more)" if len(names) > MAX_NAMES else ""
    return UserError(f"{what} {str(name)!r}.{hint} There are: {', '.join(names[:MAX_NAMES])}{more}")


def printable(name: str | bytes) -> str:
    """A name in one line, whatever it is: escaped where it has characters that cannot be printed."""
    text = name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
    return text if text.isprintable() else ascii(text)[1:-1]


def one_line(error: BaseException) -> str:
    """What an error says, in one line of at most 200 characters; the name of its class if nothing."""
    message: object = getattr(error, "strerror", None) or error
    # str() would put a key into quotes
    if isinstance(error, KeyError) and error.args:
        message = error.args[0]
    words = " ".join(str(message).split())
    return printable(words or type(error).__name__)[:MAX_LINE]
