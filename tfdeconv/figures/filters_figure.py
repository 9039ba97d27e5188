"""The figure of a network's first layer: its kernels, and which frequencies they let through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np
from PIL import Image

from ..experiments.first_layer import IMAGE_CHANNELS, LEAST_RMS
from ..experiments.frequencies import HIGH, LOW
from ..words import extent, number
from . import pixels
from .charts.bars import Bars
from .charts.curves import Curves, Series
from .charts.key import GAP, key_width
from .charts.mosaic import Mosaic
from .charts.panel import Panel
from .charts.sheet import draw_sheet
from .charts.table import Table
from .filters_table import Filters
from .legend import Legend
from .style import COLOURS, Style

BANDS = ("low", "middle", "high")
BEYOND = "Power beyond the Nyquist frequency of the stride"
ONE_WIDTH, TWO_WIDTH = 1120, 940  # of the kernels of a file, alone and beside another's
PER_PAGE = 192  # kernels
EDGES = np.linspace(0, 0.75, 25)  # of the frequencies that are told apart in the curve


def draw_filters(
    title: str, caption: str, files: Sequence[Filters], style: Style
) -> Iterator[tuple[int, int, Image.Image]]:
    """The pages of one file's kernels, or of two files' beside each other."""
    tones = [pixels.toned_colours(each.layer.kernels, style) for each in files]
    full = pixels.scale_end(np.concatenate([tone.ravel() for tone in tones]))
    most = max(len(each.layer.kernels) for each in files)
    pages = ceil(most / PER_PAGE)
    for page in range(pages):
        part = slice(page * PER_PAGE, (page + 1) * PER_PAGE)
        rows: list[list[Panel]] = [[], [], []]
        for each, tone in zip(files, tones):
            if part.start < len(tone):
                drawn = pixels.levels(tone[part], full)
                add_panels(rows, each, drawn, part, files)
        if not page:
            rows.append([spectrum_panel(files), summary(files)])
        legend = Legend(scale_sentences(files, style), full)
        sheet = draw_sheet(title, caption, [row for row in rows if row], sentences(files), legend)
        yield page + 1, pages, sheet


def add_panels(
    rows: list[list[Panel]], each: Filters, tiles: np.ndarray, part: slice, files: Sequence[Filters]
) -> None:
    """Adds the panels of some of a file's kernels to the rows; files: all of the figure's."""
    width = ONE_WIDTH if len(files) == 1 else TWO_WIDTH
    name = each.name if len(files) > 1 else ""
    rows[0].append(Mosaic(tiles, width, name, first=part.start, marks=each.marks))
    numbers = [str(part.start + i) for i in range(len(tiles))]
    rows[1].append(
        Bars(
            numbers,
            each.spectra.bands[:, part],
            y_title="share of the power",
            title=f"Frequencies, {name}" if name else "Frequencies of each kernel",
            x_title="kernel",
            groups=BANDS,
            stacked=True,
            y_range=(0, 1),
            width=width,
            height=250,
        )
    )
    # of both or of none: each file has its column
    if any(one.strided for one in files):
        rows[2].append(
            Bars(
                numbers,
                each.spectra.beyond(each.layer.stride)[part],
                y_title="share",
                title=", ".join(filter(None, [BEYOND, nyquist(each), name])),
                x_title="kernel",
                y_range=(0, 1),
                width=width,
                height=200,
                beside=GAP + key_width(BANDS),
            )
        )


def nyquist(each: Filters) -> str:
    """`0.125 cycles per pixel`; down and across where they differ."""
    limits = [number(0.5 / step) for step in dict.fromkeys(each.layer.stride)]
    return f"{' and '.join(limits)} cycles per pixel"


def spectrum_panel(files: Sequence[Filters]) -> Panel:
    """How much of the kernels' power is at which frequencies."""
    series = []
    for each in files:
        shares = each.spectra.by_radius(EDGES)
        shares = shares[np.isfinite(shares[:, 0])]
        middles = (EDGES[1:] + EDGES[:-1]) / 2
        if len(shares):
            name = each.name if len(files) > 1 else ""
            # nothing is less than 0
            spread = shares.std(0)
            down = np.minimum(spread, shares.mean(0))
            series.append(Series(name, middles, shares.mean(0), np.stack([down, spread])))
    counts = [str(int(np.isfinite(each.spectra.peaks).sum())) for each in files]
    marks = dict(zip(BANDS, (0, LOW, HIGH)))
    return Curves(
        series,
        "frequency / cycles per pixel",
        f"power per {number(EDGES[1])} cycles",
        title="Mean spectrum",
        note=f"Mean and standard deviation over the kernels, n = {' and '.join(counts)}",
        width=760 if len(files) > 1 else 560,
        height=320,
        x_range=(0, float(EDGES[-1])),
        marks=marks,
    )


def summary(files: Sequence[Filters]) -> Panel:
    """The numbers of a file in a column."""
    names = [each.name if len(files) > 1 else "" for each in files]
    rows: list[list[str]] = []
    columns = [column_of(each) for each in files]
    for label in columns[0]:
        rows.append([label, *(column[label] for column in columns)])
    return Table(["", *names], rows, title="All kernels")


def column_of(each: Filters) -> dict[str, str]:
    """What a file has in the summary."""
    layer = each.layer
    count, height, width, channels = layer.kernels.shape
    column = {
        "kernels": str(count),
        "size": extent((height, width, channels)),
        "stride": extent(dict.fromkeys(layer.stride)),
        "dead, next to no weights": str(int(layer.weightless.sum())),
        "dead, cannot fire": "not known",
        "oversized": str(int(each.oversized.sum())),
        "median root mean square": number(float(np.median(layer.rms))),
    }
    if layer.threshold is None:
        column["dead, cannot fire"] = "no rectifier"
    elif layer.greatest is not None:
        column["dead, cannot fire"] = str(int((layer.silent & ~layer.weightless).sum()))
    for band, shares in zip(BANDS, each.spectra.bands):
        column[f"{band} frequencies"] = mean_and_spread(shares)
    column["beyond the stride's Nyquist"] = mean_and_spread(each.spectra.beyond(layer.stride))
    return column


def mean_and_spread(shares: np.ndarray) -> str:
    """`0.31 ± 0.12`: mean and standard deviation of those that are known."""
    known = shares[np.isfinite(shares)]
    if not known.size:
        return ""
    return f"{known.mean():.2f} ± {known.std():.2f}"


def scale_sentences(files: Sequence[Filters], style: Style) -> list[str]:
    """How kernels are drawn."""
    channels = files[0].layer.kernels.shape[3]
    texts = ["What a kernel's output gains where a value of the image is 1 higher"]
    if channels in IMAGE_CHANNELS:
        texts = ["What a kernel's output gains where a pixel is one of 255 levels brighter"]
    texts.append("All kernels have one scale; grey is zero")
    if style.bands:
        texts.append(f"Bands {', '.join(map(str, style.bands))} as red, green and blue")
    elif channels not in (1, 3):
        texts.append(f"The sum of {channels} channels is drawn")
    if channels == 3 or style.bands:
        texts.append(COLOURS[style.colours])
    for each in files:
        if each.layer.norm:
            texts.append(f"The batch norm {each.layer.norm} is in the kernels of {each.name}")
        if each.layer.resized:
            texts.append(f"{each.name} scales the image before ({each.layer.resized})")
    return list(dict.fromkeys(filter(None, texts)))


def sentences(files: Sequence[Filters]) -> list[str]:
    """What marks and bands mean."""
    dead = f"Cross: dead, which is a root mean square below {LEAST_RMS:g} of the median"
    if any(each.layer.greatest is not None for each in files):
        dead += (
            ", or an output that no image of values from 0 to 255 raises over the threshold of the "
            "rectifier behind it"
        )
    texts = [
        dead,
        f"Triangle: oversized, a root mean square over {number(files[0].radius)} times the median",
        "Of the power at all frequencies, summed over the channels, low is below 1/8 cycles per "
        "pixel, high is from 1/4 on, whatever the direction",
    ]
    if any(each.strided for each in files):
        texts.append(
            "What is beyond half a cycle per step, down or across, comes out as a lower frequency"
        )
    return texts
