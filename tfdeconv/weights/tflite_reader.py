"""What reads a model of TensorFlow Lite: its own network, and the parameters of its layers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..data import labels
from ..data.labels import Labels
from ..data.preprocessing import Preprocessing
from ..errors import printable
from ..formats.tflite import associated_files, reader
from ..limits import MAX_MODEL_NAME
from ..network.graph import Network
from .format_reader import FormatReader
from .graph.reading import graph_reader
from .keras.preprocessing import guess_preprocessing
from .tflite.network_graph import graph_of
from .tflite.pixels import told_preprocessing

# the format in words
TITLE = "a model of TensorFlow Lite"


def tflite_reader(path: str | Path) -> FormatReader:
    """Reads a model. Its name is the file's."""
    model = reader.read(path)
    name = printable(Path(path).stem)[:MAX_MODEL_NAME]

    def preprocessing(network: Network) -> tuple[Preprocessing, str]:
        # what Keras's own networks take goes by their names, in whichever file they are
        return told_preprocessing(model, network) or guess_preprocessing(network)

    def carried_labels() -> Labels | None:
        text = associated_files.find_labels(path)
        return labels.carried(text, "the model") if text else None

    graph = partial(graph_of, model, name)
    return graph_reader(path, TITLE, graph, preprocessing, labels=carried_labels)
