"""Shows what in a photo, or in the strongest images of a run of scan.py, made features of a layer fire: writes PNGs, prints paths.

python scripts/visualise.py cat.jpg -l block4_conv2 -f 46,128
python scripts/visualise.py --run run.h5 -l block4_conv2 -f 46,128
"""

from __future__ import annotations

import argparse
import os
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.preprocessing import PRESETS, load_preprocessing
from ..engine.rules import RULES
from ..errors import UserError
from ..zoo import NETWORKS, VARIANTS
from . import arguments, console
from .arguments import ROOT, check
from .console import say
from .visualise_run import of_run

if TYPE_CHECKING:
    import numpy as np

    from ..engine.deconvnet import Deconvnet
    from ..weights.load import Weights


ALL = 0  # --top all
FIXED = ("network", "variant", "preprocess", "mode", "resize")  # what a run has settled
SAMPLE = ROOT / "tests" / "data" / "chelsea.jpg"
MEANING = {"max": "strongest unit of each feature map", "all": "whole feature maps"}


def top(text: str) -> int:
    """A number of features, or ALL, for argparse."""
    try:
        return ALL if text == "all" else arguments.counting(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}, nor all") from None


def parse(argv: list[str] | None = None) -> Namespace:
    """The command line, with all checked that it alone can show to be wrong."""
    parser = console.Parser(__doc__)
    parser.add_argument(
        "images",
        nargs="*",
        metavar="IMAGE",
        help="photos, or directories of them; .npy [h, w, c] for other than three channels (default: a sample); "
        "with --run, where its images are now, if they have moved",
    )
    parser.add_argument(
        "--run",
        metavar="FILE",
        help="draw the strongest images that scan.py found, not one's strongest features",
    )
    parser.add_argument(
        "--blocks",
        metavar="STAGE",
        help="of a run: a feature in all block outputs of a stage (conv4), a row each",
    )
    parser.add_argument(
        "--step",
        type=arguments.counting,
        metavar="N",
        help="with --blocks: every N-th of them alone",
    )
    parser.add_argument(
        "--split",
        action="store_true",
        help="with --blocks: also through identity path and residual branch apart",
    )
    parser.add_argument(
        "--network", choices=NETWORKS, help="default: what --weights is for, or vgg16"
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="default: what weights/ has for the network and layer"
    )
    parser.add_argument(
        "--variant",
        choices=sorted({name for names in VARIANTS.values() for name in names}),
        help="which of the networks of that name, where a file cannot tell",
    )
    parser.add_argument("--flavour", dest="variant", help=argparse.SUPPRESS)  # its old name
    parser.add_argument(
        "--preprocess",
        metavar="|".join([*PRESETS, "FILE"]),
        help="how the photo becomes the network's input (default: as the weights say, or as is assumed for them)",
    )
    parser.add_argument(
        "-l",
        "--layer",
        action="append",
        metavar="LAYER",
        help="may be repeated (default: block4_conv2, or the last layer that has a map)",
    )
    parser.add_argument(
        "-f",
        "--feature",
        action="extend",
        type=arguments.numbers,
        metavar="CHANNEL[,CHANNEL...]",
        help="channels of the layer, from 0; may be repeated (default: the strongest)",
    )
    parser.add_argument(
        "--top",
        type=top,
        metavar="N",
        help="the N features that fire strongest (default: 9); of a run also all",
    )
    parser.add_argument(
        "-m",
        "--mode",
        choices=MEANING,
        help="keep the strongest unit of a feature map (the default), or all of it",
    )
    parser.add_argument(
        "--rule",
        choices=RULES,
        default="deconvnet",
        help="what rectifiers do to the signal on its way down",
    )
    parser.add_argument(
        "--resize",
        choices=("crop", "squash", "keep"),
        help="as in training (the default), to the input's size, or not at all",
    )
    parser.add_argument(
        "--bands",
        type=arguments.numbers,
        metavar="R,G,B",
        help="channels of an .npy to draw as colours, from 0",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("."),
        metavar="DIR",
        help="where the pictures go (default: here)",
    )
    parser.add_argument(
        "--raw",
        action="store_true",
        help="also write the signed values, boxes and activations as .npz",
    )
    parser.add_argument("--verbose", action="store_true", help="let TensorFlow talk")
    given = sys.argv[1:] if argv is None else argv
    end = (
        given.index("--") if "--" in given else len(given)
    )  # behind it stand photos only, whatever their names begin with
    options = parser.parse_intermixed_args(given[:end])
    options.images += given[end + 1 :]
    if options.feature and options.top is not None:
        parser.error("-f and --top choose features in two ways: give one of them")
    needless = [f"--{name}" for name in FIXED if getattr(options, name)] if options.run else []
    if needless:
        parser.error(
            f"{', '.join(needless)}: with --run they are what scan.py was told; its units are each map's strongest"
        )
    if options.run and len(options.images) > 1:
        parser.error(
            f"--run takes one directory, list or array, the one that was scanned: found {len(options.images)}"
        )
    wanting = [
        f"--{name}" for name in ("step", "split") if getattr(options, name) and not options.blocks
    ]
    if wanting or options.blocks and not options.run:
        parser.error(
            f"{', '.join(wanting) or '--blocks'} is for {'--blocks' if wanting else 'a --run of scan.py'}"
        )
    if options.blocks and options.layer:
        parser.error("-l and --blocks choose layers in two ways: give one of them")
    if options.top == ALL and not options.run:
        parser.error(
            "--top all is for a --run; every feature of a photo is too much for one picture"
        )
    options.mode, options.resize = options.mode or "max", options.resize or "crop"
    if options.bands and len(options.bands) != 3:
        parser.error(
            f"--bands needs three channels, for red, green and blue: found {len(options.bands)}"
        )
    options.layer = [name for names in options.layer or [] for name in names.split(",")]
    if (
        not options.weights and not options.run
    ):  # otherwise the file tells which layers and channels there are
        check(NETWORKS[options.network or "vgg16"](variant=options.variant or ""), options)
    return options


def weight_file(options: Namespace) -> Path:
    """The weights to use: the first file with the layers that the targets need; raises UserError with what to do if none is."""
    if options.weights:
        return Path(options.weights)
    from ..weights.official import find_weights

    return find_weights(
        ROOT / "weights",
        NETWORKS[options.network or "vgg16"](variant=options.variant or ""),
        options.layer,
    )


def main() -> int:
    options = parse()
    if options.run:
        return of_run(options)
    weight_path = weight_file(options)
    from ..data import images
    from ..weights import load

    if not options.layer:
        check(load.network_in(weight_path, options.network, options.variant), options)
    read = load.read_weights(
        weight_path, options.network, options.layer, "float32", options.variant
    )
    network, preprocessing = (
        read.network,
        load_preprocessing(options.preprocess, read.network.input_shape) or read.preprocessing,
    )
    check(network, options)
    if options.weights and not options.preprocess:
        for note in read.assumed:
            console.complain(note)
    photos, drawn = images.find(options.images or [str(SAMPLE)]), 0
    if not any(map(os.path.exists, photos)):
        raise UserError(
            f"{', '.join(map(str, photos[:3]))}{', ...' if photos[3:] else ''}: there is no such file"
        )
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(options.verbose)
    tensors = replace(load.as_tensors(read), preprocessing=preprocessing)
    from ..engine.deconvnet import Deconvnet
    from ..files import sha256

    deconvnets = [Deconvnet(network, tensors, layer, options.rule) for layer in options.layer]
    for i, photo in enumerate(photos, 1):
        try:
            x, digest = (
                images.read([photo], preprocessing, options.resize, network.channels),
                sha256(photo),
            )
        except (UserError, OSError) as error:  # OSError: it is gone between one and the other
            console.complain(error)
            continue
        for deconvnet in deconvnets:
            progress.say(f"photo {i} of {len(photos)}, {deconvnet.target}")
            try:
                path = visualise(deconvnet, tensors, x, photo, digest, weight_path, options)
            except UserError as error:
                console.complain(error if str(photo) in str(error) else f"{photo}: {error}")
                continue
            progress.clear()
            say(path)
            drawn += 1
    return 2 if not drawn else 1 if drawn < len(photos) * len(deconvnets) else 0


def visualise(
    deconvnet: Deconvnet,
    tensors: Weights,
    x: np.ndarray,
    photo: Path,
    digest: str,
    weight_path: Path,
    options: Namespace,
) -> Path:
    """Draws one photo, read as x, for one layer, and returns where the picture is."""
    from ..figures import naming, photo as photo_figures, png

    network, layer = deconvnet.network, deconvnet.target
    projection = deconvnet.project(
        x, options.feature, options.mode, None if options.feature else options.top or 9
    )
    picture = photo_figures.draw(
        x[0],
        projection,
        0,
        tensors.preprocessing,
        f"{network.name}   {layer}",
        f"{photo.name}, rule {options.rule}, mode {options.mode}: {MEANING[options.mode]}",
        options.bands,
    )
    text = {
        **naming.made_by(),
        "network": network.name,
        "layer": layer,
        "rule": options.rule,
        "mode": options.mode,
        "channels": ",".join(map(str, projection.channels[0])),
        "resize": options.resize,
        "image": photo.name,
        "image sha256": digest,
        "weights": weight_path.name,
        "weights sha256": tensors.digest,
    }
    name = naming.free_name(
        options.out,
        naming.named(photo.stem, f"{network.name}-{layer}", options.rule, options.mode),
        text,
        ("image sha256", "network", "layer"),
    )
    naming.make_folder(options.out)
    if options.raw:
        arrays = (
            "channels",
            "activations",
            "dead",
            "positions",
            "boxes",
            "receptive_fields",
            "patches",
        )
        naming.save_raw(
            options.out / f"{name}.npz", {key: getattr(projection, key)[0] for key in arrays}, text
        )
    png.save(picture, options.out / f"{name}.png", text)
    return options.out / f"{name}.png"
