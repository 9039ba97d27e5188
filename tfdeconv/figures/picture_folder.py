"""A folder that pictures go to, where none takes the place of another one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..data.images import text_of
from ..data.picture_text import text_of_arrays
from ..errors import UserError
from ..files import atomic_write, locked_folder
from . import naming, png
from .destination import Destination, Page
from .recipe import Recipe
from .tables import Table, encoded_tables, is_another_table, paths_of, write_tables


class PictureFolder(Destination):
    """Saves pictures under names that their recipes decide.

    The picture that a recipe made before is replaced, whole or not at all. What else has that name
    stays, and the new picture gets a number.
    """

    @property
    def folder(self) -> Path:
        return self.path

    def save(
        self,
        recipe: Recipe,
        stem: str,
        pages: Iterable[Page],
        results: Mapping[str, str],
        arrays: Mapping[str, Any] | None = None,
        tables: Mapping[str, Table] | None = None,
    ) -> Iterator[Path]:
        names: list[str] = []
        contents = encoded_tables(tables)
        written: list[Path] = []

        def named_pages() -> Iterator[tuple[Image.Image, dict[str, str]]]:
            for number, count, picture in pages:
                text = recipe.text({**results, "page": f"{number} of {count}"})
                if number == 1:
                    make_folder(self.path)
                    suffixes = naming.page_suffixes(count)
                    name = f"{stem}-{recipe.digest}"
                    name = free_name(self.path, name, recipe, suffixes, contents)
                    names.extend(f"{name}{suffix}.png" for suffix in suffixes)
                    if arrays is not None:
                        save_arrays(self.path / f"{name}.npz", arrays, recipe, text)
                    written.extend(save_tables(self.path, name, contents, recipe, suffixes))
                yield picture, text

        for number, encoded in enumerate(png.encode_all(named_pages())):
            with free_path(self.path / names[number], recipe) as free:
                with atomic_write(free) as temporary:
                    temporary.write_bytes(encoded)
            self.pages += 1
            yield free
        yield from written


def make_folder(path: Path) -> None:
    """Makes the output folder; raises UserError if nothing can be written to it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write to {path}: {error.strerror}") from None
    if not os.access(path, os.W_OK):
        raise UserError(f"cannot write to {path}: permission denied")


def free_name(
    folder: Path,
    name: str,
    recipe: Recipe,
    suffixes: Sequence[str] = ("",),
    tables: Mapping[str, bytes] | None = None,
) -> str:
    """`name`, or `name-2`, `name-3`, ...: the first under which nothing else would be lost.

    suffixes: what follows the name in the files of several pages; tables: the bytes of those
    beside the picture, by what follows the name in their files.
    """
    number = 1
    candidate = name
    while is_taken(folder, candidate, recipe, suffixes, tables or {}):
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def is_taken(
    folder: Path, name: str, recipe: Recipe, suffixes: Sequence[str], tables: Mapping[str, bytes]
) -> bool:
    """Whether a file of that name is not of this recipe."""
    files = {folder / f"{name}.npz": text_of_arrays}
    for suffix in suffixes:
        files[folder / f"{name}{suffix}.png"] = text_of
    for path, read_text in files.items():
        # a link counts, whether what it leads to is there or not
        if os.path.lexists(path) and not recipe.made(read_text(path)):
            return True
    if recipe.made(text_of(folder / f"{name}{suffixes[0]}.png")):
        return False
    paths = paths_of(folder, name, tables)
    return any(is_another_table(path, content) for path, content in paths.items())


@contextmanager
def free_path(path: Path, recipe: Recipe) -> Iterator[Path]:
    """The path, or a free one like it, that no other process takes while the block writes to it.

    Another process may have written a picture since the name was chosen.
    """
    with locked_folder(path.parent):
        name = free_name(path.parent, path.name.removesuffix(path.suffix), recipe)
        yield path.with_name(name + path.suffix)


def save_arrays(
    path: Path, arrays: Mapping[str, Any], recipe: Recipe, text: Mapping[str, str]
) -> None:
    """Saves arrays as an .npz of that or a free name, with the picture's text under `text`."""
    with free_path(path, recipe) as free:
        write_arrays(free, arrays, text)


def write_arrays(path: Path, arrays: Mapping[str, Any], text: Mapping[str, str]) -> None:
    with atomic_write(path) as temporary:
        np.savez_compressed(temporary, **arrays, text=json.dumps(text))


def save_tables(
    folder: Path,
    name: str,
    tables: Mapping[str, bytes],
    recipe: Recipe,
    suffixes: Sequence[str] = ("",),
) -> list[Path]:
    """Saves tables under that or a free name; returns their paths. suffixes: of the pages."""
    if not tables:
        return []
    with locked_folder(folder):
        return write_tables(folder, free_name(folder, name, recipe, suffixes, tables), tables)
