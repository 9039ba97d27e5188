"""What is said of a channel in the outputs of residual blocks: notes under rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..engine.rules import RULES
from ..network.graph import Network
from ..scan import maxima, residual
from ..scan.run import Run
from .captions import activation_range

# float32 sums through a hundred layers stay below this part of the largest value; a rule that is
# not linear is off by percents
ROUNDING = 1e-4
SHORTCUTS = {"identity": "identity path", "projection": "projection shortcut"}


def additivity_note(gap: float, rule: str) -> str:
    """Whether what came down through shortcut and branch adds up to what came down.

    gap: the difference, as a part of the largest value.
    """
    if gap < ROUNDING:
        return (
            f"shortcut + branch = what came down, to {gap:.0e} of its largest value: "
            f"rule {rule} is linear"
        )
    reason = "the layer behind the sum is not a rectifier"
    if RULES[rule].rectify:
        reason = f"rule {rule} rectifies their sum below"
    return (
        f"shortcut + branch is not what came down, but up to {100 * gap:.0f} % "
        f"of its largest value away: {reason}"
    )


def shortcut_name(network: Network, block: str) -> str:
    """What the shortcut of a block is called."""
    return SHORTCUTS[residual.shortcut_kind(network, block)]


def block_notes(
    run: Run, path: Path, network: Network, layers: Sequence[str], channels: np.ndarray
) -> dict[str, list[str]]:
    """The note under each block's row: for each layer, one text per channel.

    It says how strongly the channel fires, how it compares with the block before, and how much
    came through the block's two paths.
    """
    image_maxima = maxima.load(path, run)
    notes: dict[str, list[str]] = {}
    for previous, layer in zip([None, *layers], layers):
        state = run.state[layer]
        shortcut = shortcut_name(network, layer)
        percents = 100 * residual.shortcut_share(run, layer)[channels]
        similarities: list[list[str]] = [[] for _ in channels]
        if previous:
            ranks = residual.correlations(image_maxima, previous, layer, channels.tolist())
            similarities = similarity_notes(run, previous, layer, channels, ranks)
        notes[layer] = []
        # no minus zero
        for channel, similarity, percent in zip(channels, similarities, np.rint(percents) + 0.0):
            values = state["values"][channel]
            fires = activation_range(values, state["images"][channel])
            parts = [f"fires {fires}" if fires else "dead", *similarity]
            if np.isfinite(percent):
                parts.append(
                    f"{percent:.0f} % through the {shortcut}, "
                    f"{100 - percent:.0f} % through the branch"
                )
            notes[layer].append("; ".join(parts))
    return notes


def similarity_notes(
    run: Run, previous: str, layer: str, channels: np.ndarray, ranks: np.ndarray | None
) -> list[list[str]]:
    """How each channel of a block's output compares with the same channel of the block before.

    ranks: rank correlations of the channels' maxima; None if the run did not keep these.
    """
    shared = residual.shared(run, previous, layer)[channels]
    images = run.state[layer]["images"]
    notes = []
    for i, channel in enumerate(channels):
        count = (images[channel] >= 0).sum()
        if ranks is None:
            correlation = "rank correlation not kept"
        elif np.isnan(ranks[i]):
            correlation = "no rank correlation"
        else:
            correlation = f"rank correlation with it {ranks[i]:.2f}"
        notes.append([f"{shared[i]} of its {count} images are {previous}'s too", correlation])
    return notes
