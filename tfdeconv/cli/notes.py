"""Notes on what was assumed: said on stderr, once there is something to show that rests on it."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from . import console

if TYPE_CHECKING:
    from ..data.admission import Admission

# notes on single images that a scan of millions says; the others are counted
MOST = 5


class Notes:
    """Notes from any thread, each said once. Nothing is said before show().

    most: how many notes on single images are said; those on all of them always are.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.lock = Lock()
        self.waiting: list[str] = []
        self.told: set[str] = set()
        self.of_images = 0

    def tell(self, note: str) -> None:
        with self.lock:
            self.add(note)

    def tell_of_image(self, note: str) -> None:
        with self.lock:
            if note in self.told:
                return
            self.of_images += 1
            if self.most is None or self.of_images <= self.most:
                self.add(note)

    def add(self, note: str) -> None:
        if note not in self.told:
            self.told.add(note)
            self.waiting.append(note)

    def show(self) -> None:
        """Says what was told since the last time."""
        with self.lock:
            notes = self.waiting
            self.waiting = []
        for note in notes:
            console.complain(note)

    def count_others(self) -> None:
        """Says how many were too many to be said."""
        self.show()
        if self.most is not None and self.of_images > self.most:
            console.complain(f"{self.of_images - self.most} more images have notes like these")


def admission_of(preprocess: str | None, notes: Notes) -> Admission:
    """What lets images in: --preprocess none says that their values are the network's own."""
    from ..data.admission import Admission

    return Admission(notes.tell_of_image, as_they_are=preprocess == "none")
