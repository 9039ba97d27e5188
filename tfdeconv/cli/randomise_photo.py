"""Makes weights random and compares the projections of a photo: a figure for each feature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import arguments, class_options, console
from .experiment_cost import announce_random_weights
from .models import ModelRequest, read_model, read_network
from .notes import Notes
from .photos import Photo, existing_photos, read_photo
from .recipes import recipe_of

if TYPE_CHECKING:
    from ..figures.destination import Destination
    from ..figures.recipe import Recipe
    from ..weights.load import Weights


@dataclass(frozen=True)
class RandomiseRequest(ModelRequest):
    """Which projections to compare, and what becomes random how. None: as the weight file says."""

    photos: tuple[str, ...]  # one file
    layers: tuple[str, ...]  # none: the default layer
    features: list[int] | None  # None: the `top` that fire strongest
    classes: list[str] | None
    labels: str | None
    top: int | None
    by: str
    how: str
    draws: int
    seed: int
    resize: str
    bands: tuple[int, int, int] | None
    colours: str
    out: Path
    overwrite: bool
    verbose: bool


def randomise_photo(request: RandomiseRequest, destination: Destination) -> int:
    """Draws a figure for each layer and feature of a photo; returns the exit status."""
    notes = Notes()
    layers = request.layers
    if not layers:
        layers = (class_options.target_layer(read_network(request), request.classes),)
    weights = read_model(request, layers, notes)
    arguments.check_targets(weights.network, layers, request.features, request.bands)
    tell = notes.tell if request.weights else None
    request, weights = class_options.resolve(request, weights, layers, tell)
    (path,) = existing_photos(request.photos, notes)
    destination.refuse_many(len(layers) * (len(request.features or ()) or request.top or 1))
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(request.verbose, request.precision, request.jit)
    from ..figures import naming
    from ..weights.load import as_tensors

    photo = read_photo(path, request, weights, notes)
    title = naming.network_title(weights.network.name, Path(weights.path))
    recipe = recipe_of(request, weights, Path(weights.path), title)
    tensors = as_tensors(weights)
    complete = True
    for layer in layers:
        layer = weights.network.node(layer).name
        for saved in figures_of(layer, photo, tensors, request, recipe, progress, destination):
            if saved is None:
                complete = False
                continue
            progress.clear()
            notes.show()
            console.print_path(saved)
    for pdf in destination.finish():
        console.print_path(pdf)
    return console.exit_status(destination.pages, complete)


def figures_of(
    layer: str,
    photo: Photo,
    weights: Weights,
    request: RandomiseRequest,
    recipe: Recipe,
    progress: console.Progress,
    destination: Destination,
) -> Iterator[Path | None]:
    """Saves a figure with its table for each feature of a layer; yields their paths.

    None for a feature that does not fire, which is said on stderr.
    """
    from ..checks.randomization import Plan, randomize
    from ..checks.randomized_units import randomized_units
    from ..figures import photo_file, randomization_text
    from ..figures.randomization_figure import RandomizationFigure, shown_steps
    from ..figures.style import PLAIN, Style
    from ..figures.unit_names import unit_names

    units = randomized_units(
        weights.network, weights, layer, photo.x, request.features, request.top, request.by
    )
    for channel in units.projection.channels[0, units.projection.dead[0]]:
        console.complain(
            f"{photo.path}: feature {channel} of {layer} does not fire, so that there is no "
            f"projection to compare with: choose another with -f"
        )
        yield None
    shown = shown_steps(len(units.blocks))
    plan = Plan(units.blocks, request.how, request.draws, request.seed, shown)
    done = 0

    def told() -> None:
        nonlocal done
        done += 1
        progress.say(f"{layer}: {done} of {plan.evaluations * len(units.methods)} passes")

    if not units.firing.size:
        return
    size = photo.x.shape[1:3]
    announce_random_weights(weights.network, layer, size, units.firing.size, plan.evaluations)
    results = randomize(units.methods, units.parameters, plan, told)
    style = Style(request.colours, PLAIN.scale, request.bands)
    title = recipe.facts["network"]
    names = unit_names(weights.network, layer, weights.labels)
    for number, place in enumerate(units.firing.tolist()):
        of_feature = {method: results[method][number] for method in results}
        channel = int(units.projection.channels[0, place])
        subject = f"{names.noun} {channel} {names.name(channel)}".strip()
        figure = RandomizationFigure(
            f"{title}   {layer}   {subject}",
            photo.path.name,
            plan,
            of_feature,
            weights.preprocessing,
            style,
        )
        own = photo_file.photo_recipe(recipe, photo.path.name, photo.sha256, layer)
        own = own.with_options(features=(channel,), top=None)
        table = (randomization_text.COLUMNS, randomization_text.rows(plan, of_feature))
        yield from destination.save(
            own,
            randomization_text.stem(own, photo.path, layer, channel),
            [(1, 1, figure.draw(photo.x[0], units.views[number]))],
            randomization_text.results_of(plan, of_feature),
            tables={"": table},
        )
