"""Scans, compares and draws the files of evolve."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..scan.interruption import Interrupted, Interruption
from . import arguments, class_options, console, scan_images
from .evolve_files import Series, scan_files, series_of
from .evolve_pictures import Pictures
from .notes import MOST, Notes

if TYPE_CHECKING:
    from ..experiments.evolution import Epoch
    from .evolve_options import EvolveRequest

RUNS = "evolve-runs"
DRAWN = 5  # layers that are drawn where none is named, as in Zeiler & Fergus's figure 4


def evolve(request: EvolveRequest) -> int:
    """Compares the files, draws what became of features, and prints the pictures' paths.

    Returns the exit status, 1 where images were skipped or have changed. Raises UserError for files
    or images that cannot be used.
    """
    from .output import destination_of

    with destination_of(request.out, request.overwrite) as destination:
        notes = Notes(MOST)
        folder = request.runs or destination.folder / RUNS
        series = series_of(request, folder, notes)
        request, series = with_classes(request, series, notes)
        layers = layers_to_draw(request, series)
        arguments.check_targets(series.network, layers, request.features, request.bands)
        destination.refuse_many(1 + len(layers))
        try:
            epochs = scanned(folder, series, notes)
        except Interrupted as stopped:
            console.complain(stopped)
            return stopped.status
        notes.count_others()
        skipped = tell_skipped(series, epochs)
        pictures = Pictures(request, series, epochs, destination)
        for path in pictures.draw(layers):
            console.print_path(path)
        for path in destination.finish():
            console.print_path(path)
        return 1 if skipped or pictures.warnings else 0


def scanned(folder: Path, series: Series, notes: Notes) -> list[Epoch]:
    """The runs of all files; a signal is taken care of while they are scanned."""
    from ..figures.picture_folder import make_folder

    make_folder(folder)
    with Interruption(console.complain).watched() as interruption:
        return scan_files(series, interruption, notes)


def with_classes(
    request: EvolveRequest, series: Series, notes: Notes
) -> tuple[EvolveRequest, Series]:
    """The request with the numbers of the classes that it names, and files with their names."""
    layers = request.layers or series.layers
    request, first = class_options.resolve(request, series.files[0], layers, notes.tell)
    return request, replace(series, files=(first, *series.files[1:]))


def layers_to_draw(request: EvolveRequest, series: Series) -> list[str]:
    """Those that were asked for, or DRAWN of all, evenly from the first to the last."""
    layers = list(series.layers)
    if request.layers or len(layers) <= DRAWN:
        return layers
    places = [round(i * (len(layers) - 1) / (DRAWN - 1)) for i in range(DRAWN)]
    return [layers[place] for place in places]


def tell_skipped(series: Series, epochs: list[Epoch]) -> bool:
    """Whether images were skipped; says why, of the first file that could not use some."""
    for scan, epoch in zip(series.scans, epochs):
        if epoch.run.skipped:
            scan_images.tell_skipped(scan.out, epoch.run)
            return True
    return False
