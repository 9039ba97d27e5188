"""Draws the strongest images of a scan's run: pages for each layer, or for a stage of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from . import arguments, class_options, console
from .notes import Notes
from .recipes import recipe_of

if TYPE_CHECKING:
    import numpy as np

    from ..figures.destination import Destination
    from ..figures.ranks import Ranks
    from ..figures.run import RunFigures
    from ..network.graph import Network
    from ..scan.run import Run


ALL = "all"  # features: --top all


@dataclass(frozen=True)
class RunRequest:
    """What to draw of which run, and how."""

    run: str
    images: str | None  # where the run's images and weights are now; None: where they were
    weights: str | None
    architecture: str | None
    lambdas: dict[str, str] | None
    layers: tuple[str, ...]  # none: the last of the run that has a map
    blocks: str | None  # instead of layers: a stage, whose every step-th block is drawn
    step: int | None  # None: 1
    split: bool
    features: list[int] | None  # None: the `top` that fire strongest
    classes: list[str] | None  # features of a layer of classes, by their names
    labels: str | None  # a file of such names
    top: int | str | None  # or ALL
    rule: str
    bands: tuple[int, int, int] | None
    colours: str
    scale: str
    out: Path
    overwrite: bool
    raw: bool
    ranks: Ranks | None  # of each channel's images; None: all that the scan kept
    fidelity: bool  # also areas of deletion and insertion
    names: bool  # of images under their tiles
    tiles: bool  # also as files of their own
    of_label: str | None  # of the run's images only those with this label
    verbose: bool


def visualise_run(request: RunRequest) -> int:
    """Draws the strongest images of a run's features and prints the pictures' paths.

    Returns the exit status, 1 where something is not as it was scanned. Raises UserError for
    a run, images or weights that cannot be used.
    """
    from .output import destination_of

    with destination_of(request.out, request.overwrite) as destination:
        return draw_run(request, destination)


def draw_run(request: RunRequest, destination: Destination) -> int:
    """Draws what is asked for of a run; returns the exit status."""
    from ..scan import provenance, run_file

    run = run_file.load(request.run)
    weights_path = provenance.weights_file(run, request.run, request.weights)
    network = provenance.network_of(run, weights_path, request.architecture, request.lambdas)
    layers = layers_of(request, run, network)
    arguments.check_targets(network, layers, request.features, request.bands)
    provenance.refuse_damaged(run, request.run, network, layers)
    run = run_to_draw(request, run, layers)
    source = provenance.images_of(run, request.run, request.images)
    preprocessing = provenance.preprocessing_of(run, request.run, network)
    weights = provenance.weights_of(
        run, request.run, weights_path, network, layers, request.architecture, request.lambdas
    )
    notes = Notes()
    for note in weights.notes_to_tell(preprocessing_known=True):
        notes.tell(note)
    request, weights = class_options.resolve(request, weights, layers, notes.tell)
    channels = channels_of(request, run, layers)
    # of blocks each channel has a picture, otherwise each layer
    destination.refuse_many(channels[layers[-1]].size if request.blocks else len(layers))
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(request.verbose, run.settings.precision, run.settings.jit)
    from ..figures import naming, run as run_figures
    from ..figures.style import Style
    from ..weights.load import as_tensors

    warnings: list[str] = []

    def warn(message: object) -> None:
        if str(message) not in warnings:  # each of several layers finds the same
            console.complain(message)
        warnings.append(str(message))

    weights = replace(weights, preprocessing=preprocessing)
    title = naming.network_title(network.name, weights_path)
    figures = run_figures.RunFigures(
        Path(request.run),
        run,
        network,
        as_tensors(weights),
        source,
        request.rule,
        Style(request.colours, request.scale, request.bands),
        request.raw,
        recipe_of(request, weights, weights_path, title),
        destination,
        progress.say,
        warn,
        console.complain,
        request.ranks,
        request.names,
        request.of_label,
        request.tiles,
        request.fidelity,
    )
    with source:
        for pages in [*pictures(request, channels, figures), destination.finish()]:
            try:
                for path in pages:
                    progress.clear()
                    notes.show()
                    console.print_path(path)
            except UserError as error:
                warn(error)
    return console.exit_status(destination.pages, complete=not warnings)


def run_to_draw(request: RunRequest, run: Run, layers: list[str]) -> Run:
    """The run, or that of the images of one label; raises UserError where it lacks the ranks."""
    ranks = request.ranks
    if request.of_label:
        from ..scan.label_ranking import run_of_label

        last = ranks.last if ranks else None
        run = run_of_label(run, request.run, layers, request.of_label, last)
    if ranks:
        ranks.refuse_beyond(request.run, run.settings.top, run.scanned, request.of_label)
    return run


def layers_of(request: RunRequest, run: Run, network: Network) -> list[str]:
    """The layers, or the outputs of a stage's blocks, by the network's own names for them."""
    from ..scan import provenance

    if request.blocks:
        return provenance.blocks_of(run, request.run, network, request.blocks, request.step or 1)
    layers = request.layers
    if request.classes and not layers:
        layers = (class_options.target_layer(network, request.classes),)
    return provenance.layers_of(run, request.run, network, layers)


def channels_of(request: RunRequest, run: Run, layers: list[str]) -> dict[str, np.ndarray]:
    """The channels to draw of each layer: int32 [m]."""
    from ..scan import provenance

    top = request.top if isinstance(request.top, int) else None
    channels = {}
    for layer in layers:
        channels[layer] = provenance.channels_of(run, layer, request.features, top)
    return channels


def pictures(
    request: RunRequest, channels: dict[str, np.ndarray], figures: RunFigures
) -> Iterator[Iterator[Path]]:
    """The pages of each layer, or of the blocks; drawn as they are iterated over."""
    if request.blocks:
        layers = list(channels)
        yield figures.draw_blocks(request.blocks, layers, channels[layers[-1]], request.split)
        return
    for layer in channels:
        yield figures.draw_layer(layer, channels[layer])
