"""The installed command: `tfdeconv visualise`, `tfdeconv scan` and the others, each of which does
what the script of that name does.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import NoReturn

from ..errors import UserError, unknown
from . import console

# of the module of that name (with _ for -), as `tfdeconv --help` has it
SUBCOMMANDS = {
    "visualise": "draw what in photos, or in a run's strongest images, made features fire",
    "scan": "find the images of a dataset that fire each channel most",
    "atlas": "make a folder of pages with every feature of a scan's run",
    "randomise": "show how much of a projection is left when weights are made random",
    "explore": "show in the browser, as one clicks, what in a photo made units fire",
    "occlude": "hide parts of a photo, and map what becomes of a feature and of the classes",
    "invariance": "draw how far layers and classes follow a photo that is moved, scaled, turned",
    "evolve": "show how features change from one file of a network to the next",
    "correspond": "measure whether a network knows that the same parts of photos correspond",
    "fidelity": "measure whether projections show the pixels that matter to units",
    "describe": "list a network's layers, or what a scan's run counted in them",
    "convert-weights": "say what a weight file holds, or convert it to this program's format",
    "filters": "draw the kernels of a network's first layer, and their frequencies",
    "fetch-weights": "download a network's official ImageNet weights",
    "selfcheck": "check that weights and program do what they should on this machine",
}
HELP_OPTIONS = ("-h", "--help")


def main() -> NoReturn:
    """Runs the subcommand that the command line names, and exits with its status."""
    name, *arguments = sys.argv[1:] or [""]
    name = name.replace("_", "-")
    if name in SUBCOMMANDS:
        module = import_module(f".{name.replace('-', '_')}", __package__)
        console.call(module.main, arguments, f"{console.COMMAND} {name}")
    console.call(partial(without_subcommand, name), arguments, console.COMMAND)


def without_subcommand(name: str, arguments: Sequence[str]) -> int:
    """Prints the list of subcommands; raises UserError where it was not asked for."""
    if name in HELP_OPTIONS:
        print(help_text())
        return 0
    if not name:
        raise UserError(f"which command? {', '.join(SUBCOMMANDS)}")
    raise unknown("there is no command", name, SUBCOMMANDS)


def help_text() -> str:
    lines = [f"usage: {console.COMMAND} COMMAND ...", "", "commands:"]
    for name, meaning in SUBCOMMANDS.items():
        lines.append(f"  {name:<16} {meaning}")
    lines += ["", f"`{console.COMMAND} COMMAND --help` lists a command's options"]
    return "\n".join(lines)
