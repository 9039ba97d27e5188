"""What all kinds of operations share."""

from __future__ import annotations

from dataclasses import dataclass


class Kind:
    """What an operation does; a subclass for each."""


@dataclass(frozen=True)
class Unknown(Kind):
    """What is not understood. reason: a clause that follows its name, "its operator is ..."."""

    reason: str
