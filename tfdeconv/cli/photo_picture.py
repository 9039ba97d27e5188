"""The picture of a photo: draws and saves it, with its recipe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .photos import Photo

if TYPE_CHECKING:
    import numpy as np

    from ..engine.projection import Projection
    from ..figures.destination import Destination, Page
    from ..figures.recipe import Recipe
    from ..figures.tile_files import UnitTile


def draw_photo(photo: Photo, projection: Projection, request: Any) -> Iterator[Page]:
    """The pages of a photo's projections of one layer."""
    pages = projection.pages(**drawing(photo.path.name, photo.x, request))
    for number, page in enumerate(pages, 1):
        yield number, len(pages), page


def drawing(name: str, x: np.ndarray, request: Any) -> dict[str, Any]:
    """How Projection.pages() is to draw a photo x [1, h, w, c] of that name."""
    if request.max_side:
        name += f" at {x.shape[2]} x {x.shape[1]}"
    return {
        "name": name,
        "bands": request.bands,
        "colours": request.colours,
        "scale": request.scale,
    }


def save_photo(
    photo: Photo,
    projection: Projection,
    layer: str,
    recipe: Recipe,
    request: Any,
    destination: Destination,
) -> list[Path]:
    """Saves the picture of a photo's projections of one layer; returns the paths of its pages.

    request: a PhotoRequest; recipe: what all pictures of it have in common.
    """
    from ..figures import photo_file
    from ..figures.tile_files import save_tiles

    recipe = photo_file.photo_recipe(recipe, photo.path.name, photo.sha256, layer)
    stem = photo_file.stem(recipe, photo.path.name, layer)
    arrays = photo_file.arrays_of(projection) if request.raw else None
    pages = draw_photo(photo, projection, request)
    results = photo_file.results_of(projection)
    paths = list(destination.save(recipe, stem, pages, results, arrays))
    if request.tiles:
        folder = destination.tile_folder(recipe, stem)
        paths += save_tiles(folder, recipe, tiles_of(photo, projection, layer, request))
    return paths


def tiles_of(photo: Photo, projection: Projection, layer: str, request: Any) -> Iterator[UnitTile]:
    """The tiles of a photo's projections of one layer."""
    from ..figures.projection import style_of
    from ..figures.tile_files import photo_tiles

    style = style_of(request.colours, request.scale, request.bands)
    assert projection.origin
    preprocessing = projection.origin.preprocessing
    return photo_tiles(photo.path.name, photo.x, projection, layer, preprocessing, style)
