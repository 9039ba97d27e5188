"""The project's own weight file: HDF5 with all that is needed to use the weights.

Each parameter is a dataset /layer/parameter, float16 or float32; in the names of layers all but
letters, digits and _.-~ is percent-encoded. Attributes of the root:

    format, version, made_by
    network, channels, classes
    order, mean, scale, size, resize      how pixels become the input (data/preprocessing.py)
    source, licence
    sha256                                the root digest
    notes                                 what was assumed when it was made: a JSON list of texts;
                                          left out where nothing was
    labels                                the names of its classes: a JSON list; left out where it
                                          has none, or more than an attribute holds

A dataset's attribute sha256 is that of its bytes (C order, little-endian, as stored). The root
digest is the sha256 of the lines `name dtype shape sha256` of all parameters, sorted.

Version 1 holds a built-in network. Version 2 has one dataset more, the network's description in
JSON, which is in no line of the root digest. Two files have the same contents where both digests,
the root's and the description's, are the same (contents_digest).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from ..errors import printable

VERSION = 2  # the newest that this program reads
NOTES = "notes"
LABELS = "labels"
LABELS_LENGTH = 60_000  # bytes: HDF5's attributes have at most 64 KB
SHOWN_NOTES = 20  # that are kept
NOTE_LENGTH = 1000  # characters
DESCRIPTION = "@network"  # no layer's name: an @ in those is encoded


def digest_line(name: str, dtype: str, shape: tuple[int, ...], digest: str) -> str:
    """A dataset's line of the root digest: `conv1/kernel f4 11x11x3x96 0f3a...`."""
    sides = "x".join(map(str, shape))
    return f"{name} {dtype[1:]} {sides} {digest}"


def root_digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def contents_digest(root: str, description: str) -> str:
    """The digest of a file's weights and of its network's description; "": it has none."""
    if not description:
        return root
    return hashlib.sha256(f"{root} {description}".encode()).hexdigest()


def pack_notes(notes: Sequence[str]) -> str:
    """Notes as the attribute has them."""
    return json.dumps([note[:NOTE_LENGTH] for note in notes[:SHOWN_NOTES]])


def pack_labels(names: Sequence[str]) -> str:
    """Names of classes as the attribute has them; "" for more than it holds."""
    text = json.dumps(names)
    return text if len(text) <= LABELS_LENGTH else ""


def unpack_notes(text: str) -> list[str]:
    """The notes in an attribute; none where it is damaged."""
    try:
        notes = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(notes, list):
        return []
    return [printable(str(note))[:NOTE_LENGTH] for note in notes[:SHOWN_NOTES]]
