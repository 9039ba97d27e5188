"""Memory: what would not fit is refused before it is taken."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import UserError

COMPUTER = "this machine"
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def refuse_beyond_memory(needed: int, what: str, remedy: str) -> None:
    """Raises UserError where something needs more bytes than there are, before they are taken."""
    refuse_beyond(needed, memory(), COMPUTER, what, remedy)


def refuse_beyond(needed: int, available: float, owner: str, what: str, remedy: str) -> None:
    """Raises UserError where more bytes are needed than the owner of the memory has."""
    if needed > available:
        raise UserError(
            f"{what} would need {needed / 1e9:.1f} GB of memory, {owner} has "
            f"{available / 1e9:.1f}: {remedy}"
        )


def memory() -> float:
    """Bytes of memory that this machine has, or that this container may use.

    Infinite where neither is known.
    """
    try:
        installed: float = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        installed = float("inf")
    try:
        limit = int(CGROUP_LIMIT.read_text())
    except (OSError, ValueError):
        # no such file, or no limit ("max")
        return installed
    return min(installed, limit)
