"""Lists on the command line, with commas: channels, layers; and the mistake of leaving them out."""

from __future__ import annotations

import argparse
import os
import re
from argparse import Namespace

from ..errors import UserError
from ..limits import MAX_JOINED

RANGE = re.compile(r"(\d+)-(\d+)")
CHANNELS = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*,?")
# a layer's name, or several: what no photo is called
NAMES = re.compile(r"[A-Za-z][\w/]*(,[\w/]+)*,?")


def int_list(text: str) -> list[int]:
    """`3,2,1` -> [3, 2, 1]."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of integers such as 46 or 46,128"
        ) from None


def add_features(parser: argparse.ArgumentParser, meaning: str) -> None:
    """-f"""
    parser.add_argument(
        *("-f", "--feature"),
        action="extend",
        type=channel_list,
        metavar="CHANNEL[,CHANNEL-CHANNEL...]",
        help=meaning,
    )


def channel_list(text: str) -> list[int]:
    """`0-3,46` -> [0, 1, 2, 3, 46]."""
    channels: list[int] = []
    for part in text.split(","):
        ends = RANGE.fullmatch(part)
        if ends:
            channels += channel_range(int(ends[1]), int(ends[2]))
            continue
        try:
            channels.append(int(part))
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a list of channels such as 46 or 46,128 or 0-8"
            ) from None
    return channels


def channel_range(first: int, last: int) -> range:
    """Channels from the first to the last, both included."""
    if last < first:
        raise argparse.ArgumentTypeError(f"{first}-{last} goes down: write {last}-{first}")
    if last >= MAX_JOINED:
        raise argparse.ArgumentTypeError(
            f"{first}-{last}: no layer has so many channels, at most {MAX_JOINED:,}"
        )
    return range(first, last + 1)


def without_repeats(numbers: list[int] | None) -> list[int] | None:
    """Each number once, in order.

    >>> without_repeats([3, 0, 1, 3])
    [3, 0, 1]
    """
    return numbers and list(dict.fromkeys(numbers))


def layer_list(text: str) -> list[str]:
    """`block1_conv1,fc1` -> ["block1_conv1", "fc1"]."""
    return text.split(",")


def name_list(text: str) -> list[str]:
    """`block1_conv1,fc1` -> ["block1_conv1", "fc1"]; empty names are left out."""
    return [name for name in text.split(",") if name]


def refuse_stray(given: Namespace) -> None:
    """Raises UserError for what stands among the photos and was meant as more of a list.

    `-f 1 2 3` is channel 1 of photos called 2 and 3.
    """
    lists = (("-f", "channels", given.feature, CHANNELS), ("-l", "layers", given.layer, NAMES))
    for option, things, values, pattern in lists:
        stray = []
        for image in given.images:
            if values and pattern.fullmatch(image) and not os.path.lexists(image):
                stray.append(image)
        if stray:
            whole = ",".join([*map(str, values), *(each.strip(",") for each in stray)])
            raise UserError(
                f"there is no photo {' or '.join(stray)}: a list of {things} has commas and no "
                f"spaces, as {option} {whole}"
            )
