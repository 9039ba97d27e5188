"""Memory: what would not fit is refused before it is taken."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import UserError


def refuse_beyond_memory(needed: int, what: str, remedy: str) -> None:
    """Raises UserError where something would need more bytes than there are, before they are taken."""
    if needed > memory():
        raise UserError(
            f"{what} would need {needed / 1e9:.1f} GB, and there are {memory() / 1e9:.1f}: {remedy}"
        )


def memory() -> float:
    """Bytes of memory that this machine has, or this container may use; infinite where neither says."""
    try:
        there: float = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        there = float("inf")
    try:
        return min(there, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no such limit, or `max`
        return there
