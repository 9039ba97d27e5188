"""The file of a scan, run.h5: what it found and counted, and with it all that it takes to go on after a crash.

Root attributes. format, version, made_by, versions (of the libraries of the last session); what a run is of, and keeps
to (Settings): network, flavour (its variant), weights_sha256, preprocessing (JSON), resize, size [h, w], list_sha256,
count (images in the list), top, batch, shard [i, n] (the i-th of n parts of the list, from 1; [1, 1] is all of it). Then
done (how many of the part have been seen) and scanned (how many of these count: neither unreadable nor the same as an
earlier one).

Datasets. Texts are bytes with a 0 behind each: places (the directory of the images, or the file of the array; the weights' file),
order (the layers), kept (those whose maxima of every image are kept in a file beside this one, see maxima.py), names (the list;
none for an array), reasons (why images could not be read; their numbers are in skipped). For the images of the part, m of them,
digests [m, 32]: sha256 of each one's dtype, shape and decoded pixels, 0 where there is none yet; same [m]: the earlier image that
has the same pixels, or -1. For each layer of c channels a group layers/NAME (percent-encoded) with
  values [c, top] float32         the largest activations, largest first; -inf where there were fewer images
  images [c, top] int32           whose they are, numbers in the list from 0; -1 where there were fewer
  positions [c, top, 2] int32     row and column of the unit in its map
  means, firing_positions, maxima [c] float64     sums over the images scanned: of the map's mean, of the share of its
                                                  positions above 0, of its maximum; over `scanned` they are the means
  firing_images [c] int32         how many images have an activation above 0
  shortcuts, branches [c, top] float32   of the output of a residual block (Network.residuals): what came to the unit through
                                         the shortcut and through the branch; before the activation the sum of both
  histogram [c, 64] int32         of the maxima: bin 0 up to 0, bin 1 below 2^-15, bin k below 2^(k/2 - 15.5), bin 63 the rest
The bytes depend on nothing but all this: there is no time in them.
"""

from __future__ import annotations

import io
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

import h5py
import numpy as np

from .. import errors
from ..errors import UserError
from ..files import atomic_write
from ..formats import hdf5, hdf5_process
from ..formats.hdf5 import dataset, inside, subgroup, texts
from ..formats.hdf5_write import packed, text, unpacked
from ..version import __version__
from .run import Run, Settings
from .state import OF_SUMS, SHAPES, SIZES

FORMAT, VERSION = "tfdeconv run", 2


def save(path: str | Path, run: Run) -> None:
    """Writes the file, whole or not at all; raises UserError where it cannot, and what stood there stays."""
    memory = (
        io.BytesIO()
    )  # on a full disk libhdf5 fails half-way, and crashes at its next file or at exit
    told = asdict(run.settings)
    del told["layers"], told["kept"]
    told["flavour"] = told.pop("variant")  # as it was called when the format was made
    told |= {"format": FORMAT, "made_by": f"tfdeconv {__version__}", "versions": run.versions}
    with h5py.File(memory, "w") as file:
        for name in sorted(told):
            file.attrs[name] = (
                text(told[name])
                if isinstance(told[name], str)
                else np.asarray(told[name], np.int64)
            )
        file.attrs.update(version=VERSION, done=run.done, scanned=run.scanned)
        file["places"], file["order"] = packed((run.root, run.weights)), packed(run.settings.layers)
        file["kept"] = packed(run.settings.kept)
        file["names"], file["reasons"] = packed(run.names), packed(run.skipped.values())
        file["skipped"] = np.array(list(run.skipped), np.int32)
        file["digests"], file["same"] = run.digests, run.same
        for layer in run.settings.layers:
            for name, array in run.state[layer].items():
                dtype, _ = (SHAPES | OF_SUMS)[name]
                file[f"layers/{quote(layer, safe='')}/{name}"] = np.ascontiguousarray(array, dtype)
    with atomic_write(path) as place:
        place.write_bytes(memory.getbuffer())


def load(path: str | Path) -> Run:
    """Reads a run; raises UserError for what is none, damaged, or of another version. Needs no TensorFlow."""
    try:
        with open(path, "rb") as raw:
            if raw.read(8) != b"\x89HDF\r\n\x1a\n":
                raise UserError(f"{path} is no run of scan.py: it is no HDF5 file")
        with hdf5_process.open_in_subprocess(path) as file:
            return checked(path, file)
    except UserError:
        raise
    except FileNotFoundError:
        raise UserError(
            f"{path}: there is no such file; `python scripts/scan.py IMAGES --out {path}` makes one"
        ) from None
    except Exception as error:  # on damage whatever comes
        raise UserError(f"{path} cannot be read as a run: {errors.one_line(error)}") from None


def checked(path: str | Path, file: hdf5.Group) -> Run:
    """A file's contents as a Run, every shape compared with what its attributes say."""
    attrs = file.attrs
    if "format" not in attrs or texts(attrs["format"])[0] != FORMAT:
        raise UserError(f"{path} is no run of scan.py")
    if attrs["version"] != VERSION:
        raise UserError(
            f"{path} is of version {attrs['version']} of this format, this program has version {VERSION}: "
            f"scan again, to another file, or use the tfdeconv that made it ({texts(attrs['made_by'])[0]})"
        )
    told: dict[str, Any] = {
        entry.name: attrs["flavour" if entry.name == "variant" else entry.name]
        for entry in fields(Settings)
        if entry.name not in ("layers", "kept")
    }
    layers, kept = (unpacked(dataset(file, name).read()) for name in ("order", "kept"))
    settings = Settings(
        **told
        | {
            "layers": layers,
            "kept": kept,
            "size": tuple(told["size"]),
            "shard": tuple(told["shard"]),
        }
    )
    count, top, done, scanned = (
        int(value) for value in (settings.count, settings.top, attrs["done"], attrs["scanned"])
    )
    if not (
        len(settings.shard) == 2
        and 1 <= settings.shard[0] <= settings.shard[1]
        and settings.batch > 0
        and count > 0
    ):
        raise UserError(
            f"{path} is damaged: its attributes make no sense; scan again, to another file"
        )
    (root, weights), names, reasons = (
        unpacked(dataset(file, name).read()) for name in ("places", "names", "reasons")
    )
    digests, same, skipped = (dataset(file, name).read() for name in ("digests", "same", "skipped"))
    sizes = {**SIZES, "t": top}
    state: dict[str, dict[str, np.ndarray]] = {}
    for layer in settings.layers:
        group = subgroup(file, f"layers/{quote(layer, safe='')}")
        shapes = SHAPES | (OF_SUMS if inside(group, "shortcuts") else {})
        state[layer] = {name: dataset(group, name).read() for name in shapes}
        channels = len(state[layer]["means"])
        for name, (dtype, axes) in shapes.items():
            if (
                state[layer][name].shape != (channels, *(sizes[axis] for axis in axes))
                or state[layer][name].dtype != dtype
            ):
                raise UserError(
                    f"{path} is damaged: {layer}/{name} is not of the shape it must have; scan again, to another file"
                )
    there = len(settings.range)
    if not (
        digests.shape == (there, 32)
        and digests.dtype == np.uint8
        and same.shape == (there,)
        and len(reasons) == len(skipped)
        and len(names) in (0, count)
        and 0 <= scanned <= done <= there
    ):
        raise UserError(
            f"{path} is damaged: its lists do not fit each other; scan again, to another file"
        )
    return Run(
        settings,
        root,
        weights,
        names,
        done,
        scanned,
        digests,
        same,
        dict(zip(skipped.tolist(), reasons)),
        texts(attrs["versions"])[0],
        state,
    )
