"""What reads an ONNX model: its own network, and the parameters of its layers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ...data import labels
from ...data.labels import Labels
from ...errors import printable
from ...files import sha256_of_all
from ...formats.onnx.model import Model
from ...limits import MAX_MODEL_NAME
from ..format_reader import FormatReader
from ..graph.reading import graph_reader
from . import pixels
from .network_graph import graph_of

# the format in words
TITLE = "an ONNX model"
# what exporters call the names of classes: Ultralytics, Hugging Face, and others
LABELS = ("names", "id2label", "classes", "class_names", "labels")


def onnx_reader(path: str | Path, model: Model) -> FormatReader:
    """Reads a model that is open. Its name is the file's: exporters call all models alike."""
    name = printable(Path(path).stem)[:MAX_MODEL_NAME]
    preprocessing = partial(pixels.assumed_preprocessing, model)
    digest = sha256_of_all(model.files)
    return graph_reader(
        path,
        TITLE,
        partial(graph_of, model, name),
        preprocessing,
        digest,
        partial(carried_labels, model),
    )


def carried_labels(model: Model) -> Labels | None:
    """The classes' names among what an exporter wrote beside the graph."""
    for key in LABELS:
        if key in model.metadata:
            return labels.carried(model.metadata[key], f"the model ({key})")
    return None
