"""Finds the images of a dataset that fire each channel of a network's layers most: writes one HDF5 file and prints what is in it.

python scripts/scan.py imagenet/val --out run.h5 --layers block3_conv3,block5_conv3
"""

from __future__ import annotations

import argparse
import json
import os
import re
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.preprocessing import PRESETS, load_preprocessing
from ..errors import UserError
from ..scan.cluster import cluster
from ..zoo import NETWORKS, VARIANTS
from . import arguments, console
from .arguments import ROOT

if TYPE_CHECKING:
    from ..scan.job import Work
    from ..scan.run import Run
    from ..scan.workers import WorkerGroup


def seconds(text: str) -> float:
    """A number of seconds from 0 up, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 up")
    return value


def shard(text: str) -> tuple[int, int]:
    """`3/16`, for argparse."""
    found = re.fullmatch(r"([1-9]\d{0,8})/([1-9]\d{0,8})", text)
    if not found or int(found[1]) > int(found[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is no part such as 3/16, from 1/16 to 16/16")
    return int(found[1]), int(found[2])


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def parse() -> Namespace:
    """The command line, with all checked that it alone can show to be wrong."""
    parser = console.Parser(__doc__)
    parser.add_argument(
        "images",
        metavar="IMAGES",
        nargs="?",
        help="a directory tree, a text file with a path a line, or an array [n, h, w, c] in an .npy or .h5",
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="the run; one that is there goes on"
    )
    parser.add_argument(
        "--network", choices=NETWORKS, help="default: what --weights is for, or vgg16"
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="default: what weights/ has for the network and layers"
    )
    parser.add_argument(
        "--variant",
        choices=sorted({name for names in VARIANTS.values() for name in names}),
        help="which of the networks of that name, where a file cannot tell",
    )
    parser.add_argument("--flavour", dest="variant", help=argparse.SUPPRESS)  # its old name
    parser.add_argument(
        "--preprocess", metavar="|".join([*PRESETS, "FILE"]), help="as for visualise.py"
    )
    parser.add_argument(
        "--layers",
        default="all",
        metavar="LAYER[,LAYER...]",
        help="default: all, which is every convolution, block output and dense layer that the weights reach",
    )
    parser.add_argument(
        "--top",
        type=arguments.counting,
        default=9,
        metavar="N",
        help="images a channel (default: 9)",
    )
    parser.add_argument(
        "--batch",
        type=arguments.counting,
        default=16,
        metavar="N",
        help="images that go up at a time, on each device (default: 16)",
    )
    parser.add_argument(
        "--resize",
        choices=("crop", "squash", "keep"),
        default="crop",
        help="as in training, to the input's size, or not at all: then those of the first one's size count",
    )
    parser.add_argument(
        "--every",
        type=seconds,
        default=60,
        metavar="SECONDS",
        help="how often the run is saved (default: 60)",
    )
    parser.add_argument(
        "--keep-maxima",
        default="",
        metavar="LAYER[,LAYER...]",
        help="also write the maxima of every image, of these layers or `all`, to a file beside the run",
    )
    parser.add_argument(
        "--shard",
        type=shard,
        metavar="I/N",
        help="scan the I-th of N parts of the list alone; see --merge",
    )
    parser.add_argument(
        "--merge", nargs="+", metavar="RUN", help="make one run of all the parts' runs instead"
    )
    parser.add_argument("--verbose", action="store_true", help="let TensorFlow talk")
    options = parser.parse_args()
    options.layers = None if options.layers == "all" else names(options.layers)
    if options.layers == []:
        parser.error("--layers needs at least one layer, or all")
    if options.merge and options.shard:
        parser.error("--merge puts parts together and --shard makes one: give one of them")
    if not options.images and not options.merge:
        parser.error("IMAGES is missing: a directory, a text file of paths, or an array")
    if options.layers and (options.network or not options.weights):
        network = NETWORKS[options.network or "vgg16"](variant=options.variant or "")
        options.layers = [network.node(layer).name for layer in options.layers]
    return options


def weight_file(options: Namespace) -> Path:
    """The weights to use; raises UserError with what to do if there are none."""
    from ..weights.official import find_weights

    if options.weights:
        return Path(options.weights)
    return find_weights(
        ROOT / "weights",
        NETWORKS[options.network or "vgg16"](variant=options.variant or ""),
        options.layers,
    )


def together(options: Namespace) -> WorkerGroup | None:
    """The team of the processes that share this scan, or of this one's GPUs; None where TensorFlow need not be asked yet."""
    if options.shard or cluster()[2] == 1:
        return None
    progress = console.Progress()
    progress.say("waiting for the other workers")
    console.import_tensorflow(options.verbose)
    from ..scan.workers import join_group

    return join_group()


def prepare(options: Namespace, chief: bool) -> Work:
    """All that the scan needs; raises UserError where something of it is not as it must be."""
    from ..data import dataset, loader
    from ..scan import run, run_file
    from ..weights.load import read_weights

    source, path = dataset.source(options.images), weight_file(options)
    there = run_file.load(options.out) if chief and os.path.lexists(options.out) else None
    read = read_weights(path, options.network, options.layers, "float32", options.variant)
    network, preprocessing = (
        read.network,
        load_preprocessing(options.preprocess, read.network.input_shape) or read.preprocessing,
    )
    if options.weights and not options.preprocess and chief:
        for note in read.assumed:
            console.complain(note)
    console.Progress().say("importing tensorflow")
    console.import_tensorflow(options.verbose)
    from ..network.selection import default_layers
    from ..scan.job import Work

    wanted = {network.node(name).name for name in options.layers or default_layers(network, read)}
    layers = tuple(node.name for node in network.nodes if node.name in wanted)
    kept = (
        layers
        if options.keep_maxima == "all"
        else tuple(network.node(name).name for name in names(options.keep_maxima))
    )
    if not set(kept) <= set(layers):
        raise UserError(
            f"--keep-maxima {', '.join(sorted(set(kept) - set(layers)))}: only layers that are scanned have maxima; "
            f"ask for it in --layers too"
        )
    settings = run.Settings(
        network.name,
        network.variant,
        read.digest,
        json.dumps(asdict(preprocessing), sort_keys=True),
        options.resize,
        loader.size_of(source, preprocessing, options.resize, network.channels),
        source.digest,
        source.count,
        layers,
        options.top,
        options.batch,
        options.shard or (1, 1),
        tuple(layer for layer in layers if layer in kept),
    )
    if there:
        run.refuse_others(options.out, there, settings, source.names)
    return Work(source, read, preprocessing, settings, os.path.abspath(path), there)


def main() -> int:
    options = parse()
    if options.merge:
        return merge(options)
    team, work, error = together(options), None, ""
    try:
        work = prepare(options, team is None or team.chief)
    except UserError as mistake:
        if team is None:
            raise
        error = str(mistake)
    from ..scan import job, loop, messages
    from ..scan.workers import join_group

    team = team or join_group(alone=True)
    team.exchange({}, error)  # from here on all have work
    assert work
    progress = console.Progress()
    now = job.begun(work, team)
    if (
        not now.finished or not now.settings.range
    ):  # a part may be empty, and is written all the same
        scan = messages.together(lambda: work.scan(team), team)
        if team.chief and now.settings.kept:
            from ..scan.maxima import Maxima, beside

            size = Maxima(beside(options.out), now.settings, scan.channels_of).size
            print(
                f"{beside(options.out)}: {size / 1e6:,.1f} MB, the maxima of {len(now.settings.range)} images",
                flush=True,
            )
        loop.advance(
            now,
            scan,
            work.source,
            work.preprocessing,
            options.out,
            options.every,
            progress.say,
            team,
        )
    progress.clear()
    if team.chief:
        report(options.out, now)
    return 0


def report(path: Path, run: Run) -> None:
    """Says what a run has; raises UserError where no image of it could be read."""
    if not run.scanned and run.skipped:
        raise UserError(
            f"none of the {len(run.settings.range)} images could be read: {next(iter(run.skipped.values()))}"
        )
    part = (
        ""
        if run.settings.shard[1] == 1
        else f"part {run.settings.shard[0]} of {run.settings.shard[1]}, "
    )
    print(
        f"{path}: {part}{run.scanned} images, {len(run.settings.layers)} layers; {len(run.skipped)} could not be read, "
        f"{int((run.same >= 0).sum())} came again"
    )


def merge(options: Namespace) -> int:
    """Makes one run of the runs of all parts."""
    from ..scan import run, run_file, shards

    parts = shards.in_order({path: run_file.load(path) for path in options.merge})
    whole, again = shards.joined(list(parts.values()))
    known = os.path.lexists(options.out)
    if known:
        run.refuse_others(options.out, run_file.load(options.out), whole.settings, whole.names)
    if again:  # in the sums of two parts, and of one they must go
        console.import_tensorflow(options.verbose)
        from ..scan import job

        shards.taken_out(whole, job.counted(work_of(options, whole), again, console.Progress().say))
        console.Progress().clear()
    shards.join_maxima(parts, whole, again, options.out, known)
    run_file.save(options.out, whole)
    report(options.out, whole)
    return 0


def work_of(options: Namespace, whole: Run) -> Work:
    """A run's images and weights once more; raises UserError where they are not there, or others."""
    from ..scan import provenance

    source, place = (
        provenance.images_of(whole, options.out, options.images),
        provenance.weights_file(whole, options.out, options.weights),
    )
    network = provenance.network_of(whole, place)
    read = provenance.weights_of(whole, options.out, place, network, whole.settings.layers)
    console.import_tensorflow(options.verbose)
    from ..scan.job import Work

    return Work(
        source,
        read,
        provenance.preprocessing_of(whole, options.out, network),
        whole.settings,
        str(place),
        whole,
    )
