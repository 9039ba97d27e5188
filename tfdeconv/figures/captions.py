"""What the figures of a run say in words: captions, and notes under rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..data.dataset import Source
from ..engine.rules import RULES
from ..scan import maxima, residual
from ..scan.run import Run

# float32 sums through a hundred layers stay below this part of the largest value; a rule that is
# not linear is off by percents
ROUNDING = 1e-4

SHOWN = 8  # channels that a note lists


def source_name(source: Source) -> str:
    """The last part of the folder or file that the images are from; "" for the root folder."""
    return os.path.basename(source.root.rstrip(os.sep))


def source_caption(run: Run, source: Source) -> str:
    """`top 9 of 50,000 images in 'val'`, and which part or how much of them was scanned."""
    settings = run.settings
    name = source_name(source) or source.root
    caption = f"top {settings.top} of {run.scanned:,} images in '{name}'"
    shard, shards = settings.shard
    if shards != 1:
        caption += f", part {shard} of {shards}"
    if not run.finished:
        caption += f" ({run.done:,} of {len(settings.range):,} seen)"
    return caption


def activation_range(values: np.ndarray, images: np.ndarray) -> str:
    """`412 ... 371`: a channel's largest and smallest kept activation, or `dead`.

    values, images: [top], strongest first; places with image -1 or value 0 do not count.
    """
    fired = values[(images >= 0) & (values != 0)]
    if not fired.size:
        return "dead"
    largest = f"{fired[0]:.4g}"
    smallest = f"{fired[-1]:.4g}"
    if largest == smallest:
        return largest
    return f"{largest} ... {smallest}"


def saturated_note(layer: str, channels: np.ndarray) -> str:
    """That the pictures of a layer's channels show nothing, although they fired."""
    listed = ", ".join(map(str, channels[:SHOWN]))
    if len(channels) > SHOWN:
        listed += f", ... ({len(channels)})"
    return (
        f"{layer} {listed}: saturated, so the picture is no evidence: less than a millionth of "
        f"what the activation could give came back to the pixels"
    )


def additivity_note(gap: float, rule: str) -> str:
    """Whether what came down through identity path and branch adds up to what came down.

    gap: the difference, as a part of the largest value.
    """
    if gap < ROUNDING:
        return (
            f"identity + residual = what came down, to {gap:.0e} of its largest value: "
            f"rule {rule} is linear"
        )
    reason = "the layer behind the sum is not a rectifier"
    if RULES[rule].rectify:
        reason = f"rule {rule} rectifies their sum below"
    return (
        f"identity + residual is not what came down, but up to {100 * gap:.0f} % "
        f"of its largest value away: {reason}"
    )


def block_notes(
    run: Run, path: Path, layers: Sequence[str], channels: np.ndarray
) -> dict[str, list[str]]:
    """The note under each block's row: for each layer, one text per channel.

    It says how strongly the channel fires, how it compares with the block before, and how much
    came through the block's two paths.
    """
    image_maxima = maxima.load(path, run)
    notes: dict[str, list[str]] = {}
    for previous, layer in zip([None, *layers], layers):
        state = run.state[layer]
        percents = 100 * residual.identity_share(run, layer)[channels]
        similarities: list[list[str]] = [[] for _ in channels]
        if previous:
            ranks = residual.correlations(image_maxima, previous, layer, channels.tolist())
            similarities = similarity_notes(run, previous, layer, channels, ranks)
        notes[layer] = []
        for channel, similarity, percent in zip(channels, similarities, percents):
            values = state["values"][channel]
            parts = [f"fires {activation_range(values, state['images'][channel])}", *similarity]
            if np.isfinite(percent):
                parts.append(
                    f"{percent:.0f} % through the identity path, "
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
