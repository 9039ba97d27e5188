"""--out and --overwrite, of all commands that draw pictures."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path

from .constraints import Constraint

# a row of the options' tables; "--out FILE" stands for a name that ends as a file's
OVERWRITE_NEEDS_FILE = Constraint(
    "--overwrite",
    "--overwrite is for --out FILE.png or FILE.pdf: what a directory has of other commands is "
    "never replaced",
    needs=("--out FILE",),
)


def add_output_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("."),
        metavar="DIR",
        help="where the pictures go (default: here); or FILE.png for one picture, or FILE.pdf",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="with --out FILE: replace it, whatever it is"
    )


def kind_of_output(given: Namespace) -> set[str]:
    """What the tables call an --out that names a file; nothing of a directory."""
    return {"--out FILE"} if given.out.suffix else set()
