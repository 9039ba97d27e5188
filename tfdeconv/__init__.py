"""What in a picture made a feature of a convolutional network fire (Zeiler & Fergus 2014).

The public names are loaded when they are first asked for: a mistake in a name or a shape does not
wait for TensorFlow.

>>> from tfdeconv import NETWORKS
>>> NETWORKS["vgg16"]().shapes()["block4_conv2"]
(28, 28, 512)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .tensorflow_import import import_tensorflow
from .version import __version__

if TYPE_CHECKING:
    from .data import images, preprocessing
    from .engine.deconvnet import Deconvnet
    from .engine.rules import RULES
    from .errors import UserError
    from .weights.load import load_weights
    from .weights.native_write import save_weights
    from .zoo import NETWORKS

# where each public name is defined
HOMES = {
    "NETWORKS": "zoo",
    "RULES": "engine.rules",
    "Deconvnet": "engine.deconvnet",
    "UserError": "errors",
    "load_weights": "weights.load",
    "save_weights": "weights.native_write",
}
# of those, what cannot be loaded without TensorFlow
WITH_TENSORFLOW = {"Deconvnet"}
MODULES = {"images": "data.images", "preprocessing": "data.preprocessing"}
__all__ = [
    "NETWORKS",
    "RULES",
    "Deconvnet",
    "UserError",
    "__version__",
    "images",
    "load_weights",
    "preprocessing",
    "save_weights",
]


def __getattr__(name: str) -> object:
    """Loads a public name when it is first asked for (PEP 562)."""
    if name in MODULES:
        return import_module(f".{MODULES[name]}", __name__)
    if name in HOMES:
        if name in WITH_TENSORFLOW:
            import_tensorflow()
        return getattr(import_module(f".{HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, loaded or not, for completion and help()."""
    return [*__all__, "__doc__", "__file__", "__name__", "__path__"]
