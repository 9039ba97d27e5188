"""Text that lies behind a model of TensorFlow Lite as a zip: the names of its classes."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ...limits import MAX_LABELS
from .. import zip_archive
from ..lazy_tensor import DAMAGE, mapped

# a list in a language of its own, such as labels_de.txt, is no other list of classes
NAMES = ("labels.txt", "labelmap.txt", "label_map.txt")


def find_labels(path: str | Path) -> str:
    """The text of the one list of labels; "" where there is none, or none that can be read.

    It is called as is usual, or is the only text there.
    """
    try:
        data = mapped(path)
        members = zip_archive.members_within(data)
        texts = [name for name in members if name.endswith(".txt")]
        usual = [name for name in texts if name in NAMES] or texts
        if len(usual) != 1 or members[usual[0]].file_size > MAX_LABELS:
            return ""
        return bytes(zip_archive.member(data, members[usual[0]])).decode("utf-8-sig")
    except (*DAMAGE, zipfile.BadZipFile, UnicodeDecodeError):
        return ""
