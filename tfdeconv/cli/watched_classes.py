"""The classes whose probability a command watches: by default each photo's most likely one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import UserError
from ..words import counted
from . import class_options
from .models import ModelRequest

if TYPE_CHECKING:
    from ..figures.unit_names import UnitNames
    from ..weights.load import Weights
    from .notes import Notes


def names_of_classes(
    request: ModelRequest,
    labels_file: str | None,
    wanted: Sequence[str] | None,
    weights: Weights,
    notes: Notes,
) -> tuple[Weights, UnitNames | None]:
    """The classes that the weights reach, named; None where they reach none.

    labels_file, wanted: --labels and --class. The weights are returned with the labels. Raises
    UserError for labels that do not fit, and for both options where there are no classes.
    """
    from ..data import labels
    from ..figures.unit_names import check_labels, unit_names
    from ..network.classes import last_class_layer
    from ..network.selection import available_layers

    network = weights.network
    head = last_class_layer(network)
    reached = [node.name for node in available_layers(network, weights)]
    if head in reached:
        if labels_file:
            given = labels.read(labels_file)
            check_labels(given, network, [head])
            weights = replace(weights, labels=given)
        names = unit_names(network, head, weights.labels)
        if names.classes:
            if request.weights and names.note:
                notes.tell(names.note)
            return weights, names
    for option, value in (("--class", wanted), ("--labels", labels_file)):
        if value:
            why = f"{network.name} has no layer of classes"
            if head and head not in reached:
                why = f"{weights.path} has no weights for {network.name}'s classes ({head})"
            raise UserError(f"{option}: {why}: leave it out")
    return weights, None


def watched_numbers(
    wanted: Sequence[str] | None, names: UnitNames | None, photos: int
) -> tuple[int, ...]:
    """The classes asked for by --class: none, one, or one for each photo."""
    if not wanted or names is None or names.classes is None:
        return ()
    watched = class_options.chosen_classes(names, names.classes.name, wanted)
    if len(watched) not in (1, photos):
        raise UserError(
            f"--class names {len(watched)} classes for {counted(photos, 'photo')}: give one, or "
            f"one for each"
        )
    return tuple(watched)
