"""What in a picture made a feature of a convolutional network fire (Zeiler & Fergus 2014).

From a photo to its picture, with the weights in weights/ or any model's file:

    import tfdeconv
    tfdeconv.show("cat.jpg", "block4_conv2")
    tfdeconv.show("cat.jpg", "conv3", features=[3, 46], weights="model.onnx")

Jupyter shows what comes back, a Projection; its picture() is a PIL image. The same step by step:

    weights = tfdeconv.load_weights("weights/vgg16.h5")
    x = tfdeconv.images.read("cat.jpg", weights.preprocessing)
    deconvnet = tfdeconv.Deconvnet(weights.network, weights, "block4_conv2")
    projection = deconvnet.project(x, channels=92)

`NETWORKS` builds the networks that are known by name, `RULES` are what rectifiers do on the way
back, `save_weights` writes a weight file, `preprocessing` has the usual ways from pixels to input.
A mistake raises `UserError`, which says what to do. The public names are loaded when they are first
asked for: a mistake in a name or a shape does not wait for TensorFlow.

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
    from .cli.notebook import show
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
    "show": "cli.notebook",
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
    "show",
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
