"""What reads TensorFlow's own files that describe their network: SavedModels and frozen graphs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ..errors import printable
from ..files import sha256_of_all
from ..limits import MAX_MODEL_NAME
from .format_reader import FormatReader
from .graph.reading import graph_reader
from .keras.preprocessing import guess_preprocessing
from .tensorflow.graphs import saved_model
from .tensorflow.graphs.operations import Graph
from .tensorflow.graphs.recognition import find_saved_model, is_frozen_graph
from .tensorflow.operators.network_graph import graph_of

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
    # what Keras's own networks take goes by their names, in whichever file they are
    return graph_reader(path, title, partial(graph_of, graph, name), guess_preprocessing, digest)
