"""The images of one label that fire channels most: a run's ranking with these images alone.

It comes from the maxima of every image, which are float16 and say nothing of where in its map a
unit stands. So images whose maxima differ by less than 0.1 % may stand in either order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import UserError, unknown
from . import maxima
from .image_labels import labelled_images
from .label_maxima import label_places
from .maxima import MaximaFile
from .run import Run
from .state import LayerState


def run_of_label(
    run: Run, path: str | Path, layers: Sequence[str], label: str, top: int | None = None
) -> Run:
    """A run of the images of one label: of these layers `values`, `images` and `positions`.

    Positions are -1: they are not known. The run's `scanned` is the number of images with the
    label. top: images of each channel; None: as many as the run keeps. Raises UserError for a label
    that no image has, and where the maxima of a layer were not kept.
    """
    labelled = labelled_images(run)
    if not labelled:
        raise UserError(
            f"{path} has no labels of images: give scan.py --labels FILE with the same images"
        )
    if label not in labelled.counts:
        raise unknown(f"{path} has no images with the label", label, sorted(labelled.counts))
    missing = [layer for layer in layers if layer not in run.settings.kept]
    if missing:
        names = ",".join(missing)
        raise UserError(
            f"{path} has no maxima of {names}, which say what the images of a label fire: "
            f"scan again, to another file, with --keep-maxima {names}"
        )
    file = maxima.load(path, run)
    assert file
    rows = np.flatnonzero(label_places(run, file, labelled.labels, [label]) == 0)
    top = top or run.settings.top
    state = {layer: ranking(file, layer, rows, top, run.settings.range.start) for layer in layers}
    return replace(run, settings=replace(run.settings, top=top), scanned=len(rows), state=state)


def ranking(file: MaximaFile, layer: str, rows: np.ndarray, top: int, start: int) -> LayerState:
    """The images in some rows of a file that fire each channel of a layer most.

    start: the number of the image in the first row of the file.
    """
    # a row at a time is read, of all its channels
    values = np.array(file.array[rows, file.layers[layer]], np.float32).T
    channels = len(values)
    order = np.argsort(-values, 1, kind="stable")[:, :top]
    count = order.shape[1]
    ranked: LayerState = {
        "values": np.full((channels, top), -np.inf, np.float32),
        "images": np.full((channels, top), -1, np.int32),
        "positions": np.full((channels, top, 2), -1, np.int32),
    }
    ranked["values"][:, :count] = np.take_along_axis(values, order, 1)
    ranked["images"][:, :count] = rows[order] + start
    return ranked
