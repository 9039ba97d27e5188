"""Which of a channel's strongest images are drawn: ranks, from 1."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UserError


@dataclass(frozen=True)
class Ranks:
    """From the first to the last rank, both included.

    >>> str(Ranks(10, 18)), Ranks(10, 18).places
    ('10-18', slice(9, 18, None))
    """

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    @property
    def places(self) -> slice:
        """Their places in a run's arrays."""
        return slice(self.first - 1, self.last)

    def refuse_beyond(self, run: str, top: int, images: int, label: str | None = None) -> None:
        """Raises UserError where a run has fewer images of each channel; run: its file.

        top: of the run; images: that were scanned, or that have the label.
        """
        kept = min(top, images)
        if self.last <= kept:
            return
        reason = f"the scan kept {top} for each channel"
        advice = f", or scan with --top {self.last}"
        if images < top:
            reason = f"{images} have the label {label!r}" if label else f"{images} were scanned"
            advice = ""
        raise UserError(
            f"{run} has no {self.last} images of a channel: {reason}; "
            f"give ranks from 1 to {kept}{advice}"
        )
