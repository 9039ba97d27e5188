"""What a scan does one after the other: skipped images, new images, new layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..scan.interruption import Interrupted, Interruption
from ..words import counted, listed
from . import console
from .notes import Notes, admission_of
from .scan_settings import ScanRequest

if TYPE_CHECKING:
    from ..scan.job import Job
    from ..scan.known_images import KnownImages
    from ..scan.run import Run, Settings
    from ..scan.workers import WorkerGroup


def print_line(text: str) -> None:
    print(text, flush=True)


@dataclass(frozen=True)
class Stages:
    """The stages of a scan that was asked for, by one worker of a group or alone.

    tell: is called with what is going to be scanned, and how much disk it takes.
    """

    request: ScanRequest
    group: WorkerGroup
    progress: console.Progress
    notes: Notes
    interruption: Interruption
    tell: Callable[[str], None] = print_line

    def complete(self, work: Job) -> Run:
        """The run, from its beginning or where it stopped, to the end of its list.

        Raises Interrupted after a signal: it is saved then.
        """
        from ..scan import job, run_file

        run = job.start_or_resume(work, self.group)
        with work.source:
            if self.request.retry and run.skipped:
                self.retry_skipped(work, run)
            self.scan_rest(work, run, self.request.out)
            run = self.add_layers(work, run)
            if self.group.chief and work.run and run.labels != work.run.labels:
                run_file.save(self.request.out, run)
        self.progress.clear()
        return run

    def retry_skipped(self, work: Job, run: Run) -> None:
        """Takes in what was skipped and can be read now; raises Interrupted after a signal."""
        from ..scan.retry import retry

        path = self.request.out
        with self.interruption.saves_itself():
            retry(
                replace(work, settings=run.settings),
                run,
                path,
                self.request.every,
                self.progress.say,
                admission_of(self.request.preprocess, self.notes),
                lambda: self.interruption.number,
            )
        if number := self.interruption.number:
            raise Interrupted(number, f"stopped: {path} is saved, and --retry goes on from there")

    def scan_rest(self, work: Job, run: Run, path: Path, known: KnownImages | None = None) -> None:
        """Scans the images that the run at a path has not seen.

        known: of a run that has seen them, for other layers.
        """
        from ..scan import loop, workers

        if run.finished and run.settings.range:  # an empty part is written all the same
            return

        def say(text: str) -> None:
            if run.scanned:
                self.notes.show()
            # of all the workers' lines one tells as much
            if self.group.chief:
                self.progress.say(text)

        own_work = replace(work, settings=run.settings)
        accumulator = workers.build_on_all(lambda: own_work.scan(self.group), self.group)
        if self.group.chief and run.settings.kept:
            self.tell(size_of_maxima(path, run, accumulator.channels_of))
        with self.interruption.saves_itself():
            loop.advance(
                run,
                accumulator,
                work.source,
                work.preprocessing,
                path,
                self.request.every,
                say,
                self.group,
                admission_of(self.request.preprocess, self.notes),
                lambda: self.interruption.number,
                known,
            )

    def add_layers(self, work: Job, run: Run) -> Run:
        """The run with all layers that were asked for, of which those that it lacks are scanned."""
        from ..scan import job, more_layers, workers
        from ..scan.known_images import KnownImages

        path = self.request.out
        place = more_layers.more_layers_path(path)

        def begun(wanted: Settings) -> Run | None:
            if not self.group.chief:
                return None
            return more_layers.begun(path, run, work.source, wanted, console.complain)

        def taken_in(addition: Run) -> Run:
            if self.group.chief:
                return more_layers.take_in(path, run, addition, work.network)
            return more_layers.joined(run, addition, work.network)

        while wanted := more_layers.missing(work.settings, run.settings):
            own_work = replace(work, settings=wanted)
            old = workers.build_on_all(lambda: begun(wanted), self.group)
            addition = job.start_or_resume(replace(own_work, run=old), self.group)
            if self.group.chief:
                self.tell(new_layers(path, run, addition))
            self.scan_rest(own_work, addition, place, KnownImages(path, run))
            self.progress.clear()
            run = workers.build_on_all(lambda: taken_in(addition), self.group)
        return run


def size_of_maxima(path: Path, run: Run, channels: Mapping[str, int]) -> str:
    """How large the file of maxima is that a scan is going to write."""
    from ..scan.maxima import maxima_path
    from ..scan.maxima_writer import MaximaWriter

    place = maxima_path(path)
    megabytes = MaximaWriter(place, run.settings, channels).size / 1e6
    images = counted(len(run.settings.range), "image")
    return f"{place}: {megabytes:,.1f} MB, the maxima of {images}"


def new_layers(path: Path, run: Run, addition: Run) -> str:
    """What is scanned for a run that is there."""
    new = [layer for layer in addition.settings.layers if layer not in run.settings.layers]
    what = f"{counted(len(new), 'more layer')} ({listed(new)})"
    if not new:
        what = f"maxima of {listed(addition.settings.kept)}"
    return f"{path}: {what}, over its {counted(len(run.settings.range), 'image')}"
