"""Finds the images of a dataset that fire each channel of a network's layers most: writes one HDF5 file and prints what is in it.

    python scripts/scan.py imagenet/val --out run.h5 --layers block3_conv3,block5_conv3
"""
from __future__ import annotations

import argparse
import json
import os
import sys
from argparse import Namespace
from dataclasses import asdict, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tfdeconv import cli                                    # noqa: E402
from tfdeconv.errors import UserError                       # noqa: E402
from tfdeconv.nets import FLAVOURS, NETWORKS                # noqa: E402
from tfdeconv.preprocessing import PRESETS, chosen          # noqa: E402


def seconds(text: str) -> float:
    """A number of seconds from 0 up, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 up")
    return value


def parse() -> Namespace:
    """The command line, with all checked that it alone can show to be wrong."""
    parser = cli.Parser(__doc__)
    parser.add_argument("images", metavar="IMAGES",
                        help="a directory tree, a text file with a path a line, or an array [n, h, w, c] in an .npy or .h5")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the run; one that is there goes on")
    parser.add_argument("--network", choices=NETWORKS, help="default: what --weights is for, or vgg16")
    parser.add_argument("--weights", metavar="FILE", help="default: what weights/ has for the network and layers")
    parser.add_argument("--flavour", choices=sorted({name for names in FLAVOURS.values() for name in names}),
                        help="which of the networks of that name, where a file cannot tell")
    parser.add_argument("--preprocess", metavar="|".join([*PRESETS, "FILE"]), help="as for visualise.py")
    parser.add_argument("--layers", default="all", metavar="LAYER[,LAYER...]",
                        help="default: all, which is every convolution, block output and dense layer that the weights reach")
    parser.add_argument("--top", type=cli.counting, default=9, metavar="N", help="images a channel (default: 9)")
    parser.add_argument("--batch", type=cli.counting, default=16, metavar="N", help="images that go up at a time (default: 16)")
    parser.add_argument("--resize", choices=("crop", "squash", "keep"), default="crop",
                        help="as in training, to the input's size, or not at all: then those of the first one's size count")
    parser.add_argument("--every", type=seconds, default=60, metavar="SECONDS", help="how often the run is saved (default: 60)")
    parser.add_argument("--verbose", action="store_true", help="let TensorFlow talk")
    options = parser.parse_args()
    options.layers = None if options.layers == "all" else [name for name in options.layers.split(",") if name]
    if options.layers == []:
        parser.error("--layers needs at least one layer, or all")
    if options.layers and (options.network or not options.weights):
        network = NETWORKS[options.network or "vgg16"](flavour=options.flavour or "")
        options.layers = [network.node(layer).name for layer in options.layers]
    return options


def weight_file(options: Namespace) -> Path:
    """The weights to use; raises UserError with what to do if there are none."""
    from tfdeconv.fetch import place
    if options.weights:
        return Path(options.weights)
    return place(ROOT / "weights", NETWORKS[options.network or "vgg16"](flavour=options.flavour or ""), options.layers)


def main() -> int:
    options = parse()
    from tfdeconv import dataset, run
    from tfdeconv.weights import as_tensors, read_weights
    source, weight_path = dataset.source(options.images), weight_file(options)
    there = run.load(options.out) if os.path.lexists(options.out) else None
    read = read_weights(weight_path, options.network, options.layers, "float32", options.flavour)
    network, preprocessing = read.network, chosen(options.preprocess, read.network.input_shape) or read.preprocessing
    if options.weights and not options.preprocess:
        for note in read.assumed:
            cli.complain(note)
    progress = cli.Progress()
    progress.say("importing tensorflow")
    cli.import_tensorflow(options.verbose)
    from tfdeconv.scan import Scan, everything
    from tfdeconv.scanning import advance, versions
    layers = list(dict.fromkeys(network.node(name).name for name in options.layers or everything(network, read)))
    size = dataset.size_of(source, preprocessing, options.resize, network.channels)
    settings = run.Settings(
        network.name, network.flavour, read.digest, json.dumps(asdict(preprocessing), sort_keys=True), options.resize, size,
        source.digest, source.count, tuple(layers), options.top, options.batch)
    if there:
        run.refuse_others(options.out, there, settings, source.names)
    now = there or run.Run(settings, source.root, os.path.abspath(weight_path), source.names)
    if not now.finished:
        now = replace(now, root=source.root, weights=os.path.abspath(weight_path))
        scan = Scan(network, as_tensors(read), layers, size, options.batch, options.top)
        advance(now, scan, source, preprocessing, options.out, options.every, versions(), progress.say)
    progress.clear()
    if not now.scanned:
        raise UserError(f"none of the {settings.count} images could be read: {next(iter(now.skipped.values()))}")
    again = int((now.same >= 0).sum())
    print(f"{options.out}: {now.scanned} images, {len(layers)} layers; {len(now.skipped)} could not be read, {again} came again")
    return 0


if __name__ == "__main__":
    cli.call(main)
