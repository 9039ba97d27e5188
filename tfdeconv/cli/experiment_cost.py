"""Says what an experiment will take before it is begun, where that is long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..words import counted
from . import console
from .photo_cost import long_time

if TYPE_CHECKING:
    from ..checks.fidelity import Settings
    from ..experiments.squares import Squares
    from ..network.graph import Network


def announce_squares(network: Network, layers: Sequence[str], squares: Squares) -> None:
    """Of a square that slides over an image, when these layers are watched."""
    from ..engine.estimate import forward_work, hidden_work

    image = squares.height, squares.width
    rectangles = squares.rectangles()
    work = hidden_work(network, layers, image, rectangles)
    announce(
        forward_work(network, layers, image) + len(rectangles) * work,
        f"{counted(len(rectangles), 'place')} of the square",
        "a larger --stride takes less",
    )


def announce_hidden_parts(
    network: Network, layers: Sequence[str], image: tuple[int, int], photos: int, places: int
) -> None:
    """Of so many photos in which that many places are hidden, one at a time."""
    from ..engine.estimate import forward_work

    # each photo as it is, too
    images = photos * (1 + places)
    announce(
        images * forward_work(network, layers, image),
        f"{counted(images, 'image')}, {1 + places} of each photo",
        "fewer --draws take less",
    )


def announce_random_weights(
    network: Network, layer: str, image: tuple[int, int], features: int, networks: int
) -> None:
    """Of projections of so many features by all rules, by so many networks."""
    from ..engine.estimate import estimate
    from ..engine.rules import RULES

    work = 0
    for rule in RULES.values():
        work += estimate(network, layer, image, "max", rule.mask, features).work
    announce(
        networks * work,
        f"{counted(networks, 'network')} with random weights",
        "fewer --draws take less",
    )


def announce_rankings(
    network: Network, layer: str, image: tuple[int, int], units: int, rules: int, settings: Settings
) -> None:
    """Of so many units of a layer, whose pixels are deleted by that many rules' rankings."""
    from ..engine.estimate import unit_work

    activations = units * settings.versions(rules)
    announce(
        activations * unit_work(network, layer, image),
        f"{activations:,} activations of {counted(units, 'unit')} of {layer}",
        "fewer --steps, or --random, take less",
    )


def announce(work: int, what: str, remedy: str) -> None:
    """Says how long so many multiply-adds take; nothing of what is quick."""
    time = long_time(work)
    if time:
        console.complain(f"about {time} for {what}; {remedy}")
