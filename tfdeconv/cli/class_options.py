"""--labels and --class: names of classes, and classes by their names."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..data import labels
from ..errors import UserError, unknown
from ..network.classes import last_class_layer
from ..network.graph import Network
from . import arguments

if TYPE_CHECKING:
    from ..figures.unit_names import UnitNames
    from ..weights.load import Weights

SHOWN = 40  # names listed in an error
DIGITS = 10  # of a class's number that are looked at: none has so many


def add_class_options(parser: argparse.ArgumentParser) -> None:
    add_labels_option(parser)
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        metavar="NAME[,NAME...]",
        help="these classes, by their names; may be repeated",
    )


def add_labels_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels",
        metavar="FILE",
        help="names of the network's classes: a name on each line, `number name`, or JSON "
        "(default: the model's own, or ImageNet's where there are 1,000)",
    )


def target_layer(network: Network, classes: Sequence[str] | None) -> str:
    """The layer where the user names none: for classes the last that has some.

    Raises UserError for a network that has none.
    """
    if not classes:
        return arguments.default_layer(network)
    output = last_class_layer(network)
    if output:
        return output
    raise UserError(f"--class: {network.name} has no layer of classes: choose features with -f")


def resolve(
    request: Any, weights: Weights, layers: Sequence[str], tell: Callable[[str], None] | None
) -> tuple[Any, Weights]:
    """A request with the numbers of the classes that it names, and weights with its labels.

    tell is called with what was assumed of the names; None: nobody is told. Raises UserError for
    labels that do not fit the layers, and for classes that there are not.
    """
    from ..figures.unit_names import check_labels, unit_names

    if request.labels:
        names = labels.read(request.labels)
        check_labels(names, weights.network, layers)
        weights = replace(weights, labels=names)
    names_of = [unit_names(weights.network, layer, weights.labels) for layer in layers]
    for each in names_of:
        if tell and each.note:
            tell(each.note)
    if request.classes:
        numbers = class_numbers(names_of[0], layers, request.classes)
        request = replace(request, features=numbers, classes=None)
    return request, weights


def class_numbers(names: UnitNames, layers: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """The numbers of classes by their names; raises UserError for names that there are not."""
    if len(layers) > 1 or not names.classes:
        raise UserError(f"--class needs one layer of classes; found {', '.join(layers)}")
    if not names.labels:
        raise UserError(
            f"--class: the classes of {layers[0]} have no names: give --labels FILE, "
            f"or their numbers with -f"
        )
    chosen = []
    for text in separate(wanted, names.labels.names):
        chosen.append(number_by_name(text, names.labels.names))
    return list(dict.fromkeys(chosen))


def chosen_classes(names: UnitNames, layer: str, wanted: Sequence[str]) -> list[int]:
    """The numbers of classes by name or number, in their order, some perhaps more than once.

    Raises UserError for classes that the layer has not.
    """
    assert names.classes
    count = names.classes.count
    known: Sequence[str] = names.labels.names if names.labels else ()
    chosen: list[int] = []
    for text in separate(wanted, known):
        is_name = text.casefold() in map(str.casefold, known)
        if text.isdecimal() and not is_name:
            if int(text[:DIGITS]) >= count:
                raise UserError(f"--class {text}: {layer} has classes 0 to {count - 1}")
            chosen.append(int(text))
        elif known:
            chosen.append(number_by_name(text, known))
        else:
            raise UserError(
                f"--class {text}: the classes of {layer} have no names: give --labels FILE, or "
                f"numbers from 0 to {count - 1}"
            )
    return chosen


def separate(wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """Names between commas one by one; a name may have commas itself."""
    names = {name.casefold() for name in known}
    texts: list[str] = []
    for each in wanted:
        parts = [each] if each.strip().casefold() in names else each.split(",")
        texts += [part.strip() for part in parts]
    return texts


def number_by_name(text: str, known: Sequence[str]) -> int:
    """The number of the class of that name; raises UserError where there is none."""
    names = [name.casefold() for name in known]
    if text.casefold() not in names:
        raise unknown_class(text, known)
    return names.index(text.casefold())


def unknown_class(name: str, known: Sequence[str]) -> UserError:
    """The error that there is no such class: of `cat` it offers `Egyptian cat` before `crate`."""
    alike = [each for each in known if name.casefold() in each.casefold().split()]
    if not alike:
        return unknown("there is no class", name, known)
    shown = ", ".join(alike[:SHOWN])
    if len(alike) > SHOWN:
        shown += f", ... ({len(alike) - SHOWN} more)"
    return UserError(f"there is no class {name!r}; with that word there are: {shown}")
