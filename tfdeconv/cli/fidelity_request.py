"""What fidelity is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .models import ModelRequest

if TYPE_CHECKING:
    from ..figures.ranks import Ranks


@dataclass(frozen=True)
class FidelityRequest(ModelRequest):
    """Which projections to measure, and how. None: as the weight file says."""

    photos: tuple[str, ...]  # one file; none with a run
    run: str | None
    images: str | None  # where the run's images are now; None: where they were
    layers: tuple[str, ...]  # none: the default layer, or the run's last with a map
    features: list[int] | None  # None: the `top` that fire strongest
    classes: list[str] | None
    labels: str | None
    top: int | None
    rule: tuple[str, ...]
    at: tuple[int, int] | None
    ranks: Ranks | None
    block: int | None
    steps: int
    random: int
    seed: int
    fill: str
    resize: str
    bands: tuple[int, int, int] | None
    colours: str
    out: Path
    overwrite: bool
    verbose: bool
