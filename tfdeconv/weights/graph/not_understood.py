"""What a reader says of an operation that it does not understand."""

from __future__ import annotations


class NotUnderstood(Exception):
    """Why a layer is left out, as a clause that follows its name: "its class is ..."."""


# what inputs and attributes that do not fit each other come to, wherever they are used
MISTAKES = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RecursionError,
)


def misfit_of(error: Exception) -> NotUnderstood:
    """What is said of such a mistake."""
    return NotUnderstood(f"its inputs do not fit together ({str(error)[:80]!r})")
