"""Makes an atlas of a scan's run: a folder of pages with every feature of every layer, which a
browser opens from the disk. Can be killed and goes on; prints the path of the first page.

    python scripts/atlas.py run.h5 --out atlas --layers block4_conv2 --rule deconvnet,guided
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.rules import DECONVNET, RULES
from ..errors import UserError
from ..scan.interruption import Interruption
from ..words import counted
from . import arguments, console
from .notes import Notes
from .visualise_options import rgb_bands

if TYPE_CHECKING:
    from ..atlas.builder import Builder
    from ..atlas.folder import AtlasFolder
    from ..atlas.manifest import Manifest, Settings


@dataclass(frozen=True)
class AtlasRequest:
    """Of which run to make an atlas, and how."""

    run: str
    images: str | None  # where the run's images and weights are now; None: where they were
    weights: str | None
    architecture: str | None
    lambdas: dict[str, str] | None
    layers: tuple[str, ...]  # none: all of the run
    rules: tuple[str, ...]
    features: int | None  # the strongest of each layer; None: all
    bands: tuple[int, int, int] | None
    out: Path
    overwrite: bool
    verbose: bool


def rule_list(text: str) -> tuple[str, ...]:
    """`deconvnet,guided` -> its rules, each once."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in RULES:
            raise argparse.ArgumentTypeError(f"there is no rule {name!r}: {', '.join(RULES)}")
    if not names:
        raise argparse.ArgumentTypeError(f"expected one or more of {', '.join(RULES)}")
    return tuple(dict.fromkeys(names))


def parse(argv: Sequence[str]) -> AtlasRequest:
    """The command line as a request; exits with one line for what it alone can show to be wrong."""
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    option("run", metavar="RUN", help="the file that scan.py wrote")
    option(
        "images", metavar="IMAGES", nargs="?", help="where its images are now, if they have moved"
    )
    option(
        "--out",
        required=True,
        type=Path,
        metavar="DIR",
        help="the atlas's folder; one that is there goes on, and can have more layers",
    )
    arguments.add_layers(parser, "may be repeated (default: all that were scanned)")
    option(
        "--rule",
        type=rule_list,
        default=(DECONVNET.name,),
        metavar="RULE[,RULE...]",
        help=f"one or more of {', '.join(RULES)} (default: {DECONVNET.name})",
    )
    option(
        "--features",
        type=arguments.positive_int,
        metavar="N",
        help="the N features of each layer that fire strongest (default: all)",
    )
    arguments.add_weights(parser, "where the run's weights are now, if they have moved")
    arguments.add_architecture(parser)
    arguments.add_lambda(parser)
    option(
        "--bands",
        type=rgb_bands,
        metavar="R,G,B",
        help="channels of an array to draw as colours, from 0",
    )
    option("--overwrite", action="store_true", help="build an atlas that is there anew")
    arguments.add_verbose(parser)
    given = parser.parse_intermixed_args(argv)
    return AtlasRequest(
        run=given.run,
        images=given.images,
        weights=given.weights,
        architecture=given.architecture,
        lambdas=given.lambdas,
        layers=tuple(given.layer or ()),
        rules=given.rule,
        features=given.features,
        bands=given.bands,
        out=given.out,
        overwrite=given.overwrite,
        verbose=given.verbose,
    )


def main(argv: Sequence[str]) -> int:
    request = parse(argv)
    with Interruption(say_how_to_go_on).watched():
        return make_atlas(request)


def say_how_to_go_on(message: str) -> None:
    """Says that a signal came. What is half-made is removed when the command is run again."""
    console.complain(f"{message}: run the same command again to go on with the next layer")


def make_atlas(request: AtlasRequest) -> int:
    """Makes the atlas and prints its first page's path.

    Returns the exit status, 1 where something is not as it was scanned. Raises UserError for a
    run, images or weights that cannot be used, and for a folder that is not this run's atlas.
    """
    from ..atlas.folder import PAGE, AtlasFolder
    from ..atlas.manifest import Settings
    from ..files import sha256
    from ..scan import maxima, provenance
    from ..scan.summary import loaded

    run = loaded(request.run)
    settings = Settings(sha256(request.run), request.rules, request.features, request.bands)
    folder = AtlasFolder(request.out)
    run_layers = run.settings.layers
    manifest = manifest_of(folder, settings, run_layers, request.overwrite)
    weights_path = provenance.weights_file(run, request.run, request.weights)
    network = provenance.network_of(run, weights_path, request.architecture, request.lambdas)
    layers = list(run.settings.layers)
    if request.layers:
        layers = provenance.layers_of(run, request.run, network, request.layers)
    arguments.check_targets(network, layers, None, request.bands)
    provenance.refuse_damaged(run, request.run, network, run.settings.layers)
    source = provenance.images_of(run, request.run, request.images)
    preprocessing = provenance.preprocessing_of(run, request.run, network)
    weights = provenance.weights_of(
        run, request.run, weights_path, network, layers, request.architecture, request.lambdas
    )
    notes = Notes()
    assumed = weights.notes_to_tell(preprocessing_known=True)
    file = None
    try:
        file = maxima.load(request.run, run)
    except UserError as error:  # all but which features fire together is known without
        assumed.append(str(error))
    for note in assumed:
        notes.tell(note)
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(request.verbose, run.settings.precision, run.settings.jit)
    from ..atlas.builder import Builder
    from ..figures import naming
    from ..weights.load import as_tensors

    warnings: list[str] = []

    def warn(line: str) -> None:
        if line not in warnings:  # each layer finds the same
            console.complain(line)
        warnings.append(line)

    builder = Builder(
        Path(request.run),
        run,
        network,
        as_tensors(replace(weights, preprocessing=preprocessing)),
        source,
        naming.network_title(network.name, weights_path),
        folder,
        manifest,
        file,
        assumed,
        progress.say,
        warn,
    )
    say_what_it_takes(builder, layers)
    with source, folder.alone():
        # another process may have added layers before this one was alone
        builder.manifest = manifest_of(folder, settings, run_layers, request.overwrite)
        if request.overwrite:
            folder.clear(builder.manifest.content())
        builder.build(layers)
    progress.clear()
    notes.show()
    console.print_path(folder.path / PAGE)
    return int(bool(warnings))


def say_what_it_takes(builder: Builder, layers: Sequence[str]) -> None:
    """Says how long the missing layers will take, and how large they will be.

    Raises UserError where the disk is too small.
    """
    from ..atlas.estimate import duration, refuse_small_disk
    from ..engine.estimate import multiply_adds_per_second

    missing = builder.missing(layers)
    if not missing:
        return
    estimate = builder.estimate(missing)
    refuse_small_disk(builder.folder.path, estimate.bytes)
    time = duration(estimate.work / multiply_adds_per_second())
    print(
        f"{counted(len(missing), 'layer')}, {counted(estimate.features, 'feature')}: {time}, "
        f"and up to {max(1, round(estimate.bytes / 1e6)):,} MB",
        flush=True,
    )


def manifest_of(
    folder: AtlasFolder, settings: Settings, layers: Sequence[str], overwrite: bool
) -> Manifest:
    """The manifest of the atlas that is there, or of a new one. layers: those of the run.

    Raises UserError where the folder is another's, or another atlas that is not to be replaced.
    """
    from ..atlas import manifest

    path = folder.path
    if folder.is_new:
        return manifest.Manifest(settings)
    found = manifest.load(folder.manifest) if folder.manifest.is_file() else None
    if found is None:
        raise UserError(
            f"--out {path} exists and is not an atlas: give a folder that is empty, or not there"
        )
    if overwrite:
        return manifest.Manifest(settings)
    manifest.refuse_others(path, found.settings, settings)
    manifest.refuse_unknown_layers(path, found, layers)
    return found
