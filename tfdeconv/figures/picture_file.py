"""A file that a person names for pictures: a PNG for one, a PDF for any number."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from ..data.images import text_of
from ..data.picture_text import text_of_arrays
from ..errors import UserError
from ..files import atomic_write, locked_folder
from . import pdf, png
from .destination import Destination, Page
from .picture_folder import make_folder, save_arrays, save_tables, write_arrays
from .recipe import Recipe
from .tables import Table, encoded_tables, is_another_table, paths_of, write_tables


class PngFile(Destination):
    """Saves one picture of one page under a given name."""

    def __init__(self, path: Path, overwrite: bool) -> None:
        """Raises UserError where there is a file that this program did not draw."""
        super().__init__(path)
        self.overwrite = overwrite
        if not overwrite and os.path.lexists(path) and not is_own(text_of(path)):
            raise another_file(path)

    def tile_folder(self, recipe: Recipe, stem: str) -> Path:
        return self.path.with_name(f"{self.path.stem}-tiles")

    def refuse_many(self, count: int) -> None:
        if count > 1:
            raise UserError(
                f"{self.path} has room for one picture, and this makes {count}: give a directory "
                f"as --out, or a .pdf"
            )

    def save(
        self,
        recipe: Recipe,
        stem: str,
        pages: Iterable[Page],
        results: Mapping[str, str],
        arrays: Mapping[str, Any] | None = None,
        tables: Mapping[str, Table] | None = None,
    ) -> Iterator[Path]:
        contents = encoded_tables(tables)
        written: list[Path] = []
        for _, count, picture in pages:
            self.refuse_many(count)
            text = recipe.text({**results, "page": "1 of 1"})
            encoded = png.encode(picture, text)
            make_folder(self.path.parent)
            with locked_folder(self.path.parent):
                beside = self.path.with_suffix(".npz")
                self.refuse_another(self.path, text_of, recipe)
                if arrays is not None:
                    self.refuse_another(beside, text_of_arrays, recipe)
                    write_arrays(beside, arrays, text)
                if not recipe.made(text_of(self.path)):
                    self.refuse_another_table(contents)
                written = write_tables(self.path.parent, self.path.stem, contents)
                with atomic_write(self.path) as temporary:
                    temporary.write_bytes(encoded)
            self.pages += 1
            yield self.path
        yield from written

    def refuse_another_table(self, tables: Mapping[str, bytes]) -> None:
        for path, content in paths_of(self.path.parent, self.path.stem, tables).items():
            if not self.overwrite and is_another_table(path, content):
                raise another_file(path)

    def refuse_another(self, path: Path, read_text, recipe: Recipe) -> None:
        if not self.overwrite and os.path.lexists(path) and not recipe.made(read_text(path)):
            raise another_file(path)


class PdfFile(Destination):
    """Saves all pictures as pages of one PDF, which is there once all are drawn."""

    def __init__(self, path: Path, overwrite: bool) -> None:
        """Raises UserError where there is a file that this program did not draw."""
        super().__init__(path)
        self.overwrite = overwrite
        self.recipes: list[Recipe] = []
        self.texts: list[dict[str, str]] = []
        if not overwrite and os.path.lexists(path) and not pdf.texts_of(path):
            raise another_file(path)
        # pages wait on the disk: there may be hundreds
        self.waiting = tempfile.TemporaryFile()
        self.document = pdf.Document(self.waiting)

    def save(
        self,
        recipe: Recipe,
        stem: str,
        pages: Iterable[Page],
        results: Mapping[str, str],
        arrays: Mapping[str, Any] | None = None,
        tables: Mapping[str, Table] | None = None,
    ) -> Iterator[Path]:
        """Adds a picture's pages; what is beside it goes beside the PDF, as in a directory."""
        texts: list[dict[str, str]] = []

        def pictures() -> Iterator[tuple[Image.Image, dict[str, str]]]:
            for number, count, picture in pages:
                texts.append(recipe.text({**results, "page": f"{number} of {count}"}))
                yield picture, {}

        # all pages of a picture, or none should one fail
        for encoded in list(png.encode_all(pictures())):
            self.document.add(encoded)
            self.pages += 1
        if arrays is not None:
            make_folder(self.path.parent)
            name = f"{stem}-{recipe.digest}.npz"
            save_arrays(self.path.with_name(name), arrays, recipe, texts[0])
        self.recipes.append(recipe)
        self.texts += texts
        contents = encoded_tables(tables)
        if contents:
            make_folder(self.path.parent)
            yield from self.save_tables(f"{stem}-{recipe.digest}", contents, recipe)

    def save_tables(self, name: str, tables: Mapping[str, bytes], recipe: Recipe) -> list[Path]:
        # those beside a PDF that has the same picture are this picture's former ones
        if any(recipe.made(text) for text in pdf.texts_of(self.path)):
            with locked_folder(self.path.parent):
                return write_tables(self.path.parent, name, tables)
        return save_tables(self.path.parent, name, tables, recipe)

    def finish(self) -> Iterator[Path]:
        """Writes the PDF, if it has a page; raises UserError where another's would be lost."""
        if not self.pages:
            return
        self.document.finish(self.path.stem, self.texts)
        make_folder(self.path.parent)
        with locked_folder(self.path.parent):
            if not self.overwrite and os.path.lexists(self.path) and self.would_lose_a_page():
                raise another_file(self.path)
            with atomic_write(self.path) as temporary, temporary.open("wb") as file:
                self.waiting.seek(0)
                shutil.copyfileobj(self.waiting, file)
        yield self.path

    def close(self) -> None:
        self.waiting.close()

    def would_lose_a_page(self) -> bool:
        """Whether the file has something that was not drawn again."""
        former = pdf.texts_of(self.path)
        for text in former:
            if not any(recipe.made(text) for recipe in self.recipes):
                return True
        return not former


def is_own(text: Mapping[str, str]) -> bool:
    """Whether a file with that text is this program's."""
    return text.get("Software", "").startswith("tfdeconv")


def another_file(path: Path) -> UserError:
    return UserError(
        f"{path} exists, and is not an earlier version of this picture: give another name as "
        f"--out, or --overwrite"
    )
