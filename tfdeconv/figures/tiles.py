"""The strongest units of a run, from its images to tiles: each image is read and goes up once, and all its units come down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..data.dataset import Source
from ..data.loader import batches, reader
from ..data.preprocessing import Preprocessing
from ..engine.deconvnet import Deconvnet, ForwardPass
from ..engine.projection import Units, concatenate, paste
from ..memory import refuse_beyond_memory
from ..scan.run import Run
from . import pixels

BATCH, ITEMS = 16, 64  # images that go up at a time; units whose patches stand in memory at a time
# of the layer's largest activation: other batches, hardware and versions sum in another order, which in float32 comes to 1e-5
NEAR = 1e-3
MOST = 5  # lines of one kind
Said = Callable[[str], None]


@dataclass
class Strip:
    """The strongest units of some channels of a layer: arrays are [channels, top, ...], as the run has them, and their tiles."""

    layer: str
    channels: np.ndarray  # int32 [m]
    values: np.ndarray
    images: np.ndarray  # numbers in the run's list, -1 where there were fewer
    positions: np.ndarray
    words: np.ndarray  # what stands in place of the tiles: "" for those that are drawn
    patches: np.ndarray  # uint8 [m, top, h, w, 3] of the photos
    projections: dict[
        str, np.ndarray
    ]  # the same, by the layer where the signal starts: this one, or what is summed in it
    size: tuple[int, int]  # height and width of what a unit sees, as it is carried
    raw: dict[
        str, np.ndarray
    ]  # [m, top, p, q, c] signed, by the same layers; and boxes. Empty where not asked for
    centred: bool = (
        False  # whether a unit is at the middle of its tiles also where it sees the whole image
    )
    near: float = 0.0  # how far an activation may be from the run's
    gap: float = 0.0  # how far what came down through the parts is from the whole, of the whole's largest value


@dataclass
class Troubles:
    """What is not as the run has it, by kind: a line each."""

    told: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, line: str) -> None:
        self.told.setdefault(kind, []).append(line)

    def lines(self) -> list[str]:
        """All that is to be said, of each kind a handful and how many more."""
        return [
            line
            for kind, lines in self.told.items()
            for line in [
                *lines[:MOST],
                *([f"and {len(lines) - MOST} more: {kind}"] if lines[MOST:] else []),
            ]
        ]


def strips(
    deconvnet: Deconvnet,
    run: Run,
    source: Source,
    preprocessing: Preprocessing,
    wanted: Mapping[str, np.ndarray],
    side: Callable[[int, int], tuple[int, int]],
    parts: Mapping[str, Sequence[str]] | None = None,
    bands: Sequence[int] | None = None,
    raw: bool = False,
    centred: bool = False,
    say: Said = lambda text: None,
) -> tuple[dict[str, Strip], Troubles]:
    """Draws the tiles of the channels wanted of each layer, and says what was not as in the run.

    Layers, and the `parts` through which their units' signal is to come down separately, are the deconvnet's target or inner.
    side: height and width of a tile for those of a patch. An image that changed, or that cannot be read, has a word for tiles.
    """
    size, troubles = (int(run.settings.size[0]), int(run.settings.size[1])), Troubles()
    found = {
        layer: blank(
            deconvnet, run, layer, channels, size, side, (parts or {}).get(layer, ()), raw, centred
        )
        for layer, channels in wanted.items()
    }
    alive = [strip.images[strip.words == ""] for strip in found.values()]
    numbers = np.unique(np.concatenate(alive)) if alive else np.zeros(0, int)
    read = reader(source, preprocessing, run.settings.resize, size, deconvnet.network.channels)
    shape = (*size, deconvnet.network.channels)
    done = 0
    for x, digests, reasons in batches(read, numbers, BATCH, shape):
        good = []
        for i, reason in enumerate(reasons):
            number = int(numbers[done + i])
            word = missed(run, source, number, digests[i], reason, troubles)
            if word:
                for strip in found.values():
                    strip.words[(strip.images == number) & (strip.words == "")] = word
            else:
                good.append(i)
        if good:
            forward_pass, photos = (
                deconvnet.forward(x[good]),
                [pixels.photo(image, preprocessing, bands) for image in x[good]],
            )
            for strip in found.values():
                for number, line in come_down(
                    deconvnet,
                    forward_pass,
                    photos,
                    numbers[done:][good],
                    strip,
                    preprocessing,
                    bands,
                ):
                    troubles.add("activations differ", f"{called(source, number)}: {line}")
        done += len(reasons)
        say(f"{done} of {len(numbers)} images")
    return found, troubles


def blank(
    deconvnet: Deconvnet,
    run: Run,
    layer: str,
    channels: np.ndarray,
    size: tuple[int, int],
    side: Callable[[int, int], tuple[int, int]],
    parts: Sequence[str],
    raw: bool,
    centred: bool,
) -> Strip:
    """A strip before anything is drawn; raises UserError where its tiles or its raw values would not fit into the memory."""
    values, images, positions = (
        run.state[layer][name][channels] for name in ("values", "images", "positions")
    )
    largest = np.abs(run.state[layer]["values"][run.state[layer]["images"] >= 0]).max(initial=0)
    words = np.where(images < 0, "none", np.where(values == 0, "dead", "")).astype("U12")
    patch = deconvnet.extents(*size, layer)
    tile, count = (*values.shape, *side(*patch), 3), values.size
    several, depth = (layer, *parts), deconvnet.network.channels
    signed = 4 * count * patch[0] * patch[1] * depth * len(several) if raw else 0
    refuse_beyond_memory(
        int(np.prod(tile)) * (1 + len(several)) + signed,
        f"{count} units of {layer}",
        "ask for fewer channels at a time (-f, --top)",
    )
    kept = (
        {name: np.zeros((*values.shape, *patch, depth), np.float32) for name in several}
        if raw
        else {}
    )
    if raw:
        kept["boxes"] = np.zeros((*values.shape, 4), np.int32)
    grey = np.full(tile, pixels.ZERO[0], np.uint8)
    return Strip(
        layer,
        channels,
        values,
        images,
        positions,
        words,
        grey,
        {name: grey.copy() for name in several},
        patch,
        kept,
        centred,
        NEAR * float(largest),
    )


def missed(
    run: Run, source: Source, number: int, digest: np.ndarray, reason: str, troubles: Troubles
) -> str:
    """The word for the tiles of an image that is not the one which was scanned; "" where it is. Notes what to say of it."""
    name = called(source, number)
    if reason:
        troubles.add(
            "could not be read",
            f"{name}: {reason.removeprefix(f'{name}: ')}" if name not in reason else reason,
        )
        return "missing" if "no such file" in reason else "unreadable"
    if (digest != run.digests[number - run.settings.range.start]).any():
        troubles.add(
            "have changed", f"{name} has changed since it was scanned: its pixels are others"
        )
        return "changed"
    return ""


def called(source: Source, number: int) -> str:
    return source.names[number] if source.names else f"image {number}"


def come_down(
    deconvnet: Deconvnet,
    forward_pass: ForwardPass,
    photos: Sequence[np.ndarray],
    numbers: np.ndarray,
    strip: Strip,
    preprocessing: Preprocessing,
    bands: Sequence[int] | None,
) -> Iterator[tuple[int, str]]:
    """Draws a strip's tiles of the images that went up, numbers in the list; yields for which the activation is not the run's."""
    rows, columns = np.nonzero(np.isin(strip.images, numbers) & (strip.words == ""))
    for start in range(0, len(rows), ITEMS):
        at = rows[start : start + ITEMS], columns[start : start + ITEMS]
        image, channel = np.searchsorted(numbers, strip.images[at]), strip.channels[at[0]]
        whole = concatenate(
            deconvnet.backward(forward_pass, image, channel, strip.positions[at], None, strip.layer)
        )
        units = {strip.layer: whole} | {
            part: concatenate(
                deconvnet.backward(
                    forward_pass, image, channel, strip.positions[at], whole.activations, part
                )
            )
            for part in list(strip.projections)[1:]
        }
        for k in np.nonzero(~(np.abs(whole.activations - strip.values[at]) <= strip.near))[0]:
            yield (
                int(numbers[image[k]]),
                (
                    f"{strip.layer} channel {channel[k]} fires {whole.activations[k]:.5g}, and {strip.values[at][k]:.5g} in the run: "
                    f"another version of TensorFlow, or other hardware?"
                ),
            )
        draw(strip, at, units, [photos[i] for i in image], preprocessing, bands)


def draw(
    strip: Strip,
    at: tuple[np.ndarray, np.ndarray],
    units: Mapping[str, Units],
    photos: Sequence[np.ndarray],
    preprocessing: Preprocessing,
    bands: Sequence[int] | None,
) -> None:
    """Draws the tiles of some units, all parts of one on one scale."""
    height, width = strip.patches.shape[2:4]
    for k, (row, column) in enumerate(zip(*at)):
        whole = units[strip.layer]
        box = middle(whole.receptive_fields[k], strip.size) if strip.centred else whole.boxes[k]
        signals = {name: paste(part.patches[k], part.boxes[k], box) for name, part in units.items()}
        strip.patches[row, column] = pixels.scaled(pixels.window(photos[k], box), width, height)
        small = {name: pixels.shrunk(signal, width, height) for name, signal in signals.items()}
        full = max(pixels.strength(signal, preprocessing, bands) for signal in small.values())
        for name, signal in signals.items():
            drawn = pixels.colours(small[name], preprocessing, bands, full)
            strip.projections[name][row, column] = pixels.scaled(drawn, width, height)
            if strip.raw:
                strip.raw[name][row, column] = signal
        if strip.raw:
            strip.raw["boxes"][row, column] = box
        if len(signals) > 1:
            together, *parts = signals.values()
            strip.gap = max(
                strip.gap,
                float(np.abs(sum(parts) - together).max() / max(np.abs(together).max(), 1e-30)),
            )


def middle(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The middle of a box, of that height and width."""
    corner = box[:2] + (box[2:] - box[:2] - size) // 2
    return np.concatenate([corner, corner + size])
