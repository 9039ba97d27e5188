"""What a file is given as: what a person is told who gives it as something else."""

from __future__ import annotations

import os
from typing import NamedTuple

from ..errors import UserError
from .hdf5 import Group, texts

# the attribute `format` of this program's own HDF5 files
RUN = "tfdeconv run"
WEIGHTS = "tfdeconv weights"


class Purpose(NamedTuple):
    """What a file is, and the option that takes it."""

    title: str
    option: str

    def refusal(self, path: str | os.PathLike, expected: str) -> UserError:
        return UserError(f"{path} is {self.title}, not {expected}: give it as {self.option}")


OWN_FILES = {
    RUN: Purpose("a run of scan.py", "--run, to visualise.py or describe.py"),
    WEIGHTS: Purpose("a weight file of this program", "--weights"),
}
# what of Keras's HDF5 files the root has as an attribute
KERAS_ATTRIBUTES = ("model_config", "layer_names")
KERAS_FILE = Purpose("a weight file or model of Keras", "--weights")
MODEL_SUFFIXES = (
    *(".keras", ".pt2", ".pt", ".pth", ".safetensors", ".onnx"),
    *(".pb", ".tflite", ".ckpt", ".caffemodel"),
)
MODEL = Purpose("a model or its weights, by its name", "--weights")
SAVED_MODEL = Purpose("a SavedModel of TensorFlow", "--weights")
SAVED_MODEL_FILE = "saved_model.pb"


def of_hdf5(file: Group) -> Purpose | None:
    """What an opened HDF5 file is given as; None where it does not say."""
    attributes = file.attrs
    if "format" in attributes:
        return OWN_FILES.get(texts(attributes["format"])[0])
    if any(name in attributes for name in KERAS_ATTRIBUTES):
        return KERAS_FILE
    return None


def refuse_run(path: str | os.PathLike, file: Group) -> None:
    """Raises UserError for a scan's run, which has no weights."""
    purpose = of_hdf5(file)
    if purpose is OWN_FILES[RUN]:
        raise purpose.refusal(path, "weights")


def of_name(path: str | os.PathLike) -> Purpose | None:
    """What a file or folder is given as by its name's ending, or its files'; None for others.

    >>> of_name("net.onnx").option
    '--weights'
    """
    if os.path.isfile(os.path.join(path, SAVED_MODEL_FILE)):
        return SAVED_MODEL
    suffix = os.path.splitext(path)[1].lower()
    return MODEL if suffix in MODEL_SUFFIXES else None
