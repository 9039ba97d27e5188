"""Fetches a network's official ImageNet weights and writes them as weights/NETWORK-imagenet.h5
(or -imagenet-notop.h5).

    python scripts/fetch_weights.py resnet50 --no-top
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from ..weights.downloads.official import BASE, ORIGINS, fetch, installed_digest
from . import arguments, console


def parse(argv: Sequence[str]) -> Namespace:
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    option("network", choices=ORIGINS, metavar="NETWORK", help=", ".join(ORIGINS))
    option(
        "--no-top",
        action="store_true",
        help="without the dense layers: smaller, enough for the layers below them",
    )
    option(
        "--out",
        type=Path,
        default=arguments.weights_folder(),
        metavar="DIR",
        help="default: weights/, of the clone or (once installed) of the current directory",
    )
    option("--again", action="store_true", help="even if the file exists")
    option(
        "--base-url",
        default=BASE,
        metavar="URL",
        help=f"a mirror of Keras's folders, or file:///FOLDER of a copy (default: {BASE})",
    )
    option(
        "--timeout",
        type=arguments.timeout,
        default=30,
        metavar="SECONDS",
        help="give up after so many seconds without data (default: 30)",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    given = parse(argv)
    network = given.network
    with_top = not given.no_top
    ending = "" if with_top else "-notop"
    path = given.out / f"{network}-imagenet{ending}.h5"
    digest = None if given.again else installed_digest(network, path)
    state = "is already there (--again fetches it again)"
    if not digest:
        state = f"{network}, single precision"
        progress = console.Progress()
        try:
            digest = fetch(network, path, with_top, given.base_url, given.timeout, progress.say)
        except KeyboardInterrupt as interrupt:  # its text says how to go on
            progress.clear()
            console.complain(str(interrupt) or "interrupted")
            return 130
        finally:
            progress.clear()
    print(f"{path}: {state}, sha256 {digest}")
    print(f"{ORIGINS[network].source}\n{ORIGINS[network].licence}")
    return 0
