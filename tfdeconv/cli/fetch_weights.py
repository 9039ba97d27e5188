"""Fetches a network's official ImageNet weights and writes them as weights/NETWORK-imagenet.h5 (or -imagenet-notop.h5).

python scripts/fetch_weights.py resnet50 --no-top
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..weights.official import BASE, ORIGINS, fetch, installed_digest
from . import console
from .arguments import ROOT


def seconds(text: str) -> float:
    """Seconds above 0, up to an hour, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0, up to 3600")
    return value


def main() -> int:
    parser = console.Parser(__doc__)
    parser.add_argument("network", choices=ORIGINS, metavar="NETWORK", help=", ".join(ORIGINS))
    parser.add_argument(
        "--no-top",
        action="store_true",
        help="without the dense layers: smaller, enough for the layers below them",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "weights",
        metavar="DIR",
        help="default: weights/ of this project",
    )
    parser.add_argument("--again", action="store_true", help="even if it is there")
    parser.add_argument(
        "--base-url",
        default=BASE,
        metavar="URL",
        help=f"a mirror of Keras's folders, or file:///FOLDER of a copy (default: {BASE})",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=30,
        metavar="SECONDS",
        help="give up after so long without a byte (default: 30)",
    )
    options = parser.parse_args()
    name, top, progress = options.network, not options.no_top, console.Progress()
    result = options.out / f"{name}-imagenet{'' if top else '-notop'}.h5"
    digest = None if options.again else installed_digest(name, result)
    said = "is there (--again fetches it anew)" if digest else f"{name}, single precision"
    try:
        digest = digest or fetch(name, result, top, options.base_url, options.timeout, progress.say)
    except KeyboardInterrupt as stop:
        progress.clear()
        console.complain(str(stop) or "interrupted")
        return 130
    finally:
        progress.clear()
    print(f"{result}: {said}, sha256 {digest}\n{ORIGINS[name].source}\n{ORIGINS[name].licence}")
    return 0
