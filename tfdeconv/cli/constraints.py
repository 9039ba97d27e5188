"""Which options of a command need, and which exclude, each other: a table, and the loop over it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from dataclasses import dataclass

from .console import Parser


@dataclass(frozen=True)
class Constraint:
    """What an option needs and excludes; the message names those at fault as {options}."""

    option: str
    message: str
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


def options_given(given: Namespace) -> set[str]:
    """`--layer`, ... of all options that have a value, by a default too."""
    options: set[str] = set()
    for name, value in vars(given).items():
        has_value = value is not None and value is not False and value not in ("", [])
        if has_value:
            options.add("--" + name.replace("_", "-"))
    return options


def check_constraints(parser: Parser, constraints: Iterable[Constraint], given: set[str]) -> None:
    """Exits with the message of the first constraint that the given options break."""
    for constraint in constraints:
        if constraint.option not in given:
            continue
        missing = [option for option in constraint.needs if option not in given]
        excluded = [option for option in constraint.excludes if option in given]
        if missing or excluded:
            parser.error(constraint.message.format(options=", ".join(missing + excluded)))
