"""Options that several scripts have, and the types of their values."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path

from ..errors import UserError
from ..network.graph import Network

ROOT = (
    Path(__file__).resolve().parents[2]
)  # of a clone, which has the default weights and a sample photo


def numbers(text: str) -> list[int]:
    """`3,2,1` as [3, 2, 1], for argparse."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no list of whole numbers such as 46 or 46,128"
        ) from None


def counting(text: str) -> int:
    """A whole number from 1 up, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def check(network: Network, options: Namespace) -> None:
    """Raises UserError for layers or features the network does not have.

    Where no layer was asked for, it is block4_conv2, or the last that has a map.
    """
    if not options.layer:
        there = {
            name: shape for name, shape in network.shapes().items() if name not in network.vectors
        }
        options.layer = [
            "block4_conv2"
            if "block4_conv2" in there
            else next(
                (name for name in reversed(there) if min(there[name][:2]) > 1),
                network.nodes[-1].name,
            )
        ]
    for layer in options.layer:
        network.node(layer)
        for channel in options.feature or []:
            network.channel(layer, channel)
    for band in options.bands or []:
        if not 0 <= band < network.channels:
            raise UserError(
                f"--bands {band}: {network.name} has channels 0 to {network.channels - 1}"
            )
