"""The one kind of error that a user can put right, and how errors are put into one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SHOWN = 40  # names listed in an error
LINE = 200  # characters of what else went wrong


class UserError(ValueError):
    """A mistake in what was asked for or given.

    Its message is one line: what is wrong, what was found, what is expected, what to do.
    """


def unknown(what: str, name: str, names: Iterable[str]) -> UserError:
    """The error that a name is not among the known ones: it offers the nearest and lists them.

    what: how the sentence begins.

    >>> raise unknown("there is no rule", "guide", ["guided"])
    Traceback (most recent call last):
    tfdeconv.errors.UserError: there is no rule 'guide'. Did you mean 'guided'? There are: guided
    """
    known = list(names)
    hint = ""
    nearest = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    if nearest:
        hint = f" Did you mean {nearest[0]!r}?"
    listed = ", ".join(known[:SHOWN])
    if len(known) > SHOWN:
        listed += f", ... ({len(known) - SHOWN} more)"
    return UserError(f"{what} {str(name)!r}.{hint} There are: {listed}")


def printable(name: str | bytes) -> str:
    """A name in one line, whatever is in it: escaped if it cannot be printed as it is."""
    text = name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
    return text if text.isprintable() else ascii(text)[1:-1]


def one_line(error: BaseException, limit: int = LINE) -> str:
    """What an error says, in one line of at most `limit` characters.

    Of an error of the system, what went wrong without number and path; of one that says nothing,
    the name of its class.
    """
    message: object = getattr(error, "strerror", None) or error
    # str() would put a key into quotes
    if isinstance(error, KeyError) and error.args:
        message = error.args[0]
    words = " ".join(str(message).split())
    return printable(words or type(error).__name__)[:limit]
