"""What a run counted, as tables: layers, and residual blocks."""

from __future__ import annotations

from typing import Any

from ..errors import UserError


def run_rows(path: str) -> tuple[str, list[dict[str, Any]]]:
    """What a run is of, and for each of its layers how many channels fired never and in every image, and their mean maxima."""
    import numpy as np

    from . import run_file

    found = run_file.load(path)
    if not found.scanned:
        raise UserError(f"{path} has no images yet: scan.py goes on with it")
    table = []
    for layer, counted in found.state.items():
        fired = counted["firing_images"]
        table.append(
            {
                "layer": layer,
                "channels": len(fired),
                "dead": int((fired == 0).sum()),
                "always_on": int((fired == found.scanned).sum()),
                "firing_positions": float(counted["firing_positions"].mean() / found.scanned),
                "mean_maximum": [
                    float(value)
                    for value in np.percentile(
                        counted["maxima"] / found.scanned, (0, 25, 50, 75, 100)
                    )
                ],
            }
        )
    part, parts = found.settings.shard
    state = "" if parts == 1 else f", part {part} of {parts}"
    state += "" if found.finished else f", {found.done} of {len(found.settings.range)} seen"
    return (
        f"{path}: {found.settings.network}, {found.scanned} images of {found.root}{state}; "
        f"{len(found.skipped)} could not be read, {int((found.same >= 0).sum())} came again"
    ), table


def block_rows(path: str) -> list[dict[str, Any]]:
    """What each residual block of a run does to its stage's channels: means and quartiles over them."""
    import numpy as np

    from . import maxima, residual, run_file

    found = run_file.load(path)
    kept, table = maxima.load(path, found), []
    stages = residual.stages(found)
    if not stages:
        raise UserError(
            f"{path} has no outputs of residual blocks: scan a network that has some, with --layers all"
        )

    def spread(values: np.ndarray | None) -> list[float] | None:
        """Mean and quartiles."""
        there = np.zeros(0) if values is None else values[~np.isnan(values)]
        return (
            [float(value) for value in (there.mean(), *np.percentile(there, (25, 50, 75)))]
            if there.size
            else None
        )

    for stage, layers in stages.items():
        for before, layer in zip([None, *layers], layers):
            share = residual.identity_share(found, layer)
            table.append(
                {
                    "stage": stage,
                    "layer": layer,
                    "channels": len(share),
                    "before": before,
                    "identity": spread(share),
                    "shared": spread(residual.shared(found, before, layer).astype(float))
                    if before
                    else None,
                    "correlation": spread(residual.correlations(kept, before, layer))
                    if before
                    else None,
                }
            )
    return table
