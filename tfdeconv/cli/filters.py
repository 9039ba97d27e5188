"""Draws the kernels of a network's first convolution, with their frequencies: writes a PNG and a
CSV and prints their paths.

    python scripts/filters.py --weights before.h5 --beside after.h5
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from ..figures.style import COLOURS
from . import arguments, console
from .constraints import check_constraints, options_given
from .models import ModelRequest, add_model_options, model_fields, read_model, read_network
from .notes import Notes
from .output_options import OVERWRITE_NEEDS_FILE, add_output_options, kind_of_output
from .recipes import recipe_of
from .visualise_options import rgb_bands

if TYPE_CHECKING:
    from ..figures.destination import Destination
    from ..figures.filters_table import Filters
    from ..weights.load import Weights

CONSTRAINTS = (arguments.ARCHITECTURE_NEEDS_WEIGHTS, OVERWRITE_NEEDS_FILE)
# times the median root mean square: what is larger dominates the layers behind it (Zeiler & Fergus
# 2014, section 3.1, have a fixed radius, 0.1, which is for the scale of one network's input)
RADIUS = 3.0


@dataclass(frozen=True)
class FiltersRequest(ModelRequest):
    """Whose first layer to draw, and how."""

    beside: str | None  # another weight file
    radius: float
    bands: tuple[int, int, int] | None
    colours: str
    out: Path
    overwrite: bool


def radius(text: str) -> float:
    """`3` -> 3.0; more than 0."""
    value = arguments.as_float(text)
    if not 0 < value < inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def parse(argv: Sequence[str]) -> FiltersRequest:
    """The command line; exits with one line for what it alone can show to be wrong."""
    parser = console.Parser(__doc__ or "")
    option = parser.add_argument
    add_model_options(parser, preprocess="how a pixel becomes the network's input", computes=False)
    option("--beside", metavar="FILE", help="another weight file, drawn beside the first")
    option(
        "--radius",
        type=radius,
        default=RADIUS,
        metavar="R",
        help="kernels whose root mean square is over R times the median are marked "
        f"(default: {RADIUS:g})",
    )
    option(
        "--bands",
        type=rgb_bands,
        metavar="R,G,B",
        help="channels to draw as colours, from 0, where there are not three",
    )
    option(
        "--colours", choices=COLOURS, default="rgb", help="as they are (the default), soft or grey"
    )
    add_output_options(parser)
    given = parser.parse_args(argv)
    check_constraints(parser, CONSTRAINTS, options_given(given) | kind_of_output(given))
    return FiltersRequest(
        **model_fields(given),
        beside=given.beside,
        radius=given.radius,
        bands=given.bands,
        colours=given.colours,
        out=given.out,
        overwrite=given.overwrite,
    )


def main(argv: Sequence[str]) -> int:
    request = parse(argv)
    from .output import destination_of

    with destination_of(request.out, request.overwrite) as destination:
        return draw(request, destination)


def draw(request: FiltersRequest, destination: Destination) -> int:
    """Draws the kernels and prints the paths; returns the exit status."""
    from ..figures import filters_figure, filters_table, naming
    from ..figures.style import Style

    # the picture's text has its version
    console.import_tensorflow()
    notes = Notes()
    weights, filters = read_filters(request, notes)
    files = [filters]
    weights_path = Path(weights.path)
    title = naming.network_title(weights.network.name, weights_path)
    recipe = recipe_of(request, weights, weights_path, title)
    if request.beside:
        other, other_filters = read_filters(replace(request, weights=request.beside), notes)
        names = naming.distinct_names([weights.path, other.path])
        files = [replace(filters, name=names[0]), replace(other_filters, name=names[1])]
        recipe = recipe.with_options(beside=Path(request.beside).name)
        recipe = recipe.with_facts({"beside sha256": other.digest})
    style = Style(request.colours, "common", request.bands)
    stem = naming.file_name("filters", f"{title}-{filters.layer.layer}")
    pages = filters_figure.draw_filters(
        f"{title}   {filters.layer.layer}   kernels of the first convolution",
        ", ".join(each.caption for each in files),
        files,
        style,
    )
    tables = {"": filters_table.table_of(files)}
    results = filters_table.results_of(files)
    paths = list(destination.save(recipe, stem, pages, results, tables=tables))
    notes.show()
    for path in [*paths, *destination.finish()]:
        console.print_path(path)
    return 0


def read_filters(request: FiltersRequest, notes: Notes) -> tuple[Weights, Filters]:
    """A weight file's first layer; raises UserError where it has none that reads pixels."""
    import numpy as np

    from ..experiments.first_layer import first_layer, layers_needed
    from ..experiments.frequencies import spectra
    from ..figures.filters_table import Filters

    network = read_network(request)
    arguments.check_targets(network, (), None, request.bands)
    weights = read_model(request, layers_needed(network), notes)
    layer = first_layer(weights.network, weights, weights.preprocessing)
    name = Path(weights.path).name
    # what next to nothing is made of says nothing
    kernels = np.where(layer.weightless[:, None, None, None], 0, layer.kernels)
    return weights, Filters(name, layer, spectra(kernels), request.radius)
