"""The recipe of a request's pictures: every option is in it that is not named here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.preprocessing import PRESETS
from ..engine.precision import FLOAT32
from ..files import sha256
from ..network.serialization import to_json
from . import console

if TYPE_CHECKING:
    from ..figures.recipe import Recipe
    from ..network.graph import Network
    from ..weights.load import Weights

# Fields of a request that no pixel depends on. Whatever is not here decides the picture's name.
# Classes are features by their numbers by then.
IRRELEVANT = ("out", "overwrite", "raw", "tiles", "verbose", "classes")
# Fields that name a file: its digest is a fact of the recipe.
FILES = ("run", "architecture", "labels")


def network_digest(network: Network) -> str:
    """The digest of what a network computes: in a file it is no part of the weights' own."""
    entry = json.loads(to_json(network))
    text = json.dumps([entry["input_shape"], entry["nodes"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def recipe_of(request: Any, weights: Weights, weights_path: Path, title: str) -> Recipe:
    """What all pictures of a PhotoRequest or a RunRequest have in common.

    weights: with the preprocessing that is used; title: what the network is called.
    """
    from ..figures.recipe import Recipe

    preprocessing = json.dumps(asdict(weights.preprocessing), sort_keys=True)
    facts = {
        "network": title,
        "variant": weights.network.variant,
        "network sha256": network_digest(weights.network),
        "weights sha256": weights.digest,
        "preprocessing": preprocessing,
    }
    options: dict[str, Any] = {}
    for field in fields(request):
        if field.name not in IRRELEVANT:
            options[field.name] = getattr(request, field.name)
    for name in FILES:
        path = options.get(name)
        if path:
            facts[f"{name} sha256"] = sha256(path)
            options[name] = Path(path).name
    options["weights"] = weights_path.name
    # what is computed without a word
    if options.get("precision") == FLOAT32:
        options["precision"] = None
    # a file of whatever kind is said in full
    preprocess = options.get("preprocess")
    if preprocess and preprocess not in PRESETS:
        options["preprocess"] = preprocessing
    return Recipe(console.program(), options, facts)
