"""Figures of a run, from what was asked for to the files: what is drawn, what it is called, and what is told with it."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import figures, output, sheets, topnine
from .dataset import Source
from .deconvnet import Deconvnet
from .errors import UserError
from .network import Network
from .run import Run
from .topnine import Said, Strip, Troubles
from .weights import Weights

SAME = ("network", "layer", "weights sha256", "list sha256")        # what pictures of one name must agree in to replace each other


@dataclass(frozen=True)
class Figures:
    """What the figures of a run have in common, and the complaints that came up. say: what hears how far it is."""
    path: Path
    run: Run
    network: Network
    weights: Weights                # tensors; the preprocessing is the run's
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
        found, troubles = topnine.strips(
            deconvnet, self.run, self.source, self.weights.preprocessing, {layer: channels},
            lambda height, width: sheets.side(height, width, len(channels)), bands=self.bands, raw=self.raw, say=self.say)
        self.tell(troubles, found[layer])
        caption = f"{self.scanned()}; rule {self.rule}: on the left what came down, on the right what was there"
        text = self.text(layer, channels)
        name = ""
        for number, count, picture in sheets.pages(found[layer], f"{self.network.name}   {layer}", caption):
            digits = len(str(count))
            ends = [f"-page{i:0{max(digits, 2)}d}" for i in range(1, count + 1)] if count > 1 else [""]
            name = name or self.free(f"{self.network.name}-{layer}", f"top{self.run.settings.top}", text, ends)
            if number == 1 and self.raw:
                output.save_raw(self.out / f"{name}.npz", self.arrays(found[layer]), text)
            figures.save(picture, self.out / f"{name}{ends[number - 1]}.png", text | {"page": f"{number} of {count}"})
            yield self.out / f"{name}{ends[number - 1]}.png"

    def free(self, of: str, kind: str, text: Mapping[str, str], ends: Sequence[str]) -> str:
        """The pictures' name, in a folder that is there."""
        output.make_folder(self.out)
        return output.free_name(self.out, output.named(self.path.stem, of, self.rule, kind), text, SAME, ends)

    def text(self, layer: str, channels: np.ndarray) -> dict[str, str]:
        """What it takes to make a picture again."""
        settings = self.run.settings
        return {**output.made_by(), "network": self.network.name, "layer": layer, "rule": self.rule,
                "channels": ",".join(map(str, channels)), "run": self.path.name, "images": self.source.root,
                "list sha256": settings.list_sha256, "scanned": f"{self.run.done} of {settings.count}", "resize": settings.resize,
                "preprocessing": settings.preprocessing, "weights": self.weights_path.name,
                "weights sha256": self.weights.digest}

    def arrays(self, strip: Strip) -> dict[str, np.ndarray]:
        """What of a strip is saved: its patches by the name of the layer they came from, and by `patches` its own."""
        names = np.array([[topnine.called(self.source, number) if number >= 0 else "" for number in row] for row in strip.images])
        raw = {"patches" if name == strip.layer else name: array for name, array in strip.raw.items()}
        return {"channels": strip.channels, "activations": strip.values, "positions": strip.positions, "images": strip.images,
                "names": names, "words": strip.words, **raw}

    def tell(self, troubles: Troubles, *strips: Strip) -> None:
        """Says what is not as it was scanned; raises UserError where that is everything."""
        lines = troubles.lines()
        words = np.concatenate([strip.words.ravel() for strip in strips])
        if lines and not (words == "").any():
            raise UserError(f"nothing can be drawn: {lines[0]}{f', and {len(lines) - 1} more' if lines[1:] else ''}")
        for line in lines:
            self.complain(line)

    def scanned(self) -> str:
        """`top 9 of 50,000 images in val`."""
        name, seen = os.path.basename(self.source.root.rstrip(os.sep)) or self.source.root, self.run.done
        part = "" if self.run.finished else f" ({seen:,} of {self.run.settings.count:,} seen)"
        return f"top {self.run.settings.top} of {self.run.scanned:,} images in '{name}'{part}"
