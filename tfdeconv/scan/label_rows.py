"""What channels do at each label, as rows of tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .image_labels import LabelledImages, LabelShare, channel_labels, strongest_labels

if TYPE_CHECKING:
    from .label_maxima import LabelMaxima
    from .run import Run

# of a channel's labels
LABEL_COLUMNS = (
    *("layer", "channel", "label", "images", "mean_maximum", "firing_images"),
    *("strongest", "share", "share_of_all", "lift", "chance"),
)
# of a layer's channels
CHANNEL_COLUMNS = (
    *("layer", "channel", "selectivity", "best_label", "mean_maximum", "mean_of_others"),
    *("label", "strongest", "share", "share_of_all", "lift", "chance"),
)


@dataclass(frozen=True)
class LayerLabels:
    """A layer of a run whose images have labels."""

    run: Run
    layer: str
    labelled: LabelledImages
    maxima: LabelMaxima | None  # None where these were not kept

    def label_rows(self, channel: int) -> list[dict[str, Any]]:
        """A row for each label of the images, by the mean of their maxima, the largest first.

        Without maxima the labels of the channel's strongest images alone, the most frequent first,
        and None for what is not known. firing_images: the share of a label's images that fire the
        channel; strongest: how many of its strongest images have the label; share, share_of_all,
        lift and chance: as LabelShare has them. Raises UserError for a channel that is not there.
        """
        count = len(self.run.state[self.layer]["values"])
        if not 0 <= channel < count:
            raise UserError(f"{self.layer} has channels 0 to {count - 1}, not {channel}")
        shares = strongest_labels(self.run, self.layer, channel, self.labelled)
        share_of = {share.label: share for share in shares}
        if not self.maxima:
            return [self.label_row(channel, share) for share in shares]
        strongest = sum(share.count for share in shares)
        means = self.maxima.means[:, channel]
        rows: list[dict[str, Any]] = []
        for place in (-means).argsort(kind="stable").tolist():
            label = self.maxima.labels[place]
            images = int(self.maxima.images[place])
            none = LabelShare(label, 0, strongest, images, self.labelled.total)
            row = self.label_row(channel, share_of.get(label, none))
            row["mean_maximum"] = float(means[place])
            row["firing_images"] = float(self.maxima.firing[place, channel])
            rows.append(row)
        return rows

    def label_row(self, channel: int, share: LabelShare) -> dict[str, Any]:
        """The row of a label without its maxima."""
        row = dict.fromkeys(LABEL_COLUMNS)
        row |= {"layer": self.layer, "channel": channel, "label": share.label}
        return row | {"images": share.images} | share_values(share)

    def channel_rows(self) -> list[dict[str, Any]]:
        """A row for each channel, in order.

        selectivity and best_label, whose images have the largest mean maximum: None without maxima.
        label: the most frequent one of the channel's strongest images; None without.
        """
        rows: list[dict[str, Any]] = []
        for channel, share in enumerate(channel_labels(self.run, self.layer, self.labelled)):
            row = dict.fromkeys(CHANNEL_COLUMNS)
            row |= {"layer": self.layer, "channel": channel}
            if share:
                row |= {"label": share.label} | share_values(share)
            rows.append(row)
        if not self.maxima:
            return rows
        best = self.maxima.best.tolist()
        largest = self.maxima.largest.tolist()
        others = self.maxima.others.tolist()
        for row, selectivity in zip(rows, self.maxima.selectivity.tolist()):
            channel = row["channel"]
            row["mean_maximum"] = largest[channel]
            row["mean_of_others"] = finite(others[channel])
            row["selectivity"] = finite(selectivity)
            # all alike: none is the best one
            if self.maxima.means[:, channel].any():
                row["best_label"] = self.maxima.labels[best[channel]]
        return rows


def share_values(share: LabelShare) -> dict[str, Any]:
    """What is known of a label among the strongest images."""
    if not share.strongest:
        return {"strongest": 0, "share_of_all": share.share_of_all}
    return {
        "strongest": share.count,
        "share": share.share,
        "share_of_all": share.share_of_all,
        "lift": share.lift,
        "chance": share.chance,
    }


def finite(value: float) -> float | None:
    """The value, or None where it is none."""
    return value if isfinite(value) else None


def layer_labels(run: Run, path: str, layers: Sequence[str]) -> list[LayerLabels]:
    """The layers of a run with what is known of labels; path: of the run.

    Raises UserError where its images have no labels, and where the file of maxima is damaged.
    """
    from . import maxima
    from .image_labels import labelled_images
    from .label_maxima import label_maxima

    labelled = labelled_images(run)
    if not labelled:
        raise UserError(
            f"{path} has no labels of images: give scan.py --labels FILE with the same images, "
            f"or scan a directory with one of each class in it"
        )
    file = maxima.load(path, run)
    found: list[LayerLabels] = []
    for layer in layers:
        means = label_maxima(run, file, layer, labelled)
        found.append(LayerLabels(run, layer, labelled, means))
    return found
