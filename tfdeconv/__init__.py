"""tfdeconv: what in a picture made a feature of a convolutional network fire (Zeiler & Fergus 2014)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .version import __version__

if TYPE_CHECKING:
    from .data import images
    from .engine.deconvnet import Deconvnet
    from .engine.rules import RULES
    from .errors import UserError as UserError
    from .weights.load import load_weights
    from .zoo import NETWORKS

HOMES = {
    "NETWORKS": "zoo",
    "RULES": "engine.rules",
    "Deconvnet": "engine.deconvnet",
    "UserError": "errors",
    "load_weights": "weights.load",
}
__all__ = ["NETWORKS", "RULES", "Deconvnet", "UserError", "__version__", "images", "load_weights"]


def __getattr__(name: str) -> object:
    """Loads a public name when it is first asked for (PEP 562), so that names and mistakes do not wait for TensorFlow."""
    if name == "images":
        return import_module(".data.images", __name__)
    if name in HOMES:
        return getattr(import_module(f".{HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
