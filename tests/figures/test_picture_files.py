"""Files that are named for pictures: PNGs and PDFs, and what they may replace."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, PdfParser

from tfdeconv.cli.output import destination_of
from tfdeconv.data.images import text_of
from tfdeconv.errors import UserError
from tfdeconv.figures import pdf, png
from tfdeconv.figures.recipe import Recipe
from tfdeconv.formats.zip_archive import members

SIZE = (40, 31)  # width, height
ARRAYS = {"v": np.zeros(2)}


def recipe_of(layer: str) -> Recipe:
    return Recipe("visualise.py", {"layers": (layer,)}, {"image": "a (1)\\.png"})


def save(path, layers, arrays=None, pages=1, overwrite=False):
    """Saves a picture of each layer; returns the paths that are told of."""
    paths = []
    with destination_of(path, overwrite) as destination:
        for layer in layers:
            drawn = [(number, pages, picture(number)) for number in range(1, pages + 1)]
            paths += destination.save(recipe_of(layer), layer, drawn, {}, arrays)
        return paths + list(destination.finish())


def picture(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
    return Image.fromarray(pixels)


def refused(words: str, *arguments, **options):
    with pytest.raises(UserError, match=words) as error:
        save(*arguments, **options)
    assert "\n" not in str(error.value)


def test_a_png_is_replaced_by_its_own_picture(tmp_path):
    path = tmp_path / "new" / "fig.png"
    assert save(path, ["a"], ARRAYS) == save(path, ["a"], ARRAYS) == [path]
    assert recipe_of("a").made(text_of(path))
    before = path.read_bytes()
    refused("fig.png exists, and is not an earlier version.*--overwrite", path, ["b"])
    assert path.read_bytes() == before
    assert save(path, ["b"], overwrite=True) == [path] and text_of(path)["layer"] == "b"
    # the arrays beside it are still the other picture's
    refused("fig.npz exists", path, ["b"], ARRAYS)
    assert len(list(path.parent.iterdir())) == 2


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".PDF"])
def test_foreign_files_stay_unless_told_otherwise(tmp_path, suffix):
    path = tmp_path / f"fig{suffix}"
    path.write_bytes(b"mine")
    refused(f"fig{suffix} exists", path, [])  # before anything is drawn
    assert path.read_bytes() == b"mine"
    assert save(path, ["a"], overwrite=True) == save(path, ["a"]) == [path]


def test_a_png_has_room_for_one_picture(tmp_path):
    refused(
        "fig.png has room for one picture, and this makes 2", tmp_path / "fig.png", "a", pages=2
    )
    with (
        pytest.raises(UserError, match="makes 3"),
        destination_of(tmp_path / "fig.png", False) as destination,
    ):
        destination.refuse_many(3)
    assert not list(tmp_path.iterdir())


def test_a_pdf_shows_every_pixel(tmp_path):
    path = tmp_path / "fig.pdf"
    assert save(path, ["a", "b"], ARRAYS, pages=2) == [path]
    with PdfParser.PdfParser(path) as parsed:
        assert len(parsed.pages) == 4
        assert parsed.info.Producer.startswith("tfdeconv") and parsed.info.Title == "fig"
        for number, reference in enumerate(parsed.pages):
            page = parsed.read_indirect(reference)
            assert page[b"MediaBox"] == [0, 0, SIZE[0] / 2, SIZE[1] / 2]
            image = parsed.read_indirect(page[b"Resources"][b"XObject"][b"Picture"])
            shown = as_png(image.buf[: image.dictionary[b"Length"]])
            np.testing.assert_array_equal(Image.open(shown), picture(number % 2 + 1))
    texts = pdf.texts_of(path)
    assert [text["page"] for text in texts] == 2 * ["1 of 2", "2 of 2"]
    assert [recipe_of("a").made(text) for text in texts] == [True, True, False, False]
    names = sorted(other.name for other in tmp_path.glob("*.npz"))
    assert names == [f"{layer}-{recipe_of(layer).digest}.npz" for layer in "ab"]
    assert "v.npy" in members(tmp_path / names[0])


def as_png(pixels: bytes) -> io.BytesIO:
    """A PNG of compressed and filtered pixels, which is what an image in the PDF has."""
    encoded = png.encode(picture(0), {})
    start = encoded.index(b"IDAT") - 4
    length = len(pixels).to_bytes(4, "big")
    # Pillow does not look at the checksum of pixels
    return io.BytesIO(encoded[:start] + length + b"IDAT" + pixels + bytes(4))


def test_a_pdf_loses_no_page_of_another_command(tmp_path):
    path = tmp_path / "fig.pdf"
    save(path, ["a", "b"])
    before = path.read_bytes()
    assert save(path, ["b", "a"]) == [path] and len(pdf.texts_of(path)) == 2
    for others in (["a"], ["a", "c"]):
        refused("fig.pdf exists", path, others)
    assert save(path, ["a", "b"]) == [path] and path.read_bytes() == before
    assert save(path, ["c", "a", "b"]) == [path] and len(pdf.texts_of(path)) == 3


def test_a_picture_that_fails_leaves_no_page(tmp_path):
    def failing():
        yield 1, 2, picture(1)
        raise UserError("there is no second page")

    with destination_of(tmp_path / "fig.pdf", False) as destination:
        with pytest.raises(UserError, match="no second page"):
            list(destination.save(recipe_of("a"), "a", failing(), {}))
        list(destination.save(recipe_of("b"), "b", [(1, 1, picture(2))], {}))
        list(destination.finish())
    assert [text["layer"] for text in pdf.texts_of(tmp_path / "fig.pdf")] == ["b"]
    with PdfParser.PdfParser(tmp_path / "fig.pdf") as parsed:
        assert len(parsed.pages) == 1


def test_nothing_drawn_is_no_pdf(tmp_path):
    assert save(tmp_path / "fig.pdf", []) == [] and not list(tmp_path.iterdir())


def test_names_say_what_is_written(tmp_path):
    for name in ("fig.jpg", "fig.SVG", "fig.npz"):
        refused(f"{name} ends with .*: give a directory, or a name that ends", tmp_path / name, "a")
    (tmp_path / "notes").touch()
    refused("notes exists and is not a directory", tmp_path / "notes", "a")
    refused("notes is a file, expected a directory", tmp_path / "notes" / "b" / "fig.png", "a")
    (tmp_path / "folder.png").mkdir()
    for folder in ("folder.png", "version-1.5"):
        assert save(tmp_path / folder, ["a"])[0].parent == tmp_path / folder
