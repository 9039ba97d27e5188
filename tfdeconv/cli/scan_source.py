"""The images that a scan is to read: opened, labelled and selected as the command line says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .scan_settings import ScanRequest

if TYPE_CHECKING:
    from ..data.dataset import Source
    from ..scan.run import Run


def source_of(request: ScanRequest, besides: Sequence[str], tell: Callable[[str], None]) -> Source:
    """The images of a scan, without some files; raises UserError where there are none.

    tell: takes a note on images without a label.
    """
    from ..data import dataset, labelling, selection

    source = dataset.open_source(request.images, besides)
    if request.labels:
        source = labelling.labelled(source, request.labels, tell)
    chosen = selection.Selection(request.limit, request.sample, request.seed or 0)
    return selection.selected(source, chosen)


def with_kept_labels(source: Source, run: Run, tell: Callable[[str], None]) -> Source:
    """The source with the labels of a run that goes on, where it brings none of its own.

    tell: takes a note on labels that are not what they were.
    """
    from ..data import labelling

    labels, changed = labelling.kept(run.labels, source.labels, source.count)
    if changed:
        tell(
            f"{changed:,} of the run's {len(run.labels):,} labels are others now, and the run "
            f"takes the new ones"
        )
    return replace(source, labels=labels)
