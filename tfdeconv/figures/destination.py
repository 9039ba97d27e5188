"""Where pictures go: what a directory and a file that is named have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from .recipe import Recipe
from .tables import Table

# number, how many there are, what is on it
Page = tuple[int, int, Image.Image]


class Destination(ABC):
    """Saves pictures whole or not at all, and replaces none but their own former versions.

    To be closed, or used in a `with` block.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pages = 0  # that were saved

    def refuse_many(self, count: int) -> None:
        """Raises UserError where there is no room for so many pictures."""

    @abstractmethod
    def save(
        self,
        recipe: Recipe,
        stem: str,
        pages: Iterable[Page],
        results: Mapping[str, str],
        arrays: Mapping[str, Any] | None = None,
        tables: Mapping[str, Table] | None = None,
    ) -> Iterator[Path]:
        """Saves a picture's pages, arrays as an .npz, and tables as CSV.

        Yields the paths of pages on the disk, and then those of tables. stem: what the name begins
        with, where the picture has a name of its own; results: what its text says besides the
        recipe; tables: by what their names have behind the picture's ("" for one alone). Folders
        are made with the first page. Raises UserError where it cannot be written.
        """

    def tile_folder(self, recipe: Recipe, stem: str) -> Path:
        """Where the tiles of a picture go that is one of several."""
        return self.folder / f"{stem}-{recipe.digest}-tiles"

    @property
    def folder(self) -> Path:
        """What is beside the pictures goes there."""
        return self.path.parent

    def finish(self) -> Iterator[Path]:
        """Writes what had to wait for the last picture; yields its path."""
        yield from ()

    def close(self) -> None:
        """Lets go of what was not written."""

    def __enter__(self) -> Destination:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
