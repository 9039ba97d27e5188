"""The file of a scan, run.h5: what it found, and all that it takes to resume it after a crash.

README.md in this folder says what it holds. The bytes depend on nothing else: no time is in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from .. import errors
from ..data.folders import SUFFIXES
from ..engine.precision import FLOAT32
from ..errors import UserError
from ..files import file_stamp, refuse_special
from ..formats import hdf5, hdf5_process, purposes
from ..formats.hdf5 import dataset, inside, subgroup, texts
from ..formats.hdf5_write import create_hdf5, fixed_text, pack_texts, unpack_texts
from ..version import __version__
from .consistency import Inconsistent, check_run, settings_of
from .run import Run, Settings
from .state import LayerState, fields_of

VERSION = 3
# version 2 had no setting `interior`
VERSIONS = (2, VERSION)
# what runs were before they had these settings
USED_TO_BE = {"selection": "", "precision": FLOAT32, "jit": False}
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
# settings that are datasets of the file and not attributes: lists may be too long for an attribute
AS_DATASETS = ("layers", "kept")
TRUTH_VALUES = ("interior", "jit")
# attributes that had another name when the format was made
KEYS = {"variant": "flavour"}
SCAN_AGAIN = "scan again, to another file"


def save(path: str | Path, run: Run) -> None:
    """Writes a run whole or not at all.

    Raises UserError where it cannot be written; an old file at path is unchanged then.
    """
    attributes: dict[str, Any] = {
        "format": purposes.RUN,
        "made_by": f"tfdeconv {__version__}",
        "versions": run.versions,
    }
    settings = asdict(run.settings)
    for name in attribute_settings():
        attributes[KEYS.get(name, name)] = settings[name]
    with create_hdf5(path) as file:
        # the order of creation is part of the bytes
        for key in sorted(attributes):
            value = attributes[key]
            file.attrs[key] = (
                fixed_text(value) if isinstance(value, str) else np.asarray(value, np.int64)
            )
        file.attrs.update(version=VERSION, done=run.done, scanned=run.scanned)
        file["places"] = pack_texts((run.root, run.weights))
        file["order"] = pack_texts(run.settings.layers)
        file["kept"] = pack_texts(run.settings.kept)
        file["names"] = pack_texts(run.names)
        if run.labels:
            file["labels"] = pack_texts(run.labels)
        if run.architecture:
            file["architecture"] = pack_texts([run.architecture])
        if run.lambdas:
            file["lambdas"] = pack_texts([text for pair in run.lambdas.items() for text in pair])
        file["reasons"] = pack_texts(run.skipped.values())
        file["skipped"] = np.array(list(run.skipped), np.int32)
        file["digests"] = run.digests
        file["same"] = run.same
        for layer in run.settings.layers:
            arrays = run.state[layer]
            for field in fields_of("shortcuts" in arrays):
                array = np.ascontiguousarray(arrays[field.name], field.dtype)
                file[f"{group_of(layer)}/{field.name}"] = array


def load(path: str | Path) -> Run:
    """Reads a run. Needs no TensorFlow.

    Raises UserError for a file that is not a run, is damaged, or is of another version.
    """
    refuse_special(path)
    try:
        with open(path, "rb") as raw:
            if raw.read(len(HDF5_SIGNATURE)) != HDF5_SIGNATURE:
                raise not_a_run(path, "it is not an HDF5 file")
        # asked first: what another program writes while it is read is noticed later
        stamp = file_stamp(path)
        with hdf5_process.open_in_subprocess(path) as file:
            return replace(run_in(path, file), stamp=stamp)
    except UserError:
        raise
    except Inconsistent as error:
        raise UserError(f"{path} is damaged: {error}; {SCAN_AGAIN}") from None
    except FileNotFoundError:
        raise UserError(
            f"{path}: there is no such file; `python scripts/scan.py IMAGES --out {path}` makes one"
        ) from None
    except Exception as error:  # a damaged file raises anything
        raise UserError(f"{path} cannot be read as a run: {errors.one_line(error)}") from None


class NotARun(UserError):
    """A file is something else; what it is, as it goes on after its name."""

    def __init__(self, path: str | Path, what: str, remedy: str):
        super().__init__(f"{path} {what}{remedy}")
        self.what = what


def not_a_run(path: str | Path, reason: str, purpose: purposes.Purpose | None = None) -> NotARun:
    """What a file is by its name, or else why it is not a run."""
    purpose = purpose or purposes.of_name(path)
    if purpose:
        what = f"is {purpose.title}, not a run of scan.py"
        return NotARun(path, what, f": give it as {purpose.option}")
    is_photo = Path(path).suffix.lower() in SUFFIXES
    remedy = "; photos stand on the command line as they are" if is_photo else ""
    return NotARun(path, f"is not a run of scan.py: {reason}", remedy)


def run_in(path: str | Path, file: hdf5.Group) -> Run:
    """The run in an open file; raises Inconsistent where it does not agree with itself."""
    attributes = file.attrs
    if "format" not in attributes or texts(attributes["format"])[0] != purposes.RUN:
        raise not_a_run(path, f"it has no `format` {purposes.RUN!r}", purposes.of_hdf5(file))
    if attributes["version"] not in VERSIONS:
        raise UserError(
            f"{path} is version {attributes['version']} of this format, "
            f"this program reads {VERSIONS[0]} and {VERSIONS[1]}: {SCAN_AGAIN}, or use the "
            f"tfdeconv that made it ({texts(attributes['made_by'])[0]})"
        )
    settings = settings_in(file)
    state = {layer: layer_in(path, file, layer, settings.top) for layer in settings.layers}
    root, weights = texts_in(file, "places")
    reasons = texts_in(file, "reasons")
    skipped = dataset(file, "skipped").read().tolist()
    if not len(reasons) == len(skipped) == len(set(skipped)):
        raise Inconsistent("its lists do not fit together")
    digests = dataset(file, "digests").read()
    lambdas = optional_texts(file, "lambdas")
    if len(digests) != len(settings.range):
        raise Inconsistent("its lists do not fit together")
    run = Run(
        settings=settings,
        root=root,
        weights=weights,
        names=texts_in(file, "names"),
        done=int(attributes["done"]),
        scanned=int(attributes["scanned"]),
        digests=digests,
        same=dataset(file, "same").read(),
        skipped=dict(zip(skipped, reasons)),
        versions=texts(attributes["versions"])[0],
        state=state,
        labels=optional_texts(file, "labels"),
        architecture="".join(optional_texts(file, "architecture")),
        lambdas=dict(zip(lambdas[::2], lambdas[1::2])),
    )
    check_run(run)
    return run


def settings_in(file: hdf5.Group) -> Settings:
    """The settings of a run's file; raises Inconsistent for one that is impossible."""
    values: dict[str, Any] = {}
    for name in attribute_settings():
        if name == "interior" and file.attrs["version"] < VERSION:
            values[name] = False
            continue
        if name in USED_TO_BE and name not in file.attrs:
            values[name] = USED_TO_BE[name]
            continue
        value = file.attrs[KEYS.get(name, name)]
        # HDF5 has no tuples
        values[name] = tuple(value) if isinstance(value, list) else value
    # nor truth values
    for name in TRUTH_VALUES:
        if values[name] in (0, 1):
            values[name] = bool(values[name])
    values["layers"] = texts_in(file, "order")
    values["kept"] = texts_in(file, "kept")
    return settings_of(values)


def layer_in(path: str | Path, file: hdf5.Group, layer: str, top: int) -> LayerState:
    """What a run's file has of a layer, each array of the shape and type that it must have."""
    group = subgroup(file, group_of(layer))
    layer_fields = fields_of(bool(inside(group, "shortcuts")))
    arrays: LayerState = {}
    channels = dataset(group, "means").shape[0]
    for field in layer_fields:
        array = dataset(group, field.name).read()
        arrays[field.name] = array
        expected = field.shape(channels, top)
        if array.shape != expected or array.dtype != field.dtype:
            raise UserError(
                f"{path} is damaged: {layer}/{field.name} is {array.dtype} {list(array.shape)}, "
                f"expected {np.dtype(field.dtype)} {list(expected)}; {SCAN_AGAIN}"
            )
    return arrays


def attribute_settings() -> Iterator[str]:
    """The names of the settings that are attributes of the file."""
    for entry in fields(Settings):
        if entry.name not in AS_DATASETS:
            yield entry.name


def group_of(layer: str) -> str:
    """Where the file has a layer's arrays: names may hold any character, `/` too."""
    return f"layers/{quote(layer, safe='')}"


def optional_texts(file: hdf5.Group, name: str) -> tuple[str, ...]:
    """A dataset of texts; none where the file does not have it."""
    return texts_in(file, name) if inside(file, name) else ()


def texts_in(file: hdf5.Group, name: str) -> tuple[str, ...]:
    """A dataset of texts."""
    return unpack_texts(dataset(file, name).read())
