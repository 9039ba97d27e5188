"""Says what a large photo will take before it is begun, and how far it is while it is computed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..words import extent
from . import arguments, console

if TYPE_CHECKING:
    from ..engine.estimate import Estimate
    from ..network.graph import Network

# what is said before it is taken: bytes, or seconds
MUCH_MEMORY = 2e9
LONG = 60
# multiply-adds that take less than that on any machine: 2 thousand million a second
SURELY_QUICK = 2e9 * LONG
# longer sides that may be offered instead, largest first
SIDES = (4000, 3000, 2000, 1500, 1000, 750, 500)


class Pace:
    """How far a projection is, by the multiply-adds that were done."""

    def __init__(self, progress: console.Progress):
        self.progress = progress
        self.text = ""
        self.begin(0)

    def announce(self, text: str) -> None:
        """Says what is to be done next."""
        self.text = text
        self.begin(0)
        self.progress.say(text)

    def say(self, how_far: str) -> None:
        """Says how far that is, where it is not known by its work."""
        self.progress.say(f"{self.text}: {how_far}")

    def begin(self, work: int) -> None:
        """work: multiply-adds that it will take."""
        self.work = work
        self.done = 0
        self.began = time.monotonic()

    def add(self, work: int) -> None:
        self.done += work
        seconds = time.monotonic() - self.began
        if not 0 < self.done < self.work or seconds < 1:
            return
        left = seconds * (self.work - self.done) / self.done
        share = self.done / self.work
        self.progress.say(f"{self.text}: {share:.0%}, about {duration(left)} to go")


def estimate_of(request: Any, network: Network, layer: str, size: tuple[int, int]) -> Estimate:
    """Of all that a PhotoRequest asks for, of a photo of this height and width."""
    from ..checks.fidelity import Settings
    from ..engine.estimate import unit_work

    projected = projection_estimate(request, network, layer, size)
    if not request.fidelity:
        return projected
    activations = features_of(request, network, layer) * Settings().versions(1)
    work = activations * unit_work(network, layer, size)
    return replace(projected, work=projected.work + work)


def features_of(request: Any, network: Network, layer: str) -> int:
    """How many features a PhotoRequest asks for."""
    if request.features:
        return len(request.features)
    return min(request.top, network.shapes()[layer][2])


def projection_estimate(
    request: Any, network: Network, layer: str, size: tuple[int, int]
) -> Estimate:
    """Of the projections alone, whose work deconvnets tell while they do it."""
    from ..engine.estimate import Estimate, estimate, heat_estimate
    from ..engine.rules import GUIDED, RULES

    features = features_of(request, network, layer)
    parts = []
    # what guided Grad-CAM is made of is projected, too
    for rule in dict.fromkeys((request.rule, GUIDED.name) if request.cam else (request.rule,)):
        masked = RULES[rule].mask
        parts.append(estimate(network, layer, size, request.mode, masked, features))
    if request.cam:
        parts.append(heat_estimate(network, layer, request.cam, size, request.mode, features))
    return Estimate(max(part.values for part in parts), sum(part.work for part in parts))


def warning(
    request: Any, network: Network, layer: str, size: tuple[int, int], cost: Estimate
) -> str:
    """What a photo of this height and width takes, in words; "" where that is not much.

    With what it would take scaled down, where it has its own size.
    """
    from ..engine.estimate import multiply_adds_per_second

    if cost.bytes <= MUCH_MEMORY and cost.work <= SURELY_QUICK:
        return ""
    speed = multiply_adds_per_second()
    if not is_much(cost, speed):
        return ""
    text = f"about {amounts(cost, speed)} for {layer} at {extent(size[::-1])}"
    if request.resize == arguments.KEEP:
        for side, smaller in smaller_costs(request, network, layer, size):
            if not is_much(smaller, speed):
                text += f"; --max-side {side} takes about {amounts(smaller, speed)}"
                break
    return text


def long_time(work: int) -> str:
    """`12 minutes`, for so many multiply-adds; "" for what is no longer than LONG."""
    from ..engine.estimate import multiply_adds_per_second

    if work <= SURELY_QUICK:
        return ""
    seconds = work / multiply_adds_per_second()
    return duration(seconds) if seconds > LONG else ""


def is_much(cost: Estimate, speed: float) -> bool:
    return cost.bytes > MUCH_MEMORY or cost.work / speed > LONG


def smaller_costs(
    request: Any, network: Network, layer: str, size: tuple[int, int]
) -> Iterator[tuple[int, Estimate]]:
    """Longer sides below a photo's, and what it would take with each."""
    from ..data.photo_limits import size_at_most
    from ..errors import UserError

    for side in SIDES:
        if side < max(size):
            try:
                yield side, estimate_of(request, network, layer, size_at_most(*size, side))
            except UserError:  # smaller than the layer takes
                return


def amounts(cost: Estimate, speed: float) -> str:
    """`14 GB and 5 minutes`."""
    gigabytes = cost.bytes / 1e9
    digits = 0 if gigabytes >= 10 else 1
    return f"{gigabytes:.{digits}f} GB and {duration(cost.work / speed)}"


def duration(seconds: float) -> str:
    """
    >>> duration(44), duration(70), duration(321), duration(10_000)
    ('45 s', '70 s', '5 minutes', '3 hours')
    """
    if seconds >= 2 * 3600:
        return f"{seconds / 3600:.0f} hours"
    if seconds >= 120:
        return f"{seconds / 60:.0f} minutes"
    # of seconds no more than is known
    return f"{max(5, 5 * round(seconds / 5))} s"
