"""What reads TensorFlow's own files that describe their network: SavedModels and frozen graphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ..data.preprocessing import Preprocessing, tensorflow_style
from ..errors import printable
from ..files import sha256_of_all
from ..limits import MAX_MODEL_NAME
from ..network.graph import Network
from .format_reader import FormatReader
from .graph.reading import graph_reader
from .keras.preprocessing import guess_preprocessing
from .notes import PixelNote
from .recognition.pixels import PIXELS
from .tensorflow.graphs import saved_model
from .tensorflow.graphs.operations import Graph
from .tensorflow.graphs.recognition import find_saved_model, is_frozen_graph
from .tensorflow.operators.network_graph import graph_of

# TF-Slim's networks by the scope of all their layers, and what their images go through (TensorFlow
# Models, research/slim/README.md)
SLIM = ((re.compile(r"vgg_(a|16|19)|resnet_v1_\d+"), "slim"), (re.compile(r"resnet_v2_\d+"), "tf"))
SLIM_PIXELS = {
    "slim": PIXELS["slim"],
    "tf": (tensorflow_style, "TF-Slim's pixels from -1 to 1 (tf)"),
}
# the formats in words
SAVED_MODEL, FROZEN_GRAPH = "a SavedModel of TensorFlow", "a frozen graph of TensorFlow"


@contextmanager
def open_graph_reader(path: str | Path) -> Iterator[FormatReader | None]:
    """What reads a SavedModel or a frozen graph, open as long as the block; None for other files.

    path: of a SavedModel its folder, or the file saved_model.pb in it.
    """
    folder = find_saved_model(path)
    if folder is not None:
        with saved_model.open_saved_model(folder) as graph:
            digest = sha256_of_all(saved_model.files_of(folder))
            yield reader_of(folder, SAVED_MODEL, graph, digest)
    elif is_frozen_graph(path):
        with saved_model.open_frozen_graph(path) as graph:
            yield reader_of(path, FROZEN_GRAPH, graph)
    else:
        yield None


def reader_of(path: str | Path, title: str, graph: Graph, digest: str = "") -> FormatReader:
    name = printable(Path(path).resolve().stem)[:MAX_MODEL_NAME]
    return graph_reader(path, title, partial(graph_of, graph, name), preprocessing, digest)


def preprocessing(network: Network) -> tuple[Preprocessing, str]:
    """What the layers point to, or the name: of TF-Slim's and of Keras's own networks."""
    pixels, note = guess_preprocessing(network)
    if not isinstance(note, PixelNote) or network.channels != 3:
        return pixels, note
    for names, kind in SLIM:
        if names.fullmatch(network.name):
            make, words = SLIM_PIXELS[kind]
            return make(network.input_shape[:2]), PixelNote(
                f"assumed: {words}; change it with --preprocess"
            )
    return pixels, note
