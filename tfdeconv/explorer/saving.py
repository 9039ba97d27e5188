"""What is on the page as a file: the picture that visualise.py draws, or its values."""

from __future__ import annotations

import io
import json
from urllib.parse import quote

import numpy as np

from ..engine.deconvnet import Deconvnet
from ..figures import photo_file, png
from .answer import BYTES, PNG, Answer
from .photo import Photo
from .question import Question

FILE_NAME = "File-Name"  # a header: how the browser is to call it, percent-encoded
PAGE = "1 of 1"


def saved(question: Question, photo: Photo, deconvnet: Deconvnet) -> Answer:
    """The file of a unit's, or a whole map's, projection.

    Its bytes and its name are visualise.py's, and its text says with which command it makes them.
    """
    subject = photo.subject
    features = [question.feature]
    projection = deconvnet.project(photo.x, features, question.mode, at=question.at)
    recipe = subject.recipe.with_options(
        rule=question.rule, mode=question.mode, features=features, at=question.at
    )
    recipe = photo_file.photo_recipe(recipe, photo.name, photo.sha256, deconvnet.target)
    text = recipe.text({**photo_file.results_of(projection), "page": PAGE})
    name = f"{photo_file.stem(recipe, photo.name, deconvnet.target)}-{recipe.digest}"
    if question.format == "png":
        style = subject.style
        page = projection.picture(
            name=photo.name, bands=style.bands, colours=style.colours, scale=style.scale
        )
        return as_file(png.encode(page, text), PNG, f"{name}.png")
    memory = io.BytesIO()
    arrays = photo_file.arrays_of(projection)
    np.savez_compressed(memory, text=np.array(json.dumps(text)), **arrays)  # type: ignore[arg-type]
    return as_file(memory.getvalue(), BYTES, f"{name}.npz")


def as_file(body: bytes, kind: str, name: str) -> Answer:
    """A file that the page hands on under that name."""
    headers = {FILE_NAME: quote(name), "Content-Disposition": "attachment"}
    return Answer(body, kind, headers=headers)
