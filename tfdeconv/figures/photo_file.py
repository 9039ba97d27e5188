"""The file of a photo's picture: its recipe, its name, and the arrays beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import naming
from .fidelity_text import areas_text

if TYPE_CHECKING:
    from ..engine.projection import Projection
    from .recipe import Recipe

# of a projection, what is saved of an image
ARRAYS = (
    "channels",
    "activations",
    "dead",
    "saturated",
    "positions",
    "boxes",
    "receptive_fields",
    "patches",
)


def photo_recipe(recipe: Recipe, photo: str, sha256: str, layer: str) -> Recipe:
    """The recipe of one photo's picture of one layer, of what all pictures have in common.

    photo: the name of its file, and that file's digest.
    """
    return recipe.with_options(photos=(photo,), layers=(layer,)).with_facts(
        {"image": photo, "image sha256": sha256}
    )


def stem(recipe: Recipe, photo: str, layer: str) -> str:
    """What the picture's name begins with, before the digest of its photo_recipe()."""
    options = recipe.options
    features: Sequence[int] | None = options.get("features")
    return naming.file_name(
        Path(photo).stem,
        f"{recipe.facts['network']}-{layer}",
        options["rule"],
        options["mode"],
        "interior" if options.get("interior") else "",
        naming.place_part(options.get("at")),
        "cam" if options.get("cam") else "",
        "fidelity" if options.get("fidelity") else "",
        naming.features_part(features),
    )


def arrays_of(projection: Projection, image: int = 0) -> dict[str, np.ndarray]:
    """What is saved of an image's projections beside their picture, by name."""
    arrays = {name: getattr(projection, name)[image] for name in ARRAYS}
    if projection.vectors is not None:
        arrays["vector"] = projection.vectors[image]
    if projection.areas is not None:
        arrays["areas"] = projection.areas[image]
    if projection.heat_maps:
        arrays["heat_maps"] = projection.heat_maps.values[image]
        arrays["guided_grad_cam"] = projection.heat_maps.guided[image]
    return arrays


def results_of(projection: Projection, image: int = 0) -> dict[str, str]:
    """What a picture's text says besides its recipe."""
    results = {"channels": ",".join(map(str, projection.channels[image]))}
    if projection.areas is not None:
        results |= areas_text(projection.areas[image])
    return results
