"""What a reader says of an operation that it does not understand."""

from __future__ import annotations


class NotUnderstood(Exception):
    """Why a layer is left out, as a clause that follows its name: "its class is ..."."""
