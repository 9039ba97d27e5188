"""A run that goes on: with the images that it has, and with more behind them.

Of layers it goes on with its own; what is asked for besides is added to it (more_layers.py).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import UserError
from ..words import counted
from .run import Run, Settings, refuse_others

if TYPE_CHECKING:
    from ..data.dataset import Source


MAY_DIFFER = ("layers", "kept")


def continued(path: str | Path, run: Run, source: Source, settings: Settings) -> Run:
    """The run at that path for a scan of these settings: over more images where the list has grown.

    Raises UserError where it is of other images or settings, or where new images do not all stand
    behind the end of its list.
    """
    old = run.settings
    if not has_grown(run, source):
        if old.selection == settings.selection:
            refuse_between(path, run, source)
        refuse_others(path, run, settings, source.names, MAY_DIFFER)
        # the same texts: millions of names need not be in memory twice
        return replace(run, names=source.names)
    before = replace(
        settings, list_sha256=old.list_sha256, count=old.count, selection=old.selection
    )
    refuse_others(path, run, before, run.names, MAY_DIFFER)
    if old.shard != (1, 1):
        raise UserError(
            f"{path} is a part of {old.count} images, and {source.root} has {source.count} now, "
            f"which have other parts: --merge the parts first, and go on with the whole"
        )
    return with_more_images(run, source, settings)


def with_weights(run: Run, digest: str) -> Run:
    """The run of weights that have another digest since it was made."""
    return replace(run, settings=replace(run.settings, weights_sha256=digest))


def has_grown(run: Run, source: Source) -> bool:
    """Whether images begin with a run's and go on behind them; of arrays by their names alone."""
    if source.count <= run.settings.count:
        return False
    if source.names:
        return bool(run.names) and source.names[: len(run.names)] == run.names
    return not run.names and os.path.basename(source.root) == os.path.basename(run.root)


def with_more_images(run: Run, source: Source, settings: Settings) -> Run:
    """The run over a longer list, of which it has seen the same images."""
    new = source.count - run.settings.count
    return replace(
        run,
        settings=replace(
            run.settings,
            list_sha256=settings.list_sha256,
            count=settings.count,
            selection=settings.selection,
        ),
        names=source.names,
        digests=np.concatenate([run.digests, np.zeros((new, 32), np.uint8)]),
        same=np.concatenate([run.same, np.full(new, -1, np.int32)]),
    )


def refuse_between(path: str | Path, run: Run, source: Source) -> None:
    """Raises UserError where all the run's images are there, in order, and others among them."""
    if not run.names or source.count <= run.settings.count:
        return
    old = set(run.names)
    if not is_subsequence(run.names, source.names):
        return
    new = [name for name in source.names if name not in old]
    raise UserError(
        f"{path}: {counted(len(new), 'new image')} ({new[0]!r}{', ...' * (len(new) > 1)}) must "
        f"stand behind the run's last one, {run.names[-1]!r}, and some stand before it: give them "
        f"names, or a directory, that sort behind it, or a list with all of the run's images first"
    )


def is_subsequence(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether the names of a part are all in the whole, in the same order."""
    rest = iter(whole)
    return all(name in rest for name in part)
