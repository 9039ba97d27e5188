"""More layers for a run: scanned over its images to a file beside it, and then taken into it.

The file is an ordinary run of the new layers alone (run.more-layers.h5), and is resumed as one.
When it has all images it is taken into the run, and removed. Killed at any point, the same command
goes on: what is finished is taken in when the run is opened the next time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..data.dataset import Source
from ..errors import UserError
from ..files import atomic_write, file_stamp, remove_leftovers
from ..network.graph import Network
from ..network.selection import in_network_order
from ..words import listed
from . import run_file
from .continuation import MAY_DIFFER, continued
from .known_images import KnownImages
from .maxima import MaximaFile, load as load_maxima, maxima_path
from .maxima_writer import MaximaWriter
from .run import Run, Settings, differences


def more_layers_path(path: str | Path) -> Path:
    """The file of the layers that are added to the run at that path."""
    path = Path(path)
    return path.with_name(f"{path.name.removesuffix('.h5')}.more-layers.h5")


def own_files(path: str | Path) -> list[str]:
    """What a scan to that path writes."""
    runs = (Path(path), more_layers_path(path))
    return [str(file) for run in runs for file in (run, maxima_path(run))]


def notes_on(path: str | Path, run: Run, asked: Settings) -> Iterator[str]:
    """What is scanned without being asked for: a run goes on with all of its layers."""
    others = [layer for layer in run.settings.layers if layer not in asked.layers]
    if others and not run.finished:
        yield f"{path} has {listed(others)} as well: it goes on with all of its layers"


def missing(asked: Settings, run: Settings) -> Settings | None:
    """The settings of a scan of what a run lacks: layers, and layers' maxima. None: it has all."""
    kept = tuple(layer for layer in asked.kept if layer not in run.kept)
    wanted = (set(asked.layers) - set(run.layers)) | set(kept)
    if not wanted:
        return None
    layers = tuple(layer for layer in asked.layers if layer in wanted)
    return replace(run, layers=layers, kept=kept)


def begun(
    path: str | Path, run: Run, source: Source, wanted: Settings, say: Callable[[str], None]
) -> Run | None:
    """The run of the missing layers that was begun before; None where there is none.

    One of images that the run at path does not have any more is removed. Raises UserError for one
    of other layers than are wanted.
    """
    place = more_layers_path(path)
    if wanted.kept:
        refuse_strange_maxima(path, run)
    if not os.path.lexists(place):
        return None
    addition = continued(place, run_file.load(place), source, wanted)
    if not addition.done:
        remove(place)
        return None
    are_wanted = set(addition.settings.layers) <= set(wanted.layers)
    if are_wanted and set(addition.settings.kept) <= set(wanted.kept):
        if is_of_same_images(addition, run):
            return addition
        say(f"{path} has changed since {place} was begun: its layers are scanned again")
        remove(place)
        return None
    count = len(addition.settings.range)
    raise UserError(
        f"{place} has {addition.done} of {count} images of a scan that was to add "
        f"{listed(addition.settings.layers)} to {path}: name these layers, too, or delete it"
    )


def is_of_same_images(addition: Run, run: Run) -> bool:
    """Whether what an addition has seen is what the run has there."""
    seen = slice(addition.done)
    same_digests = (addition.digests[seen] == run.digests[seen]).all()
    return bool(same_digests and (addition.same[seen] == run.same[seen]).all())


def take_in_finished(path: str | Path, run: Run, network: Network) -> Run:
    """The run with the layers that were scanned for it, and not taken in before the program ended.

    Files alone: it needs no TensorFlow.
    """
    place = more_layers_path(path)
    if not os.path.lexists(place):
        return run
    addition = run_file.load(place)
    layers, kept = addition.settings.layers, addition.settings.kept
    if set(layers) <= set(run.settings.layers) and set(kept) <= set(run.settings.kept):
        remove(place)
        return run
    is_whole = addition.finished and run.finished
    is_of_run = not differences(addition.settings, run.settings, MAY_DIFFER)
    counts_same = addition.skipped.keys() == run.skipped.keys()
    if is_whole and is_of_run and counts_same and is_of_same_images(addition, run):
        return take_in(path, run, addition, network)
    return run


def take_in(path: str | Path, run: Run, addition: Run, network: Network) -> Run:
    """The run at that path with the layers of a finished addition, of which the files are removed.

    Raises UserError where it cannot be written, or where the two do not count the same images.
    """
    place = more_layers_path(path)
    KnownImages(path, run).refuse_uncounted(addition.skipped)
    if file_stamp(path) != run.stamp:
        raise UserError(f"{path} was written by another program meanwhile: stop it, and try again")
    whole = joined(run, addition, network)
    if addition.settings.kept:
        join_maxima(path, run, addition, whole)
    run_file.save(path, whole)
    whole.stamp = file_stamp(path)
    remove(place)
    return whole


def joined(run: Run, addition: Run, network: Network) -> Run:
    """The run with the layers of an addition, as they are in this process."""
    names = (*run.settings.layers, *addition.settings.layers)
    kept = (*run.settings.kept, *addition.settings.kept)
    settings = replace(
        run.settings, layers=in_network_order(network, names), kept=in_network_order(network, kept)
    )
    both = {**run.state, **addition.state}
    state = {layer: both[layer] for layer in settings.layers if layer in both}
    return replace(run, settings=settings, state=state)


def join_maxima(path: str | Path, run: Run, addition: Run, whole: Run) -> None:
    """Writes the maxima of both as those of the whole, where that has not been done already.

    Raises UserError where one of the files is missing or another run's, or cannot be written.
    """
    place = maxima_path(path)
    remove_leftovers(place)
    writer = MaximaWriter(place, whole.settings, whole.channels_of)
    if writer.has_columns():
        load_maxima(path, whole)
        return
    refuse_strange_maxima(path, run)
    files = filter(None, [load_maxima(path, run), load_maxima(more_layers_path(path), addition)])
    parts = list(files)
    order = column_order(parts, whole.settings.kept)
    with atomic_write(place, durable=True) as temporary:
        writer = MaximaWriter(temporary, whole.settings, whole.channels_of)
        writer.begin(0)
        for pieces in zip(*(part.rows() for part in parts)):
            start, _ = pieces[0]
            rows = np.concatenate([piece for _, piece in pieces], 1)[:, order]
            numbers = whole.settings.range.start + start + np.arange(len(rows))
            writer.put(numbers, rows)
            writer.flush(start + len(rows))


def column_order(parts: Sequence[MaximaFile], kept: Sequence[str]) -> np.ndarray:
    """Where the columns of the layers kept are, of several files side by side."""
    places: dict[str, np.ndarray] = {}
    start = 0
    for part in parts:
        for layer, columns in part.layers.items():
            places[layer] = start + np.arange(columns.start, columns.stop)
        start += part.array.shape[1]
    return np.concatenate([places[layer] for layer in kept])


def refuse_strange_maxima(path: str | Path, run: Run) -> None:
    """Raises UserError where a run without maxima has a file in the place where they would be."""
    place = maxima_path(path)
    if not run.settings.kept and place.exists():
        raise UserError(f"{place} exists, but {path} has no maxima: move it away")


def remove(place: Path) -> None:
    """Removes an addition: its maxima first, because no run may be made beside those of another."""
    for file in (maxima_path(place), place):
        remove_leftovers(file)
        file.unlink(missing_ok=True)
