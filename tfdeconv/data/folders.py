"""The images below a directory: one list for photos that are drawn and for scans."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import UserError
from .picture_text import text_of_arrays

# what is an image in a directory
PHOTO_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k"),
    *(".png", ".gif", ".webp", ".avif"),
    *(".bmp", ".dib", ".ico", ".tif", ".tiff", ".tga", ".pcx"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
SUFFIXES = (*PHOTO_SUFFIXES, ".npy", ".npz")
# what has images as members, see archives.py
ARCHIVE_SUFFIXES = (".tar", ".zip")
# what the beginning of a picture of this program's has; other programs write it as tEXt
DRAWN = (b"iTXtSoftware\0\0\0\0\0tfdeconv", b"tEXtSoftware\0tfdeconv")
# bytes that are looked at: a colour profile may stand in front
DRAWN_WITHIN = 4096
# the maxima beside a run, and the numbers that they are
MAXIMA = ".maxima.npy"
MAXIMA_KIND = b"'descr': '<f2'"
SHOWN = 3  # names of what was left out

Identity = tuple[int, int]


@dataclass
class Folder:
    """What a directory tree has: names of images relative to it, bytewise sorted, and the rest.

    Links are followed, and each directory is listed once: under its own name if it has one in the
    tree. Hidden files and directories are left out, and so is what this program made of images.
    """

    root: str
    names: list[str] = field(default_factory=list)
    # what was left out, relative to the root: links that lead nowhere, links to what is listed
    # already, and what is neither a file nor a directory
    dangling: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    irregular: list[str] = field(default_factory=list)
    archives: list[str] = field(default_factory=list)
    # those of them that are not read
    beside_images: list[str] = field(default_factory=list)
    # what this program wrote
    own: list[str] = field(default_factory=list)
    # real paths of what is no part of it
    besides: set[str] = field(default_factory=set)

    def is_beside(self, entry: os.DirEntry[str]) -> bool:
        """Whether it is no part of the tree."""
        # real paths take a while, and most files have another name
        if not any(path.endswith(entry.name) for path in self.besides):
            return False
        return os.path.realpath(entry.path) in self.besides

    @property
    def notes(self) -> Iterator[str]:
        """What was left out and its owner may not expect to be."""
        kinds = {
            "broken links": self.dangling,
            "links to directories that are already listed": self.repeated,
            "neither files nor directories": self.irregular,
            "made by this program": self.own,
            "archives beside images (a list that names them has them read)": self.beside_images,
        }
        yield from left_out_notes(self.root, kinds)


def left_out_notes(root: str, kinds: Mapping[str, list[str]]) -> Iterator[str]:
    """What was left out of a directory or archive: names by the reason."""
    for kind, names in kinds.items():
        if names:
            more = ", ..." if len(names) > SHOWN else ""
            shown = ", ".join(sorted(names)[:SHOWN])
            yield f"{root}: {len(names)} left out, {kind}: {shown}{more}"


def images_below(root: str, besides: Sequence[str] = ()) -> Folder:
    """The images below a directory, without some files, of which nothing is said.

    Raises UserError for a directory that cannot be read.
    """
    found = Folder(root, besides={os.path.realpath(path) for path in besides})
    listed = ancestors(root)
    links = walk(found, "", listed)
    # after the directories that have a name of their own in the tree
    while links:
        link = links.pop(0)
        target = identity(os.path.join(root, link))
        if target in listed:
            found.repeated.append(link)
            continue
        listed.add(target)
        links += walk(found, link, listed)
    found.names.sort(key=os.fsencode)
    return found


def no_images(paths: str, notes: Iterable[str] = ()) -> UserError:
    """That there are none; notes: on what was left out."""
    left_out = "; ".join(notes)
    return UserError(f"{paths} has no images in it; {left_out or ', '.join(SUFFIXES)}")


def identity(path: str) -> Identity:
    """Device and number of a directory, which all its names have in common."""
    status = os.stat(path)
    return status.st_dev, status.st_ino


def ancestors(path: str) -> set[Identity]:
    """A directory, and those that contain it: a link to one of them leads round."""
    path = os.path.realpath(path)
    found = {identity(path)}
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        found.add(identity(path))
    return found


def walk(found: Folder, start: str, listed: set[Identity]) -> list[str]:
    """Adds the images of a directory of the tree and those below it.

    Returns the links to directories, sorted. The directories are added to `listed`.
    """
    links: list[str] = []
    folders = [start]
    while folders:
        folder = folders.pop()
        for entry in entries(os.path.join(found.root, folder)):
            name = os.path.join(folder, entry.name)
            kind = kind_of(entry)
            if kind == "link":
                links.append(name)
            elif kind == "directory":
                place = identity(entry.path)
                if place not in listed:
                    folders.append(name)
                listed.add(place)
            elif kind == "dangling":
                found.dangling.append(name)
            elif kind == "file" and has_suffix(entry.name, ARCHIVE_SUFFIXES):
                found.archives.append(name)
            elif has_suffix(entry.name, SUFFIXES):
                if kind == "irregular":
                    found.irregular.append(name)
                elif found.is_beside(entry):
                    continue
                elif is_own(entry.path):
                    found.own.append(name)
                else:
                    found.names.append(name)
    return sorted(links, key=os.fsencode)


def has_suffix(name: str, suffixes: Sequence[str]) -> bool:
    return os.path.splitext(name)[1].lower() in suffixes


def entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a directory and not hidden."""
    try:
        with os.scandir(folder) as scanned:
            return [entry for entry in scanned if not entry.name.startswith(".")]
    except OSError as error:
        name = folder.rstrip(os.sep) or folder
        raise UserError(f"{name} cannot be read: {error.strerror}") from None


def kind_of(entry: os.DirEntry[str]) -> str:
    """directory, link (to a directory), file (also behind a link), dangling or irregular."""
    try:
        if entry.is_dir():
            return "link" if entry.is_symlink() else "directory"
        if entry.is_file():
            return "file"
        entry.stat()
    except OSError:
        # it leads nowhere, or round
        return "dangling"
    return "irregular"


def is_own(path: str) -> bool:
    """Whether it is a picture of this program's, its arrays (--raw), or the maxima of a run."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".npz":
        return text_of_arrays(path).get("Software", "").startswith("tfdeconv")
    if suffix == ".png":
        beginning = beginning_of(path)
        return any(mark in beginning for mark in DRAWN)
    return path.endswith(MAXIMA) and MAXIMA_KIND in beginning_of(path)


def beginning_of(path: str) -> bytes:
    """A file's first bytes; none where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(DRAWN_WITHIN)
    except OSError:
        return b""
