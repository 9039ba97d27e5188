"""The atlas's folder on the disk: each file, and each layer, is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..files import atomic_write, flush_to_disk, lock_of_folder, remove_leftovers, temporary_prefix

STATIC = Path(__file__).with_name("static")
PAGE = "index.html"
# before the names of folders that are not whole
HALF_MADE = ".half-"


@dataclass(frozen=True)
class AtlasFolder:
    """Where an atlas's files are."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def photos(self) -> Path:
        return self.path / "photos"

    @property
    def manifest(self) -> Path:
        return self.data / "atlas.json"

    def layer(self, number: int) -> Path:
        """The folder of a layer's files; its number, because a layer may have any name."""
        return self.data / f"{number:02d}"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Makes the folder, and keeps other processes from building in it meanwhile.

        Raises UserError where one does already.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"--out {self.path}: {error.strerror or error}") from None
        with lock_of_folder(self.path) as is_ours:
            if not is_ours:
                raise UserError(
                    f"--out {self.path}: another process is building this atlas: wait until it has "
                    "ended, or give another --out"
                )
            yield

    @property
    def is_new(self) -> bool:
        """Whether nothing is there yet, or nothing but what a process that began here left."""
        if not self.path.exists():
            return True
        if not self.path.is_dir():
            return False
        beginning = temporary_prefix(self.manifest.name)
        for path in self.path.rglob("*"):
            is_half_made = path.parent == self.data and path.name.startswith(beginning)
            if path != self.data and not is_half_made:
                return False
        return True

    def make(self, manifest: bytes) -> None:
        """Makes the folders, and removes what a killed process left half-made.

        manifest: what it says. It is there first: by it the folder is known as an atlas.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        self.write(self.manifest, manifest)
        for folder in (self.data, self.photos, self.path / "static"):
            folder.mkdir(exist_ok=True)
            # these folders are the atlas's alone
            for half_made in folder.glob(".*"):
                remove(half_made)
        remove_leftovers(self.path / PAGE)

    def clear(self, manifest: bytes) -> None:
        """Removes all layers and photos. manifest: what it says from now on, before they go."""
        self.make(manifest)
        for folder in (self.data, self.photos, self.path / "static"):
            for path in folder.iterdir():
                if path != self.manifest:
                    remove(path)

    def copy_pages(self) -> None:
        """Copies the pages' own files, of this version of the program."""
        for source in sorted(STATIC.glob("*.*")):
            name = PAGE if source.name == PAGE else f"static/{source.name}"
            self.write(self.path / name, source.read_bytes())

    def write(self, path: Path, content: bytes) -> None:
        """Writes a file, durably; one that has these bytes is left as it is."""
        if path.is_file() and path.read_bytes() == content:
            return
        with atomic_write(path, durable=True) as temporary:
            temporary.write_bytes(content)

    @contextmanager
    def new_layer(self, number: int) -> Iterator[Path]:
        """A folder to write a layer to; it gets its name when the block succeeds.

        Raises UserError where it cannot be written.
        """
        place = self.layer(number)
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"{HALF_MADE}{place.name}-", dir=self.data))
            try:
                yield folder
                umask = os.umask(0)
                os.umask(umask)
                os.chmod(folder, 0o777 & ~umask)
                for file in sorted(folder.iterdir()):
                    flush_to_disk(file)
                # of an atlas that was killed before its manifest knew of it
                remove(place)
                os.replace(folder, place)
                flush_folder(self.data)
            finally:
                tidy_up(folder)
        except OSError as error:
            raise UserError(f"cannot write {place}: {error.strerror or error}") from None


def tidy_up(folder: Path) -> None:
    """Removes a half-made folder if it is still there, as far as that can be done."""
    shutil.rmtree(folder, ignore_errors=True)


def remove(path: Path) -> None:
    """Removes a file, or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def flush_folder(folder: Path) -> None:
    """Puts on the disk which names a folder has, where the system can do that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
