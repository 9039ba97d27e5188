"""What a run counted, as tables: layers, and residual blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import UserError, unknown
from ..words import counted
from .image_labels import channel_labels

if TYPE_CHECKING:
    import numpy as np

    from ..network.graph import Network
    from .border_bound import BorderUnits
    from .duplicates import Likeness
    from .run import Run

QUARTILES = (25, 50, 75)  # percent


def run_rows(run: Run, borders: Mapping[str, BorderUnits] | None) -> list[dict[str, Any]]:
    """A row for each layer of a run.

    How many channels fired never and in every image, quartiles of their mean maxima, and how many
    are border-bound; of these None where that cannot be told. borders: border_units() of the run;
    None where its network is not known.
    """
    import numpy as np

    table: list[dict[str, Any]] = []
    for layer, arrays in run.state.items():
        fired = arrays["firing_images"]
        mean_maxima = arrays["maxima"] / run.scanned
        row = {
            "layer": layer,
            "channels": len(fired),
            "dead": int((fired == 0).sum()),
            "always_on": int((fired == run.scanned).sum()),
            "border_bound": 0 if run.settings.interior else None,
            "border_share": None,
            "firing_positions": float(arrays["firing_positions"].mean() / run.scanned),
            "mean_maximum": np.percentile(mean_maxima, (0, *QUARTILES, 100)).tolist(),
        }
        if borders:
            row["border_share"] = borders[layer].chance
            if borders[layer].can_tell:
                row["border_bound"] = int(borders[layer].bound.sum())
        table.append(row)
    return table


def channel_rows(
    run: Run,
    layer: str,
    borders: Mapping[str, BorderUnits] | None,
    likeness: Likeness | None = None,
) -> list[dict[str, Any]]:
    """A row for each channel of a layer of a run; borders: as for run_rows().

    likeness: of the layer's channels; None where it is not known.
    """
    arrays = run.state[layer]
    border = borders[layer] if borders else None
    labels = channel_labels(run, layer)
    table: list[dict[str, Any]] = []
    for channel, fired in enumerate(arrays["firing_images"].tolist()):
        row = {
            "channel": channel,
            "dead": fired == 0,
            "always_on": fired == run.scanned,
            "border_bound": False if run.settings.interior else None,
            "counted_units": None,
            "at_border": None,
            "firing_images": fired,
            "largest": float(arrays["values"][channel, 0]),
            "most_like": None,
            "rank_correlation": None,
            "label": None,
            "label_share": None,
            "label_share_of_all": None,
            "lift": None,
            "chance": None,
        }
        if label := labels[channel]:
            row["label"] = label.label
            row["label_share"] = label.share
            row["label_share_of_all"] = label.share_of_all
            row["lift"] = label.lift
            row["chance"] = label.chance
        if likeness:
            row["most_like"] = int(likeness.partner[channel])
            row["rank_correlation"] = float(likeness.correlation[channel])
        if border:
            row["counted_units"] = int(border.counted[channel])
            row["at_border"] = int(border.at_border[channel])
            if border.can_tell:
                row["border_bound"] = bool(border.bound[channel])
        table.append(row)
    return table


def loaded(path: str) -> Run:
    """A run that has images; raises UserError for one that has none yet."""
    from . import run_file

    run = run_file.load(path)
    if not run.scanned:
        raise UserError(f"{path} has no images yet: run scan.py again to continue it")
    return run


def layers_in(run: Run, path: str, names: Sequence[str] | None) -> list[str]:
    """The layers that are named, or all of a run; raises UserError for one that it lacks."""
    for name in names or ():
        if name not in run.state:
            raise unknown(f"{path} has no layer", name, run.settings.layers)
    return list(names or run.settings.layers)


def headline(path: str, run: Run) -> str:
    """What a run is of, and how far it is."""
    part, parts = run.settings.shard
    state = f" ({run.settings.selection})" if run.settings.selection else ""
    state += "" if parts == 1 else f", part {part} of {parts}"
    if run.settings.interior:
        state += ", only units whose receptive field lies within the image (--interior)"
    if not run.finished:
        state += f", {run.done} of {len(run.settings.range)} seen"
    return (
        f"{path}: {run.settings.network}, {counted(run.scanned, 'image')} of {run.root}{state}; "
        f"{exceptions(run)}"
    )


def exceptions(run: Run) -> str:
    """How many images do not count, and why."""
    repeated = int((run.same >= 0).sum())
    verb = "appears" if repeated == 1 else "appear"
    return f"{len(run.skipped):,} could not be read, {repeated:,} {verb} more than once"


def block_rows(path: str, network: Network | None) -> list[dict[str, Any]]:
    """What each residual block of a run does to its stage's channels: means and quartiles.

    network: the run's; without, shortcuts are not told apart.
    """
    from . import maxima, residual, run_file

    run = run_file.load(path)
    maxima_file = maxima.load(path, run)
    stages = residual.stages(run)
    if not stages:
        raise UserError(
            f"{path} has no outputs of residual blocks: scan a network that has some, with "
            f"--layers all"
        )
    table: list[dict[str, Any]] = []
    for stage, layers in stages.items():
        before = None
        for layer in layers:
            share = residual.shortcut_share(run, layer)
            row = {
                "stage": stage,
                "layer": layer,
                "channels": len(share),
                "before": before,
                "shortcut": residual.shortcut_kind(network, layer) if network else None,
                "shortcut_share": spread(share),
                "shared": None,
                "correlation": None,
            }
            if before:
                row["shared"] = spread(residual.shared(run, before, layer).astype(float))
                correlations = residual.correlations(maxima_file, before, layer)
                if correlations is not None:
                    row["correlation"] = spread(correlations)
            table.append(row)
            before = layer
    return table


def spread(values: np.ndarray) -> list[float] | None:
    """Mean and quartiles of those that are not NaN; None where all are."""
    import numpy as np

    numbers = values[~np.isnan(values)]
    if not numbers.size:
        return None
    return [float(numbers.mean()), *np.percentile(numbers, QUARTILES).tolist()]
