"""Lists of images in which archives stand for the images that they hold."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from .archives import Archives, is_archive
from .folders import Folder


@dataclass
class Expansion:
    """Names of images and their labels, relative to a directory; notes: on what was left out."""

    names: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, archives: Archives, path: str, prefix: str, label: str = "") -> None:
        """The images of an archive, with its own labels or else that one; may raise UserError."""
        archive = archives.archive(path)
        self.names += [prefix + name for name in archive.names]
        own_labels = archive.take_labels() or [""] * len(archive.names)
        self.labels += [own_label or label for own_label in own_labels]
        self.notes += archive.notes


def images_of_list(
    root: str, names: Sequence[str], labels: Sequence[str], archives: Archives
) -> Expansion:
    """The images of a list, whose names are relative to a directory.

    Raises UserError where an archive cannot be read.
    """
    if not any(map(is_archive, names)):
        return Expansion(list(names), list(labels))
    found = Expansion()
    for number, name in enumerate(names):
        label = labels[number] if labels else ""
        path = os.path.join(root, name)
        if is_archive(name) and os.path.isfile(path):
            found.add(archives, path, f"{name}/", label)
        else:
            found.names.append(name)
            found.labels.append(label)
    return found


def images_of_folder(folder: Folder, archives: Archives) -> Expansion:
    """The images of a directory, or those of its archives if it has none beside them.

    Who unpacked an archive often keeps it beside the images: they would be scanned twice. Raises
    UserError where an archive cannot be read.
    """
    if folder.names:
        if folder.archives:
            folder.beside_images = folder.archives
        return Expansion(folder.names, notes=list(folder.notes))
    found = Expansion(notes=list(folder.notes))
    for name in sorted(folder.archives, key=os.fsencode):
        found.add(archives, os.path.join(folder.root, name), f"{name}/")
    return found


def images_of_archive(path: str, archives: Archives) -> Expansion:
    """The images of one archive, by their own names; raises UserError where it cannot be read."""
    found = Expansion()
    found.add(archives, path, "")
    return found
