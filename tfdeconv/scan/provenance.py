"""A run's images, weights and settings again, wherever they are now, each compared with what the run says of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..data import dataset
from ..data.dataset import Source
from ..data.preprocessing import Preprocessing, from_json
from ..errors import UserError, unknown
from ..network.graph import Network
from ..weights.load import Weights, network_in, read_weights
from ..zoo import NETWORKS
from .run import Run


def weights_file(run: Run, path: str | Path, given: str | None) -> Path:
    """Where the run's weights are: as given, or where they were. Raises UserError where there is nothing."""
    place = Path(given or run.weights)
    if not place.exists():
        raise UserError(
            f"{place}: there is no such file"
            if given
            else f"the weights of {path} were in {place}, and are not there any more: say where with --weights FILE"
        )
    return place


def network_of(run: Run, place: Path) -> Network:
    """The network of a run, from its weights; raises UserError where they are another's."""
    wanted = run.settings.network, run.settings.variant
    names = [(wanted[0], wanted[1] or None)] if wanted[0] in NETWORKS else []
    reason = None
    for name, variant in [
        *names,
        (None, None),
    ]:  # a network that is not built in is told by its file alone
        try:
            found = network_in(place, name, variant)
        except UserError as error:
            reason = reason or error
            continue
        if (found.name, found.variant) == wanted:
            return found
        reason = reason or UserError(
            f"{place} is of {' '.join((found.name, found.variant)).strip()}, and the run of "
            f"{' '.join(wanted).strip()}: give the weights that it was made with as --weights"
        )
    assert reason
    raise reason


def weights_of(
    run: Run, path: str | Path, place: Path, network: Network, layers: Sequence[str]
) -> Weights:
    """What the layers need of a run's weights, which are the same to the last bit; raises UserError where they are others."""
    weights = read_weights(place, network, list(layers), "float32")
    if weights.digest != run.settings.weights_sha256:
        raise UserError(
            f"{place} is not what {path} was made with: its weights have the sha256 {weights.digest[:12]}..., the "
            f"run's have {run.settings.weights_sha256[:12]}...: give the right ones as --weights, or scan again"
        )
    return weights


def preprocessing_of(run: Run, path: str | Path, network: Network) -> Preprocessing:
    try:
        return from_json(run.settings.preprocessing, network.input_shape)
    except ValueError:
        raise UserError(
            f"{path} is damaged: it does not tell its preprocessing; scan again, to another file"
        ) from None


def refuse_damaged(run: Run, path: str | Path, network: Network, layers: Sequence[str]) -> None:
    """Raises UserError where what a run says of its layers cannot be of this network and its list."""
    height, width = (int(extent) for extent in run.settings.size)
    for layer in layers:
        state, (h, w, channels) = (
            run.state[layer],
            network.input_shapes(layer, height, width)[layer],
        )
        there = state["images"] >= 0
        if (
            state["values"].shape[0] != channels
            or not np.isin(state["images"][there], run.settings.range).all()
            or not ((state["positions"][there] >= 0) & (state["positions"][there] < (h, w))).all()
            or not np.isfinite(state["values"][there]).all()
        ):
            raise UserError(
                f"{path} is damaged: {layer} has units that cannot be; scan again, to another file"
            )


def images_of(run: Run, path: str | Path, given: str | None) -> Source:
    """The run's list of images, where they are now: given as a directory that their names are relative to, a list or an array.

    Those that are gone from the directory are not looked for here. Raises UserError where it is another list, or nothing at all.
    """
    place = os.path.abspath(given or run.root)
    if not os.path.exists(place):
        raise UserError(
            f"{given}: there is no such file or directory"
            if given
            else f"the images of {path} were in {place}, and are not there any more: IMAGES says where "
            f"they are now"
        )
    if os.path.isdir(place) and run.names:
        found = dataset.listed(place, run.names)
    else:
        found = dataset.source(place)
    if (found.digest, found.count) != (run.settings.list_sha256, run.settings.count):
        raise UserError(
            f"{place} is not the list of images of {path}, which has {run.settings.count} of {run.root}, this has "
            f"{found.count}; give what was scanned, or scan again"
        )
    return found


def layers_of(run: Run, path: str | Path, network: Network, layers: Sequence[str]) -> list[str]:
    """The layers asked for by their own names; where none was, the last of the run that has a map, or its last.

    Raises UserError for one that was not scanned.
    """
    if not layers:
        shapes = network.shapes()
        return [
            next(
                (name for name in reversed(run.settings.layers) if min(shapes[name][:2]) > 1),
                run.settings.layers[-1],
            )
        ]
    found = [network.node(layer).name for layer in layers]
    for layer in found:
        if layer not in run.settings.layers:
            raise unknown(f"{path} has no layer", layer, run.settings.layers)
    return list(dict.fromkeys(found))


def channels_of(run: Run, layer: str, asked: Sequence[int] | None, top: int | None) -> np.ndarray:
    """The channels to draw: those asked for, or the `top` that fire strongest, strongest first; None of both: all, in order."""
    best = run.state[layer]["values"][:, 0]
    found = asked or (
        np.arange(len(best)) if top is None else np.argsort(-best, kind="stable")[:top]
    )
    return np.array(found, np.int32)


def blocks_of(run: Run, path: str | Path, network: Network, stage: str, step: int) -> list[str]:
    """The residual blocks' outputs of a run whose names, or other names, begin with the stage's, every step-th.

    Raises UserError where there are none, or of several numbers of channels.
    """

    def begins(name: str) -> bool:  # conv1 is not the stage of conv10_block1_out
        rest = name.removeprefix(stage)
        return name.startswith(stage) and not (stage[-1:].isdigit() and rest[:1].isdigit())

    known = [name for name in network.residuals() if name in run.settings.layers]
    found = [
        name
        for name in known
        if any(
            begins(other)
            for other in (name, *(alias for alias, real in network.aliases.items() if real == name))
        )
    ]
    if not found:
        there = (
            f"it has {', '.join(known[:12])}{', ...' if known[12:] else ''}"
            if known
            else (
                "it has none at all; scan a network with residual sums with --layers all, or name its blocks"
            )
        )
        raise UserError(f"{path} has no block outputs that begin with {stage!r}: {there}")
    shapes = network.shapes()
    if len({shapes[name][2] for name in found}) > 1:
        raise UserError(
            f"{stage!r} stands for blocks of several stages: {found[0]} has {shapes[found[0]][2]} channels, "
            f"{found[-1]} has {shapes[found[-1]][2]}; name one stage"
        )
    return found[::step]
