"""One computation at a time, and of those that wait the newest of each kind.

A hand that drags along a map asks faster than a network answers. What it has passed by is not
computed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class Superseded(Exception):
    """Somebody asked for a newer one of the same kind before this one had its turn."""


class Closed(Exception):
    """The program ends: there are no turns any more."""


class Turns:
    """Gives turns to threads."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.busy = False
        self.closed = False
        self.newest: dict[Hashable, object] = {}  # of each kind, the one that waits

    @contextmanager
    def turn(self, kind: Hashable) -> Iterator[None]:
        """Waits until nothing else is computed.

        Raises Superseded where a newer one of that kind has come meanwhile, and Closed at the end.
        """
        ticket = object()
        with self.changed:
            self.newest[kind] = ticket
            self.changed.notify_all()
            while self.busy and not self.closed and self.newest.get(kind) is ticket:
                self.changed.wait()
            if self.closed:
                raise Closed
            if self.newest.get(kind) is not ticket:
                raise Superseded
            del self.newest[kind]
            self.busy = True
        try:
            yield
        finally:
            with self.changed:
                self.busy = False
                self.changed.notify_all()

    def close(self, seconds: float) -> bool:
        """Gives no more turns; waits so long for the computation that runs, if one does.

        Returns whether none runs.
        """
        end = time.monotonic() + seconds
        with self.changed:
            self.closed = True
            self.changed.notify_all()
            while self.busy and time.monotonic() < end:
                self.changed.wait(end - time.monotonic())
            return not self.busy
