"""The files of evolve: whether they are of one network, and the run over the images of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..words import extent, listed
from . import console, scan_images
from .scan_settings import ScanRequest, settings_of

if TYPE_CHECKING:
    from ..data.dataset import Source
    from ..experiments.evolution import Epoch
    from ..network.graph import Network
    from ..scan.interruption import Interruption
    from ..scan.run import Settings
    from ..weights.load import Weights
    from .evolve_options import EvolveRequest
    from .notes import Notes

DIGITS = 16  # of a digest in a run's name


@dataclass(frozen=True)
class Series:
    """Files of one network, in order, and what is to be compared in them."""

    # without their arrays, with the preprocessing that is used
    files: tuple[Weights, ...]
    names: tuple[str, ...]
    layers: tuple[str, ...]  # in the network's order
    source: Source
    scans: tuple[ScanRequest, ...]  # of each file, to its run

    @property
    def network(self) -> Network:
        """The first file's."""
        return self.files[0].network


def series_of(request: EvolveRequest, folder: Path, notes: Notes) -> Series:
    """What a request comes to; raises UserError where its files are not of one network.

    folder: of the runs. Needs no TensorFlow.
    """
    from ..data.dataset import open_source
    from ..figures.naming import short_names

    files = [survey(request, path, notes.tell) for path in request.files]
    layers = layers_of(request, files, notes.tell)
    refuse_other_sizes(files, notes.tell)
    source = open_source(request.image_source)
    scans = []
    for weights in files:
        scan = scan_request(request, weights.path, layers)
        settings = settings_of(scan, source, weights, weights.preprocessing, notes.tell)
        scans.append(replace(scan, out=folder / run_name(settings)))
    names = short_names(request.files)
    return Series(tuple(files), tuple(names), layers, source, tuple(scans))


def survey(request: EvolveRequest, path: str, tell: Callable[[str], None]) -> Weights:
    """What a file has, without its arrays, and with the preprocessing asked for.

    Raises UserError where it cannot be read, or lacks a layer that was asked for.
    """
    from ..data.stated_preprocessing import load_preprocessing
    from ..weights.load import survey_weights

    described = (request.variant, request.architecture, request.lambdas)
    try:
        weights = survey_weights(path, request.network, request.layers or None, *described)
    except UserError as error:
        # that a layer is missing is said of its network, and several files have that name
        raise error if path in str(error) else UserError(f"{path}: {error}") from None
    asked = load_preprocessing(request.preprocess, weights.network.input_shape, tell)
    return replace(weights, preprocessing=asked or weights.preprocessing)


def layers_of(
    request: EvolveRequest, files: Sequence[Weights], tell: Callable[[str], None]
) -> tuple[str, ...]:
    """The layers to compare, by the names in the first file: those that all files have alike.

    Raises UserError where one was asked for that they have not, or there is none.
    """
    from ..network.comparison import differences
    from ..network.selection import default_layers, in_network_order

    first = files[0]
    network = first.network
    asked = request.layers or default_layers(network, first)
    layers = list(in_network_order(network, asked))
    for weights in files[1:]:
        clauses = differences(weights.network, network)
        reached = set(layers)
        if not request.layers:
            reached = set(default_layers(weights.network, weights))
        kept = [layer for layer in layers if layer not in clauses and layer in reached]
        left_out = [layer for layer in layers if layer not in kept]
        if not left_out:
            continue
        clause = clauses.get(left_out[0], f"it has no weights for {left_out[0]}")
        if request.layers or not kept:
            remedy = "name layers below with -l" if kept else "give files of one network"
            raise UserError(
                f"{weights.path} is of another network than {first.path}: {clause}; {remedy}"
            )
        tell(
            f"{listed(left_out)}: left out, because {weights.path} is different there from "
            f"{first.path}: {clause}"
        )
        layers = kept
    if not layers:
        from ..network.selection import nothing_to_scan

        raise nothing_to_scan(network, first.path)
    return tuple(layers)


def refuse_other_sizes(files: Sequence[Weights], tell: Callable[[str], None]) -> None:
    """Raises UserError where files take images of several sizes; tells of other differences."""
    first = files[0]
    for weights in files[1:]:
        if weights.preprocessing == first.preprocessing:
            continue
        size, expected = weights.preprocessing.size, first.preprocessing.size
        if size != expected:
            raise UserError(
                f"{weights.path} takes images of {extent(size)}, and {first.path} of "
                f"{extent(expected)}: give both the same with --preprocess"
            )
        tell(
            f"{weights.path} has another preprocessing than {first.path}: each file sees the "
            f"images as it says (--preprocess gives all of them the same)"
        )


def scan_request(request: EvolveRequest, path: str, layers: Sequence[str]) -> ScanRequest:
    """The scan of one file: what scan.py would do with --keep-maxima all."""
    return ScanRequest(
        images=request.image_source,
        labels=None,
        limit=None,
        sample=None,
        seed=None,
        out=Path(),
        network=request.network,
        weights=path,
        architecture=request.architecture,
        lambdas=request.lambdas,
        variant=request.variant,
        preprocess=request.preprocess,
        precision=request.precision,
        jit=request.jit,
        layers=list(layers),
        top=request.top,
        batch=request.batch,
        resize=request.resize,
        interior=request.interior,
        every=request.every,
        wait=0,
        maxima_layers=None,
        shard=None,
        retry=False,
        verbose=request.verbose,
    )


def run_name(settings: Settings) -> str:
    """The name of a run by all that it is of but its layers, which may be added to it."""
    facts = asdict(settings)
    del facts["layers"], facts["kept"]
    # runs had names before there was the choice
    if not settings.jit:
        del facts["jit"]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return f"{digest[:DIGITS]}.h5"


def scan_files(series: Series, interruption: Interruption, notes: Notes) -> list[Epoch]:
    """The runs of all files, of which those that are finished are only read.

    Raises Interrupted after a signal: the same call goes on with what is saved.
    """
    console.Progress().say("importing tensorflow")
    first = series.scans[0]
    console.import_tensorflow(first.verbose, first.precision, first.jit)
    from ..experiments.evolution import Epoch
    from ..scan import maxima
    from ..scan.workers import join_group
    from .scan_stages import Stages

    epochs = []
    for number, (name, scan) in enumerate(zip(series.names, series.scans), 1):
        work = scan_images.prepare(scan, True, notes)
        progress = console.Progress(every=30, of=f"{name}, {number} of {len(series.names)}: ")
        stages = Stages(
            scan, join_group(alone=True), progress, notes, interruption, tell=lambda text: None
        )
        run = stages.complete(work)
        scan_images.refuse_empty(run)
        kept = maxima.load(scan.out, run)
        assert kept  # of all layers that are scanned
        epochs.append(Epoch(name, run, kept))
    return epochs
