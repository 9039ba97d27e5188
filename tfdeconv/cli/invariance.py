"""Moves, scales and turns photos, and draws how far a network's layers and classes follow: writes
a PNG and a CSV, and prints their paths.

    python scripts/invariance.py cat.jpg dog.jpg
    python scripts/invariance.py cat.jpg --weights model.onnx -l conv1,pool5 --class "Egyptian cat"
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import UserError
from ..words import counted
from . import console
from .invariance_options import parse
from .invariance_plan import Plan, plan_of
from .notes import Notes, admission_of
from .photo_cost import Pace, long_time
from .recipes import recipe_of

if TYPE_CHECKING:
    import numpy as np

    from ..data.admission import Admission
    from ..data.transformation import Transformation
    from ..experiments.invariance import Invariance
    from ..experiments.measured_invariance import MeasuredInvariance
    from ..figures.destination import Destination
    from ..figures.recipe import Recipe


class PhotoFile(NamedTuple):
    """A photo's file, and its digest."""

    path: Path
    sha256: str


def main(argv: Sequence[str]) -> int:
    request = parse(__doc__ or "", argv)
    from .output import destination_of

    with destination_of(request.out, request.overwrite) as destination:
        notes = Notes()
        plan = plan_of(request, destination, notes)
        return draw_invariance(plan, destination, notes)


def draw_invariance(plan: Plan, destination: Destination, notes: Notes) -> int:
    """Measures, draws and prints the paths; returns the exit status.

    A photo that cannot be read is one line on stderr and costs the others nothing.
    """
    progress = console.Progress()
    progress.say("importing tensorflow")
    console.import_tensorflow(plan.request.verbose, plan.request.precision, plan.request.jit)
    files, measured = measure(plan, notes, progress)
    if not files:
        return console.exit_status(0, False)
    pictures = save(files, measured, plan, destination)
    progress.clear()
    notes.show()
    for picture in pictures:
        console.print_path(picture)
    return console.exit_status(len(files), len(files) == len(plan.paths))


def measure(
    plan: Plan, notes: Notes, progress: console.Progress
) -> tuple[list[PhotoFile], MeasuredInvariance]:
    """The photos that could be read, and what came of them."""
    from ..experiments.invariance import Invariance
    from ..experiments.measured_invariance import MeasuredInvariance
    from ..figures import naming
    from ..weights.load import as_tensors

    request, weights = plan.request, plan.weights
    invariance = Invariance(
        weights.network, as_tensors(weights), plan.layers, plan.head, plan.scenery
    )
    pace, work = announced_pace(plan, invariance, progress)
    invariance.worked = lambda images: pace.add(images * work)
    admission = admission_of(request.preprocess, notes)
    files: list[PhotoFile] = []
    responses = []
    for number, path in enumerate(plan.paths):
        pace.text = f"photo {number + 1} of {len(plan.paths)}"
        chosen = None
        if request.followed:
            chosen = request.followed[number if len(request.followed) > 1 else 0]
        try:
            pixels = read_pixels(path, plan, admission)
            responses.append(invariance.measure(pixels, chosen))
            files.append(PhotoFile(path, digest_of(path)))
        except (UserError, OSError) as error:  # OSError: it vanished while it was read
            pace.work -= invariance.images * work
            named = isinstance(error, OSError) or str(path) in str(error)
            console.complain(error if named else f"{path}: {error}")
    measured = MeasuredInvariance(
        tuple(naming.distinct_names([str(file.path) for file in files])),
        invariance.layers,
        invariance.sweeps,
        tuple(responses),
        {layer: each.root_mean_square for layer, each in invariance.between.items()},
    )
    return files, measured


def announced_pace(
    plan: Plan, invariance: Invariance, progress: console.Progress
) -> tuple[Pace, int]:
    """The pace of all photos, and the work of an image; what takes long is said before."""
    from ..engine.estimate import forward_work

    heads = [plan.head.name] if plan.head else []
    work = forward_work(
        plan.weights.network, [*invariance.layers, *heads], plan.weights.preprocessing.size
    )
    images = len(plan.paths) * invariance.images
    time = long_time(images * work)
    if time:
        console.complain(
            f"about {time} for {counted(images, 'image')}, {invariance.images} of each photo; "
            "fewer steps take less, as --rotations 0:350:30"
        )
    pace = Pace(progress)
    pace.begin(images * work)
    return pace, work


def read_pixels(path: Path, plan: Plan, admission: Admission) -> np.ndarray:
    """A photo [h, w, c], 0 to 255.

    Raises UserError for a file that is not a photo, OSError where it cannot be read again.
    """
    from ..data import images

    decoded = images.decode(path, plan.weights.network.channels)
    # what cannot be meant is refused, and what was assumed is told
    admission.input(decoded, str(path), plan.weights.preprocessing, plan.request.resize)
    return decoded.pixels


def digest_of(path: Path) -> str:
    from ..data import arrays
    from ..files import sha256

    file, array = arrays.split_name(str(path))
    return f"{sha256(file)} {array}".strip()


def save(
    files: Sequence[PhotoFile], measured: MeasuredInvariance, plan: Plan, destination: Destination
) -> list[Path]:
    """Draws and saves figure and table; returns their paths."""
    from ..data import images
    from ..figures import naming
    from ..figures.invariance_figure import InvarianceFigure

    request = plan.request
    title = naming.network_title(plan.weights.network.name, Path(plan.weights.path))
    photo = images.decode(files[0].path, plan.weights.network.channels).pixels
    seen = views_of(photo, plan)
    given = bool(request.followed)
    filling = plan.scenery.grey(photo).name
    figure = InvarianceFigure(measured, seen, plan.names, given, request.interpolation, filling)
    drawn = figure.draw(f"What moving, scaling and turning photos does to {title}")
    source = files[0].path.stem if len(files) == 1 else f"{len(files)}-photos"
    stem = naming.file_name(source, title, "invariance")
    table = (measured.header(), measured.rows(plan.names.name if plan.names else str))
    results = {"distances over": measured.measure}
    recipe = own_recipe(files, measured, plan, title)
    saved = destination.save(recipe, stem, [(1, 1, drawn)], results, tables={"": table})
    return [*saved, *destination.finish()]


def own_recipe(
    files: Sequence[PhotoFile], measured: MeasuredInvariance, plan: Plan, title: str
) -> Recipe:
    """All that the figure depends on."""
    digests = " ".join(file.sha256 for file in files)
    names = tuple(file.path.name for file in files)
    recipe = recipe_of(plan.request, plan.weights, Path(plan.weights.path), title)
    recipe = recipe.with_options(photos=names, layers=measured.layers)
    facts = {"photos sha256": hashlib.sha256(digests.encode()).hexdigest()}
    # the figure's name has it as well, without what file names had better not have
    if len(files) == 1:
        facts["image"] = names[0]
    return recipe.with_facts(facts)


def views_of(photo: np.ndarray, plan: Plan) -> Callable[[Transformation], np.ndarray]:
    """What the network sees of a photo under a transformation, uint8 [h, w, 3]."""
    from ..figures import pixels

    scene = plan.scenery.scene(photo)

    def seen(transformation: Transformation) -> np.ndarray:
        x, _fill = scene.input(transformation)
        return pixels.photo(x, scene.preprocessing, plan.request.bands)

    return seen
