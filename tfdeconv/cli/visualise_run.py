"""Draws the strongest images of a run."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from . import console
from .arguments import check
from .console import say


def of_run(options: Namespace) -> int:
    """Draws the strongest images of a run's features: pages for each layer."""
    from ..scan import provenance, run_file

    now = run_file.load(options.run)
    place = provenance.weights_file(now, options.run, options.weights)
    network = provenance.network_of(now, place)
    if options.blocks:
        options.layer = provenance.blocks_of(
            now, options.run, network, options.blocks, options.step or 1
        )
    else:
        options.layer = provenance.layers_of(now, options.run, network, options.layer)
    check(network, options)
    provenance.refuse_damaged(now, options.run, network, options.layer)
    source = provenance.images_of(now, options.run, *options.images or [None])
    preprocessing = provenance.preprocessing_of(now, options.run, network)
    read = provenance.weights_of(now, options.run, place, network, options.layer)
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(options.verbose)
    from ..figures import run as run_figures
    from ..weights import load

    told: list[str] = []

    def complain(line: object) -> None:
        if str(line) not in told:  # of several layers each finds the same
            console.complain(line)
        told.append(str(line))

    tensors = replace(load.as_tensors(read), preprocessing=preprocessing)
    drawing = run_figures.Figures(
        Path(options.run),
        now,
        network,
        tensors,
        place,
        source,
        options.rule,
        options.bands,
        options.out,
        options.raw,
        progress.say,
        complain,
    )
    count = options.top or None if options.top is not None else 1 if options.blocks else 9
    channels = {
        layer: provenance.channels_of(now, layer, options.feature, count) for layer in options.layer
    }
    pictures = (
        [drawing.blocks(options.blocks, options.layer, channels[options.layer[-1]], options.split)]
        if options.blocks
        else [drawing.layer(layer, channels[layer]) for layer in options.layer]
    )
    drawn = 0
    for picture in pictures:
        try:
            for path in picture:
                progress.clear()
                say(path)
                drawn += 1
        except UserError as error:
            complain(error)
    return 2 if not drawn else 1 if told else 0
