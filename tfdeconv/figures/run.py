"""Figures of a run, from what was asked for to the files: what is drawn, what it is called, and what is told with it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..data.dataset import Source
from ..engine.deconvnet import Deconvnet
from ..engine.rules import RULES
from ..errors import UserError
from ..network.graph import INPUT, Network
from ..scan import maxima, residual
from ..scan.run import Run
from ..weights.load import Weights
from . import grid, naming, png, residual as residual_figures, tiles
from .tiles import Said, Strip, Troubles

SAME = (
    "network",
    "layer",
    "weights sha256",
    "list sha256",
)  # what pictures of one name must agree in to replace each other
PACKING = 2  # pages that are packed at a time
ROUNDING = 1e-4  # of float32 sums through a hundred layers; what is not linear is off by percents


@dataclass(frozen=True)
class Figures:
    """What the figures of a run have in common. say hears how far it is, complain what is not as it was scanned."""

    path: Path
    run: Run
    network: Network
    weights: Weights  # tensors; the preprocessing is the run's
    weights_path: Path
    source: Source
    rule: str
    bands: Sequence[int] | None
    out: Path
    raw: bool
    say: Said
    complain: Callable[[str], None]

    def layer(self, layer: str, channels: np.ndarray) -> Iterator[Path]:
        """Draws the strongest images of a layer's channels, page after page. Raises UserError where there is nothing to draw."""
        deconvnet = Deconvnet(self.network, self.weights, layer, self.rule)
        found, troubles = tiles.strips(
            deconvnet,
            self.run,
            self.source,
            self.weights.preprocessing,
            {layer: channels},
            lambda height, width: grid.side(height, width, len(channels)),
            bands=self.bands,
            raw=self.raw,
            say=self.say,
        )
        self.tell(troubles, found[layer])
        caption = f"{self.scanned()}; left: what came down under rule {self.rule}, right: the photos' patches"
        text = self.text(layer, channels)
        yield from self.save(
            grid.pages(found[layer], f"{self.network.name}   {layer}", caption),
            f"{self.network.name}-{layer}",
            f"top{self.run.settings.top}",
            text,
            self.arrays(found[layer]),
        )

    def blocks(
        self, stage: str, layers: Sequence[str], channels: np.ndarray, split: bool
    ) -> Iterator[Path]:
        """Draws the strongest images of each channel in the outputs of residual blocks, a picture a channel, a row a block.

        split: what came down through the shortcut and through the branch of each sum apart, too.
        """
        sums = self.network.residuals()
        parts = (
            {layer: (sums[layer].shortcut, sums[layer].branch) for layer in layers} if split else {}
        )
        if INPUT in [name for pair in parts.values() for name in pair]:
            raise UserError(
                f"the identity path of {layers[0]} is the image itself: nothing comes down through it to be drawn"
            )
        inner = [*layers[:-1], *dict.fromkeys(name for pair in parts.values() for name in pair)]
        deconvnet = Deconvnet(self.network, self.weights, layers[-1], self.rule, inner=inner)
        found, troubles = tiles.strips(
            deconvnet,
            self.run,
            self.source,
            self.weights.preprocessing,
            dict.fromkeys(layers, channels),
            lambda height, width: residual_figures.side(height, width, len(layers)),
            parts,
            self.bands,
            self.raw,
            True,
            self.say,
        )
        self.tell(troubles, *found.values())
        notes = self.refined(layers, channels)
        for i, channel in enumerate(channels):
            rows = [residual_figures.Row(found[layer], i, notes[layer][i]) for layer in layers]
            caption = f"{self.scanned()}; left: the photos' patches, right: what came down under rule {self.rule}"
            caption += (
                f"\n{adds_up(max(strip.gap for strip in found.values()), self.rule)}"
                if split
                else ""
            )
            text = self.text(stage, channels[i : i + 1]) | {"blocks": ",".join(layers)}
            arrays = {
                f"{layer}.{name}": array[i]
                for layer, strip in found.items()
                for name, array in self.arrays(strip).items()
            }
            yield from self.save(
                residual_figures.pages(
                    rows, f"{self.network.name}   {stage}   channel {channel}", caption
                ),
                f"{self.network.name}-{stage}-channel{channel}",
                "split" if split else "blocks",
                text,
                arrays,
            )

    def refined(self, layers: Sequence[str], channels: np.ndarray) -> dict[str, list[str]]:
        """What is said under each block's row of each channel: how the block before is like it, and what came through its paths."""
        kept = maxima.load(self.path, self.run)
        found: dict[str, list[str]] = {}
        for before, layer in zip([None, *layers], layers):
            share = residual.identity_share(self.run, layer)[channels]
            notes = [
                [
                    f"fires {grid.extent(self.run.state[layer]['values'][c], self.run.state[layer]['images'][c])}"
                ]
                for c in channels
            ]
            if before:
                shared = residual.shared(self.run, before, layer)[channels]
                ranks = residual.correlations(kept, before, layer, channels.tolist())
                for i, note in enumerate(notes):
                    count = (self.run.state[layer]["images"][channels[i]] >= 0).sum()
                    note.append(f"{shared[i]} of its {count} images are {before}'s too")
                    note.append(
                        "rank correlation not kept"
                        if ranks is None
                        else "no rank correlation"
                        if np.isnan(ranks[i])
                        else f"rank correlation with it {ranks[i]:.2f}"
                    )
            for note, percent in zip(notes, 100 * share):
                if np.isfinite(percent):
                    note.append(
                        f"{percent:.0f} % through the identity path, {100 - percent:.0f} % through the branch"
                    )
            found[layer] = ["; ".join(note) for note in notes]
        return found

    def save(
        self,
        pages: Iterable[tuple[int, int, Image.Image]],
        of: str,
        kind: str,
        text: dict[str, str],
        arrays: Mapping[str, np.ndarray],
    ) -> Iterator[Path]:
        """Writes pages, and the arrays if they are wanted, under a name that is free; packs pages while the next is laid out."""
        name, waiting = "", deque[tuple[Path, Future[bytes]]]()

        def first() -> Path:
            path, packed = waiting.popleft()
            png.write(packed.result(), path)
            return path

        with ThreadPoolExecutor(PACKING) as pool:
            for number, count, picture in pages:
                ends = (
                    [f"-page{i:0{max(len(str(count)), 2)}d}" for i in range(1, count + 1)]
                    if count > 1
                    else [""]
                )
                if number == 1:
                    naming.make_folder(self.out)
                    name = naming.free_name(
                        self.out,
                        naming.named(self.path.stem, of, self.rule, kind),
                        text,
                        SAME,
                        ends,
                    )
                    if self.raw:
                        naming.save_raw(self.out / f"{name}.npz", arrays, text)
                told = text | {"page": f"{number} of {count}"}
                waiting.append(
                    (
                        self.out / f"{name}{ends[number - 1]}.png",
                        pool.submit(png.packed, picture, told),
                    )
                )
                if len(waiting) > PACKING:
                    yield first()
            while waiting:
                yield first()

    def text(self, layer: str, channels: np.ndarray) -> dict[str, str]:
        """What it takes to make a picture again."""
        settings = self.run.settings
        return {
            **naming.made_by(),
            "network": self.network.name,
            "layer": layer,
            "rule": self.rule,
            "channels": ",".join(map(str, channels)),
            "run": self.path.name,
            "images": os.path.basename(self.source.root.rstrip(os.sep)),
            "list sha256": settings.list_sha256,
            "scanned": f"{self.run.done} of {len(settings.range)}",
            "resize": settings.resize,
            "preprocessing": settings.preprocessing,
            "weights": self.weights_path.name,
            "weights sha256": self.weights.digest,
        }

    def arrays(self, strip: Strip) -> dict[str, np.ndarray]:
        """What of a strip is saved: its patches by the name of the layer they came from, and by `patches` its own."""
        names = np.array(
            [
                [tiles.called(self.source, number) if number >= 0 else "" for number in row]
                for row in strip.images
            ]
        )
        raw = {
            "patches" if name == strip.layer else name: array for name, array in strip.raw.items()
        }
        return {
            "channels": strip.channels,
            "activations": strip.values,
            "positions": strip.positions,
            "images": strip.images,
            "names": names,
            "words": strip.words,
            **raw,
        }

    def tell(self, troubles: Troubles, *strips: Strip) -> None:
        """Says what is not as it was scanned; raises UserError where that is everything."""
        lines = troubles.lines()
        words = np.concatenate([strip.words.ravel() for strip in strips])
        if lines and not (words == "").any():
            raise UserError(
                f"nothing can be drawn: {lines[0]}{f', and {len(lines) - 1} more' if lines[1:] else ''}"
            )
        for line in lines:
            self.complain(line)

    def scanned(self) -> str:
        """`top 9 of 50,000 images in val`."""
        name, settings = (
            os.path.basename(self.source.root.rstrip(os.sep)) or self.source.root,
            self.run.settings,
        )
        part = (
            "" if settings.shard[1] == 1 else f", part {settings.shard[0]} of {settings.shard[1]}"
        )
        part += "" if self.run.finished else f" ({self.run.done:,} of {len(settings.range):,} seen)"
        return f"top {settings.top} of {self.run.scanned:,} images in '{name}'{part}"


def adds_up(gap: float, rule: str) -> str:
    """Whether what came down through identity path and branch is what came down of their sum; gap: of the largest value."""
    if gap < ROUNDING:
        return f"identity + residual = what came down, to {gap:.0e} of its largest value: rule {rule} is linear"
    why = (
        f"rule {rule} rectifies their sum below"
        if RULES[rule].rectify
        else "what is behind the sum is no rectifier"
    )
    return f"identity + residual is not what came down, but up to {100 * gap:.0f} % of its largest value away: {why}"
