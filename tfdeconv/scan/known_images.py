"""Images that a run has seen, for a scan of more layers over the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..data.dataset import Source
from ..errors import UserError
from .images_check import Read
from .messages import Report
from .run import Run
from .skipped import name_of, sentence

PUT_BACK = "put the image back that was scanned, or scan to another --out"


class KnownImages:
    """The images that the run at a path has; what counts there counts again, and nothing else."""

    def __init__(self, path: str | Path, run: Run):
        self.path = path
        self.run = run
        self.start = run.settings.range.start

    def reader(self, read: Read, shape: tuple[int, int, int]) -> Read:
        """What reads only images that count; the others are as the run has them, and zeros."""

        def read_counted(number: int) -> tuple[np.ndarray, np.ndarray, str]:
            index = number - self.start
            reason = self.run.skipped.get(number, "")
            if reason or self.run.same[index] >= 0:
                return np.zeros(shape, np.float32), self.run.digests[index], reason
            return read(number)

        return read_counted

    def problem(self, source: Source, done: int, reports: Sequence[Report]) -> str:
        """What is wrong with the images of a round, behind the first `done`; "" where nothing is.

        The run counts one that cannot be read now, or is another one.
        """
        index = done
        for report in reports:
            for batch in report.batches:
                for digest, reason in zip(batch.digests, batch.reasons):
                    number = self.start + index
                    name = source.name(number)
                    if number not in self.run.skipped:
                        if reason:
                            row = {"image": name, "reason": reason}
                            return f"{sentence(row)}; {self.path} counts it: {PUT_BACK}"
                        if (digest != self.run.digests[index]).any():
                            return f"{name} has other pixels than {self.path} counts: {PUT_BACK}"
                    index += 1
        return ""

    def refuse_uncounted(self, reasons: Mapping[int, str]) -> None:
        """Raises UserError where images cannot be used that the run counts, by their numbers."""
        for number in sorted(reasons.keys() - self.run.skipped.keys()):
            row = {"image": name_of(self.run, number), "reason": reasons[number]}
            raise UserError(
                f"{sentence(row)} {self.path} counts it, and a scan of all layers at once would "
                f"not: scan them to another --out"
            )
