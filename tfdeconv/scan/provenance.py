"""A run's images, weights and settings, wherever they are now, compared with what the run says."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..data import dataset
from ..data.archives import is_archive
from ..data.dataset import Source
from ..data.preprocessing import Preprocessing
from ..data.selection import selected, selection_of
from ..data.stated_preprocessing import from_json
from ..errors import UserError, unknown
from ..files import refuse_special
from ..network.graph import Network
from ..network.selection import last_map
from ..weights.load import Weights, network_in, read_weights
from ..zoo import NETWORKS
from .continuation import has_grown
from .run import Run
from .state import LayerState

SCAN_AGAIN = "scan again, to another file"
SHOWN = 12  # block outputs that an error lists


def weights_file(run: Run, path: str | Path, given: str | None) -> Path:
    """Where the run's weights are: as given, or where they were.

    Raises UserError where nothing is there.
    """
    file = Path(given or run.weights)
    if file.exists():
        refuse_special(file)
        return file
    if given:
        raise UserError(f"{file}: there is no such file")
    raise UserError(
        f"the weights of {path} were in {file}, which is gone: give them with --weights FILE"
    )


def network_of(
    run: Run,
    weights: Path,
    architecture: str | None = None,
    lambdas: Mapping[str, str] | None = None,
) -> Network:
    """The network of a run, from its weights; raises UserError where they are another's.

    architecture: the JSON that describes it, where the weights do not. It and lambdas are as they
    were in the scan, where they are not given.
    """
    described = description_of(run, architecture, lambdas)
    expected = (run.settings.network, run.settings.variant)
    # a network that is not built in is known to its file alone
    attempts: list[tuple[str | None, str | None]] = [(None, None)]
    if run.settings.network in NETWORKS:
        attempts.insert(0, (run.settings.network, run.settings.variant or None))
    first_error: UserError | None = None
    for name, variant in attempts:
        try:
            network = network_in(weights, name, variant, *described)
        except UserError as error:
            first_error = first_error or error
            continue
        if (network.name, network.variant) == expected:
            return network
        first_error = first_error or UserError(
            f"{weights} holds {' '.join((network.name, network.variant)).strip()}, the run is of "
            f"{' '.join(expected).strip()}: give the weights that it was made with as --weights"
        )
    assert first_error
    raise first_error


def description_of(
    run: Run, architecture: str | None, lambdas: Mapping[str, str] | None
) -> tuple[str | None, Mapping[str, str] | None]:
    """What describes a run's network besides its weights: as given, or as in the scan.

    Raises UserError where the file of the scan is gone.
    """
    if run.architecture and not architecture and not os.path.exists(run.architecture):
        raise UserError(
            f"the description of the network was in {run.architecture}, which is gone: give it "
            f"with --architecture, and --weights"
        )
    return architecture or run.architecture or None, lambdas or run.lambdas or None


def is_of_weights(run: Run, weights: Weights) -> bool:
    """Whether a run is of these weights, by their digest or what it was when the run was made."""
    return run.settings.weights_sha256 in (weights.digest, weights.earlier_digest)


def weights_of(
    run: Run,
    path: str | Path,
    file: Path,
    network: Network,
    layers: Sequence[str] | None,
    architecture: str | None = None,
    lambdas: Mapping[str, str] | None = None,
) -> Weights:
    """What the layers need of a run's weights; None: all that the file has.

    Raises UserError where they are not the same to the last bit.
    """
    described = description_of(run, architecture, lambdas)
    weights = read_weights(file, network, layers, "float32", None, *described)
    if not is_of_weights(run, weights):
        raise UserError(
            f"{file} is not what {path} was made with: its weights have the sha256 "
            f"{weights.digest[:12]}..., the run's have {run.settings.weights_sha256[:12]}...: give "
            f"the right ones as --weights (and --lambda as in the scan), or scan again"
        )
    return weights


def preprocessing_of(run: Run, path: str | Path, network: Network) -> Preprocessing:
    """The preprocessing of a run; raises UserError where the run is damaged."""
    try:
        return from_json(run.settings.preprocessing, network.input_shape)
    except ValueError:
        raise UserError(
            f"{path} is damaged: its preprocessing cannot be read; {SCAN_AGAIN}"
        ) from None


def refuse_damaged(run: Run, path: str | Path, network: Network, layers: Sequence[str]) -> None:
    """Raises UserError where a run has units that its network cannot have.

    That they are of images that were scanned was checked when it was loaded.
    """
    for layer in layers:
        shape = network.input_shapes(layer, *run.settings.image_size)[layer]
        if not are_in_map(run.state[layer], shape):
            raise UserError(f"{path} is damaged: {layer} has impossible units; {SCAN_AGAIN}")


def are_in_map(state: LayerState, shape: tuple[int, int, int]) -> bool:
    """Whether a layer has so many channels, and its units stand inside its map."""
    height, width, channels = shape
    return bool(len(state["values"]) == channels and (state["positions"] < (height, width)).all())


def images_of(run: Run, path: str | Path, given: str | None) -> Source:
    """The run's list of images, where they are now.

    given: a directory or archive that their names are relative to, a list, or an array. Images
    that are gone from the directory are not looked for here. A list that goes on behind the run's
    serves, too. Raises UserError where it is another list, or nothing is there.
    """
    location = os.path.abspath(given or run.root)
    if not dataset.exists(location):
        if given:
            raise UserError(f"{given}: there is no such file or directory")
        raise UserError(
            f"the images of {path} were in {location}, which is gone: give where they are "
            f"now as IMAGES"
        )
    if run.names and (os.path.isdir(location) or is_archive(location)):
        source = dataset.list_source(location, run.names)
    else:
        selection = selection_of(run.settings.selection)
        source = selected(dataset.open_source(location), selection)
    is_same = (source.digest, source.count) == (run.settings.list_sha256, run.settings.count)
    if not is_same and not has_grown(run, source):
        raise UserError(
            f"{location} is not what {path} is a scan of: found {source.count} images, expected "
            f"the {run.settings.count} of {run.root}: give those, or scan again"
        )
    return source


def layers_of(run: Run, path: str | Path, network: Network, layers: Sequence[str]) -> list[str]:
    """The layers asked for by their own names; if none was, the run's last with a map, or its last.

    Raises UserError for one that was not scanned.
    """
    if not layers:
        return [last_map(network, run.settings.layers)]
    names = []
    for layer in layers:
        name = network.node(layer).name
        if name not in run.settings.layers:
            raise unknown(f"{path} has no layer", name, run.settings.layers)
        if name not in names:
            names.append(name)
    return names


def channels_of(run: Run, layer: str, asked: Sequence[int] | None, top: int | None) -> np.ndarray:
    """The channels to draw: int32 [m].

    Those asked for, or the `top` that fire strongest, strongest first; with neither all, in order.
    """
    if asked:
        return np.array(asked, np.int32)
    largest = run.state[layer]["values"][:, 0]
    if top is None:
        return np.arange(len(largest), dtype=np.int32)
    return np.argsort(-largest, kind="stable")[:top].astype(np.int32)


def blocks_of(run: Run, path: str | Path, network: Network, stage: str, step: int) -> list[str]:
    """Every step-th output of a residual block in a run whose name, or an alias, begins with stage.

    Raises UserError where there are none, or of several numbers of channels.
    """
    in_stage = {layer for alias, layer in network.aliases.items() if is_in_stage(alias, stage)}
    outputs = [name for name in network.residuals() if name in run.settings.layers]
    blocks = [name for name in outputs if is_in_stage(name, stage) or name in in_stage]
    if not blocks:
        raise UserError(
            f"{path} has no block outputs that begin with {stage!r}: {listed_blocks(outputs)}"
        )
    shapes = network.shapes()
    if len({shapes[name][2] for name in blocks}) > 1:
        raise UserError(
            f"{stage!r} matches blocks of several stages: {blocks[0]} has "
            f"{shapes[blocks[0]][2]} channels, {blocks[-1]} has {shapes[blocks[-1]][2]}; "
            f"name one stage"
        )
    return blocks[::step]


def is_in_stage(name: str, stage: str) -> bool:
    """Whether a name begins with the stage's; conv1 is not the stage of conv10_block1_out."""
    rest = name.removeprefix(stage)
    cuts_number = stage[-1:].isdigit() and rest[:1].isdigit()
    return name.startswith(stage) and not cuts_number


def listed_blocks(outputs: Sequence[str]) -> str:
    """The block outputs that a run has, as a clause of an error."""
    if not outputs:
        return (
            "it has none at all; scan a network with residual sums with --layers all, or name its "
            "blocks"
        )
    more = ", ..." if len(outputs) > SHOWN else ""
    return f"it has {', '.join(outputs[:SHOWN])}{more}"
