"""The options that several commands have, each defined once, the types of their values, and the
files that are found without asking.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Sequence
from pathlib import Path

from ..data.preprocessing import ALIASES, PRESETS, preset_name
from ..errors import UserError
from ..limits import MAX_SEED
from ..network.graph import Network
from ..network.selection import inner_map, last_map
from ..zoo import NETWORKS, VARIANTS
from .constraints import Constraint
from .lists import layer_list

ROOT = Path(__file__).resolve().parents[2]  # of a clone; site-packages where it is installed
IN_CLONE = (ROOT / "scripts" / "visualise.py").is_file()
DEFAULT_NETWORK = "vgg16"
# the first that a network has; behind batch norms the rectifier is a layer of its own
DEFAULT_LAYERS = ("block4_relu2", "block4_conv2")
# a row of the options' tables
ARCHITECTURE_NEEDS_WEIGHTS = Constraint(
    "--architecture",
    "--architecture describes a model whose weights are in a file: give --weights FILE as well",
    needs=("--weights",),
)
KEEP = "keep"
RESIZES = ("crop", "squash", KEEP)  # those of data.images, which would import numpy


def add_network(parser: argparse.ArgumentParser, meaning: str = "") -> None:
    parser.add_argument(
        "--network", choices=NETWORKS, help=meaning or "default: what --weights is for, or vgg16"
    )


def add_weights(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument("--weights", metavar="FILE", help=meaning)


def add_architecture(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--architecture",
        metavar="JSON",
        help="a Keras model (model.to_json()), where --weights has its weights alone",
    )


def add_lambda(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lambda",
        dest="lambdas",
        action=SaidOfLayers,
        type=layer_and_formula,
        metavar="LAYER=FORMULA",
        help='what a Lambda layer of a Keras model does, as in "normalise=x / 127.5 - 1"; '
        "may be repeated",
    )


class SaidOfLayers(argparse.Action):
    """Collects pairs of a layer and a formula: {layer: formula}."""

    def __call__(self, parser, namespace, pair, option_string=None) -> None:
        layer, formula = pair
        said = getattr(namespace, self.dest) or {}
        if layer in said:
            raise argparse.ArgumentError(self, f"{layer} is given twice: give it one formula")
        setattr(namespace, self.dest, {**said, layer: formula})


def add_variant(parser: argparse.ArgumentParser) -> None:
    """--variant, and --flavour, which was its name once."""
    variants: set[str] = set()
    for names in VARIANTS.values():
        variants.update(names)
    meaning = "variant of the network, where the weight file does not show it"
    parser.add_argument("--variant", choices=sorted(variants), help=meaning)
    parser.add_argument(
        "--flavour", dest="variant", choices=sorted(variants), help=argparse.SUPPRESS
    )


def add_preprocess(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument(
        "--preprocess",
        type=preset_name,
        metavar="|".join([*PRESETS, *ALIASES, "FILE"]),
        help=f"{meaning}; 0-1 is over255, -1-1 is tf",
    )


def add_layers(parser: argparse.ArgumentParser, meaning: str) -> None:
    """-l, by any of the names that it has had."""
    parser.add_argument(
        *("-l", "--layer", "--layers"),
        dest="layer",
        action="extend",
        type=layer_list,
        metavar="LAYER[,LAYER...]",
        help=meaning,
    )


def add_verbose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--verbose", action="store_true", help="show TensorFlow's messages")


def layer_and_formula(text: str) -> tuple[str, str]:
    """`normalise=x / 255` -> ("normalise", "x / 255")."""
    layer, equals, formula = text.partition("=")
    if not equals or not layer.strip() or not formula.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not LAYER=FORMULA such as normalise=x / 255")
    return layer.strip(), formula.strip()


def positive_int(text: str) -> int:
    """`9` -> 9; at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer >= 1")
    return int(text)


def seed(text: str) -> int:
    """`3` -> 3; at least 0."""
    if not text.isdecimal() or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number up to {MAX_SEED:,}")
    return int(text)


def seconds(text: str) -> float:
    """`60` or `0.5` -> seconds from 0 up."""
    value = as_float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds >= 0")
    return value


def timeout(text: str) -> float:
    """`30` -> seconds above 0, up to an hour."""
    value = as_float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds above 0 and up to 3600"
        )
    return value


def as_float(text: str) -> float:
    """A number, or NaN, which no range includes."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def shard(text: str) -> tuple[int, int]:
    """`3/16` -> (3, 16), the third of sixteen parts."""
    match = re.fullmatch(r"([1-9]\d{0,8})/([1-9]\d{0,8})", text)
    if not match or int(match[1]) > int(match[2]):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a part such as 3/16: expected 1/16 to 16/16"
        )
    return int(match[1]), int(match[2])


def image_shape(text: str) -> tuple[int, int, int]:
    """`320x480x3` -> (320, 480, 3): height, width, channels."""
    match = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})x([1-9]\d{0,5})", text)
    if not match:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not height x width x channels such as 320x480x3"
        )
    return int(match[1]), int(match[2]), int(match[3])


def built_in_network(name: str | None, variant: str | None) -> Network:
    """The built-in network that is meant where no weight file says which."""
    return NETWORKS[name or DEFAULT_NETWORK](variant=variant or "")


def weights_folder() -> Path:
    """Where weights are looked for, and fetched to: the clone's weights/, or else ./weights."""
    return ROOT / "weights" if IN_CLONE else Path("weights")


def weight_file(
    path: str | None, network: str | None, variant: str | None, layers: Sequence[str] | None
) -> Path:
    """--weights, or the file in the weights folder that has what the layers need.

    Raises UserError with what to do if there is none.
    """
    if path:
        return Path(path)
    from ..weights.downloads.official import find_weights

    return find_weights(weights_folder(), built_in_network(network, variant), layers)


def sample_photo(instead: str) -> Path:
    """The clone's photo; raises UserError in an installed program: what to do instead."""
    if not IN_CLONE:
        raise UserError(f"no photo: {instead} (only a clone of the project has a sample)")
    return ROOT / "tests" / "data" / "chelsea.jpg"


def default_layer(network: Network) -> str:
    """One of DEFAULT_LAYERS, or the last map of the network (network.selection.last_map).

    Raises UserError where there is none.
    """
    layers = network.shapes()
    for name in DEFAULT_LAYERS:
        if name in layers and name not in network.vectors:
            return name
    return last_map(network, list(layers))


def check_targets(
    network: Network,
    layers: Sequence[str],
    channels: Sequence[int] | None,
    bands: Sequence[int] | None,
    cam: str | None = None,
) -> None:
    """Raises UserError for layers, their channels or bands of the image that the network lacks.

    cam: a layer that has to be a map below each of them.
    """
    for layer in layers:
        network.node(layer)
        if cam:
            inner_map(network, layer, cam)
        for channel in channels or []:
            network.channel(layer, channel)
    for band in bands or []:
        if not 0 <= band < network.channels:
            raise UserError(
                f"--bands {band}: {network.name} has channels 0 to {network.channels - 1}"
            )
