"""SIGTERM and SIGINT of a scan: it saves what it has, whatever it is busy with.

TensorFlow takes SIGTERM for itself where there are several workers, and Python's own handlers wait
until a call into TensorFlow returns, which a worker that waits for another may never see. So the
signals are blocked for the process's threads (which threads that are started later inherit), and
one thread of ours waits for them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Seconds that a scan has to save itself: shorter than the 30 after which Slurm and Kubernetes kill
GRACE = 20.0


class Interrupted(Exception):
    """A scan has stopped at a signal, and is saved."""

    def __init__(self, number: int, message: str):
        super().__init__(message)
        self.status = 128 + number  # as shells have it: 143 of SIGTERM, 130 of SIGINT


class Interruption:
    """Waits for signals, and ends a process that cannot stop by itself.

    say: prints a line. grace: seconds that a scan has to save itself.
    """

    def __init__(self, say: Callable[[str], None], grace: float = GRACE):
        self.say = say
        self.grace = grace
        self.number = 0  # of the signal that came; 0 before
        self.scanning = False
        self.ended = threading.Event()

    @contextmanager
    def watched(self) -> Iterator[Interruption]:
        """Takes the signals while the block runs. To be entered before TensorFlow is imported."""
        if not hasattr(signal, "sigwait") or threading.current_thread() != threading.main_thread():
            yield self  # Python's own handlers raise KeyboardInterrupt
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        thread = threading.Thread(target=self._watch, name="signals", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.ended.set()
            # it waits for a signal: one of its own ends that
            signal.pthread_kill(thread.ident or 0, signal.SIGINT)
            thread.join()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @contextmanager
    def saves_itself(self) -> Iterator[None]:
        """What the block does looks at `number` now and then, and saves and ends when it is set."""
        self.scanning = True
        try:
            yield
        finally:
            self.scanning = False

    def _watch(self) -> None:
        while not self.ended.is_set():
            number = signal.sigwait(SIGNALS)
            if self.ended.is_set():
                return
            impatient = self.number != 0
            self.number = number
            if impatient or not self.scanning:
                self._end("interrupted")
            timer = threading.Timer(self.grace, self._end, [f"interrupted: {NOT_SAVED}"])
            timer.daemon = True
            timer.start()

    def _end(self, message: str) -> None:
        """Ends the process at once, whatever its other threads do."""
        if self.ended.is_set():
            return
        self.say(message)
        sys.stdout.flush()
        os._exit(128 + self.number)


NOT_SAVED = (
    "the scan could not stop in time, as where another worker does not answer; run the same "
    "command again to continue from what was saved last"
)
