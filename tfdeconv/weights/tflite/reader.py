"""What reads a model of TensorFlow Lite: its own network, and the parameters of its layers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ...errors import printable
from ...formats.tflite import reader
from ...limits import MAX_MODEL_NAME
from ..format_reader import FormatReader
from ..graph.reading import graph_reader
from . import pixels
from .network_graph import graph_of

# the format in words
TITLE = "a model of TensorFlow Lite"


def tflite_reader(path: str | Path) -> FormatReader:
    """Reads a model. Its name is the file's."""
    model = reader.read(path)
    name = printable(Path(path).stem)[:MAX_MODEL_NAME]
    preprocessing = partial(pixels.preprocessing_of, model)
    return graph_reader(path, TITLE, partial(graph_of, model, name), preprocessing)
