"""Notes on a file: how it was recognised, what was assumed, and which are told."""

from __future__ import annotations

from collections.abc import Sequence


class PixelNote(str):
    """A note on what pixels are assumed to become: whoever says it with --preprocess knows."""


class PartNote(str):
    """A note on how much of a file's model is understood, where that is not all of it."""


def notes_to_tell(notes: Sequence[str], preprocessing_known: bool) -> list[str]:
    """Of a file's notes what part of it is understood, and what was assumed.

    On the pixels only where nobody says what is right.
    """
    told: list[str] = []
    for note in notes:
        is_known = preprocessing_known and isinstance(note, PixelNote)
        if isinstance(note, PartNote) or ("assumed" in note and not is_known):
            told.append(note)
    return told
